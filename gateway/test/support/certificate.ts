import { createPublicKey, sign } from 'node:crypto';
import type { Pair } from './tokens.js';

/** A self-signed X.509 certificate (RFC 5280 §4.1) around an EC key, as small as it can be. Days as YYMMDD. */
export function certificate({ privateKey, pem }: Pair, from = '200101', to = '490101'): string {
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const ecdsaWithSha256 = sequence(element(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const nobody = sequence();
  const validity = sequence(utcTime(`${from}000000Z`), utcTime(`${to}000000Z`));
  const serial = element(0x02, Buffer.from([1]));
  const body = sequence(serial, ecdsaWithSha256, nobody, validity, nobody, spki);
  const signature = element(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const text = sequence(body, ecdsaWithSha256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function utcTime(time: string): Buffer {
  return element(0x17, Buffer.from(time));
}

function sequence(...members: Buffer[]): Buffer {
  return element(0x30, Buffer.concat(members));
}

/** One element of DER: tag, length, content. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const size = length < 128 ? [length] : long;
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
