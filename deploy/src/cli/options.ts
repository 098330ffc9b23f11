import { parseArgs } from 'node:util';
import { positive } from '@tabcast/loadtest/cli/command';
import type { AutoscalePlan } from '../rehearsal/autoscale.js';
import type { RolloutPlan } from '../rehearsal/rollout.js';

/** What there is to be asked for. */
export const usage = `usage: npm run rehearse -w deploy -- rollout|autoscale [options]

rollout: every gateway is replaced under load, one after the other
  --gateways 3       to begin with, and as many new ones
  --tabs 3000
  --sends 500        per second, to users, groups and everyone in turn
  --lame-duck 5      of the gateways, s
  --window 60        over which a gateway spreads the closes of its tabs, s
  --calm 10          how long it is watched before and after, s
  --no-history       channels keep nothing: what tabs miss is lost
  --kill             the old gateways are killed, and not asked to leave

autoscale: tabs come in three waves, the last goes again, and an autoscaler follows
  --tabs 600         when most are there
  --arrivals 4       tabs that connect per second
  --sends 200        per second, to users and groups in turn
  --faster 60        by how much the autoscaler's times are shorter than those of k8s/components/hpa
  --lame-duck 5, --window 60
  --no-rebalance     gateways do not give tabs to emptier ones
  --patience 240     how long tabs may take to be spread evenly after each step, s

both:
  --json <file>      all figures
  --page <file>      one HTML file with charts
  --svg <file>       the charts of docs/operations.md`;

/** What was asked for. */
export interface Command {
  readonly rehearsal:
    | { readonly kind: 'rollout'; readonly plan: RolloutPlan }
    | { readonly kind: 'autoscale'; readonly plan: AutoscalePlan };
  /** Files to write. */
  readonly json?: string;
  readonly page?: string;
  readonly svg?: string;
}

const files = { json: { type: 'string' }, page: { type: 'string' }, svg: { type: 'string' } } as const;

const leaving = {
  'lame-duck': { type: 'string', default: '5' },
  window: { type: 'string', default: '60' },
} as const;

/**
 * Full gateways, by what the autoscaler aims at, after each wave. The second wave is over before the new gateway has its
 * share, and the gateways themselves have to see to that; the third is long enough for the balancer to do it.
 */
const fills = [0.9, 1.8, 3.6];

/** @throws {Error} with what is wrong */
export function readCommand([name, ...args]: readonly string[]): Command {
  if (name === 'rollout') return readRollout(args);
  if (name === 'autoscale') return readAutoscale(args);
  throw new RangeError(`expected rollout or autoscale, got ${name === undefined ? 'nothing' : `"${name}"`}`);
}

function readRollout(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      gateways: { type: 'string', default: '3' },
      tabs: { type: 'string', default: '3000' },
      sends: { type: 'string', default: '500' },
      calm: { type: 'string', default: '10' },
      'no-history': { type: 'boolean', default: false },
      kill: { type: 'boolean', default: false },
      ...{ ...leaving, ...files },
    },
  });
  const plan = {
    ...numbers({ gateways: values.gateways, tabs: values.tabs, sends: values.sends, calm: values.calm }),
    ...drainOf(values),
    ...{ history: !values['no-history'], kill: values.kill },
  };
  return { rehearsal: { kind: 'rollout', plan }, ...filesOf(values) };
}

function readAutoscale(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tabs: { type: 'string', default: '600' },
      arrivals: { type: 'string', default: '4' },
      sends: { type: 'string', default: '200' },
      faster: { type: 'string', default: '60' },
      patience: { type: 'string', default: '240' },
      'no-rebalance': { type: 'boolean', default: false },
      ...{ ...leaving, ...files },
    },
  });
  const { tabs, arrivals, sends, faster, patience } = values;
  const plan = {
    ...numbers({ tabs, arrivals, sends, faster, patience }),
    ...drainOf(values),
    ...{ fills, rebalance: !values['no-rebalance'] },
  };
  return { rehearsal: { kind: 'autoscale', plan }, ...filesOf(values) };
}

function drainOf(values: { 'lame-duck': string; window: string }): Pick<RolloutPlan, 'lameDuck' | 'window'> {
  return { lameDuck: positive('lame-duck', values['lame-duck']), window: positive('window', values.window) };
}

function numbers<Name extends string>(texts: Readonly<Record<Name, string>>): Record<Name, number> {
  const read = Object.entries<string>(texts).map(([name, text]) => [name, positive(name, text)]);
  return Object.fromEntries(read) as Record<Name, number>;
}

function filesOf({
  json,
  page,
  svg,
}: Pick<Command, 'json' | 'page' | 'svg'>): Pick<Command, 'json' | 'page' | 'svg'> {
  return { ...(json && { json }), ...(page && { page }), ...(svg && { svg }) };
}
