import type { RedisBrokerOptions } from './options.js';
import { Probe } from './probe.js';

/** The two connections to one Redis, as their probe sees them. */
export interface ProbedPair {
  /** The Redis, for the log. */
  readonly name: string;
  readonly command: {
    /** As Patient.connected. */
    readonly connected: boolean;
    /** Gives up the socket and makes a new one. */
    replace(): void;
  };
  readonly listen: {
    /** As Patient.subscribed. */
    readonly subscribed: boolean;
    /** Gives up the socket and makes a new one. */
    replace(): void;
  };
  /** As Patient.publish. */
  publish(text: string): Promise<number>;
  /** As Patient.roundTrip. */
  roundTrip(seconds: number): void;
}

/** A probe that examines both connections, and replaces what is of no use. */
export function createProbe(
  { name, command, listen, publish, roundTrip }: ProbedPair,
  { probeInterval, log }: Pick<RedisBrokerOptions, 'probeInterval' | 'log'>,
): Probe {
  return new Probe(probeInterval, {
    ...{ publish, roundTrip },
    get connected() {
      return command.connected;
    },
    get subscribed() {
      return listen.subscribed;
    },
    replaceListen: () => {
      log.warn(`${name} answers, but delivers nothing to us: replacing the listen connection`);
      listen.replace();
    },
    replaceBoth: () => {
      log.warn(`${name} has been silent for long: replacing both connections`);
      command.replace();
      listen.replace();
    },
  });
}
