import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FromSchema } from '../support/from-schema.js';
import { apiKey, GatewayProcess } from '../support/gateway.js';
import { fuzzSeed, Random } from '../support/random.js';
import { type RedisServer, startRedis } from '../support/redis.js';

/** Requests that the document is tried with. */
const requests = 800;

interface Described {
  readonly security: readonly unknown[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  readonly responses: Record<string, { content: Record<string, { schema?: object }> }>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Record<string, unknown>;
}

interface Document {
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: object;
}

describe('the OpenAPI document', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let gateway: GatewayProcess;
  let document: Document;
  before(async () => {
    redis = await startRedis();
    gateway = await GatewayProcess.start({ REDIS_URL: redis.url });
    document = (await (await gateway.api('/v1/openapi.json')).json()) as Document;
  });
  after(async () => {
    await gateway?.kill();
    await redis?.close();
  });

  test('is one, as a public validator sees it', async () => {
    const verdict = await new Validator().validate(structuredClone(document) as never);
    assert.deepEqual(verdict.errors ?? [], []);
    assert.equal(verdict.valid, true);
  });

  test('is found without a key', async () => {
    const answer = await fetch(`http://127.0.0.1:${gateway.internalPort}/v1/openapi.json`);
    assert.equal(answer.status, 200);
  });

  test('describes what every operation answers, with a key, without one, and to a body that is none', async () => {
    const truth = new Truth(document);
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { requestBody, security }] of Object.entries(methods)) {
        const url = path.replace('{id}', gateway.id).replace('{user}', 'ann') + (queries[path] ?? '');
        if (security.length > 0) assert.equal(await truth.of(await ask(url, method, {}), path, method), 401);
        if (requestBody !== undefined)
          assert.equal(await truth.of(await ask(url, method, { key, body: '[]' }), path, method), 400);
        // This would be the end of the gateway.
        if (path.endsWith('/drain')) continue;
        const body = requestBody && JSON.stringify(bodies[path]);
        assert.equal(
          await truth.of(await ask(url, method, { key, body }), path, method),
          200,
          `${method} ${path}`,
        );
      }
  });

  test('tells the truth: seeded requests get answers that it describes', async (t) => {
    const seed = fuzzSeed();
    t.diagnostic(`FUZZ_SEED=${seed}`);
    const random = new Random(seed);
    const values = new FromSchema(document, random);
    const truth = new Truth(document);
    for (let number = 0; number < requests; number++) {
      const path = random.pick(Object.keys(document.paths));
      const method = random.pick(Object.keys(document.paths[path]!));
      const { parameters, requestBody } = document.paths[path]![method]!;
      const schema = requestBody?.content['application/json']?.schema;
      const url = path.replace(/\{\w+\}/g, () => segment(String(values.value(idSchema))));
      const query = parameters.filter((one) => one.in === 'query' && random.oneIn(2));
      const asked = query.map((one): [string, string] => [
        one.name,
        String(values.value(one.schema)).toWellFormed(),
      ]);
      const body = schema && JSON.stringify(random.oneIn(2) ? values.value(schema) : values.nearly(schema));
      const repetition = random.oneIn(4) ? `${random.below(50)}` : undefined;
      await truth.of(
        await ask(`${url}?${new URLSearchParams(asked)}`, method, { key, body, repetition }),
        path,
        method,
      );
    }
  });

  function ask(path: string, method: string, { key, body, repetition }: Sending): Promise<Response> {
    const headers: Record<string, string> = {};
    if (key !== undefined) headers['authorization'] = `Bearer ${key}`;
    if (repetition !== undefined) headers['idempotency-key'] = repetition;
    const url = `http://127.0.0.1:${gateway.internalPort}${path}`;
    return fetch(url, { method: method.toUpperCase(), headers, ...(body !== undefined && { body }) });
  }
});

interface Sending {
  readonly key?: string;
  readonly body?: string | undefined;
  readonly repetition?: string | undefined;
}

const key = apiKey;
const idSchema = { $ref: '#/components/schemas/Id' };

/** A body that each path takes. */
const bodies: Record<string, unknown> = {
  '/v1/send': { to: { user: 'ann' }, action: 'hello' },
  '/v1/disconnect': { user: 'ann' },
  '/v1/revoke': { tokenId: 'a token' },
};

/** A query that each path takes, where it needs one. */
const queries: Record<string, string> = {
  '/v1/history': '?channel=user:ann',
};

/** Compares answers with what the document says of them. */
class Truth {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });

  constructor(document: Document) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'document', ...document });
  }

  /** Fails when the document does not describe an answer; returns its status. */
  async of(answer: Response, path: string, method: string): Promise<number> {
    const line = `${method} ${path} ${answer.status}`;
    const text = await answer.text();
    assert.notEqual(answer.status, 500, text);
    const told = this.#document.paths[path]![method]!.responses[answer.status];
    assert.ok(told, `${line} is not in the document`);
    const type = answer.headers.get('content-type')!.split(';')[0]!;
    assert.ok(type in told.content, `${line} came as ${type}`);
    if (type.endsWith('json')) {
      const at = ['paths', path, method, 'responses', `${answer.status}`, 'content', type, 'schema'];
      const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
      const fits = this.#ajv.validate({ $ref: `document#/${pointer.join('/')}` }, JSON.parse(text));
      assert.ok(fits, `${line}: ${this.#ajv.errorsText()}\n${text}`);
    }
    return answer.status;
  }
}

/** An id as a segment of a path. Clients resolve `.` and `..` before they send, encoded or not (WHATWG URL §4.5). */
function segment(id: string): string {
  return encodeURIComponent(/^\.{1,2}$/.test(id) ? `x${id}` : id.toWellFormed());
}
