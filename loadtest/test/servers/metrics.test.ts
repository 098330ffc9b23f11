import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { MetricsPages, Prometheus, readSample } from '../../src/servers/metrics.js';

const page = `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_user_seconds_total 9.5
process_cpu_seconds_total 12.25
process_resident_memory_bytes{pod="a"} 1.2e8 1795221532000
`;

/** A server whose answers depend on the path with its query. Returns its URL. */
async function serve(t: TestContext, answer: (url: URL) => string | undefined): Promise<URL> {
  const server = createServer((request, response) => {
    const body = answer(new URL(request.url!, 'http://localhost'));
    response.writeHead(body === undefined ? 404 : 200).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('a metric is found by its whole name, with labels and a time or without', () => {
  assert.equal(readSample(page, 'process_cpu_seconds_total'), 12.25);
  assert.equal(readSample(page, 'process_resident_memory_bytes'), 1.2e8);
  assert.equal(readSample(page, 'process_cpu_seconds'), undefined);
  assert.equal(readSample('', 'process_cpu_seconds_total'), undefined);
});

describe('pages of gateways', () => {
  test('tell CPU and memory of each', async (t) => {
    const url = await serve(t, ({ pathname }) => (pathname === '/metrics' ? page : undefined));
    assert.deepEqual(await new MetricsPages([new URL('/metrics', url)]).read(), [
      { name: `gateway ${url.host}`, role: 'gateway', cpuMicros: 12_250_000, residentBytes: 1.2e8 },
    ]);
  });

  test('that are something else are named', async (t) => {
    const url = await serve(t, ({ pathname }) => (pathname === '/' ? 'hello' : undefined));
    await assert.rejects(new MetricsPages([url]).read(), {
      message: `${url} has no process_cpu_seconds_total: expected the metrics of a gateway`,
    });
    await assert.rejects(new MetricsPages([new URL('/metrics', url)]).read(), {
      message: `${url}metrics answers 404`,
    });
  });
});

describe('a Prometheus', () => {
  const vector = (values: Record<string, string>) =>
    JSON.stringify({
      data: {
        result: Object.entries(values).map(([instance, value]) => ({
          metric: { instance },
          value: [0, value],
        })),
      },
    });

  test('tells CPU and memory of all gateways, and of nothing else that it scrapes', async (t) => {
    const answers: Record<string, string> = {
      'process_cpu_seconds_total and on(job, instance) tabcast_build_info': vector({
        'a:81': '1.5',
        'b:81': '2',
      }),
      'process_resident_memory_bytes and on(job, instance) tabcast_build_info': vector({
        'b:81': '7',
        'a:81': '5',
      }),
    };
    const url = await serve(t, ({ pathname, searchParams }) =>
      pathname === '/prom/api/v1/query' ? answers[searchParams.get('query')!] : undefined,
    );
    assert.deepEqual(await new Prometheus(new URL('/prom/', url)).read(), [
      { name: 'gateway a:81', role: 'gateway', cpuMicros: 1_500_000, residentBytes: 5 },
      { name: 'gateway b:81', role: 'gateway', cpuMicros: 2_000_000, residentBytes: 7 },
    ]);
  });

  test('that knows no gateway, or is none, is named', async (t) => {
    const empty = await serve(t, () => vector({}));
    await assert.rejects(new Prometheus(empty).read(), {
      message: /scrapes no gateway: it has no tabcast_build_info/,
    });
    const other = await serve(t, () => '<html>');
    await assert.rejects(new Prometheus(other).read(), {
      message: `${other} does not answer as Prometheus does: expected the URL of its server`,
    });
  });
});
