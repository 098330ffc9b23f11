/** What differs from start to start. */
export interface Settings {
  /** For tabs. */
  readonly port: number;
  /** For the HTTP API. */
  readonly internalPort: number;
  readonly redisPort: number;
  /** Signs the tokens of tabs. */
  readonly secret: string;
  /** Of the HTTP API. */
  readonly key: string;
}

/** The configuration file of Centrifugo 6; the folder's README says why it is as it is. */
export function configuration({ port, internalPort, redisPort, secret, key }: Settings): string {
  return JSON.stringify({
    http_server: {
      address: '127.0.0.1',
      port,
      internal_address: '127.0.0.1',
      internal_port: String(internalPort),
    },
    engine: { type: 'redis', redis: { address: `redis://127.0.0.1:${redisPort}` } },
    client: { token: { hmac_secret_key: secret }, allowed_origins: ['*'] },
    // What stands before the colon of a channel is the name of its namespace.
    channel: { namespaces: [{ name: 'user' }, { name: 'group' }] },
    http_api: { key },
    uni_websocket: { enabled: true, use_write_buffer_pool: true },
    log: { level: 'error' },
  });
}
