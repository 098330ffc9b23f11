import { createHmac } from 'node:crypto';

const prefix = 'whsec_';

/**
 * The bytes of a secret `whsec_<base64>`, or undefined where it is none of 24 to 64 bytes, as Standard Webhooks wants
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme).
 */
export function readSecret(text: string): Buffer | undefined {
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64');
  const whole = text.startsWith(prefix) && bytes.toString('base64') === encoded;
  return whole && bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

/**
 * Value of the header `webhook-signature`: a signature with each secret, so that one may be replaced while both count.
 * @param timestamp of this attempt, in s since the epoch
 */
export function sign(secrets: readonly Buffer[], id: string, timestamp: number, body: string): string {
  const signed = `${id}.${timestamp}.${body}`;
  return secrets
    .map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
    .join(' ');
}
