import type { Broker } from '../broker/broker.js';
import { decodeOrder, encodeOrder } from '../broker/envelope.js';
import type { Counters } from '../metrics/counters.js';
import { type Order, type OrderOf, readOrder } from './order.js';

/** The channel on which every gateway hears. */
export const everyGateway = 'gateways';

type Take<Kind extends Order['kind']> = (order: OrderOf<Kind>, channel: string) => void;

/**
 * What gateways tell each other to do, by the same path as publications: who is subscribed to a channel hears the orders
 * on it, the sender too, all in the same order.
 */
export class Orders {
  readonly #broker: Broker;
  readonly #counters: Counters;
  readonly #takers = new Map<Order['kind'], (order: never, channel: string) => void>();

  constructor(broker: Broker, counters: Counters) {
    this.#broker = broker;
    this.#counters = counters;
  }

  /**
   * Gives an order to every gateway that is subscribed to a channel. Resolves to how many of them heard.
   * @throws what Broker.publish throws
   */
  async send(channel: string, order: Order): Promise<number> {
    const { gateways } = await this.#broker.publish({ channel, bytes: encodeOrder(order) });
    return gateways;
  }

  /** Says who carries out the orders of a kind; one for each. Until then they are counted and otherwise ignored. */
  on<Kind extends Order['kind']>(kind: Kind, take: Take<Kind>): void {
    this.#takers.set(kind, take);
  }

  /** An order from the broker. `bytes` is ours only during the call. */
  received(channel: string, bytes: Uint8Array): void {
    const order = readOrder(decodeOrder(bytes));
    this.#counters.orders[typeof order === 'string' ? order : order.kind]++;
    if (typeof order !== 'string') this.#takers.get(order.kind)?.(order as never, channel);
  }
}
