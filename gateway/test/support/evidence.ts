import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import type { SuiteContext, TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { eventsOf } from './events.js';
import type { GatewayProcess } from './gateway.js';
import type { Sent } from './ledger.js';
import type { TestTab } from './tab.js';

/** Where what is known of a run that failed is written down: one file per test. */
const folder = fileURLToPath(new URL('../../fault-logs/', import.meta.url));

/** Longest name of such a file. */
const longestName = 100;

/** Who has seen what happened. */
export interface Witness {
  readonly gateways: readonly GatewayProcess[];
  readonly tabs: readonly { readonly connections: readonly TestTab[] }[];
  readonly traffic: { readonly sends: readonly Sent[] };
}

/** What node:test knows of a test that is over, since 20.12, and its types do not. */
interface Over {
  readonly error?: Error | null;
}

/**
 * To be called when a test is over (`t.after`, `afterEach`). If it has failed, also by its time running out, what was sent, heard
 * and logged is written to a file, one JSON text per line, and a diagnostic names the file.
 * @param words what else there is to say, such as a seed
 */
export function keepEvidence(
  t: TestContext | SuiteContext,
  witness: Witness,
  words: readonly string[] = [],
): void {
  const { error } = t as Over;
  if (!error) return;
  const file = `${folder}${fileNameOf(t.name)}.jsonl`;
  mkdirSync(folder, { recursive: true });
  const out = openSync(file, 'w');
  for (const line of linesOf(t.name, witness, [...words, inspect(error)]))
    writeSync(out, `${JSON.stringify(line)}\n`);
  closeSync(out);
  if ('diagnostic' in t) t.diagnostic(`${[...words.slice(0, 1), 'in detail in'].join(', ')} ${file}`);
}

/** One by one, since all together may be more than a string can hold. */
function* linesOf(test: string, { gateways, tabs, traffic }: Witness, words: readonly string[]) {
  yield { test, words };
  for (const { id, log, errors } of gateways) yield { gateway: id, log, errors };
  for (const [tab, { connections }] of tabs.entries())
    yield { tab, heard: connections.map(({ frames }) => eventsOf(frames)) };
  for (const sent of traffic.sends) yield { sent };
}

function fileNameOf(test: string): string {
  return test.replaceAll(/[^\w=]+/g, '-').slice(0, longestName);
}
