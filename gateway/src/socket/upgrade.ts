import type { Identity } from '../auth/identity.js';
import type { RefusedToken, TokenVerifier } from '../auth/token.js';
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

/** Corks something while an upgrade is written, see bystander.ts. */
export type Cork = (write: () => void) => void;

/** Longest wait for a verification, in ms. uWebSockets has no time limit of its own for a pending handshake (U11). */
const verifyTimeout = 5000;

const headersRead = [
  'upgrade',
  'connection',
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
export function createUpgrade(rules: UpgradeRules, cork: Cork) {
  return (res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void =>
    new Upgrade(res, copyHandshake(req), context, rules, cork).begin();
}

/** A request of uWebSockets is valid only during its callback, so everything that is needed is copied. */
function copyHandshake(req: HttpRequest): Handshake {
  const headers = new Map(headersRead.map((name) => [name, req.getHeader(name)]));
  const query = new URLSearchParams(req.getQuery());
  return { header: (name) => headers.get(name) ?? '', query: (name) => query.get(name) ?? undefined };
}

/** One handshake, which may have to wait for the verification of its token. */
class Upgrade {
  readonly #res: HttpResponse;
  readonly #handshake: Handshake;
  readonly #context: us_socket_context_t;
  readonly #rules: UpgradeRules;
  readonly #cork: Cork;

  constructor(
    res: HttpResponse,
    handshake: Handshake,
    context: us_socket_context_t,
    rules: UpgradeRules,
    cork: Cork,
  ) {
    this.#res = res;
    this.#handshake = handshake;
    this.#context = context;
    this.#rules = rules;
    this.#cork = cork;
  }

  begin(): void {
    const admission = admit(this.#handshake, this.#rules);
    if ('status' in admission) this.#refuse(admission);
    else if (admission.token === undefined) this.#accept(admission, this.#rules.anonymous ? null : undefined);
    else void this.#verify(admission, admission.token);
  }

  async #verify(candidate: Candidate, token: string): Promise<void> {
    let waiting = true;
    const stopWaiting = () => {
      const was = waiting;
      waiting = false;
      clearTimeout(deadline);
      return was;
    };
    const deadline = setTimeout(() => stopWaiting() && this.#refuse(tooSlow), verifyTimeout);
    this.#res.onAborted(() => {
      if (stopWaiting()) this.#rules.counters.handshakes.aborted++;
    });
    const verdict = await this.#rules.verifier.verify(token);
    if (!stopWaiting()) return;
    if ('identity' in verdict) this.#accept(candidate, verdict.identity);
    else this.#refuse(refusalOf(verdict));
  }

  #accept({ encoding, protocol }: Candidate, identity: Seat['identity']): void {
    const { header } = this.#handshake;
    this.#rules.counters.handshakes.accepted++;
    const seat: Seat = { encoding, identity };
    const [key, extensions] = [header('sec-websocket-key'), header('sec-websocket-extensions')];
    this.#cork(() => this.#res.upgrade(seat, key, protocol, extensions, this.#context));
  }

  #refuse(refusal: Refusal): void {
    refuse(this.#res, refusal, this.#rules.counters);
  }
}

function refusalOf(verdict: RefusedToken): Refusal {
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
