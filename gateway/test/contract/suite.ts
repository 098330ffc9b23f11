import type { Broker, Published } from '../../src/broker/broker.js';
import type { Recorder } from '../support/recorder.js';

/** Starts one more gateway's broker; the suite closes it. */
export type Open = () => Promise<{ broker: Broker; heard: Recorder }>;

/** Publishes text. */
export function publish(
  broker: Broker,
  channel: string,
  text: string,
  idempotencyKey?: string,
): Promise<Published> {
  const bytes = Buffer.from(text);
  return broker.publish({ channel, bytes, ...(idempotencyKey !== undefined && { idempotencyKey }) });
}
