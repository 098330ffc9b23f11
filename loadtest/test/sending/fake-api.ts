import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request to send, as the fake API has seen it. */
export interface Asked {
  /** Its idempotency key. */
  readonly key: string;
  /** `user:` with the text behind it, one per send. */
  readonly sends: readonly { readonly user: string; readonly text: string }[];
  readonly inArray: boolean;
}

/** What to do with a request: `break` hangs up, `take and break` does so when it has taken it. */
export type Verdict = 'take' | 'break' | 'take and break' | number;

/** The HTTP API with faults: takes each idempotency key once, as a gateway does. */
export class FakeApi {
  /** All that came, repetitions too. */
  readonly asked: Asked[] = [];
  /** Texts that were taken, per user in order. */
  readonly taken = new Map<string, string[]>();
  readonly #keys = new Set<string>();
  readonly #judge: (asked: Asked, index: number) => Verdict;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** @param judge of each request to send; `index` counts from 0 */
  constructor(judge: (asked: Asked, index: number) => Verdict) {
    this.#judge = judge;
  }

  /** Returns its URL. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') return void response.end('{}');
    const asked = await read(request);
    const verdict = this.#judge(asked, this.asked.push(asked) - 1);
    if (verdict === 'take' || verdict === 'take and break') this.#take(asked);
    if (verdict === 'take')
      response.end(JSON.stringify(asked.inArray ? receipts(asked) : receipts(asked)[0]));
    else if (typeof verdict === 'number') response.writeHead(verdict).end(JSON.stringify(problem));
    else request.socket.destroy();
  }

  #take({ key, sends }: Asked): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    for (const { user, text } of sends) this.taken.set(user, [...(this.taken.get(user) ?? []), text]);
  }
}

/** Nobody is there of the user `nobody`. */
function receipts({ sends }: Asked): object[] {
  return sends.map(({ user }) => ({
    [`user:${user}`]: { gateways: user === 'nobody' ? 0 : 1, position: '17-1' },
  }));
}

const problem = { status: 400, title: 'A field is wrong', field: 'to.user', expected: 'a string' };

async function read(request: IncomingMessage): Promise<Asked> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const value = JSON.parse(body);
  const inArray = Array.isArray(value);
  const items: { to: { user: string }; details: string[] }[] = inArray ? value : [value];
  const sends = items.map(({ to, details }) => ({ user: to.user, text: details[0]! }));
  return { key: String(request.headers['idempotency-key']), sends, inArray };
}
