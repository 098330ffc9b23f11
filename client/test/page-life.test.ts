import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pageLife } from '../src/page-life.js';

describe('the life of a page', () => {
  let page: EventTarget;
  let seen: string[];
  let stop: () => void;

  beforeEach(() => {
    page = new EventTarget();
    seen = [];
    globalThis.addEventListener = page.addEventListener.bind(page) as typeof globalThis.addEventListener;
    stop = pageLife.watch({ away: () => seen.push('away'), back: () => seen.push('back') });
  });
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'addEventListener');
  });

  const happen = (...types: string[]) => {
    for (const type of types) page.dispatchEvent(new Event(type));
  };

  test('it is put aside once, and comes back once', () => {
    happen('pageshow', 'pagehide', 'freeze', 'resume', 'pageshow');
    assert.deepEqual(seen, ['away', 'back']);
    happen('freeze', 'resume', 'pagehide');
    assert.deepEqual(seen.slice(2), ['away', 'back', 'away']);
  });

  test('who has stopped hears nothing any more', () => {
    stop();
    happen('pagehide', 'pageshow');
    assert.deepEqual(seen, []);
  });
});
