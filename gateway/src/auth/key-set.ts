import { importJwk, type VerificationKey } from './verification-key.js';

/** What is fetched with. */
export type Fetch = typeof fetch;

/** A set is a few kilobytes; more is a mistake or an attack. */
const maxBytes = 1_048_576;

/**
 * Downloads a JSON Web Key Set as text.
 * @throws {Error} no answer, an answer other than 200, a redirect, more than 1 MiB, or `signal` was aborted
 */
export async function downloadKeySet(url: string, fetchIt: Fetch, signal: AbortSignal): Promise<string> {
  // A redirect could lead from https to http, or into the network that the gateway can see and the issuer cannot.
  const answer = await fetchIt(url, {
    signal,
    redirect: 'error',
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (answer.status !== 200) throw new Error(`expected status 200, got ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`expected at most ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/**
 * Imports the usable keys of a JSON Web Key Set. What we cannot use is passed over, as RFC 7517 §5 asks.
 * @throws {Error} it is no key set, or has no usable key: taking that for an empty set would turn a slip of the issuer
 *   into a refusal of every token
 */
export async function importKeySet(text: string): Promise<readonly VerificationKey[]> {
  const members = membersOf(text);
  if (members === undefined) throw new Error('expected a JSON object with an array "keys"');
  const imported = await Promise.all(members.map(importJwk));
  const keys = imported.filter((key): key is VerificationKey => !('unusable' in key));
  if (keys.length === 0) throw new Error('expected at least one usable public key');
  return keys;
}

function membersOf(text: string): unknown[] | undefined {
  try {
    const { keys } = JSON.parse(text);
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}
