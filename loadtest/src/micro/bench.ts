import { Bench } from 'tinybench';

/** One operation whose time is taken. */
export interface Operation {
  readonly name: string;
  /** How often one sample repeats it, so that it takes far longer than reading the clock. */
  readonly repeats: number;
  /** Does it once. What it returns is kept, so that no compiler leaves it out. */
  run(): unknown;
}

/** What a part of the hot path costs. */
export interface Micro {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  operations(): readonly Operation[];
}

/** Nanoseconds of one operation over all samples. */
export interface MicroFigure {
  readonly micro: string;
  readonly operation: string;
  readonly median: number;
  /** Three quarters of the samples are not above it. */
  readonly p75: number;
  readonly p99: number;
  /** From the median. */
  readonly perSecond: number;
  readonly samples: number;
}

const nanosPerMilli = 1e6;

/** Where what operations return goes. */
let kept: unknown;

/**
 * Measures every operation of a part.
 * @param milliseconds for each, after a warm-up of a quarter of that
 * @param now a steady clock in ms
 * @throws what an operation throws
 */
export async function measureMicro(
  micro: Micro,
  milliseconds: number,
  now = () => performance.now(),
): Promise<MicroFigure[]> {
  const bench = new Bench({ time: milliseconds, warmupTime: milliseconds / 4, throws: true, now });
  const operations = micro.operations();
  for (const operation of operations) bench.add(operation.name, sampleOf(operation));
  const tasks = await bench.run();
  return tasks.map(({ result }, index) => {
    const { name, repeats } = operations[index]!;
    if (!('latency' in result)) throw new Error(`${micro.name}, ${name}: it was not run to its end`);
    const { p50, p75, p99, samplesCount } = result.latency;
    const nanos = (sample: number) => (sample * nanosPerMilli) / repeats;
    return {
      micro: micro.name,
      operation: name,
      median: nanos(p50),
      p75: nanos(p75),
      p99: nanos(p99),
      perSecond: 1e9 / nanos(p50),
      samples: samplesCount,
    };
  });
}

function sampleOf({ repeats, run }: Operation): () => void {
  return () => {
    for (let left = repeats; left > 0; left--) kept = run();
    if (kept instanceof Promise) throw new TypeError('expected an operation without promises');
  };
}
