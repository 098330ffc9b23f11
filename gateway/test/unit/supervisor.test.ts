import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { pino } from 'pino';
import type { Figures } from '../../src/metrics/together.js';
import type { ToWorker } from '../../src/workers/messages.js';
import type { Listener } from '../../src/workers/process.js';
import { Respawn } from '../../src/workers/respawn.js';
import { Supervisor } from '../../src/workers/supervisor.js';

/** Supervision with processes that do as they are told, and a clock that stands still until it is turned. */

const commission = { args: ['start'], config: {} };
const log = pino({ level: 'silent' });

/** A process that a supervisor started. */
class Process {
  readonly heard: ToWorker[] = [];
  readonly #listener: Listener;
  readonly pid: number;
  running = true;

  constructor(pid: number, listener: Listener) {
    this.pid = pid;
    this.#listener = listener;
  }

  say(message: ToWorker): void {
    this.heard.push(message);
  }

  kill(): void {
    this.end(null, 'SIGKILL');
  }

  /** What it heard of one kind. */
  of<Kind extends ToWorker['kind']>(kind: Kind): Extract<ToWorker, { kind: Kind }>[] {
    return this.heard.filter(
      (message): message is Extract<ToWorker, { kind: Kind }> => message.kind === kind,
    );
  }

  get number(): number {
    return this.of('begin')[0]!.number;
  }

  ready(is = true): void {
    this.#listener.said({ kind: 'ready', is });
  }

  report(figures: Figures): void {
    this.#listener.said({ kind: 'report', question: this.of('question').at(-1)!.question, figures });
  }

  gather(): void {
    this.#listener.said({ kind: 'gather' });
  }

  end(code: number | null, signal: string | null = null): void {
    this.running = false;
    this.#listener.ended(code, signal);
  }
}

/** A supervisor and every process that it ever started. */
function supervise(workers: number) {
  const processes: Process[] = [];
  const launch = (listener: Listener) => {
    const process = new Process(processes.length + 1, listener);
    processes.push(process);
    return process;
  };
  const supervisor = new Supervisor({ workers, commission, launch, log });
  const over = supervisor.run();
  return { supervisor, processes, over, running: () => processes.filter(({ running }) => running) };
}

/** As `supervise`, with every worker ready. */
function superviseReady(workers: number) {
  const supervised = supervise(workers);
  for (let index = 0; index < workers; index++) supervised.processes[index]!.ready();
  return supervised;
}

const counterOf = (value: number) =>
  [{ name: 'x', type: 'counter', values: [{ value }] }] as unknown as Figures;

