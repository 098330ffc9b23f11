import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@tabcast/gateway/testing/free-port';
import { apiKey, GatewayProcess } from '@tabcast/gateway/testing/gateway';
import { type PhpServer, startPhp } from '@tabcast/gateway/testing/php';
import { root } from '../../src/programs/repository.js';

const secret = `whsec_${Buffer.from('the secret of the shop and gateway').toString('base64')}`;

/** The shop of examples/php behind `php -S`, and a gateway that asks it who comes. */
export class Shop {
  readonly gateway: GatewayProcess;
  readonly #php: PhpServer;
  readonly #folder: string;

  private constructor(gateway: GatewayProcess, php: PhpServer, folder: string) {
    this.gateway = gateway;
    this.#php = php;
    this.#folder = folder;
  }

  static async open(): Promise<Shop> {
    const folder = mkdtempSync(join(tmpdir(), 'tabcast-shop-'));
    writeFileSync(
      join(folder, 'php.ini'),
      `session.save_path=${folder}\nerror_reporting=-1\ndisplay_errors=1\n`,
    );
    const [publicPort, internalPort] = [await freePort(), await freePort()];
    const php = await startPhp(join(root, 'examples/php/public'), {
      PHPRC: folder,
      SHOP_ORDERS: join(folder, 'orders.json'),
      TABCAST_URL: `http://127.0.0.1:${internalPort}`,
      TABCAST_API_KEY: apiKey,
      TABCAST_WEBHOOK_SECRET: secret,
      TABCAST_SOCKET: `ws://127.0.0.1:${publicPort}/ws`,
    });
    const gateway = await GatewayProcess.start({
      PUBLIC_PORT: String(publicPort),
      INTERNAL_PORT: String(internalPort),
      ORIGINS: new URL(php.url).origin,
      WEBHOOK_URL: `${php.url}tabcast`,
      WEBHOOK_SECRETS: secret,
      WEBHOOK_EVENTS: 'connect',
      WEBHOOK_PRIVATE_NETWORKS: 'true',
    });
    return new Shop(gateway, php, folder);
  }

  /** Of one of its pages; the one of customers unless said otherwise. */
  url(path = ''): string {
    return this.#php.url + path;
  }

  get origin(): string {
    return new URL(this.#php.url).origin;
  }

  async close(): Promise<void> {
    await this.gateway.kill();
    await this.#php.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Visits the shop as a browser does in which no script runs: keeps the cookie, and posts the forms that it finds. */
export class Visitor {
  readonly #home: string;
  cookie = '';

  /** @param home URL of the page of customers */
  constructor(home: string) {
    this.#home = home;
  }

  async get(path = ''): Promise<Response> {
    return this.#ask(path, {});
  }

  /** Posts a form of the page at `/`, and follows where it leads. */
  async post(path: string, fields: Record<string, string>): Promise<Response> {
    const form = /name="form" value="(\w+)"/.exec(await (await this.get()).text())![1]!;
    return this.postAsIs(path, { form, ...fields });
  }

  /** Posts without what the form of the page has beside. */
  async postAsIs(path: string, fields: Record<string, string>): Promise<Response> {
    const answer = await this.#ask(path, { method: 'POST', body: new URLSearchParams(fields) });
    const location = answer.headers.get('location');
    return location === null ? answer : this.get(location.slice(1));
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const headers = { cookie: this.cookie };
    const answer = await fetch(this.#home + path, { ...init, headers, redirect: 'manual' });
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]!;
    return answer;
  }
}
