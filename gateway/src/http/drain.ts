import { gatewayChannel } from '../fanout/plan.js';
import { json } from './answer.js';
import { carried } from './carried.js';
import { problem } from './problem.js';
import { type Route, route } from './routes.js';

/** What this route asks: something that gives the order. */
interface OrderGiver {
  /** Resolves to how many gateways heard. */
  send(channel: string, order: { kind: 'drain' }): Promise<number>;
}

/** `POST /v1/nodes/{id}/drain`. */
export function drainRoutes(orders: OrderGiver): Route[] {
  return [
    route('drain', ({ parameters }) => {
      const gateway = parameters['id']!;
      return carried(async () => {
        const heard = await orders.send(gatewayChannel(gateway), { kind: 'drain' });
        if (heard === 0) return problem('not-found', { detail: `No gateway ${gateway} is alive` });
        return json(202, { gateway });
      });
    }),
  ];
}