describe('respawn', () => {
  test('at once, then 1 s, and twice as long each time up to 30 s', () => {
    const respawn = new Respawn();
    const pauses = Array.from({ length: 9 }, () => respawn.pauseAfter(100) / 1000);
    assert.deepEqual(pauses, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test('a worker that lived for a minute was well', () => {
    const respawn = new Respawn();
    for (let failure = 0; failure < 4; failure++) respawn.pauseAfter(59_999);
    assert.equal(respawn.pauseAfter(60_000), 0);
    assert.equal(respawn.pauseAfter(0), 1000);
  });
});

describe('supervisor', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  test('the others start when the first is ready, each with a number of its own', () => {
    const { processes } = supervise(3);
    assert.equal(processes.length, 1);
    processes[0]!.ready();
    assert.deepEqual(
      processes.map(({ number }) => number),
      [1, 2, 3],
    );
    assert.deepEqual(processes[2]!.of('begin')[0]!.commission, commission);
  });

  test('the first ends before it was ready: nothing is tried again, and its code is ours', async () => {
    const { processes, over } = supervise(3);
    processes[0]!.end(78);
    assert.equal(await over, 78);
    mock.timers.tick(60_000);
    assert.equal(processes.length, 1);
  });

  test('the first is killed before it was ready', async () => {
    const { processes, over } = supervise(2);
    processes[0]!.end(null, 'SIGSEGV');
    assert.equal(await over, 1);
  });

  test('one that ends is replaced at once, by its number; the others hear nothing but who is ready', () => {
    const { processes } = superviseReady(3);
    const [, second, third] = processes;
    const before = third!.heard.length;
    second!.end(null, 'SIGKILL');
    mock.timers.tick(0);
    assert.equal(processes.length, 4);
    assert.equal(processes[3]!.number, 2);
    assert.deepEqual(
      third!.heard.slice(before).map(({ kind }) => kind),
      ['ready', 'ready'],
    );
  });

  test('one that keeps ending is started ever later, and does not keep others from coming back at once', () => {
    const { processes, running } = superviseReady(2);
    processes[0]!.end(1);
    mock.timers.tick(0);
    for (const pause of [1000, 2000, 4000]) {
      processes.at(-1)!.end(1);
      mock.timers.tick(pause - 1);
      assert.equal(running().length, 1);
      mock.timers.tick(1);
      assert.equal(running().length, 2);
    }
    processes[1]!.end(1);
    mock.timers.tick(0);
    assert.equal(running().length, 2);
  });

  test('a worker that was drained by itself is replaced too', () => {
    const { processes } = superviseReady(2);
    processes[1]!.end(0);
    mock.timers.tick(0);
    assert.equal(processes.length, 3);
  });

  test('SIGTERM goes to each once, a second one again; over when all have ended', async () => {
    const { supervisor, processes, over } = superviseReady(2);
    supervisor.signal('SIGTERM');
    for (const process of processes) assert.equal(process.of('signal').length, 1);
    processes[0]!.end(0);
    mock.timers.tick(60_000);
    assert.equal(processes.length, 2, 'nobody takes the place of one that was to leave');
    supervisor.signal('SIGTERM');
    assert.equal(processes[1]!.of('signal').length, 2);
    processes[1]!.end(0);
    assert.equal(await over, 0);
  });

  test('workers that hang at their end are killed, and the exit code tells', async () => {
    const { supervisor, processes, over, running } = superviseReady(3);
    supervisor.signal('SIGTERM');
    processes[0]!.end(0);
    supervisor.kill();
    assert.deepEqual(running(), []);
    mock.timers.tick(60_000);
    assert.equal(processes.length, 3);
    assert.equal(await over, 1);
  });

  test('one that leaves badly is told by the exit code', async () => {
    const { supervisor, processes, over } = superviseReady(3);
    supervisor.signal('SIGINT');
    for (const [index, code] of [0, 7, 0].entries()) processes[index]!.end(code);
    assert.equal(await over, 7);
  });

  test('SIGTERM while a worker waits for its return, and while the first one starts', async () => {
    const returning = superviseReady(2);
    returning.processes[1]!.end(1);
    returning.supervisor.signal('SIGTERM');
    mock.timers.tick(60_000);
    assert.equal(returning.processes.length, 2);
    returning.processes[0]!.end(0);
    assert.equal(await returning.over, 0);

    const starting = supervise(2);
    starting.supervisor.signal('SIGTERM');
    starting.processes[0]!.ready();
    assert.equal(starting.processes.length, 1);
    starting.processes[0]!.end(0);
    assert.equal(await starting.over, 0);
  });

  test('SIGHUP goes to each, and ends nothing', () => {
    const { supervisor, processes } = superviseReady(2);
    supervisor.signal('SIGHUP');
    for (const process of processes)
      assert.deepEqual(process.of('signal'), [{ kind: 'signal', signal: 'SIGHUP' }]);
    processes[0]!.end(1);
    mock.timers.tick(0);
    assert.equal(processes.length, 3);
  });

  test('every worker knows how many are ready, a new one too', () => {
    const { processes } = superviseReady(2);
    const known = (process: Process) => process.of('ready').at(-1)?.workers;
    assert.deepEqual(processes.map(known), [2, 2]);
    processes[0]!.ready(false);
    assert.deepEqual(processes.map(known), [1, 1]);
    processes[1]!.end(1);
    mock.timers.tick(0);
    assert.deepEqual([known(processes[0]!), known(processes[2]!)], [0, 0]);
  });

  describe('figures', () => {
    /** Lets promises that have resolved be seen. */
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const gathered = (process: Process) => process.of('gathered').at(-1)?.gathered;

    test('whoever asks gets those of all', async () => {
      const { processes } = superviseReady(2);
      processes[1]!.gather();
      processes[0]!.report(counterOf(1));
      await settle();
      assert.equal(gathered(processes[1]!), undefined);
      processes[1]!.report(counterOf(2));
      await settle();
      assert.deepEqual(gathered(processes[1]!), { fresh: [counterOf(1), counterOf(2)], stale: [] });
    });

    test('one that stays silent for a second is passed over, with what it last said', async () => {
      const { processes } = superviseReady(3);
      processes[0]!.gather();
      for (const [index, process] of processes.entries()) process.report(counterOf(index));
      processes[0]!.gather();
      processes[0]!.report(counterOf(10));
      processes[1]!.report(counterOf(11));
      mock.timers.tick(999);
      await settle();
      assert.equal(processes[0]!.of('gathered').length, 1);
      mock.timers.tick(1);
      await settle();
      const expected = { fresh: [counterOf(10), counterOf(11)], stale: [counterOf(2)] };
      assert.deepEqual(gathered(processes[0]!), expected);
    });

    test('one that is gone is not waited for, and its successor goes on counting where it was', async () => {
      const { processes } = superviseReady(2);
      processes[0]!.gather();
      processes[0]!.report(counterOf(1));
      processes[1]!.report(counterOf(2));
      processes[1]!.end(1);
      processes[0]!.gather();
      processes[0]!.report(counterOf(3));
      await settle();
      assert.deepEqual(gathered(processes[0]!), { fresh: [counterOf(3)], stale: [counterOf(2)] });
      mock.timers.tick(0);
      assert.deepEqual(processes[2]!.of('begin')[0]!.carried, counterOf(2));
      assert.equal(processes[0]!.of('begin')[0]!.carried, undefined);
    });
  });
});
