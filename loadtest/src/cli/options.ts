import { parseArgs } from 'node:util';
import type { Scenario, ScenarioOption } from '../scenarios/scenario.js';
import type { Where } from './where.js';

/** What is asked for on the command line of `load`. */
export interface LoadCommand {
  readonly scenario: Scenario;
  /** Every option of the scenario. */
  readonly options: Readonly<Record<string, number>>;
  readonly where: Where;
  /** `host:port` of machines that hold the tabs. */
  readonly workers: readonly string[];
  readonly workerKey?: string;
  /** Files to write the result to. */
  readonly json?: string;
  readonly page?: string;
}

/** Somebody wants to know how `load` is used; about one scenario, or about all. */
export interface HelpWanted {
  readonly help: readonly Scenario[];
}

interface Switch {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** How its value is written in the help; empty for a switch. */
  readonly value: string;
  readonly about: string;
}

/** Options that every scenario has; the help shows them in this order. */
export const commonOptions: Readonly<Record<string, Switch>> = {
  spawn: {
    type: 'string',
    value: '<n>',
    about: 'starts n gateways here on one core, and a Redis beside the load on another',
  },
  'no-history': { type: 'boolean', value: '', about: 'with --spawn: their channels keep nothing' },
  through: {
    type: 'string',
    value: 'api|redis',
    about: 'with --spawn: how to send (api), or past the gateways',
  },
  url: { type: 'string', multiple: true, value: '<ws://…>', about: 'where tabs connect; may be repeated' },
  api: {
    type: 'string',
    multiple: true,
    value: '<http://…>',
    about: 'internal port of a gateway; may be repeated',
  },
  'api-key': { type: 'string', value: '<key>', about: 'of the API; better in TABCAST_LOAD_API_KEY' },
  'token-secret': {
    type: 'string',
    value: '<text>',
    about: 'signs tokens; better in TABCAST_LOAD_TOKEN_SECRET',
  },
  metrics: {
    type: 'string',
    multiple: true,
    value: '<http://…>',
    about: '/metrics of each gateway, for CPU and memory',
  },
  prometheus: { type: 'string', value: '<http://…>', about: 'the same by way of a Prometheus' },
  insecure: { type: 'boolean', value: '', about: 'any certificate will do' },
  worker: {
    type: 'string',
    multiple: true,
    value: '<host:port>',
    about: 'where `npm run worker` listens, holds the tabs; may be repeated',
  },
  'worker-key': { type: 'string', value: '<key>', about: 'what these workers want to hear' },
  json: { type: 'string', value: '<file>', about: 'writes the result there' },
  page: { type: 'string', value: '<file>', about: 'writes the result there as a page with charts' },
  help: { type: 'boolean', value: '', about: 'this; of one scenario after its name' },
};

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/**
 * Reads the command line.
 * @param environment where secrets may be, so that they are in no list of processes
 * @throws {RangeError} that names the argument and what was expected
 */
export function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  scenarios: readonly Scenario[],
): LoadCommand | HelpWanted {
  const { values, positionals } = parse(args, scenarios);
  const [scenario, ...more] = positionals.map((name) => scenarioOf(name, scenarios));
  if (values['help']) return { help: scenario === undefined ? scenarios : [scenario, ...more] };
  if (scenario === undefined || more.length > 0)
    throw new RangeError(`expected one scenario: ${listed(scenarios.map(({ name }) => name))}`);
  checkNames(values, scenario);
  const text = textIn(values);
  if (values['worker'] === undefined) checkAlone('without --worker', ['worker-key'], values);
  return {
    ...{ scenario, options: optionsOf(scenario, values), where: whereOf(values, environment) },
    workers: textsIn(values)('worker'),
    ...optional('workerKey', text('worker-key')),
    ...optional('json', text('json')),
    ...optional('page', text('page')),
  };
}

