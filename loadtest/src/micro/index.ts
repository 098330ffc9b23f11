import type { Micro } from './bench.js';
import { codec } from './codec.js';
import { envelope } from './envelope.js';
import { hub } from './hub.js';
import { merge } from './merge.js';

/** All micro-benches, by what they are called on the command line. */
export const micros: readonly Micro[] = [codec, envelope, hub, merge];
