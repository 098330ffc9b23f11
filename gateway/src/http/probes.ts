import { json, text } from './answer.js';
import type { Route } from './routes.js';

/** What the metrics route needs. */
interface Page {
  readonly contentType: string;
  render(): Promise<string>;
}

/**
 * Routes for orchestrators and Prometheus. Readiness does not depend on Redis: a gateway that has lost it still holds
 * its tabs, and if all became unready at once, nobody could connect at all.
 */
export function probeRoutes(metrics: Page, state: () => 'starting' | 'ready' | 'stopping'): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      sentence: 'Whether the process answers.',
      guarded: false,
      answer: () => json(200, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      sentence: 'Whether new connections should come here: started, and not stopping.',
      guarded: false,
      answer: () => json(state() === 'ready' ? 200 : 503, { status: state() }),
    },
    {
      method: 'GET',
      path: '/metrics',
      sentence: 'Metrics for Prometheus.',
      guarded: false,
      answer: async () => text(200, await metrics.render(), metrics.contentType),
    },
  ];
}
