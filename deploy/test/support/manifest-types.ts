import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../src/programs/repository.js';
import type { Manifest } from './manifests.js';

/** Packages with the kinds of others than Kubernetes itself, by the API group. */
const packages = new Map([
  ['gateway.networking.k8s.io', '@kubernetes-models/gateway-api'],
  ['keda.sh', '@kubernetes-models/keda'],
  ['monitoring.coreos.com', '@kubernetes-models/prometheus-operator'],
]);

/** Where the class and the type of a kind are. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  const [group] = apiVersion.split('/');
  return `${packages.get(group!) ?? 'kubernetes-models'}/${apiVersion}/${kind}`;
}

/** What the JSON schema of its kind has against a manifest; schemas let fields pass that they do not know. */
export async function schemaProblems(manifest: Manifest): Promise<string[]> {
  const kinds = (await import(moduleOf(manifest))) as Record<string, new (data: object) => Validated>;
  try {
    new kinds[manifest.kind]!(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
  }
}

interface Validated {
  /** @throws {Error} that names fields */
  validate(): void;
}

/**
 * What the compiler has against manifests that are written down as literals of their types: fields that nobody knows, which
 * Kubernetes would refuse, or leave out without a word.
 */
export function typeProblems(manifests: readonly Manifest[]): string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'tabcast-types-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
    writeFileSync(join(scratch, 'manifests.ts'), manifests.map(literal).join('\n'));
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--types', '', '--pretty', 'false'];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [tsc, ...options, '--module', 'esnext', '--moduleResolution', 'bundler', 'manifests.ts'],
      { cwd: scratch, encoding: 'utf8' },
    );
    const problems = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    return status === 0 || problems.length > 0 ? problems : [`the compiler ended with ${status}`];
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function literal(manifest: Manifest, index: number): string {
  const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
  return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 2)};`;
}
