import type { Identity } from '../auth/identity.js';
import type { TokenVerifier } from '../auth/token.js';
import type { Encoding } from '../fanout/frame.js';
import type { Counters } from '../metrics/counters.js';
import { type AdmissionRules, admit, type Candidate, type Handshake, type Refusal } from './admission.js';
import { statusLine } from './status.js';
import type { HttpRequest, HttpResponse, us_socket_context_t } from './uws.js';

/** What a socket carries from the handshake to its opening. uWebSockets copies its members onto the socket. */
export interface Seat {
  readonly encoding: Encoding;
  /** What the token proved; null for an anonymous tab, undefined while a token is still to come. */
  readonly identity: Identity | null | undefined;
}

export interface UpgradeRules extends AdmissionRules {
  /** Whether a connection without a token becomes an anonymous tab; else a token must come in the first frame. */
  readonly anonymous: boolean;
  readonly verifier: TokenVerifier;
  readonly counters: Counters;
}

/** Longest wait for a verification, in ms. uWebSockets has no time limit of its own for a pending handshake (U11). */
const verifyTimeout = 5000;

const headersRead = [
  'upgrade',
  'sec-websocket-version',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
  'origin',
  'host',
  'authorization',
  'cookie',
];

/** Takes handshakes: checks, verifies the token, and upgrades or refuses with a reason. */
export function createUpgrade(rules: UpgradeRules) {
  return (res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void => {
    const handshake = copyHandshake(req);
    const admission = admit(handshake, rules);
    if ('status' in admission) refuse(res, admission, rules.counters);
    else if (admission.token === undefined)
      accept(res, handshake, context, admission, rules.anonymous ? null : undefined, rules.counters);
    else void verifyThenAccept(res, handshake, context, admission, admission.token, rules);
  };
}

/** A request of uWebSockets is valid only during its callback, so everything that is needed is copied. */
function copyHandshake(req: HttpRequest): Handshake {
  const headers = new Map(headersRead.map((name) => [name, req.getHeader(name)]));
  const query = new URLSearchParams(req.getQuery());
  return { header: (name) => headers.get(name) ?? '', query: (name) => query.get(name) ?? undefined };
}

async function verifyThenAccept(
  res: HttpResponse,
  handshake: Handshake,
  context: us_socket_context_t,
  candidate: Candidate,
  token: string,
  { verifier, counters }: UpgradeRules,
): Promise<void> {
  let waiting = true;
  const stopWaiting = () => {
    const was = waiting;
    waiting = false;
    clearTimeout(deadline);
    return was;
  };
  const deadline = setTimeout(() => stopWaiting() && refuse(res, tooSlow, counters), verifyTimeout);
  res.onAborted(() => {
    if (stopWaiting()) counters.handshakes.aborted++;
  });
  const verdict = await verifier.verify(token);
  if (!stopWaiting()) return;
  if ('identity' in verdict) accept(res, handshake, context, candidate, verdict.identity, counters);
  else refuse(res, refusalOf(verdict), counters);
}

function refusalOf(verdict: { refused: string; sentence: string }): Refusal {
  if (verdict.refused === 'keys-unavailable') return { ...tooSlow, reason: verdict.sentence };
  if (verdict.refused === 'too-long') return { outcome: 'token', status: 413, reason: verdict.sentence };
  // The sentence is plain ASCII and without quotes, as RFC 6750 §3 wants it in error_description.
  const challenge = `Bearer error="invalid_token", error_description="${verdict.sentence.replace(/[^ -~]|["\\]/g, "'")}"`;
  return {
    outcome: 'token',
    status: 401,
    reason: verdict.sentence,
    headers: { 'www-authenticate': challenge },
  };
}

const tooSlow: Refusal = {
  outcome: 'unavailable',
  status: 503,
  reason: 'The token could not be verified in time',
  headers: { 'retry-after': '2' },
};

function accept(
  res: HttpResponse,
  { header }: Handshake,
  context: us_socket_context_t,
  { encoding, protocol }: Candidate,
  identity: Seat['identity'],
  counters: Counters,
): void {
  counters.handshakes.accepted++;
  const seat: Seat = { encoding, identity };
  const [key, extensions] = [header('sec-websocket-key'), header('sec-websocket-extensions')];
  res.cork(() => res.upgrade(seat, key, protocol, extensions, context));
}

/** Refuses with a sentence. The connection is closed: what follows on it was meant for a WebSocket. */
export function refuse(
  res: HttpResponse,
  { outcome, status, reason, headers }: Refusal,
  counters: Counters,
): void {
  counters.handshakes[outcome]++;
  res.cork(() => {
    res.writeStatus(statusLine(status)).writeHeader('content-type', 'text/plain; charset=utf-8');
    for (const [name, value] of Object.entries(headers ?? {})) res.writeHeader(name, value);
    res.end(`${reason}\n`, true);
  });
}
