import {
  applicationCodes,
  checkConnectionId,
  checkId,
  closeRule,
  gatewayOf,
  type Invalid,
  isApplicationCode,
  userChannel,
} from '@tabcast/shared';
import type { ClosingCode, Order } from '../cluster/order.js';
import { gatewayChannel } from '../fanout/plan.js';
import type { Logger } from '../log.js';
import { json } from './answer.js';
import { checkMembers, invalid, parseJson } from './body.js';
import { carried } from './carried.js';
import { problem } from './problem.js';
import { type Route, route } from './routes.js';

/** Who gives orders to the gateways that are subscribed to a channel. Resolves to how many heard. */
export interface OrderSender {
  send(channel: string, order: Order): Promise<number>;
}

/** `POST /v1/disconnect`. */
export function disconnectRoute(orders: OrderSender, log: Logger): Route {
  return route('disconnect', ({ body }) => {
    const parsed = parseJson(body);
    if (parsed === undefined)
      return problem('not-json', { expected: '{"user": "…"} or {"connection": "…"}' });
    const read = readDisconnect(parsed.value);
    if ('expected' in read) return invalid(read);
    return carried(async () => {
      const { channel, ...whom } = read;
      const gateways = await orders.send(channel, { kind: 'close', ...whom });
      log.info({ order: 'close', channel, ...whom, gateways }, 'an order of the backend');
      return json(200, { gateways });
    });
  });
}

/** Whom to close, with what, and where to say so. */
export interface Disconnect {
  readonly channel: string;
  readonly code: ClosingCode;
  readonly session: string | null;
  readonly connection: string | null;
}

/** Reads `{user, session?}` or `{connection}`, with `code?` and `reconnect?`. */
export function readDisconnect(value: unknown): Disconnect | Invalid {
  const wrong = checkMembers(value, ['user', 'session', 'connection', 'code', 'reconnect']);
  if (wrong !== undefined) return wrong;
  const { user, session, connection, code, reconnect } = value as Record<string, unknown>;
  const whom = connection === undefined ? readUser(user, session) : readConnection(connection, user, session);
  if ('expected' in whom) return whom;
  const closing = readCode(code, reconnect);
  return typeof closing === 'object' ? closing : { ...whom, code: closing };
}

type Whom = Omit<Disconnect, 'code'>;

function readUser(user: unknown, session: unknown): Whom | Invalid {
  if (user === undefined) return { field: 'user', expected: 'user or connection' };
  const wrongUser = checkId(user);
  if (wrongUser !== undefined) return { field: 'user', expected: wrongUser };
  const wrongSession = session === undefined ? undefined : checkId(session);
  if (wrongSession !== undefined) return { field: 'session', expected: wrongSession };
  return { channel: userChannel(user as string), session: (session as string) ?? null, connection: null };
}

function readConnection(connection: unknown, user: unknown, session: unknown): Whom | Invalid {
  if (user !== undefined) return { field: 'user', expected: 'no user beside connection' };
  if (session !== undefined) return { field: 'session', expected: 'no session beside connection' };
  const wrong = checkConnectionId(connection);
  if (wrong !== undefined) return { field: 'connection', expected: wrong };
  return {
    channel: gatewayChannel(gatewayOf(connection as string)!),
    session: null,
    connection: connection as string,
  };
}

const { reconnect: again, final } = applicationCodes;
const codesInWords = `an integer from ${again.from} to ${again.to} or ${final.from} to ${final.to}`;

/** Who does not say otherwise wants the tabs to stay away: to close one that comes back at once changes nothing. */
function readCode(code: unknown, reconnect: unknown): ClosingCode | Invalid {
  if (reconnect !== undefined && typeof reconnect !== 'boolean')
    return { field: 'reconnect', expected: 'true or false' };
  if (code === undefined) return reconnect === true ? 4007 : 4407;
  if (typeof code !== 'number' || !isApplicationCode(code)) return { field: 'code', expected: codesInWords };
  const says = closeRule(code).reconnect;
  if (reconnect !== undefined && reconnect !== says)
    return { field: 'reconnect', expected: `${says}, as the range of code ${code} says` };
  return code;
}
