import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, test } from 'node:test';
import { guardedLookup, refusalOf, refusalOfHost } from '../../src/backend/webhook/address.js';

/** Where a webhook may go: everywhere it may, only where private networks are allowed, or nowhere. */
const rows: Record<'always' | 'private' | 'never', string[]> = {
  always: ['8.8.8.8', '93.184.215.14', '2606:4700::1111', '::ffff:8.8.8.8'],
  private: [
    '10.0.0.1',
    '172.16.5.4',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.8.8.8',
    '169.254.1.1',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd12:3456::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::127.0.0.1',
  ],
  never: [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    'fd00:ec2::254',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '2001:db8::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '::7f00:1',
    'fec0::1',
  ],
};

describe('addresses of webhooks', () => {
  for (const [when, addresses] of Object.entries(rows))
    for (const address of addresses)
      test(`${address}: ${when}`, () => {
        assert.equal(refusalOf(address, false) === undefined, when === 'always');
        assert.equal(refusalOf(address, true) === undefined, when !== 'never');
      });

  const hosts: [url: string, mayBeUsed: boolean][] = [
    ['https://backend.example/hook', true],
    ['https://8.8.8.8/', true],
    ['https://127.0.0.1/', false],
    ['https://0x7f.1/', false],
    ['https://2130706433/', false],
    ['https://[::1]/', false],
    ['https://[::ffff:10.0.0.1]/', false],
  ];
  for (const [url, mayBeUsed] of hosts)
    test(`${url} ${mayBeUsed ? 'may' : 'may not'} be configured`, () =>
      assert.equal(refusalOfHost(new URL(url), false) === undefined, mayBeUsed));
});

describe('the lookup of names', () => {
  type Answer = { error: Error | null; address: string | LookupAddress[]; family: number | undefined };

  /** Looks up a name for which the DNS has these addresses. */
  function lookUp(addresses: string[], all: boolean): Promise<Answer> {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const dns = ((_name: string, options: { all: boolean }, done: (...found: unknown[]) => void) => {
      assert.equal(options.all, true);
      done(null, found);
    }) as never;
    return new Promise((resolve) => {
      guardedLookup(false, dns)('backend.example', { all }, (error, address, family) =>
        resolve({ error, address, family }),
      );
    });
  }

  test('leaves over what may be used', async () => {
    const mixed = ['10.0.0.1', '8.8.8.8', '::1', '2606:4700::1'];
    const { error, address } = await lookUp(mixed, true);
    assert.equal(error, null);
    assert.deepEqual(address, [
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
    assert.deepEqual(await lookUp(mixed, false), { error: null, address: '8.8.8.8', family: 4 });
  });

  test('fails with the reason where nothing is left', async () => {
    for (const all of [true, false])
      assert.match((await lookUp(['10.0.0.1'], all)).error!.message, /10\.0\.0\.1 is in a private network/);
    assert.match((await lookUp([], true)).error!.message, /backend\.example has no address/);
  });
});
