import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { remembering } from '../../src/fleet/names.js';

const six = { address: '::9', family: 6 };
const [one, two] = ['10.0.0.1', '10.0.0.2'].map((address) => ({ address, family: 4 }));

const find = (lookup: LookupFunction, all: boolean) =>
  new Promise<string | LookupAddress[]>((resolve, reject) =>
    lookup('gateways', { all }, (error, found) => (error === null ? resolve(found) : reject(error))),
  );

test('a name is asked for once a second, and its addresses of the preferred kind are used in turn', async () => {
  let [asked, time] = [0, 0];
  const lookup = remembering(
    async () => {
      asked++;
      return [one!, two!, six];
    },
    () => time,
  );
  assert.deepEqual(await find(lookup, true), [one, two, six]);
  assert.deepEqual(await find(lookup, true), [two, one, six]);
  time = 999;
  assert.deepEqual([await find(lookup, false), await find(lookup, false)], [one!.address, two!.address]);
  assert.equal(asked, 1);
  time = 1000;
  await find(lookup, true);
  assert.equal(asked, 2);
});

test('a name that nobody knows is an error for each who asks', async () => {
  const lookup = remembering(() => Promise.reject(new Error('ENOTFOUND')));
  await assert.rejects(find(lookup, true), /ENOTFOUND/);
  await assert.rejects(find(lookup, false), /ENOTFOUND/);
});
