import assert from 'node:assert/strict';
import type { Broker, Keep, Published } from '../../src/broker/broker.js';
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

/** Enough for what no test means to lose. */
export const plenty: Keep = { size: 100, age: 60_000 };

/** Publishes text that is kept; returns its position. */
export async function publishKept(
  broker: Broker,
  channel: string,
  text: string,
  keep: Keep = plenty,
): Promise<string> {
  const { position } = await broker.publish({ channel, bytes: Buffer.from(text), keep });
  return position ?? assert.fail('what is kept has no position');
}

/** What a channel has kept, as text, and whether that is all. */
export async function readTexts(
  broker: Broker,
  channel: string,
  after?: string,
  limit = 1000,
): Promise<{ texts: string[]; complete: boolean }> {
  const { entries, complete } = await broker.read({ channel, after, limit });
  return { texts: entries.map(({ bytes }) => Buffer.from(bytes).toString()), complete };
}
