import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadlines } from '../../src/tab/deadlines.js';

function atSecond(start: number) {
  const clock = { now: start * 1000 };
  const deadlines = new Deadlines(() => clock.now);
  const woken: string[] = [];
  const sleeper = (name: string) => ({ due: () => void woken.push(name) });
  const goTo = (second: number) => {
    clock.now = second * 1000;
    deadlines.tick();
  };
  return { deadlines, woken, sleeper, goTo };
}

describe('deadlines', () => {
  test('wake once, not before their time, and not after they were cancelled', () => {
    const { deadlines, woken, sleeper, goTo } = atSecond(100);
    const cancelled = sleeper('cancelled');
    deadlines.set(103_500, sleeper('later'));
    deadlines.set(102_000, sleeper('sooner'));
    deadlines.cancel(deadlines.set(102_000, cancelled), cancelled);
    goTo(101);
    assert.deepEqual(woken, []);
    goTo(102);
    goTo(103);
    assert.deepEqual(woken, ['sooner']);
    goTo(104);
    goTo(105);
    assert.deepEqual(woken, ['sooner', 'later']);
  });

  test('one in the past wakes at the next tick', () => {
    const { deadlines, woken, sleeper, goTo } = atSecond(100);
    goTo(100);
    deadlines.set(5_000, sleeper('late'));
    goTo(101);
    assert.deepEqual(woken, ['late']);
  });

  test('a machine that slept for a year wakes everything, in no time', () => {
    const { deadlines, woken, sleeper, goTo } = atSecond(100);
    deadlines.set(200_000, sleeper('a'));
    deadlines.set(9_000_000, sleeper('b'));
    deadlines.set(99_000_000_000, sleeper('far'));
    goTo(31_536_100);
    assert.deepEqual(woken, ['a', 'b']);
  });

  test('a clock that is set back wakes nothing twice and loses nothing', () => {
    const { deadlines, woken, sleeper, goTo } = atSecond(100);
    deadlines.set(110_000, sleeper('a'));
    goTo(105);
    goTo(50);
    deadlines.set(60_000, sleeper('b'));
    goTo(106);
    assert.deepEqual(woken, ['b']);
    goTo(110);
    assert.deepEqual(woken, ['b', 'a']);
  });

  test('a clock that is set back makes nobody who sets one then wait for the old time', () => {
    const { deadlines, woken, sleeper, goTo } = atSecond(100);
    goTo(3700);
    goTo(100);
    deadlines.set(110_000, sleeper('a'));
    goTo(110);
    assert.deepEqual(woken, ['a']);
  });

  test('one that sets the next while it is woken does not run in a circle', () => {
    const { deadlines, woken, sleeper, goTo } = atSecond(100);
    deadlines.set(101_000, {
      due: () => {
        woken.push('first');
        deadlines.set(101_000, sleeper('second'));
      },
    });
    goTo(101);
    assert.deepEqual(woken, ['first']);
    goTo(102);
    assert.deepEqual(woken, ['first', 'second']);
  });
});
