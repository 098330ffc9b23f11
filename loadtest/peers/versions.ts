import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Version of an installed package, for instance `4.8.4`. Read from its file, because a package need not export it. */
export function packageVersion(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const version = versionIn(`${folder}/${name}/package.json`);
    if (version !== undefined) return version;
  }
  throw new Error(`${name} is not installed`);
}

function versionIn(path: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}
