import { SingleBar } from 'cli-progress';
import { digits } from '../report/format.js';
import type { Progress } from '../scenarios/scenario.js';

/** Shows people how far a run is. */
export interface Display {
  show(step: Progress): void;
  /** Makes room for what is printed next. */
  end(): void;
}

/** A new line says where the run is only so often while nothing else changes, ms. */
const lineEvery = 5000;

const barSteps = 1000;

/** A bar on a terminal, lines elsewhere. */
export function displayOn(stream: NodeJS.WriteStream): Display {
  return stream.isTTY
    ? new Bar(stream)
    : new Lines(
        (line) => stream.write(`${line}\n`),
        () => performance.now(),
      );
}

/** A line for each phase, and then one every few seconds. */
export class Lines implements Display {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #phase: string | undefined;
  #writtenAt = 0;

  /** @param now tells the time, ms */
  constructor(write: (line: string) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  show(step: Progress): void {
    if (step.phase === this.#phase && this.#now() - this.#writtenAt < lineEvery) return;
    this.#phase = step.phase;
    this.#writtenAt = this.#now();
    this.#write([`${step.phase} ${Math.round(step.done * 100)} %`, ...details(step)].join(', '));
  }

  end(): void {}
}

class Bar implements Display {
  readonly #bar: SingleBar;
  #running = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar({
      stream,
      format: '{phase} {bar} {percentage} %{details}',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      // Ctrl-C is ours: it ends the run with what there is.
      gracefulExit: false,
    });
  }

  show(step: Progress): void {
    const payload = {
      phase: step.phase,
      details: details(step)
        .map((detail) => ` | ${detail}`)
        .join(''),
    };
    if (!this.#running) this.#bar.start(barSteps, 0, payload);
    this.#running = true;
    this.#bar.update(Math.round(step.done * barSteps), payload);
  }

  end(): void {
    if (this.#running) this.#bar.stop();
    this.#running = false;
  }
}

function details({ rate, p99, left }: Progress): string[] {
  return [
    ...(rate === undefined ? [] : [`${digits(Math.round(rate))} per s`]),
    ...(p99 === undefined ? [] : [`p99 ${digits(p99)} ms`]),
    ...(left === undefined ? [] : [`${digits(Math.ceil(left))} s left`]),
  ];
}
