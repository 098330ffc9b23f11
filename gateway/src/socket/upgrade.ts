import type { Identity } from '../auth/identity.js';
import type { RefusedToken, TokenVerifier, Verdict } from '../auth/token.js';
import type { Backend, Visitor } from '../backend/backend.js';
import type { Encoding } from '../fanout/frame.js';
import type { Counters } from '../metrics/counters.js';
import { type AdmissionRules, admit, type Candidate, type Handshake, type Refusal } from './admission.js';
import { TrustedProxies } from './client-address.js';
import type { HandshakeLimits, Place } from './handshake-limits.js';
import { statusLine } from './status.js';
import { type HttpRequest, type HttpResponse, queryOf, type us_socket_context_t } from './uws.js';
import { copyVisitor, lacksOrigin, originRequired, refusalOfVisitor } from './visitor.js';

/** What a socket carries from the handshake to its opening. uWebSockets copies its members onto the socket. */
export interface Upgraded {
  readonly encoding: Encoding;
  /**
   * What the token proved; null for an anonymous tab, undefined while a token is still to come. On a shared socket what
   * holds for tabs that bring no token.
   */
  readonly identity: Identity | null | undefined;
  readonly place: Place;
  /** See Candidate. */
  readonly resumes: boolean;
}

export interface UpgradeRules {
  /** Looked at anew by each handshake: a reload may have changed them. */
  readonly admission: AdmissionRules;
  /** Whether a connection without a token becomes an anonymous tab; else a token must come in the first frame. */
  readonly anonymous: boolean;
  readonly verifier: TokenVerifier;
  /** Is asked who comes without a token, where it wants to be. */
  readonly backend: Pick<Backend, 'identify'>;
  readonly counters: Counters;
  /** Addresses and networks, see TrustedProxies. */
  readonly trustedProxies: readonly string[];
}

/** What uWebSockets calls with each handshake. */
export type TakeHandshake = (res: HttpResponse, req: HttpRequest, context: us_socket_context_t) => void;

/** Corks something while an upgrade is written, see bystander.ts. */
export type Cork = (write: () => void) => void;

/** Longest wait for a verification, in ms. uWebSockets has no time limit of its own for a pending handshake (U11). */
const verifyTimeout = 5000;

/** Takes handshakes: checks, looks for room, verifies the token, and upgrades or refuses with a reason. */
export function createUpgrade(
  rules: UpgradeRules,
  handshakeLimits: HandshakeLimits,
  cork: Cork,
): TakeHandshake {
  const proxies = new TrustedProxies(rules.trustedProxies);
  const all = { ...rules, handshakeLimits, cork };
  return (res, req, context) => {
    const obstacle = handshakeLimits.obstacle();
    if (obstacle !== undefined) return refuse(res, obstacle, rules.counters);
    const address = clientAddress(res, req, proxies);
    const visitor = rules.backend.identify && copyVisitor(req, address);
    new Upgrade(res, { ...copyAnswered(req), address, visitor }, context, all).begin(handshakeOf(req));
  };
}

/** What is needed of a handshake later: a request of uWebSockets is valid only during its callback. */
interface Arrival {
  /** For the answer, RFC 6455 §4.2.2. */
  readonly key: string;
  readonly extensions: string;
  /** Address of the client, as trusted proxies tell it. */
  readonly address: string;
  /** Undefined where the backend is not to be asked. */
  readonly visitor: Visitor | undefined;
}

function copyAnswered(req: HttpRequest): Pick<Arrival, 'key' | 'extensions'> {
  return { key: req.getHeader('sec-websocket-key'), extensions: req.getHeader('sec-websocket-extensions') };
}

/** Valid as long as the request. Reading a header costs more than all that is done with it, so none is read that nobody wants. */
function handshakeOf(req: HttpRequest): Handshake {
  return {
    header: (name) => req.getHeader(name),
    query: (name) => new URLSearchParams(queryOf(req)).get(name) ?? undefined,
  };
}

function clientAddress(res: HttpResponse, req: HttpRequest, proxies: TrustedProxies): string {
  const peer = Buffer.from(res.getRemoteAddressAsText()).toString();
  if (!proxies.any) return proxies.clientOf({ peer, proxied: '', forwardedFor: '' });
  const proxied = Buffer.from(res.getProxiedRemoteAddressAsText()).toString();
  // Not getHeader, which knows only the first line of several: proxies append a line of their own to what a client made up.
  const lines: string[] = [];
  req.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value);
  });
  return proxies.clientOf({ peer, proxied, forwardedFor: lines.join() });
}

