import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Why no certificate can be made here; false where one can. For `skip`. */
export function noCertificate(): string | false {
  return spawnSync('openssl', ['version']).status === 0 ? false : 'needs openssl to make a certificate';
}

/** A key and a certificate of its own for 127.0.0.1, in PEM. */
export function selfSigned(): string {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', '-', '-out', '-'],
  ]);
  assert.equal(made.status, 0, `${made.stderr}`);
  return `${made.stdout}`;
}
