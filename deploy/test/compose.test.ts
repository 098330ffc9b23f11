import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadConfig } from '@tabcast/gateway/internal/config/config';
import { parse } from 'yaml';
import { root, textOf } from '../src/programs/repository.js';
import {
  askedFor,
  composition,
  freshSecrets,
  networksOf,
  type Service,
  variablesOf,
  writeSecrets,
} from './support/composition.js';

const secrets = freshSecrets();
const { services, networks, volumes } = composition(secrets);
const every = Object.entries(services);
const { gateway, balancer } = services as { gateway: Service; balancer: Service };
const { config, problems, warnings } = loadConfig({
  flags: new Map(),
  environment: gateway.environment!,
  readFile: () => assert.fail('there is no file'),
});

describe('the gateways of docker-compose.yml', () => {
  test('have a configuration without problems or warnings', () => {
    assert.deepEqual({ problems, warnings }, { problems: [], warnings: [] });
    assert.equal(config.mode, 'production');
  });

  test('have the time to drain, and 15 s', () => {
    const seconds = Number(/^(\d+)s$/.exec(gateway.stop_grace_period!)![1]);
    assert.equal(seconds, (config.drainLameDuck + config.drainWindow) / 1000 + 15);
  });

  test('have the memory for as many tabs as may come, and half of it again for those that read slowly', () => {
    const limit = Number(/^(\d+)m$/.exec(String(gateway['mem_limit']))![1]) * 1024 ** 2;
    // docs/operations.md, Sizing.
    const needed = 115e6 + config.maxTabs * (3e3 + 5e3);
    assert.ok(config.maxTabs > 0 && needed * 1.5 < limit, `${needed} bytes`);
    assert.ok((gateway['ulimits'] as { nofile: number }).nofile >= config.maxTabs + 512);
  });

  test('are three unless somebody wants another number', () => {
    assert.equal(Number(gateway.deploy?.replicas), 3);
    assert.equal(Number(composition({ ...secrets, GATEWAYS: '5' }).services['gateway']!.deploy?.replicas), 5);
  });

  test('are reached by their ports only within networks that lead nowhere else', () => {
    assert.equal(gateway.ports, undefined);
    for (const name of networksOf(gateway)) assert.equal(networks[name]!.internal, true, name);
  });

  test('share one network with the balancer, or its DNS would know each of them twice', () => {
    const shared = networksOf(gateway).filter((name) => networksOf(balancer).includes(name));
    assert.deepEqual(shared, ['cluster']);
  });

  test('believe the balancer alone, whose address nobody else can get', () => {
    const { ipv4_address: address } = (balancer.networks as Record<string, { ipv4_address?: string }>)[
      'cluster'
    ]!;
    assert.deepEqual(config.trustedProxies, [address]);
    const { subnet, ip_range } = networks['cluster']!.ipam!.config[0]!;
    assert.match(subnet, /^10\.213\.71\.0\/24$/);
    assert.match(ip_range, /^10\.213\.71\.128\/25$/);
    assert.ok(Number(address!.split('.')[3]) < 128);
  });

  test('find modules where their handlers are mounted', async () => {
    const path = config.handlers;
    const [source, target] = gateway.volumes!.map(mount).find(([, there]) => path.startsWith(`${there}/`))!;
    const handlers = await import(join(root, source, path.slice(target.length)));
    assert.equal(typeof handlers.default, 'function');
    const manifest = gateway
      .volumes!.map(mount)
      .find(([, there]) => there === join(dirname(target), 'package.json'));
    assert.equal(JSON.parse(textOf(manifest![0])).type, 'module');
  });
});

