import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Files with a certificate and its key; both empty where there is no TLS. */
export interface CertificateFiles {
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
}

/**
 * Reads a certificate and its private key, and looks for everything that would make clients turn away: of what is wrong
 * with them uWebSockets says nothing but "App construction failed".
 * @param now in ms since the epoch
 * @returns when the certificate expires, in ms since the epoch
 * @throws {Error} with a sentence
 */
export function checkCertificate({ tlsCertFile, tlsKeyFile }: CertificateFiles, now: number): number {
  const certificate = read('tls-cert-file', tlsCertFile, 'a certificate', (pem) => new X509Certificate(pem));
  const key = read('tls-key-file', tlsKeyFile, 'a private key that is not encrypted', createPrivateKey);
  if (!isKeyOf(key, certificate))
    throw new Error(`tls-key-file: ${tlsKeyFile} is not the key of the certificate in ${tlsCertFile}`);
  const [from, to] = [certificate.validFrom, certificate.validTo].map((date) => Date.parse(date)) as [
    number,
    number,
  ];
  if (now < from) throw new Error(`tls-cert-file: ${tlsCertFile} is not valid before ${isoDate(from)}`);
  if (now > to) throw new Error(`tls-cert-file: ${tlsCertFile} expired on ${isoDate(to)}`);
  return to;
}

function read<T>(option: string, path: string, expected: string, parse: (pem: string) => T): T {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${option}: ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return parse(pem);
  } catch (cause) {
    throw new Error(`${option}: ${path}: expected ${expected} in PEM form`, { cause });
  }
}

function isKeyOf(key: KeyObject, certificate: X509Certificate): boolean {
  return certificate.checkPrivateKey(key);
}

function isoDate(time: number): string {
  return new Date(time).toISOString();
}
