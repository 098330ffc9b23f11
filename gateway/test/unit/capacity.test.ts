import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { capacityFor, softOpenFiles } from '../../src/limits/capacity.js';

const limits = (soft: string) =>
  [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max processes             31722                31722                processes ',
    `Max open files            ${soft.padEnd(20)} 1048576              files     `,
    'Max locked memory         8388608              8388608              bytes     ',
  ].join('\n');

describe('capacity', () => {
  test('is what open files leave, less a reserve', () => {
    assert.deepEqual(capacityFor(0, 20_000), { tabs: 19_488, connections: 19_872 });
    assert.deepEqual(capacityFor(0, 600), { tabs: 88, connections: 472 });
    assert.deepEqual(capacityFor(0, Number.POSITIVE_INFINITY).tabs, Number.POSITIVE_INFINITY);
  });

  test('may be configured lower, up to exactly that', () => {
    assert.equal(capacityFor(100, 20_000).tabs, 100);
    assert.equal(capacityFor(488, 1000).tabs, 488);
  });

  test('a wish that cannot be met is refused with the remedy', () => {
    assert.throws(() => capacityFor(489, 1000), {
      message:
        'max-tabs: 489 tabs need 1001 open files, and this process may have 1000; ' +
        'raise the limit before the start (ulimit -n, LimitNOFILE= of systemd)',
    });
    assert.throws(() => capacityFor(0, 512), /even one tab needs 513 open files/);
  });

  test('the soft limit is read from what Linux says of the process', () => {
    assert.equal(softOpenFiles(limits('1024')), 1024);
    assert.equal(softOpenFiles(limits('unlimited')), Number.POSITIVE_INFINITY);
    assert.equal(softOpenFiles(''), Number.POSITIVE_INFINITY);
    assert.ok(softOpenFiles(readFileSync('/proc/self/limits', 'utf8')) < Number.POSITIVE_INFINITY);
  });
});
