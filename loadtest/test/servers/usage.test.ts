import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupBytes, usageOf } from '../../src/servers/usage.js';

/** Files of a machine on which this process is in the cgroup `/own`. */
function machineWith(files: Readonly<Record<string, string>>): (path: string) => string {
  const all: Record<string, string> = {
    [`/proc/${process.pid}/cgroup`]: '1:cpu:/other\n0::/own\n',
    ...files,
  };
  return (path) => {
    if (all[path] === undefined) throw new Error(`ENOENT ${path}`);
    return all[path];
  };
}

test('a process that is alone in its cgroup is charged what the cgroup holds', () => {
  const read = machineWith({
    '/sys/fs/cgroup/own/cgroup.procs': `${process.pid}\n`,
    '/sys/fs/cgroup/own/memory.current': '4096\n',
  });
  assert.equal(cgroupBytes(process.pid, read), 4096);
});

test('a cgroup with others in it, or none, tells nothing', () => {
  const shared = machineWith({
    '/sys/fs/cgroup/own/cgroup.procs': `${process.pid}\n1\n`,
    '/sys/fs/cgroup/own/memory.current': '4096\n',
  });
  assert.equal(cgroupBytes(process.pid, shared), undefined);
  assert.equal(cgroupBytes(process.pid, machineWith({})), undefined);
  const versionOne = machineWith({ [`/proc/${process.pid}/cgroup`]: '1:memory:/own\n' });
  assert.equal(cgroupBytes(process.pid, versionOne), undefined);
});

test('a process of this machine has used something', () => {
  const { name, role, cpuMicros, residentBytes } = usageOf('gateway 1', 'gateway', process.pid);
  assert.deepEqual([name, role], ['gateway 1', 'gateway']);
  assert.ok(cpuMicros > 0 && residentBytes > 1e6);
});
