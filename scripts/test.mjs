// `npm test`: everything that has to be true of this repository. `npm test -- name` runs the test files whose path
// contains `name`, without lint. `npm run test:faults`: what faults do to a cluster, the slow ones (test/long) too.
// `npm run test:cluster`: the ones of them that start a Redis Cluster. `npm run test:deploy`: what runs beside the gateways
// in production, with the real programs; and what takes its time and is no fault: some metrics, and gateways that share their tabs.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { prepare, run } from './prepare.mjs';
import { need, want } from './requirements.mjs';

const [filter] = process.argv.slice(2);
const faults = filter === '--faults';
const cluster = filter === '--cluster';
const deploy = filter === '--deploy';
need('redis-server', 'php', 'chromium');
if (deploy)
  want(
    'haproxy',
    'nginx',
    'prometheus',
    'prometheus-redis-exporter',
    'docker-compose',
    'tini',
    'debootstrap',
    'kubectl',
    'etcd',
    'kube-apiserver',
  );
prepare();
if (filter === undefined)
  run(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']);

const files = ['shared', 'gateway', 'client', 'loadtest', 'deploy'].flatMap(testsOf).filter(isWanted);
const options = [
  '--test',
  '--test-reporter=spec',
  // What is deployed is tried one by one: the rehearsals want the machine for themselves.
  `--test-concurrency=${deploy ? 1 : 2}`,
  // Of a whole file, and more than any suite takes for itself, so that one that fails has time to write down what it knows. A
  // rehearsal takes minutes, and so does it to fetch a Debian for the image.
  `--test-timeout=${deploy ? 600_000 : 300_000}`,
  '--enable-source-maps',
];
const { status } = spawnSync(process.execPath, [...options, ...files], { stdio: 'inherit' });
if (faults) for (const row of rowsLeftOut()) console.log(`Left out: ${row}`);
process.exit(status ?? 1);

function isWanted(file) {
  if (cluster) return file.includes('/long/redis-cluster');
  const isOfDeploy = file.startsWith('deploy/') || /\/long\/(metric-events|rebalance)/.test(file);
  if (deploy) return isOfDeploy;
  if (faults) return /\/(faults|long)\//.test(file) && !isOfDeploy;
  return filter === undefined ? !file.includes('/long/') : file.includes(filter);
}

/** The compiled test files of a workspace, by their sources: what was deleted there may still lie in dist. */
function testsOf(workspace) {
  const sources = readdirSync(`${workspace}/test`, { recursive: true }).map(String);
  const tests = sources.filter((path) => path.endsWith('.test.ts')).sort();
  return tests.map((path) => `${workspace}/dist/test/${path.replace(/\.ts$/, '.js')}`);
}

/** What the fault lab says of itself that it does not do. */
function rowsLeftOut() {
  const [, section] = readFileSync('gateway/test/faults/README.md', 'utf8').split('## Left out\n');
  return [...section.matchAll(/^- (.*)$/gm)].map(([, row]) => row);
}
