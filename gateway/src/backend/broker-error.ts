import { HistoryFull, isBrokerFailure } from '../broker/broker.js';

/** What a client is told whose action ended in a send that the broker did not carry; undefined for another failure. */
export function brokerError(error: unknown): [code: number, message: string] | undefined {
  if (isBrokerFailure(error)) return [503, 'The broker cannot be reached'];
  if (error instanceof HistoryFull) return [507, 'The broker has no memory left to keep what was to be sent'];
  return undefined;
}
