import { consoleRoutes } from '../http/console.js';
import { disconnectRoute } from '../http/disconnect.js';
import { drainRoutes } from '../http/drain.js';
import { groupRoutes } from '../http/groups.js';
import { historyRoute } from '../http/history.js';
import { nodesRoute } from '../http/nodes.js';
import { openApiRoute } from '../http/openapi.js';
import { probeRoutes } from '../http/probes.js';
import { revokeRoute } from '../http/revoke.js';
import { type Route, Router, route } from '../http/routes.js';
import { sendRoute } from '../http/send.js';
import { trendsRoute } from '../http/trends.js';
import { userRoute } from '../http/users.js';
import { PageTogether } from '../metrics/together.js';
import type { Assembly, GatewayState } from './assembly.js';
import type { GatewayOptions, GatewayParts } from './parts.js';

/** What the internal port answers. */
export function apiRouter(
  assembly: Assembly,
  parts: GatewayParts,
  options: GatewayOptions,
  state: () => GatewayState,
): Router {
  const { fanout, counters, heartbeat, orders, presence, memberships, revoker, trends } = assembly;
  const { id, broker, log, now, version } = parts;
  const routes = [
    route('send', sendRoute(fanout, counters)),
    historyRoute(broker),
    openApiRoute(version),
    nodesRoute(id, heartbeat),
    trendsRoute(() => trends.at(performance.now(), now())),
    ...drainRoutes(orders),
    userRoute(presence),
    ...groupRoutes(presence, memberships, log),
    disconnectRoute(orders, log),
    revokeRoute(revoker, { ...options, ...parts }, log),
    ...probes(assembly, parts, state),
    ...consoleRoutes(),
  ];
  return new Router(routes, assembly.apiKeys, (error) => log.error({ err: error }, 'a request failed'));
}

/** Workers are probed as one: whichever is asked answers for all. */
function probes({ metrics, heartbeat }: Assembly, parts: GatewayParts, state: () => GatewayState): Route[] {
  const { workers } = parts;
  const page = workers === undefined ? metrics : new PageTogether(metrics, workers);
  return probeRoutes(page, readiness(parts, state), () => heartbeat.degraded);
}

/** Until it has had keys a gateway refuses every token. An issuer that is away later does no harm for long. */
function readiness({ hasKeys, workers }: GatewayParts, own: () => GatewayState): () => GatewayState {
  let hadKeys = false;
  return () => {
    hadKeys ||= hasKeys();
    const state = workers !== undefined && workers.ready > 0 ? 'ready' : own();
    return state === 'ready' && !hadKeys ? 'starting' : state;
  };
}
