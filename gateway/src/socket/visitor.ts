import type { Identification, Visitor } from '../backend/backend.js';
import type { Refusal } from './admission.js';
import { type HttpRequest, queryOf } from './uws.js';

/** Headers that are about the handshake and not about who comes. */
const ofTheHandshake = /^(sec-websocket-.*|connection|upgrade)$/;

/** Copies what the backend may know of a handshake. A request of uWebSockets is valid only during its callback. */
export function copyVisitor(req: HttpRequest, address: string): Visitor {
  const headers = new Map<string, string>();
  req.forEach((name, value) => {
    if (ofTheHandshake.test(name)) return;
    const before = headers.get(name);
    // RFC 9110 §5.3 joins lines of the same name with a comma; cookies are apart by a semicolon (RFC 6265 §4.2.1).
    headers.set(name, before === undefined ? value : before + (name === 'cookie' ? '; ' : ', ') + value);
  });
  return { headers: Object.fromEntries(headers), query: queryOf(req), address };
}

/** A page of any site can make a browser send cookies here; only the Origin, which was checked, tells who asked. */
export function lacksOrigin({ headers }: Visitor): boolean {
  return headers['cookie'] !== undefined && (headers['origin'] ?? '') === '';
}

export const originRequired: Refusal = {
  outcome: 'origin',
  status: 403,
  reason: 'A cookie that is to prove something needs an Origin header',
};

/** What a visitor is told whom the backend did not let in. */
export function refusalOfVisitor({
  refused,
  sentence: reason,
}: Extract<Identification, { refused: string }>): Refusal {
  if (refused === 'refused') return { outcome: 'backend-refused', status: 403, reason };
  return { outcome: 'backend-unavailable', status: 503, reason, headers: { 'retry-after': '2' } };
}
