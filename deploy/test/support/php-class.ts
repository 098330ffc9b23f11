import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiKey } from '@tabcast/gateway/testing/gateway';
import { root } from '../../src/programs/repository.js';

const run = promisify(execFile);
const script = join(root, 'deploy/test/php/call.php');

/** What the class has thrown, and everything that PHP would print of it and of the object. */
export interface Thrown {
  class: string;
  message: string;
  status: number | null;
  problem: string | null;
  field: string | null;
  dump: string;
}

/** The class of examples/php, called by the real PHP: each call is a process, as each request of a page would be. */
export class PhpClass {
  readonly #with: Record<string, unknown>;

  /** @param given arguments of its constructor, by name */
  constructor(given: {
    urls: string | readonly string[];
    apiKey?: string;
    timeout?: number;
    attempts?: number;
  }) {
    this.#with = { apiKey, ...given };
  }

  /** @param named further arguments, by name */
  async call<T>(method: string, details: unknown[], named: Record<string, unknown> = {}): Promise<T> {
    const outcome = await this.#run(method, details, named);
    assert.ok('returned' in outcome, `threw ${JSON.stringify(outcome)}`);
    return outcome.returned as T;
  }

  /** As `call`, where it has to throw. */
  async fail(method: string, details: unknown[], named: Record<string, unknown> = {}): Promise<Thrown> {
    const outcome = await this.#run(method, details, named);
    assert.ok('thrown' in outcome, `returned ${JSON.stringify(outcome)}`);
    return outcome.thrown;
  }

  async #run(method: string, details: unknown[], named: Record<string, unknown>): Promise<Outcome> {
    const running = run('php', ['-d', 'zend.exception_ignore_args=0', script]);
    running.child.stdin!.end(JSON.stringify({ with: this.#with, method, details, named }));
    return JSON.parse((await running).stdout) as Outcome;
  }
}

type Outcome = { returned: unknown } | { thrown: Thrown };
