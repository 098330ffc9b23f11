/** Where to listen. Port 0 takes any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whether other processes of ours listen there too. The system spreads connections over all of them. */
  readonly shared?: boolean;
}

/** The port is taken, or may not be taken by us. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';

  constructor({ host, port }: Address, options?: ErrorOptions) {
    super(
      `Port ${port} on ${host} is in use, or this user may not listen on it; ` +
        'choose others with --public-port and --internal-port',
      options,
    );
  }
}
