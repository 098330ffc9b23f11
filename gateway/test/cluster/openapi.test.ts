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
  readonly parameters: readonly { name: string; in: string }[];
  readonly security: readonly unknown[];
  readonly requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  readonly responses: Record<string, { content: Record<string, { schema?: object }> }>;
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

  test('tells the truth: seeded requests get answers that it describes', async (t) => {
    const seed = fuzzSeed();
    t.diagnostic(`FUZZ_SEED=${seed}`);
    const random = new Random(seed);
    const values = new FromSchema(document, random);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', ...document });
    const seen = new Map<string, number>();
    for (let number = 0; number < requests; number++) {
      const path = random.pick(Object.keys(document.paths));
      const method = random.pick(Object.keys(document.paths[path]!));
      const described = document.paths[path]![method]!;
      const answer = await ask(path, method, described, values, random);
      const line = `${method} ${path} ${answer.status}`;
      seen.set(line, (seen.get(line) ?? 0) + 1);
      const told = described.responses[answer.status];
      assert.ok(told, `${line} is not in the document`);
      const type = answer.headers.get('content-type')!.split(';')[0]!;
      assert.ok(type in told.content, `${line} came as ${type}`);
      const text = await answer.text();
      if (!type.endsWith('json')) continue;
      const at = ['paths', path, method, 'responses', `${answer.status}`, 'content', type, 'schema'];
      const pointer = at
        .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
        .map(encodeURIComponent);
      const fits = ajv.validate({ $ref: `document#/${pointer.join('/')}` }, JSON.parse(text));
      assert.ok(fits, `${line}: ${ajv.errorsText()}\n${text}`);
      assert.notEqual(answer.status, 500, text);
    }
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { requestBody, security }] of Object.entries(methods)) {
        if (path.endsWith('/drain')) continue;
        assert.ok(seen.has(`${method} ${path} 200`), `${method} ${path} never succeeded`);
        if (requestBody) assert.ok(seen.has(`${method} ${path} 400`), `${method} ${path} never complained`);
        if (security.length > 0)
          assert.ok(seen.has(`${method} ${path} 401`), `${method} ${path} never asked`);
      }
  });

  function ask(
    path: string,
    method: string,
    { parameters, requestBody, security }: Described,
    values: FromSchema,
    random: Random,
  ): Promise<Response> {
    const id = { $ref: '#/components/schemas/Id' };
    const filled = path.replace(/\{\w+\}/g, () => segment(String(values.value(id))));
    const schema = requestBody?.content['application/json']?.schema;
    const body = schema && JSON.stringify(random.oneIn(2) ? values.value(schema) : values.nearly(schema));
    const headers: Record<string, string> = {};
    if (security.length > 0 && !random.oneIn(10)) headers['authorization'] = `Bearer ${apiKey}`;
    if (parameters.some(({ name }) => name === 'Idempotency-Key') && random.oneIn(4))
      headers['idempotency-key'] = `${random.below(50)}`;
    const url = `http://127.0.0.1:${gateway.internalPort}${filled}`;
    return fetch(url, { method: method.toUpperCase(), headers, ...(body !== undefined && { body }) });
  }
});

/** An id as a segment of a path. Clients resolve `.` and `..` before they send, encoded or not (WHATWG URL §4.5). */
function segment(id: string): string {
  return encodeURIComponent(/^\.{1,2}$/.test(id) ? `x${id}` : id.toWellFormed());
}
