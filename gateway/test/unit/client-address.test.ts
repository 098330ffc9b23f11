import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blockOf, TrustedProxies } from '../../src/socket/client-address.js';

const trusted = ['10.0.0.0/8', '192.0.2.7', '2001:db8:1::/48', '::ffff:172.16.0.0/108'];

interface Row {
  readonly what: string;
  readonly peer: string;
  readonly forwardedFor?: string;
  readonly proxied?: string;
  readonly client: string;
}

const rows: Row[] = [
  { what: 'nothing but a peer', peer: '198.51.100.1', client: '198.51.100.1' },
  {
    what: 'a stranger who makes up a header',
    peer: '198.51.100.1',
    forwardedFor: '1.1.1.1',
    client: '198.51.100.1',
  },
  {
    what: 'a stranger who makes up a PROXY header',
    peer: '198.51.100.1',
    proxied: '1.1.1.1',
    client: '198.51.100.1',
  },
  { what: 'one proxy', peer: '10.1.2.3', forwardedFor: '1.1.1.1', client: '1.1.1.1' },
  { what: 'a proxy by its exact address', peer: '192.0.2.7', forwardedFor: '1.1.1.1', client: '1.1.1.1' },
  { what: 'its neighbour, who is none', peer: '192.0.2.8', forwardedFor: '1.1.1.1', client: '192.0.2.8' },
  {
    what: 'several proxies',
    peer: '10.1.2.3',
    forwardedFor: '1.1.1.1, 10.9.9.9,10.8.8.8',
    client: '1.1.1.1',
  },
  {
    what: 'a client who makes up hops before its own',
    peer: '10.1.2.3',
    forwardedFor: '9.9.9.9, 10.0.0.1, 1.1.1.1',
    client: '1.1.1.1',
  },
  { what: 'nobody but proxies', peer: '10.1.2.3', forwardedFor: '10.0.0.1, 10.0.0.2', client: '10.0.0.1' },
  {
    what: 'a peer in IPv4 mapped into IPv6',
    peer: '0000:0000:0000:0000:0000:ffff:0a01:0203',
    forwardedFor: '1.1.1.1',
    client: '1.1.1.1',
  },
  {
    what: 'a stranger mapped into IPv6',
    peer: '::ffff:198.51.100.1',
    forwardedFor: '1.1.1.1',
    client: '198.51.100.1',
  },
  {
    what: 'a network given mapped into IPv6',
    peer: '172.16.0.9',
    forwardedFor: '1.1.1.1',
    client: '1.1.1.1',
  },
  { what: 'what is just outside of it', peer: '172.32.0.1', forwardedFor: '1.1.1.1', client: '172.32.0.1' },
  { what: 'IPv6', peer: '2001:db8:1:2::3', forwardedFor: '2001:DB8:0:0:0::99', client: '2001:db8::99' },
  {
    what: 'IPv6 in full',
    peer: '2001:0db8:0001:0002:0000:0000:0000:0003',
    forwardedFor: '1.1.1.1',
    client: '1.1.1.1',
  },
  { what: 'a hop mapped into IPv6', peer: '10.1.2.3', forwardedFor: '::ffff:1.1.1.1', client: '1.1.1.1' },
  { what: 'a port', peer: '10.1.2.3', forwardedFor: '1.1.1.1:50000', client: '1.1.1.1' },
  {
    what: 'brackets and a port',
    peer: '10.1.2.3',
    forwardedFor: '[2001:db8::99]:443',
    client: '2001:db8::99',
  },
  { what: 'brackets', peer: '10.1.2.3', forwardedFor: '[2001:db8::99]', client: '2001:db8::99' },
  { what: 'a word', peer: '10.1.2.3', forwardedFor: '1.1.1.1, unknown', client: '10.1.2.3' },
  { what: 'a word further away', peer: '10.1.2.3', forwardedFor: 'unknown, 1.1.1.1', client: '1.1.1.1' },
  {
    what: 'a word behind a proxy',
    peer: '10.1.2.3',
    forwardedFor: '1.1.1.1, <script>, 10.0.0.1',
    client: '10.0.0.1',
  },
  { what: 'a number, which is no address', peer: '10.1.2.3', forwardedFor: '1', client: '10.1.2.3' },
  { what: 'too many digits', peer: '10.1.2.3', forwardedFor: '1.1.1.256', client: '10.1.2.3' },
  { what: 'an empty header', peer: '10.1.2.3', forwardedFor: ' , ,', client: '10.1.2.3' },
  { what: 'a PROXY header of a proxy', peer: '10.1.2.3', proxied: '1.1.1.1', client: '1.1.1.1' },
  {
    what: 'a PROXY header of a stranger, and a proxy behind',
    peer: '198.51.100.1',
    proxied: '10.1.1.1',
    forwardedFor: '1.1.1.1',
    client: '198.51.100.1',
  },
  {
    what: 'a PROXY header before a stranger with a header',
    peer: '10.1.2.3',
    proxied: '198.51.100.1',
    forwardedFor: '1.1.1.1',
    client: '198.51.100.1',
  },
  {
    what: 'a PROXY header before a proxy with a header',
    peer: '10.1.2.3',
    proxied: '10.7.7.7',
    forwardedFor: '1.1.1.1',
    client: '1.1.1.1',
  },
  { what: 'a peer without an address', peer: '', forwardedFor: '1.1.1.1', client: '' },
];

describe('the address of a client', () => {
  const proxies = new TrustedProxies(trusted);
  for (const { what, peer, forwardedFor = '', proxied = '', client } of rows)
    test(`${what}: ${client || 'none'}`, () => {
      assert.equal(proxies.clientOf({ peer, forwardedFor, proxied }), client);
    });

  test('without trusted proxies it is the peer, whatever it says', () => {
    const nobody = new TrustedProxies([]);
    assert.equal(nobody.any, false);
    assert.equal(
      nobody.clientOf({ peer: '10.1.2.3', forwardedFor: '1.1.1.1', proxied: '2.2.2.2' }),
      '10.1.2.3',
    );
  });

  const blocks: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['::1', '::/64'],
    ['', ''],
  ];
  for (const [address, block] of blocks)
    test(`${address || 'no address'} counts as ${block || 'itself'}`, () => {
      assert.equal(blockOf(address), block);
    });
});
