// What browsers load: bundles the compiled client into client/dist/*.js, minified and with source maps, and puts its types
// into client/dist/types. `npm run build` does so after the compiler, and so does everything that prepares. Fails when a
// bundle has grown beyond its limit.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { declarationsOf } from './declarations.mjs';
import { fail } from './prepare.mjs';

const root = new URL('..', import.meta.url);
const dist = new URL('client/dist/', root);

/**
 * Every bundle: the compiled module that it is made of, what it is for, and how large it may be: `limit` in KB (1024 bytes)
 * after gzip -9.
 */
export const bundles = {
  'tabcast.js': { entry: 'index', limit: 10, sentence: 'module; shares sockets' },
  'tabcast.iife.js': {
    entry: 'classic',
    limit: 10,
    sentence: 'the same as one file for `<script>`: the global `tabcast`, and its own worker',
    // It learns from the tag where it lies, and does not ask `import.meta`, which is empty there.
    options: { format: 'iife', globalName: 'tabcast', logOverride: { 'empty-import-meta': 'silent' } },
  },
  'worker.js': {
    entry: 'shared/worker',
    limit: 4,
    sentence: 'script of the SharedWorker of `tabcast.js`',
    options: { format: 'iife' },
  },
  'unshared.js': { entry: 'unshared', limit: 6.25, sentence: 'module; every tab has a socket of its own' },
  'msgpack.js': {
    entry: 'msgpack',
    limit: 19.25,
    sentence: 'module; MessagePack, every tab has a socket of its own',
    // Whoever hands msgpackr on has to hand on its license.
    options: { banner: { js: `/*! With msgpackr.\n${license('msgpackr')}\n*/` } },
  },
};

/** The modules that others import, and want the types of. */
const typedEntries = ['index', 'unshared', 'msgpack'];

async function bundleAll() {
  // esbuild has said why.
  const cannot = () => fail('The client cannot be bundled.');
  const made = await Promise.all(Object.keys(bundles).map(bundle)).catch(cannot);
  writeTypes();
  const grown = made.map(judge).filter((sentence) => sentence !== undefined);
  if (grown.length > 0) fail(grown.join('\n'));
}

/** Writes a bundle with its source map; answers its name and its size in bytes. */
async function bundle(name) {
  const { entry, options } = bundles[name];
  const { outputFiles } = await build({
    entryPoints: [compiled(entry)],
    outfile: fileURLToPath(new URL(name, dist)),
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    ...options,
  });
  for (const { path, contents } of outputFiles) writeIfNew(path, contents);
  const code = outputFiles.find(({ path }) => basename(path) === name);
  return { name, size: gzipSync(code.contents, { level: 9 }).length };
}

/** Writes the declarations that the package ships, and takes away those that it no longer needs. */
function writeTypes() {
  const types = new URL('types/', dist);
  const texts = declarationsOf(
    typedEntries,
    (workspace, path) => new URL(`${workspace}/dist/src/${path}`, root),
  );
  for (const [path, text] of texts) writeIfNew(fileURLToPath(new URL(path, types)), Buffer.from(text));
  for (const path of readdirSync(types, { recursive: true }).map(String))
    if (path.endsWith('.d.ts') && !texts.has(path)) rmSync(new URL(path, types));
}

/** Leaves a file alone that is as it should be: tests may be reading it. */
function writeIfNew(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

/** Prints the size of a bundle; answers a sentence when it is too large. */
function judge({ name, size }) {
  const { limit } = bundles[name];
  console.log(`${name.padEnd(16)} ${String(size).padStart(6)} bytes after gzip -9, at most ${limit * 1024}`);
  if (size <= limit * 1024) return undefined;
  return `client/dist/${name} has grown to ${size} bytes after gzip -9, and may have ${limit * 1024}.`;
}

function license(name) {
  return readFileSync(new URL(`node_modules/${name}/LICENSE`, root), 'utf8').trim();
}

function compiled(entry) {
  return fileURLToPath(new URL(`src/${entry}.js`, dist));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleAll();
