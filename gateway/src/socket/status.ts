import { STATUS_CODES } from 'node:http';

/** A status with its phrase, as uWebSockets wants it. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`;
}