describe('every service of docker-compose.yml', () => {
  for (const [name, service] of every)
    test(`${name} may do little, and is what was tried`, () => {
      assert.equal(service['read_only'], true);
      assert.deepEqual(service['cap_drop'], ['ALL']);
      assert.deepEqual(service['security_opt'], ['no-new-privileges:true']);
      assert.equal(service['privileged'], undefined);
      assert.equal(service['cap_add'], undefined);
      assert.match(String(service['mem_limit']), /^\d+[mg]$/);
      assert.match(service.image, /:v?\d+\.\d+\.\d+/);
    });

  test('is published on this machine only, but for what tabs connect to where somebody wants it', () => {
    const ports = (variables: Record<string, string>) =>
      Object.values(composition({ ...secrets, ...variables }).services).flatMap(({ ports = [] }) => ports);
    for (const port of ports({})) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
    const opened = ports({ PUBLIC_ADDRESS: '0.0.0.0' }).filter((port) => !port.startsWith('127.0.0.1:'));
    assert.deepEqual(opened, [`0.0.0.0:8080:${config.publicPort}`]);
  });

  test('that is published is on the network that leads outside', () => {
    for (const [name, service] of every)
      if (service.ports !== undefined)
        assert.ok(
          networksOf(service).some((network) => networks[network]!.internal !== true),
          name,
        );
  });

  test('may write where its program does, in a volume of its own or in memory', () => {
    const written = {
      redis: '/data',
      prometheus: '/prometheus',
      grafana: '/var/lib/grafana',
      shop: '/tmp',
    };
    const targets = Object.keys(written).map((name) => {
      const { volumes: mounts = [], tmpfs = [] } = services[name]!;
      const own = mounts.map(mount).find(([source]) => source === name)?.[1];
      return [name, own ?? (tmpfs as string[])[0]];
    });
    assert.deepEqual(Object.fromEntries(targets), written);
    assert.deepEqual(
      Object.keys(volumes).filter((name) => !(name in written)),
      [],
    );
  });

  test('finds what it mounts, and cannot change it', () => {
    for (const [name, { volumes: mounts = [] }] of every)
      for (const text of mounts) {
        const [source, , access] = mount(text);
        if (!source.startsWith('.')) assert.ok(source in volumes, `${name}: ${source}`);
        else {
          assert.ok(existsSync(join(root, source)), `${name}: ${source}`);
          assert.equal(access, 'ro', `${name}: ${source}`);
        }
      }
  });

  test('waits only for services that say how they are', () => {
    for (const [name, { depends_on: others = {} }] of every)
      for (const [other, { condition }] of Object.entries(others)) {
        assert.equal(condition, 'service_healthy', `${name} waits for ${other}`);
        // The image of the gateway brings its own.
        assert.ok(services[other]!.healthcheck ?? services[other]!.build?.target === 'gateway', other);
      }
  });

  test('calls others by their names, and is on a network with them', () => {
    for (const [name, service] of every)
      for (const url of Object.values(service.environment ?? {})) {
        const host = /^\w+:\/\/(?:[^@/]*@)?([a-z-]+):\d+/.exec(url)?.[1];
        if (host === undefined || host === 'localhost') continue;
        assert.ok(isReached(host, name), url);
      }
  });

  test('that is built here has the version of this repository', () => {
    const { version } = JSON.parse(textOf('gateway/package.json'));
    const dockerfile = textOf('gateway/Dockerfile');
    for (const { image, build } of Object.values(services).filter(({ build }) => build !== undefined)) {
      assert.equal(image.split(':')[1], version);
      assert.ok(dockerfile.includes(` AS ${build!.target}\n`), build!.target);
    }
  });
});