interface AllRules extends UpgradeRules {
  readonly handshakeLimits: HandshakeLimits;
  readonly cork: Cork;
}

/** One handshake, which may have to wait for the verification of its token. */
class Upgrade {
  readonly #res: HttpResponse;
  readonly #arrival: Arrival;
  readonly #context: us_socket_context_t;
  readonly #rules: AllRules;
  /** Undefined until there is one, and again when it was given back. */
  #place: Place | undefined;
  /** The callback that brought the handshake is over, and with it the cork that uWebSockets puts around such calls. */
  #hasWaited = false;

  constructor(res: HttpResponse, arrival: Arrival, context: us_socket_context_t, rules: AllRules) {
    this.#res = res;
    this.#arrival = arrival;
    this.#context = context;
    this.#rules = rules;
  }

  /** @param handshake is read during the call */
  begin(handshake: Handshake): void {
    const admission = admit(handshake, this.#rules.admission);
    if ('status' in admission) this.#refuse(admission);
    else this.#enter(admission);
  }

  #enter(candidate: Candidate): void {
    const place = this.#rules.handshakeLimits.enter(this.#arrival.address);
    if ('status' in place) this.#refuse(place);
    else {
      this.#place = place;
      this.#identify(candidate);
    }
  }

  #identify(candidate: Candidate): void {
    const { visitor } = this.#arrival;
    if (candidate.token !== undefined) this.#verify(candidate, candidate.token);
    // Each of its tabs has to bring a token: an application that says who comes is not to be got around.
    else if (visitor !== undefined && candidate.encoding === 'shared') this.#accept(candidate, undefined);
    else if (visitor !== undefined) this.#askBackend(candidate, visitor);
    else this.#accept(candidate, this.#rules.anonymous ? null : undefined);
  }

  #verify(candidate: Candidate, token: string): void {
    const use = (verdict: Verdict) => {
      if ('identity' in verdict) this.#accept(candidate, verdict.identity);
      else this.#refuse(refusalOf(verdict));
    };
    const verification = this.#rules.verifier.verify(token);
    if (verification instanceof Promise) void this.#inTime(verification, tooSlow, use);
    else use(verification);
  }

  #askBackend(candidate: Candidate, visitor: Visitor): void {
    if (lacksOrigin(visitor)) this.#refuse(originRequired);
    else
      void this.#inTime(this.#rules.backend.identify!(visitor), backendSlow, (verdict) => {
        if ('identity' in verdict) this.#accept(candidate, verdict.identity);
        else this.#refuse(refusalOfVisitor(verdict));
      });
  }

  /** Uses a verdict that comes in time, while the client is still there. */
  async #inTime<T>(coming: Promise<T>, late: Refusal, use: (verdict: T) => void): Promise<void> {
    let waiting = true;
    const stopWaiting = () => {
      const was = waiting;
      waiting = false;
      clearTimeout(deadline);
      return was;
    };
    const deadline = setTimeout(() => stopWaiting() && this.#refuse(late), verifyTimeout);
    this.#res.onAborted(() => {
      if (!stopWaiting()) return;
      this.#rules.counters.handshakes.aborted++;
      this.#givePlaceBack();
    });
    this.#hasWaited = true;
    const verdict = await coming;
    if (stopWaiting()) use(verdict);
  }

  #accept({ encoding, protocol, resumes }: Candidate, identity: Upgraded['identity']): void {
    const { key, extensions } = this.#arrival;
    this.#rules.counters.handshakes.accepted++;
    const upgraded: Upgraded = { encoding, identity, resumes, place: this.#place! };
    const upgrade = () => this.#res.upgrade(upgraded, key, protocol, extensions, this.#context);
    // Without a cork that is a system call, and a packet, for each word of the answer; see bystander.ts.
    if (this.#hasWaited) this.#rules.cork(upgrade);
    else upgrade();
  }

  #refuse(refusal: Refusal): void {
    this.#givePlaceBack();
    refuse(this.#res, refusal, this.#rules.counters);
  }

  #givePlaceBack(): void {
    if (this.#place !== undefined) this.#rules.handshakeLimits.leave(this.#place);
    this.#place = undefined;
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

const backendSlow = refusalOfVisitor({
  refused: 'slow',
  sentence: 'The application did not say in time who this visitor is',
});

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
