import type { Frame } from '@tabcast/shared';
import type { GatewayProcess } from './gateway.js';
import type { TestTab } from './tab.js';
import { until } from './until.js';

/** A gateway with little room for webhooks, and little patience; `WEBHOOK_URL` is still to be given. */
export const webhookOptions = {
  WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  WEBHOOK_EVENTS: 'action,disconnect,connect',
  WEBHOOK_PRIVATE_NETWORKS: 'true',
  WEBHOOK_TIMEOUT: '1000',
  WEBHOOK_CONCURRENCY: '4',
  WEBHOOK_QUEUE: '100',
  DRAIN_LAME_DUCK: '0',
  DRAIN_WINDOW: '0',
};

/** Outcomes after which nothing can have happened at the backend. */
export const notSent = ['down', 'circuit-open', 'queue-full'];
const outcomes = ['answered', 'refused', 'slow', ...notSent];

/** How often each outcome was counted, by its name. */
export async function webhookCounts(gateway: GatewayProcess): Promise<Record<string, number>> {
  const counted = outcomes.map(async (name) => [
    name,
    await gateway.metric(`tabcast_webhooks_total{outcome="${name}"}`),
  ]);
  return Object.fromEntries(await Promise.all(counted));
}

/** What was counted between two moments, without what was not. */
export function grown(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const differences = outcomes.map((name) => [name, after[name]! - before[name]!] as const);
  return Object.fromEntries(differences.filter(([, count]) => count > 0));
}

/** Sends an action and waits for what comes of it: the code of an error, or `well`. */
export async function ask(tab: TestTab, id: string | number, action = 'do'): Promise<unknown> {
  tab.send(action, [], id);
  return codeOf((await until('an answer', () => tab.frames.find(({ re }) => re === id)))!);
}

/** The code of an error; `well` where the frame is none. */
export function codeOf({ action, details }: Frame): unknown {
  return action.endsWith(':error') ? details[0] : 'well';
}
