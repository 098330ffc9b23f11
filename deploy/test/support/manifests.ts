import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { parseAllDocuments } from 'yaml';
import { exchanged } from '../../src/programs/exchanged.js';
import { root } from '../../src/programs/repository.js';

/** What every manifest has. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** An overlay, and the lines of its kustomization that somebody has changed as its comments say. */
interface Variant {
  readonly overlay: string;
  readonly changes: Readonly<Record<string, string>>;
}

const loadtest = { '# - ../../components/loadtest': '- ../../components/loadtest' };

const variants = {
  dev: { overlay: 'dev', changes: {} },
  'dev with loadtest': { overlay: 'dev', changes: loadtest },
  'redis-cluster': { overlay: 'redis-cluster', changes: loadtest },
  'redis-cluster with an autoscaler': {
    overlay: 'redis-cluster',
    changes: {
      ...loadtest,
      '- ../../components/redis-cluster': '- ../../components/redis-cluster\n  - ../../components/hpa',
    },
  },
  production: { overlay: 'production', changes: {} },
  'production with the other components': {
    overlay: 'production',
    changes: {
      ...loadtest,
      '# - ../../components/egress': '- ../../components/egress',
      '- ../../components/hpa ': '- ../../components/keda ',
      '- ../../components/gateway-api ': '- ../../components/ingress ',
      // They change what is not there any more.
      'kind: Gateway,': 'kind: Gateway, labelSelector: none,',
      'kind: HTTPRoute,': 'kind: HTTPRoute, labelSelector: none,',
      '  # - target: { kind: Ingress': '  - target: { kind: Ingress',
      '  #   patch: |-\n': '    patch: |-\n',
      '  #     - { op: replace': '      - { op: replace',
    },
  },
} satisfies Record<string, Variant>;

/** What people apply. */
export type VariantName = keyof typeof variants;

/** All of it. */
export const variantNames = Object.keys(variants) as VariantName[];

const built = new Map<VariantName, readonly Manifest[]>();

/** What kubectl makes of a variant, with random secrets. */
export function manifestsOf(name: VariantName): readonly Manifest[] {
  const manifests = built.get(name) ?? build(variants[name]);
  built.set(name, manifests);
  return manifests;
}

function build({ overlay, changes }: Variant): readonly Manifest[] {
  const scratch = mkdtempSync(join(tmpdir(), 'tabcast-k8s-'));
  try {
    for (const folder of ['k8s', 'deploy/redis'])
      cpSync(join(root, folder), join(scratch, folder), { recursive: true, filter: isNoSecret });
    const folder = join(scratch, 'k8s/overlays', overlay);
    const kustomization = join(folder, 'kustomization.yaml');
    writeFileSync(kustomization, exchanged(readFileSync(kustomization, 'utf8'), changes));
    run('sh', [join(scratch, 'k8s/secrets.sh'), overlay]);
    return manifestsIn(run('kubectl', ['kustomize', folder]));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Whoever tries an overlay in this checkout has secrets beside it. */
function isNoSecret(path: string): boolean {
  return !/\/(secrets|redis)\.env$/.test(path);
}

/** What a program prints. @throws {Error} with what it complains about */
function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0 || stderr !== '') throw new Error(`${program}: ${stderr}`);
  return stdout;
}

/** The manifests in a text. Kustomize breaks the lines of long secrets, which Kubernetes takes and the schemas do not. */
function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const manifest = document.toJS() as Manifest & { data?: Record<string, string> };
    if (manifest.kind !== 'Secret') return manifest;
    const data = Object.entries(manifest.data ?? {}).map(([key, value]) => [key, value.replace(/\s/g, '')]);
    return { ...manifest, data: Object.fromEntries(data) };
  });
}

/** All manifests of one kind. The type is that of the kind; kubernetes.test.ts proves that they have it. */
export function allOf<T>(manifests: readonly Manifest[], kind: string): (T & Manifest)[] {
  return manifests.filter((manifest) => manifest.kind === kind) as (T & Manifest)[];
}

/** The manifest of a kind and a name, without the hash behind the names of generated ones. @throws when there is none */
export function theOne<T>(manifests: readonly Manifest[], kind: string, name: string): T & Manifest {
  const isIt = ({ metadata }: Manifest) => metadata.name.replace(/-[a-z0-9]{10}$/, '') === name;
  const [found, other] = allOf<T>(manifests, kind).filter(isIt);
  if (found === undefined || other !== undefined)
    throw new Error(`expected one ${kind} ${name}, got ${found ? 'several' : 'none'}`);
  return found;
}

/** Every pod that something makes: what makes it, the pod, and how its maker finds it again (a Job does not say). */
export function podsIn(manifests: readonly Manifest[]): [owner: string, IPodTemplateSpec, LabelSelector?][] {
  return manifests.flatMap((manifest): [string, IPodTemplateSpec, LabelSelector?][] => {
    const { template, selector } = (manifest as Manifest & PodMaker).spec ?? {};
    const owner = `${manifest.kind} ${manifest.metadata.name}`;
    if (template === undefined) return [];
    return [selector === undefined ? [owner, template] : [owner, template, selector]];
  });
}

/** Which pods are meant. */
export type LabelSelector = NonNullable<IDeployment['spec']>['selector'];

interface PodMaker {
  readonly spec?: { readonly template?: IPodTemplateSpec; readonly selector?: LabelSelector };
}

/** Bytes of a quantity such as 512Mi. */
export function bytes(quantity: string | number | undefined): number {
  const [, count, unit] = /^(\d+)(Mi|Gi)$/.exec(String(quantity))!;
  return Number(count) * (unit === 'Gi' ? 1024 ** 3 : 1024 ** 2);
}
