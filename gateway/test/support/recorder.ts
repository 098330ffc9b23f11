import type { BrokerListener, BrokerState } from '../../src/broker/broker.js';

/** Keeps what a broker tells. */
export class Recorder implements BrokerListener {
  readonly publications: { channel: string; bytes: Buffer; position: string | null }[] = [];
  readonly states: BrokerState[] = [];
  readonly roundTrips: number[] = [];

  received(channel: string, bytes: Uint8Array, position: string | null): void {
    this.publications.push({ channel, bytes: Buffer.from(bytes), position });
  }

  stateChanged(state: BrokerState): void {
    this.states.push(state);
  }

  roundTrip(seconds: number): void {
    this.roundTrips.push(seconds);
  }

  /** What came in a channel, as text. */
  in(channel: string): string[] {
    return this.publications.filter((one) => one.channel === channel).map((one) => one.bytes.toString());
  }
}