/** Knows the options of all scenarios, so that a value is never taken for the name of a scenario. */
function parse(args: readonly string[], scenarios: readonly Scenario[]) {
  const numbers = scenarios.flatMap(({ options }) =>
    Object.keys(options).map((name) => [name, { type: 'string' }]),
  );
  const common = Object.entries(commonOptions).map(([name, { type, multiple }]) => [
    name,
    { type, ...(multiple && { multiple }) },
  ]);
  const options = Object.fromEntries([...numbers, ...common]);
  const parsed = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of parsed.tokens)
    if (token.kind === 'option' && !Object.hasOwn(options, token.name))
      throw new RangeError(`${token.rawName}: there is no such option`);
    else if (token.kind === 'option' && !token.inlineValue && token.value?.startsWith('--'))
      throw new RangeError(`${token.rawName}: expected a value, got ${token.value}`);
  return parsed as { values: Values; positionals: string[] };
}

function scenarioOf(name: string, scenarios: readonly Scenario[]): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `there is no scenario "${name}", but ${listed(scenarios.map((scenario) => scenario.name))}`,
  );
}

function checkNames(values: Values, scenario: Scenario): void {
  for (const name of Object.keys(values))
    if (!Object.hasOwn(scenario.options, name) && !Object.hasOwn(commonOptions, name))
      throw new RangeError(
        `--${name}: ${scenario.name} has no such option, but ${listed(Object.keys(scenario.options).map((known) => `--${known}`))}`,
      );
  for (const [name, { type }] of Object.entries(commonOptions))
    for (const value of [values[name] ?? []].flat())
      if (typeof value !== type)
        throw new RangeError(`--${name}: expected ${type === 'string' ? 'a value' : 'no value'}`);
}

function optionsOf(scenario: Scenario, values: Values): Record<string, number> {
  return Object.fromEntries(
    Object.entries(scenario.options).map(([name, option]) => {
      const text = values[name];
      return [name, text === undefined ? option.default : numberOf(name, option, text)];
    }),
  );
}

function numberOf(name: string, { orZero, fraction, least = 0 }: ScenarioOption, text: unknown): number {
  const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  const isGood =
    Number.isFinite(value) &&
    value >= least &&
    (orZero || value > 0) &&
    (fraction || Number.isInteger(value));
  if (isGood) return value;
  const range = orZero || least > 0 ? `from ${least}` : 'above 0';
  const expected = `a ${fraction ? '' : 'whole '}number ${range}`;
  throw new RangeError(
    `--${name}: expected ${expected}, got ${typeof text === 'string' ? `"${text}"` : 'none'}`,
  );
}

function whereOf(values: Values, environment: Readonly<Record<string, string | undefined>>): Where {
  const [text, texts] = [textIn(values), textsIn(values)];
  const [spawn, urls] = [text('spawn'), texts('url')];
  if ((spawn === undefined) === (urls.length === 0))
    throw new RangeError('expected either --spawn <gateways> or --url <ws://…>');
  if (spawn !== undefined) return spawnOf(spawn, values);
  checkAlone('with --url', ['no-history', 'through'], values);
  return {
    ...{ kind: 'remote', urls, apis: texts('api'), metrics: texts('metrics') },
    insecure: values['insecure'] === true,
    ...optional('apiKey', text('api-key') ?? environment['TABCAST_LOAD_API_KEY']),
    ...optional('tokenSecret', text('token-secret') ?? environment['TABCAST_LOAD_TOKEN_SECRET']),
    ...optional('prometheus', text('prometheus')),
  };
}

function spawnOf(spawn: string, values: Values): Where {
  checkAlone('with --spawn', ['api', 'api-key', 'token-secret', 'metrics', 'prometheus', 'insecure'], values);
  const through = textIn(values)('through') ?? 'api';
  if (through !== 'api' && through !== 'redis')
    throw new RangeError(`--through: expected api or redis, got "${through}"`);
  const gateways = numberOf('spawn', { default: 1, about: '' }, spawn);
  return { kind: 'spawned', gateways, history: values['no-history'] !== true, through };
}

/** Names an option that means nothing where it stands. @param beside for instance `with --url` */
function checkAlone(beside: string, names: readonly string[], values: Values): void {
  const found = names.find((name) => values[name] !== undefined);
  if (found !== undefined) throw new RangeError(`--${found}: means nothing ${beside}`);
}

function textIn(values: Values): (name: string) => string | undefined {
  return (name) => values[name] as string | undefined;
}

function textsIn(values: Values): (name: string) => readonly string[] {
  return (name) => (values[name] ?? []) as readonly string[];
}

function optional<K extends string>(name: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: string };
}

function listed(names: readonly string[]): string {
  return names.join(', ');
}
