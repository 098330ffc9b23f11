import { posix } from 'node:path';
import { expanded, type Stage, type Step } from './dockerfile.js';

/** What an image says of how it is to be run. */
export interface Configuration {
  readonly environment: Readonly<Record<string, string>>;
  /** ARGs of the stage, for its build only. */
  readonly args: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly ports: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
}

/** Of `scratch`, and of Node's image as far as it matters. */
export const initial: Configuration = {
  environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  args: {},
  folder: '/',
  user: 'root',
  entrypoint: [],
  command: [],
  healthcheck: [],
  ports: [],
  labels: {},
  stopSignal: '',
};

/** What each instruction makes of it. */
const changes: Readonly<Record<string, (now: Configuration, step: Step) => Partial<Configuration>>> = {
  ARG: ({ args }, { values }) => ({ args: { ...args, ...values } }),
  ENV: (now, step) => ({ environment: { ...now.environment, ...expandedValues(now, step) } }),
  LABEL: (now, step) => ({ labels: { ...now.labels, ...expandedValues(now, step) } }),
  WORKDIR: (now, { text }) => ({ folder: posix.resolve(now.folder, text) }),
  USER: (_, { text }) => ({ user: text }),
  EXPOSE: ({ ports }, { words }) => ({ ports: [...ports, ...words.map(Number)] }),
  STOPSIGNAL: (_, { text }) => ({ stopSignal: text }),
  HEALTHCHECK: (_, { words }) => ({ healthcheck: words }),
  ENTRYPOINT: (_, { words }) => ({ entrypoint: words }),
  CMD: (_, { words }) => ({ command: words }),
};

/** Whether an instruction only says something of how to run, and changes no file. */
export function isSaid({ keyword }: Step): boolean {
  return Object.hasOwn(changes, keyword);
}

/** The configuration after such an instruction. */
export function after(now: Configuration, step: Step): Configuration {
  return { ...now, ...changes[step.keyword]!(now, step) };
}

/** What the image of a stage says, without building it. */
export function configurationOf(stages: readonly Stage[], name: string): Configuration {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) return initial;
  return stage.steps.filter(isSaid).reduce(after, begun(configurationOf(stages, stage.base)));
}

/** What a stage begins with: all that its base says, but for its ARGs. */
export function begun(base: Configuration): Configuration {
  return { ...base, args: {} };
}

function expandedValues({ args, environment }: Configuration, { values }: Step): Record<string, string> {
  const known = { ...args, ...environment };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expanded(value, known)]));
}
