import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { blockWith, documentAt } from './documents.js';
import { GatewayProcess } from './gateway.js';
import { type PhpServer, startPhp } from './php.js';
import { TestTab } from './tab.js';

/** Where the pages of the application are. */
export const origin = 'https://app.example';

const oldSecret = `whsec_${Buffer.from('the secret that PHP still checks').toString('base64')}`;
const newSecret = `whsec_${Buffer.from('the secret that is to replace it').toString('base64')}`;
const router = fileURLToPath(new URL('../../../test/support/application.php', import.meta.url));

/** What PHP was asked or told. */
export interface Event {
  type: string;
  id: string;
  data: Record<string, unknown> & { headers: Record<string, string> };
}

/**
 * A gateway before an application in PHP, which verifies signatures by the code that docs/webhooks.md shows, and
 * knows its visitors by PHP's own sessions. Both are started before the tests of a suite and ended after.
 */
export class PhpApplication {
  /** It asks and tells PHP everything but who is online. */
  gateway!: GatewayProcess;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'tabcast-php-'));
  #php!: PhpServer;

  constructor() {
    before(async () => {
      const environment = { WEBHOOK: this.#functions(), WEBHOOK_SECRET: oldSecret, SCRATCH: this.#scratch };
      this.#php = await startPhp(router, environment);
      this.gateway = await this.start(['connect', 'action', 'disconnect']);
    });
    after(async () => {
      await this.gateway.kill('SIGTERM');
      await this.#php.close();
      rmSync(this.#scratch, { recursive: true });
    });
  }

  /** Starts one more gateway, which the test ends. */
  start(events: string[], options: Record<string, string> = {}): Promise<GatewayProcess> {
    return GatewayProcess.start({
      WEBHOOK_URL: this.#php.url,
      WEBHOOK_SECRETS: [newSecret, oldSecret].join(),
      WEBHOOK_EVENTS: events.join(),
      WEBHOOK_PRIVATE_NETWORKS: 'true',
      DRAIN_LAME_DUCK: '0',
      DRAIN_WINDOW: '0',
      ...options,
    });
  }

  /** What PHP was asked and told, from the first event on. */
  events(): Event[] {
    const lines = readFileSync(join(this.#scratch, 'events'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  /** Logs in as a page would, and returns the cookie. */
  async logIn(user: string): Promise<string> {
    const answer = await fetch(`${this.#php.url}?user=${user}`);
    return answer.headers.get('set-cookie')!.split(';')[0]!;
  }

  async openAs(user: string, query = ''): Promise<TestTab> {
    const headers = { origin, cookie: await this.logIn(user) };
    return TestTab.open(this.gateway.socketUrl + query, { headers });
  }

  /** Writes the code of the document where PHP finds it. */
  #functions(): string {
    const document = documentAt('docs/webhooks.md');
    const [verify, identify] = ['webhook(', 'visitor('].map((name) =>
      blockWith(document, 'php', `function ${name}`),
    );
    const path = join(this.#scratch, 'functions.php');
    writeFileSync(path, verify! + identify!.replace('<?php', ''));
    return path;
  }
}
