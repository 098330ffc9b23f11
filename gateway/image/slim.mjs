// `node gateway/image/slim.mjs`: leaves of the tree in this folder what a gateway runs, on this platform and with this Node.
// Of the binaries of uWebSockets.js it keeps the one that this Node loads, and tries it. Declarations, source maps, and what
// packages bring for those who develop them go. The Dockerfile uses it, on a tree of its own: what goes is gone.
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';

const superfluous = [
  /\.(map|[cm]?ts|tsx)$/,
  /node_modules\/.*\/(test|tests|benchmarks|examples|docs|\.github)$/,
  // npm links these although what they lead to is for development.
  /node_modules\/(\.bin|@tabcast\/client)$/,
];

keepOwnBinary(pathsIn('node_modules/uWebSockets.js').filter((path) => path.endsWith('.node')));
remove(pathsIn('.').filter((path) => superfluous.some((pattern) => pattern.test(path))));

/** @throws when this Node has none of its own, or it does not load: too old a glibc, for instance */
function keepOwnBinary(binaries) {
  const { platform, arch, version, versions } = process;
  const wanted = `uws_${platform}_${arch}_${versions.modules}.node`;
  const own = binaries.find((path) => basename(path) === wanted);
  if (own === undefined) {
    const there = binaries.map((path) => basename(path)).join(', ') || 'none';
    throw new Error(`Node ${version} needs ${wanted} of uWebSockets.js, which has: ${there}`);
  }
  createRequire(import.meta.url)(resolve(own));
  remove(binaries.filter((path) => path !== own));
}

function pathsIn(folder) {
  return readdirSync(folder, { recursive: true }).map((path) => join(folder, path));
}

function remove(paths) {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}
