import { ReplyError } from 'ioredis';
import { BrokerUnavailable, OutcomeUnknown } from '../broker.js';
import { reasonOf } from './connections.js';

/** What a failed command means for whoever asked for it. */
export function failureOf(error: Error): BrokerUnavailable | OutcomeUnknown {
  const cause = new Error(reasonOf(error));
  if (error.message.startsWith('WRONGTYPE'))
    return new BrokerUnavailable('Redis has something else where it should be kept', { cause });
  if (error instanceof ReplyError) return new BrokerUnavailable('Redis refused', { cause });
  if (error.message.startsWith("Stream isn't writeable"))
    return new BrokerUnavailable('not connected to Redis', { cause });
  return new OutcomeUnknown('Redis did not answer', { cause });
}

/** Whether a command failed because Redis was silent for too long. */
export function timedOut(error: Error): boolean {
  return error.message === 'Command timed out';
}

/** Whether a command failed because Redis has no memory for it. */
export function isFull(error: Error): boolean {
  return error.message.startsWith('OOM');
}