describe('secrets of docker-compose.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tabcast-compose-'));
  after(() => rmSync(folder, { recursive: true }));

  test('have no defaults, and who lacks one is told what to do', () => {
    const required = askedFor().filter(({ otherwise }) => otherwise === 'refused');
    assert.deepEqual([...new Set(required.map(({ name }) => name))].sort(), Object.keys(secrets).sort());
    for (const { text } of required) assert.match(text, /deploy\/secrets\.sh/);
    for (const { name } of askedFor().filter(({ otherwise }) => otherwise === 'default'))
      assert.doesNotMatch(name, /SECRET|KEY|PASSWORD/);
  });

  test('are all named in .env.example, with no value, and so is what else can be said', () => {
    const example = variablesOf(textOf('.env.example'));
    assert.deepEqual(Object.keys(example).sort(), [...new Set(askedFor().map(({ name }) => name))].sort());
    for (const value of Object.values(example)) assert.equal(value, '');
  });

  test('are fresh each time, for their owner only, and never overwritten', () => {
    const file = join(folder, 'env');
    assert.equal(writeSecrets(file), 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const before = readFileSync(file, 'utf8');
    for (const [name, value] of Object.entries(variablesOf(before))) assert.notEqual(value, secrets[name]);
    assert.notEqual(writeSecrets(file), 0);
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  test('are written beside docker-compose.yml, wherever the script is run from', () => {
    const script = join(folder, 'deploy/secrets.sh');
    cpSync(join(root, 'deploy/secrets.sh'), script);
    const { status } = spawnSync(script, { cwd: tmpdir(), stdio: 'ignore' });
    assert.equal(status, 0);
    assert.ok(existsSync(join(folder, '.env')));
  });

  test('are in no command line', () => {
    for (const [name, { command = [] }] of every)
      for (const secret of Object.values(secrets)) assert.ok(!command.join(' ').includes(secret), name);
  });
});

describe('configurations beside docker-compose.yml', () => {
  test('know the gateways by the name and the ports that they have', () => {
    for (const file of ['deploy/haproxy/haproxy.cfg', 'deploy/nginx/nginx.conf'])
      for (const port of [config.publicPort, config.internalPort])
        assert.match(textOf(file), new RegExp(`server\\S* .*gateway:${port}\\b`), file);
    assert.match(textOf('deploy/haproxy/haproxy.cfg'), new RegExp(`check port ${config.internalPort}\\b`));
    const scraped = parse(textOf('deploy/prometheus/prometheus.yml')).scrape_configs;
    assert.deepEqual(scraped[0].dns_sd_configs[0].names, ['gateway']);
    assert.equal(scraped[0].dns_sd_configs[0].port, config.internalPort);
  });

  test('call other services by their names', () => {
    const targets = parse(textOf('deploy/prometheus/prometheus.yml')).scrape_configs.flatMap(
      ({ static_configs: found = [] }) => found.flatMap(({ targets }: { targets: string[] }) => targets),
    );
    const source = parse(textOf('deploy/grafana/provisioning/datasources/prometheus.yml')).datasources[0];
    const calls = [
      ...targets.map((target: string) => ['prometheus', target.split(':')[0]!]),
      ['prometheus', 'gateway'],
      ['grafana', new URL(source.url).hostname],
    ];
    for (const [caller, called] of calls)
      assert.ok(called === 'localhost' || isReached(called!, caller!), `${caller} calls ${called}`);
  });

  test('put the dashboard where Grafana looks for it', () => {
    const { path } = parse(textOf('deploy/grafana/provisioning/dashboards/tabcast.yml')).providers[0].options;
    assert.ok(services['grafana']!.volumes!.map(mount).some(([, target]) => dirname(target) === path));
  });

  test('exchange no service for nginx that is not there', () => {
    const { services: exchanged } = parse(textOf('deploy/nginx/compose.yml'));
    assert.deepEqual(Object.keys(exchanged), ['balancer']);
    assert.match(exchanged.balancer.image, /:\d+\.\d+\.\d+/);
  });

  test('say what to open, for every published port', () => {
    const guide = textOf('deploy/guide.txt');
    for (const { ports = [] } of Object.values(services))
      for (const port of ports) assert.ok(guide.includes(`localhost:${port.split(':')[1]}`), port);
  });
});

/** Whether there is such a service, and another is on a network with it. */
function isReached(called: string, caller: string): boolean {
  const from = networksOf(services[caller]!);
  return called in services && networksOf(services[called]!).some((network) => from.includes(network));
}

/** Source, target and access of a volume. */
function mount(text: string): [source: string, target: string, access: string | undefined] {
  const [source, target, access] = text.split(':');
  return [source!, target!, access];
}
