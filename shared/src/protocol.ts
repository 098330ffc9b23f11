/**
 * What crosses the WebSocket. A frame is `{action, details}` both ways, as JSON text or, where the client asks for
 * the sub-protocol, as MessagePack. docs/protocol.md tells the story; its table of system actions is generated from
 * here.
 */

/** One frame, in either direction. */
export interface Frame {
  /** What is meant, for instance `chat/message`. An error carries the suffix `:error`. `sys/` is reserved. */
  action: string;
  /** Arguments of the action. On the wire a value that is no array counts as an array of one. */
  details: unknown[];
  /** Client → gateway: wants a reply that carries the same value in `re`. */
  id?: string | number;
  /** Gateway → client: the `id` that this frame replies to. */
  re?: string | number;
  /**
   * On publications of channels with history, and on all publications to a shared socket: the channel, and where in its
   * history this publication stands; null where there is no history.
   */
  at?: [channel: string, position: string | null];
  /** On a shared socket: the number of the tab that the frame is from or for. */
  tab?: number;
}

/** Sub-protocol for JSON text frames; what a connection without a sub-protocol speaks too. */
export const jsonProtocol = 'tabcast.v1.json';

/** Sub-protocol for MessagePack binary frames. */
export const msgpackProtocol = 'tabcast.v1.msgpack';

/** Sub-protocol for a socket that several tabs of one browser share: JSON text frames that carry the number of a tab. */
export const sharedProtocol = 'tabcast.v1.shared';

/** Offered beside the encoding by a client whose first frame will be `sys/resume`: the welcome waits for it. */
export const resumeProtocol = 'tabcast.resume';

/** Where a client stands: channels, and in each of them the position up to which it has everything. */
export type Positions = Readonly<Record<string, string>>;

/** Whose positions a client brings: what it was on the connection on which it reached them. */
export interface Former {
  /** Its user then; null for an anonymous tab. Positions of another user than that of the token are not resumed. */
  user?: string | null;
  /** Id of that connection. What is for all `except` that one is not for the tab that goes on from there either. */
  connection?: string;
}

/** Most tabs that one shared socket carries at a time. */
export const maxTabsPerSocket = 64;

/** `details[0]` of `sys/welcome`: from now on every send to one of the channels of this tab reaches it. */
export interface Welcome {
  /** Id of this connection, as `connection` and `except` take it. */
  connection: string;
  /** Id of the gateway that holds the tab. */
  gateway: string;
  /** User that the token proved; null for an anonymous tab. */
  user: string | null;
  /** Login session of the user; null where the token names none. */
  session: string | null;
  /** Groups that the tab is in. */
  groups: string[];
  /** When the token expires, in ms since the epoch; null for an anonymous tab. */
  expires: number | null;
  /** For each channel with history that the tab is in: what comes after this position reaches it without a gap. */
  positions?: Positions;
  /**
   * For each of these channels that was to be resumed: whether all that was missed follows. Where it is false something may
   * have been lost, and the tab goes on from `positions`.
   */
  recovered?: Readonly<Record<string, boolean>>;
}

export interface SystemAction {
  /** Who sends it. */
  readonly from: 'client' | 'gateway' | 'both';
  /** Shape of `details`. */
  readonly details: string;
  /** What it means. */
  readonly sentence: string;
}

/** Every `sys/…` action. An application's own actions may not begin with `sys/`. */
export const systemActions = {
  'sys/welcome': {
    from: 'gateway',
    details: '[{connection, gateway, user, session, groups, expires, positions, recovered}]',
    sentence: 'First frame of a connection. From now on every send to a channel of this tab reaches it.',
  },
  'sys/auth': {
    from: 'both',
    details: '[token] → [{user, session, groups, expires, positions}]',
    sentence: 'Brings the token after opening, or a new token of the same user on a living connection.',
  },
  'sys/expired': {
    from: 'gateway',
    details: '[{closesIn}]',
    sentence:
      'The token has expired; without a new one by `sys/auth` the connection closes in `closesIn` ms.',
  },
  'sys/join': {
    from: 'both',
    details: '[group, position] → [group, {positions, recovered}]',
    sentence:
      'Joins a group that a `join` pattern of the token permits; the reply means that it is live. ' +
      'Without having been asked for: the backend has put the tab into the group.',
  },
  'sys/leave': {
    from: 'both',
    details: '[group] → [group]',
    sentence:
      'Leaves a group. Without having been asked for: the backend has taken the tab out of the group.',
  },
  'sys/reconnect': {
    from: 'gateway',
    details: '[{closesIn}]',
    sentence:
      'This connection will be closed in `closesIn` ms with a code that means to connect again. Each tab gets a time of its own, ' +
      'so a client should not move before, and then without back-off.',
  },
  'sys/resume': {
    from: 'client',
    details: '[positions, {user, connection}]',
    sentence:
      'First frame of a client that offered `tabcast.resume`: where it stood in its channels before, and who it was there. The welcome tells what can be resumed, and what was missed follows it.',
  },
  'sys/position': {
    from: 'gateway',
    details: '[]',
    sentence:
      'Takes the place of a publication that is not for this tab: its position, `at`, and nothing else.',
  },
  'sys/gap': {
    from: 'gateway',
    details: '[]',
    sentence:
      'Publications of the channel in `at` were lost and cannot be read from its history; what comes after the position in `at` reaches the tab again.',
  },
  'sys/ping': {
    from: 'both',
    details: '[] → []',
    sentence: 'Asks for a sign of life. Pings of WebSocket itself do not reach the pages of a browser.',
  },
  'sys/open': {
    from: 'client',
    details: '[token, positions, {user, connection}]',
    sentence:
      'On a shared socket: opens the tab whose number the frame carries. Without a token an anonymous one, where the gateway admits that; ' +
      'else the token has to come by `sys/auth`.',
  },
  'sys/close': {
    from: 'both',
    details: '[code, reason]',
    sentence:
      'On a shared socket: closes one tab, as a close frame closes the tab of a socket of its own. The client may leave the details out.',
  },
  'sys/frame:error': {
    from: 'gateway',
    details: '[code, message]',
    sentence: 'A frame could not be read. Several in a row close the connection.',
  },
} as const satisfies Record<string, SystemAction>;

/** Whether an action belongs to tabcast itself. */
export function isSystemAction(action: string): boolean {
  return action.startsWith('sys/');
}
