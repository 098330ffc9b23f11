import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SharedTestSocket } from './shared-socket.js';
import { type TestTab, tokenFor } from './tab.js';
import { TwoGateways } from './two-gateways.js';

/** How long a tab may stay after its token has expired, in ms. */
export const grace = 500;

const application = fileURLToPath(new URL('./application.js', import.meta.url));

/**
 * Tabs on one socket, each with a life of its own. Two gateways on one real Redis; what is sent, and who orders tabs
 * about, is always at the other one. Nothing comes over the socket that is for none of its tabs.
 */
export class SharingTabs extends TwoGateways {
  socket!: SharedTestSocket;
  #users = 0;

  constructor() {
    super({
      ...{ AUTH_TIMEOUT: '1000', TOKEN_GRACE: String(grace), HANDLERS: application },
      ...{ MAX_TABS_PER_USER: '4', MAX_TABS_POLICY: 'close-oldest' },
    });
    before(async () => {
      this.socket = await SharedTestSocket.open(this.gateways[0]!.socketUrl);
    });
    after(async () => {
      assert.deepEqual(this.socket.strays, []);
      await this.socket.close();
    });
  }

  newUser(): string {
    return `user ${++this.#users}`;
  }

  async open(user: string, grant?: Parameters<typeof tokenFor>[1]): Promise<TestTab> {
    return this.socket.openTab({ token: await tokenFor(user, grant) });
  }

  async send(to: object, action: string, details: unknown[] = []): Promise<void> {
    await this.gateways[1]!.send({ to, action, details });
  }

  /** The tab still gets what is sent to it, and before that everything that was sent earlier. */
  async expectAlive(tab: TestTab): Promise<void> {
    await this.send({ connection: tab.connection }, 'alive');
    await tab.next('alive');
  }
}

/** The first details of the frames with an action that a tab has got. */
export function heard(tab: TestTab, action: string): unknown[] {
  return tab.frames.filter((frame) => frame.action === action).map(({ details }) => details[0]);
}
