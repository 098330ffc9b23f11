import type { Flags } from '../config/flags.js';
import { apiKey, type Kind, pattern } from '../config/kinds.js';
import type { Config } from '../config/options.js';
import { type Problem, quote } from '../config/problem.js';
import { exitCodes, type Io } from './io.js';

/** How long the gateway may take to answer, in ms. */
const answerTimeout = 10_000;

/** Where a running gateway is, and the key that it lets us in with. */
export interface Access {
  readonly url: string;
  readonly key: string | undefined;
}

/** One request to the API of a gateway. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent: no body. */
  readonly body?: unknown;
}

/** The flags --url and --key of a command, where they are not given the gateway of this configuration on this machine. */
export function readAccess(flags: Flags, config: Config): { access: Access; problems: Problem[] } {
  const url = flags.get('url')?.at(-1) ?? internalUrl(config);
  const key = flags.get('key')?.at(-1) ?? config.apiKeys[0];
  const problems = [...wrongFlag('url', url, gatewayUrl), ...wrongFlag('key', key, apiKey)];
  return { access: { url, key }, problems };
}

/** What is wrong with a flag, if it was given. */
export function wrongFlag(flag: string, given: string | undefined, kind: Kind<string>): Problem[] {
  if (given === undefined || kind.read(given) !== undefined) return [];
  return [{ where: `flag --${flag}`, expected: kind.expected, given: kind.mask?.(given) ?? quote(given) }];
}

/**
 * Asks a running gateway, and hands what it answers to `show`, which may write it. Resolves to the exit code; a refusal
 * or a silence is written to standard error.
 */
export async function ask(
  { url, key }: Access,
  call: ApiCall,
  io: Io,
  show: (answer: string) => void,
): Promise<number> {
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}${call.path}`, {
      method: call.method,
      headers: { ...call.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(answerTimeout),
    });
    const text = await answer.text();
    if (answer.ok) show(text);
    else io.err(`tabcast: the gateway answered ${answer.status}: ${reasonOf(text) || answer.statusText}`);
    return answer.ok ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    io.err(`tabcast: no answer from ${url}: ${whyUnreachable(error)}`);
    return exitCodes.failed;
  }
}

const gatewayUrl = pattern(
  'an http:// or https:// URL without user or query',
  /^https?:\/\/[^/?#@\s]+(\/[^?#@\s]*)?$/,
);

/** The internal port of a gateway with this configuration on this machine; systems take 0.0.0.0 for themselves. */
function internalUrl({ internalHost, internalPort }: Config): string {
  return `http://${internalHost.includes(':') ? `[${internalHost}]` : internalHost}:${internalPort}`;
}

/** What problem JSON (RFC 9457) says, or nothing when the body is none. */
function reasonOf(body: string): string {
  const problem = readJson(body);
  if (typeof problem !== 'object' || problem === null) return '';
  const { title, field, expected, detail } = problem as Record<string, unknown>;
  const place = typeof expected === 'string' ? `${field ?? 'body'}: expected ${expected}` : undefined;
  return [title, place, detail].filter((part) => typeof part === 'string').join('; ');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whyUnreachable(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return `none within ${answerTimeout / 1000} s`;
  if (cause?.code === 'ECONNREFUSED')
    return 'connection refused; is a gateway running, and is --url its internal port?';
  return cause?.code ?? cause?.message ?? message;
}
