import { configFlags, type FlagShape } from '../config/flags.js';

/** One command as its help shows it. */
export interface Command {
  /** What follows `tabcast <name>`. */
  readonly usage: string;
  /** What it does. */
  readonly sentence: string;
  /** Flags beside the options of the configuration. */
  readonly flags: Readonly<Record<string, CommandFlag>>;
  /** Whether it takes arguments that are no flags. */
  readonly takesWords: boolean;
  /** Whether it needs a configuration with which a gateway can start. */
  readonly startsGateway: boolean;
}

/** One flag of a command. */
export interface CommandFlag {
  readonly shape: FlagShape;
  /** What stands for the value in the help; empty for a switch. */
  readonly placeholder: string;
  readonly sentence: string;
}

const json: CommandFlag = { shape: 'switch', placeholder: '', sentence: 'Prints JSON.' };

/** Of every command that asks a running gateway. */
const access = {
  url: value(
    'url',
    'The internal port of a gateway. Default: internal-host and internal-port of this machine.',
  ),
  key: value('key', 'The API key. Default: the first of the api-keys.'),
};

/** Every command. */
export const commands = {
  start: {
    usage: '[options]',
    sentence:
      'Starts a gateway, or as many as workers says. Exits with 78 when its configuration has problems, after listing all of them.',
    flags: {},
    takesWords: false,
    startsGateway: true,
  },
  token: {
    usage: '--user <id> [flags] [options]',
    sentence: 'Prints a token for a user, signed with the first of the token-secrets.',
    flags: {
      user: value('id', 'The user, claim sub.'),
      session: value('id', 'The login session of the user, claim sid.'),
      groups: value('a,b', 'Groups that the tab is put into at once. Repeatable.'),
      join: value('room/*', 'Patterns of groups that the tab may join by itself. Repeatable.'),
      expires: value('1h', 'How long it is valid: seconds, or a number with s, m, h or d. Default: 1h.'),
    },
    takesWords: false,
    startsGateway: false,
  },
  send: {
    usage: '--to <target> [flags] [options] <action> [details…]',
    sentence:
      'Sends an action through a running gateway and prints the receipt. Each of the details is read as JSON, ' +
      'or taken as a string where it is none. Exits with 1 when the gateway refuses or cannot be reached.',
    flags: {
      to: value(
        'target',
        'all, registered, user:<id>, group:<id> or connection:<id>. Users and groups repeatable.',
      ),
      session: value('id', 'Only the tabs of this login session of the one user.'),
      except: value('id', 'Not the tab with this connection id.'),
      history: {
        shape: 'switch',
        placeholder: '',
        sentence:
          'Whether channels with a history keep it. Default: yes; --no-history for what is worth nothing later.',
      },
      ...access,
      'idempotency-key': value('key', 'Makes a repetition of the command harmless.'),
    },
    takesWords: true,
    startsGateway: false,
  },
  nodes: {
    usage: '[--json] [flags] [options]',
    sentence:
      'Prints the gateways alive and their load, as a running gateway knows them. Exits with 1 when it cannot be ' +
      'reached.',
    flags: { ...access, json },
    takesWords: false,
    startsGateway: false,
  },
  user: {
    usage: '<id> [--json] [flags] [options]',
    sentence:
      'Prints whether a user is online, and with which tabs, as a running gateway learns from all of them. Exits with ' +
      '1 when it cannot be reached.',
    flags: { ...access, json },
    takesWords: true,
    startsGateway: false,
  },
  config: {
    usage: '[--json] [options]',
    sentence:
      'Prints every option that is in force, with secrets masked, where it comes from, and what is wrong. ' +
      'Exits with 1 when something is.',
    flags: {
      json: { shape: 'switch', placeholder: '', sentence: 'Prints JSON: {settings, problems, warnings}.' },
    },
    takesWords: false,
    startsGateway: true,
  },
} as const satisfies Record<string, Command>;

/** Name of a command. */
export type CommandName = keyof typeof commands;

/** Whether a text names a command. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

/** Every flag that a command knows, with its shape. */
export function knownFlags(name: CommandName): ReadonlyMap<string, FlagShape> {
  const own: Command['flags'] = commands[name].flags;
  const shapes = Object.entries(own).map(([flag, { shape }]): [string, FlagShape] => [flag, shape]);
  return new Map([...configFlags, ...shapes, ['help', 'switch']]);
}

function value(placeholder: string, sentence: string): CommandFlag {
  return { shape: 'value', placeholder, sentence };
}
