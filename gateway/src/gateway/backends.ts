import { checkId } from '@tabcast/shared';
import { readVouched } from '../auth/claims.js';
import type { Backend } from '../backend/backend.js';
import { both } from '../backend/both.js';
import { type ApplicationModule, type CarryOut, LocalBackend, type MembersOf } from '../backend/local.js';
import { noBackend } from '../backend/none.js';
import { WebhookBackend, type WebhookOptions, type WebhookParts } from '../backend/webhook/backend.js';
import type { Presence } from '../cluster/presence.js';
import type { Fanout } from '../fanout/fanout.js';
import { readSend } from '../http/send.js';
import type { Logger } from '../log.js';

/** What a gateway may be given to hand events to. */
interface Backends {
  /** The application's module; undefined where none is configured. */
  readonly application: ApplicationModule | undefined;
  readonly webhooks: WebhookBackend | undefined;
  readonly fanout: Fanout;
  readonly presence: Pick<Presence, 'group'>;
  readonly log: Logger;
}

/** The one backend of a gateway. @throws what the application's module throws */
export async function loadBackend({
  application,
  webhooks,
  fanout,
  presence,
  log,
}: Backends): Promise<Backend> {
  if (application === undefined) return webhooks ?? noBackend;
  const carryOut: CarryOut = async (send) => {
    const read = readSend(send);
    if ('expected' in read) throw new TypeError(`send: ${read.field}: expected ${read.expected}`);
    return fanout.send(read);
  };
  const members: MembersOf = async (group) => {
    const wrong = checkId(group);
    if (wrong !== undefined) throw new TypeError(`members: group: expected ${wrong}`);
    return (await presence.group(group)).users;
  };
  const local = new LocalBackend(carryOut, members, log);
  await application(local);
  return webhooks === undefined ? local : both(local, webhooks);
}

/** The application behind an URL, whose answers may send. */
export function createWebhooks(
  options: WebhookOptions,
  fanout: Fanout,
  parts: Omit<WebhookParts, 'readIdentity' | 'readSend'>,
): WebhookBackend {
  return new WebhookBackend(options, {
    ...parts,
    readIdentity: readVouched,
    readSend: (value) => {
      const send = readSend(value);
      return 'expected' in send ? send : () => fanout.send(send);
    },
  });
}
