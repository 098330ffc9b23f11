import { json, text } from './answer.js';
import { type Route, route } from './routes.js';

/** What the metrics route needs. */
interface Page {
  readonly contentType: string;
  render(): Promise<string>;
}

/**
 * Routes for orchestrators and Prometheus. Readiness does not depend on Redis: a gateway that has lost it still holds
 * its tabs, and if all became unready at once, nobody could connect at all. It only says that it is degraded.
 */
export function probeRoutes(
  metrics: Page,
  state: () => 'starting' | 'ready' | 'draining',
  degraded: () => boolean,
): Route[] {
  return [
    route('health', () => json(200, { status: 'ok' })),
    route('readiness', () =>
      json(state() === 'ready' ? 200 : 503, { status: state(), ...(degraded() && { degraded: true }) }),
    ),
    route('metrics', async () => text(200, await metrics.render(), metrics.contentType)),
  ];
}
