import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root, textOf } from '../../src/programs/repository.js';

/** A service of docker-compose.yml, as far as the tests read it. */
export interface Service {
  readonly image: string;
  readonly build?: { readonly dockerfile: string; readonly target: string };
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly ipv4_address?: string }>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly replicas: string };
  readonly [setting: string]: unknown;
}

/** docker-compose.yml, as far as the tests read it. */
export interface Composition {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly volumes: Readonly<Record<string, object>>;
}

interface Network {
  readonly internal?: boolean;
  readonly ipam?: { readonly config: readonly { readonly subnet: string; readonly ip_range: string }[] };
}

/** A place of docker-compose.yml where a variable goes in: `${NAME:-default}` or `${NAME:?what is to be done}`. */
export interface Asked {
  readonly name: string;
  readonly otherwise: 'default' | 'refused';
  /** The default, or what is to be done. */
  readonly text: string;
}

const variable = /\$\{(\w+):([-?])([^}]*)\}/g;

/** Every variable that docker-compose.yml asks for, as often as it does. */
export function askedFor(): Asked[] {
  return [...textOf('docker-compose.yml').matchAll(variable)].map(([, name, operator, text]) => ({
    name: name!,
    otherwise: operator === '-' ? 'default' : 'refused',
    text: text!,
  }));
}

/** What Docker would make of docker-compose.yml with these variables. */
export function composition(variables: Readonly<Record<string, string>>): Composition {
  const text = textOf('docker-compose.yml').replaceAll(variable, (_, name: string, operator, otherwise) => {
    const value = variables[name] || (operator === '-' ? otherwise : undefined);
    if (value === undefined) throw new Error(`${name}: ${otherwise}`);
    return value;
  });
  return parse(text.replaceAll('$$', '$'), { merge: true });
}

/** The names of the networks that a service is on. */
export function networksOf({ networks = [] }: Service): readonly string[] {
  return Array.isArray(networks) ? networks : Object.keys(networks);
}

/** Fresh ones by deploy/secrets.sh. */
export function freshSecrets(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'tabcast-secrets-'));
  try {
    writeSecrets(join(folder, 'env'));
    return variablesOf(readFileSync(join(folder, 'env'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs deploy/secrets.sh; returns its exit code. */
export function writeSecrets(file: string): number | null {
  return spawnSync(join(root, 'deploy/secrets.sh'), [file], { stdio: 'ignore' }).status;
}

/** What a file such as .env says. */
export function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}
