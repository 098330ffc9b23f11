import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before } from 'node:test';

/** What stands in for a gateway in the tests of a suite: it answers whoever has the key with the same object. */
export class AnsweringGateway {
  /** What was asked for. */
  readonly asked: (string | undefined)[] = [];
  url!: string;

  constructor(answer: object) {
    const server = createServer(({ url, headers }, response) => {
      this.asked.push(url);
      const known = headers.authorization === 'Bearer key-of-the-tests';
      response.writeHead(known ? 200 : 401).end(known ? JSON.stringify(answer) : '{"title": "No key"}');
    });
    before(async () => {
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());
  }
}
