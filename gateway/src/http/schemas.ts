import { applicationCodes, maxIdBytes, maxTargets } from '@tabcast/shared';
import { longestRevocation } from '../cluster/revocations.js';
import { problems } from './problem.js';

/** A JSON Schema, draft 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** A reference to one of `schemas`. */
export function ref(name: keyof typeof schemas): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const text = { type: 'string' };
const flag = { type: 'boolean' };
const count = { type: 'integer', minimum: 0 };
const counts = { type: 'object', additionalProperties: count };
const time = { type: 'integer', description: 'ms since the epoch' };
const samples = {
  type: 'array',
  items: { type: ['number', 'null'] },
  description: 'One for each of `times`; null where nothing was heard.',
};
const one: Schema = { $ref: '#/components/schemas/Id' };
const connection: Schema = { $ref: '#/components/schemas/ConnectionId' };
const position: Schema = { $ref: '#/components/schemas/Position' };
const session: Schema = { anyOf: [one, { type: 'null' }] };

/** Every schema of the HTTP API, by name. Objects that we take are closed, those that we give may grow. */
export const schemas = {
  Id: {
    ...text,
    minLength: 1,
    maxLength: maxIdBytes,
    description: `Id of a user, session or group: 1 to ${maxIdBytes} bytes of UTF-8.`,
  },
  ConnectionId: {
    ...text,
    maxLength: 64,
    pattern: '^[0-9a-z]+-[0-9a-z]+$',
    description: 'As sys/welcome gives it.',
  },
  Position: {
    ...text,
    maxLength: 36,
    pattern: '^\\d{1,20}-\\d{1,15}$',
    description: 'Where something stands in the history of its channel: `<epoch>-<offset>`.',
  },
  Target: taken([], {
    all: { const: true, description: 'Every tab, anonymous ones too.' },
    registered: { const: true, description: 'Every tab with an identity.' },
    user: one,
    users: { type: 'array', items: one, minItems: 1, maxItems: maxTargets },
    group: one,
    groups: { type: 'array', items: one, minItems: 1, maxItems: maxTargets },
    session: { ...one, description: 'With `user` alone: only the tabs of this login.' },
    connection: { ...connection, description: 'One tab.' },
    except: { ...connection, description: 'Not this tab.' },
  }),
  Send: taken(['to', 'action'], {
    to: { $ref: '#/components/schemas/Target' },
    action: { ...text, minLength: 1, maxLength: 256, pattern: '^(?!sys/)' },
    details: { description: 'Arguments of the action; a value that is no array counts as an array of one.' },
    history: { ...flag, default: true, description: 'Whether channels with a history keep it.' },
  }),
  Receipt: {
    type: 'object',
    description:
      'Per channel, or `connection:<id>`: how many gateways the send went to, and its position where it was kept.',
    additionalProperties: given({ gateways: count, position }, ['position']),
  },
  Gateways: given({ gateways: { ...count, description: 'How many gateways heard.' } }),
  User: given({
    user: one,
    online: flag,
    tabs: count,
    sessions: { type: 'array', items: one },
    gateways: { type: 'array', items: text },
    groups: { type: 'array', items: one },
    since: { anyOf: [time, { type: 'null' }] },
    connections: {
      type: 'array',
      items: given({
        connection,
        gateway: text,
        session,
        groups: { type: 'array', items: one },
        since: time,
      }),
    },
    cut: { ...flag, description: 'There are more tabs than are listed.' },
    complete: { ...flag, description: 'Every gateway that holds the user has answered.' },
  }),
  Group: given({
    group: one,
    tabs: count,
    gateways: { type: 'array', items: text },
    users: { type: 'array', items: given({ user: one, tabs: count }) },
    cut: { ...flag, description: 'There are more users than are listed.' },
    complete: { ...flag, description: 'Every gateway that holds tabs of the group has answered.' },
  }),
  History: given({
    channel: text,
    position: { ...position, description: 'Where the channel stands.' },
    entries: {
      type: 'array',
      items: given(
        {
          position,
          action: {
            type: ['string', 'null'],
            description: 'null for what a newer gateway has sent in a way that this one cannot read.',
          },
          details: { type: 'array' },
          session: { ...one, description: 'Only tabs of this login got it.' },
          except: { ...connection, description: 'This tab did not get it.' },
        },
        ['session', 'except'],
      ),
    },
    complete: {
      ...flag,
      description:
        'Nothing is missing between `after`, or the first send of the epoch, and the first entry, or `position` where there is none.',
    },
  }),
  Disconnect: taken([], {
    user: one,
    session: one,
    connection,
    code: {
      anyOf: Object.values(applicationCodes).map(({ from, to }) => ({
        type: 'integer',
        minimum: from,
        maximum: to,
      })),
    },
    reconnect: { ...flag, default: false },
  }),
  Revoke: taken([], {
    user: one,
    session: one,
    before: time,
    tokenId: one,
    for: {
      type: 'integer',
      minimum: 1,
      maximum: longestRevocation,
      description: 'How long it is remembered, in s.',
    },
  }),
  Revoked: given({ user: one, session, before: time, tokenId: one, until: time, gateways: count }, [
    'user',
    'session',
    'before',
    'tokenId',
  ]),
  Node: given(
    {
      id: text,
      self: { const: true },
      state: { enum: ['ready', 'draining'] },
      version: text,
      started: time,
      tabs: count,
      users: count,
      capacity: count,
      framesPerSecond: { type: 'number' },
      deliveriesPerSecond: { type: 'number' },
      lag: { type: 'number', description: '99th percentile of the lag of the event loop, in ms.' },
      memory: { ...count, description: 'Resident, in bytes.' },
      beatAge: { ...count, description: 'How long ago it was last heard of, in ms.' },
      closes: { ...counts, description: 'Tabs closed since it began, by reason.' },
    },
    ['self', 'closes'],
  ),
  Nodes: given({
    gateways: { type: 'array', items: { $ref: '#/components/schemas/Node' } },
    totals: { type: 'object' },
    degraded: {
      ...flag,
      description: 'This gateway is cut off: what it says of others is what it knew last.',
    },
  }),
  Trends: given({
    interval: { ...count, description: 'Time that one sample stands for, in ms.' },
    times: { type: 'array', items: time, description: 'When each interval began, oldest first.' },
    gateways: {
      type: 'array',
      items: given({
        id: text,
        tabs: samples,
        framesPerSecond: samples,
        deliveriesPerSecond: samples,
        lag: samples,
        memory: samples,
        closes: samples,
      }),
    },
    closes: { ...counts, description: 'Tabs closed in all this time on all gateways, by reason.' },
  }),
  Draining: given({ gateway: text }),
  State: given({ status: text, degraded: flag }, ['degraded']),
  Problem: given(
    {
      type: { ...text, pattern: '^urn:tabcast:problem:' },
      title: text,
      status: { type: 'integer' },
      code: { enum: Object.keys(problems) },
      detail: text,
      field: text,
      expected: text,
    },
    ['detail', 'field', 'expected'],
  ),
} as const satisfies Record<string, Schema>;

/** An object that a request brings: members that are not known are refused. */
function taken(required: readonly string[], properties: Schema): Schema {
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties,
    additionalProperties: false,
  };
}

/** An object that an answer brings. All members are there but the optional ones; a later version may add some. */
function given(properties: Schema, optional: readonly string[] = []): Schema {
  return {
    type: 'object',
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}
