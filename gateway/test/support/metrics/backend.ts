import { GatewayProcess } from '../gateway.js';
import { HostileBackend } from '../hostile-backend.js';
import { refusedHandshake, shakeHands } from '../raw-client.js';
import { TestTab, tokenFor } from '../tab.js';
import { until } from '../until.js';
import { ask, webhookOptions } from '../webhooks.js';
import { Wire } from '../wire.js';
import { type Stage, scene } from './scene.js';
import { handshake, webhooks } from './series.js';

interface BackendStage extends Stage {
  backend: HostileBackend;
}

async function stageOf(options: Record<string, string>): Promise<BackendStage> {
  const backend = await HostileBackend.start();
  const gateway = await GatewayProcess.start({ ...webhookOptions, ...options, WEBHOOK_URL: backend.url });
  const stage: BackendStage = {
    ...{ backend, gateway },
    close: () => Promise.all([gateway.kill(), stage.backend.close()]),
  };
  return stage;
}

const openTab = async ({ gateway }: Stage) =>
  TestTab.open(gateway.socketUrl, { token: await tokenFor('ann') });

/** A tab that asks while the backend behaves badly. Resolves when all is asked, to what mends the backend. */
async function askBadly(
  stage: BackendStage,
  behaviour: HostileBackend['behaviour'],
  times = 1,
): Promise<() => Promise<unknown>> {
  const tab = await openTab(stage);
  stage.backend.behaviour = behaviour;
  for (let id = 0; id < times; id++) tab.send('do', [], id);
  return async () => {
    stage.backend.behaviour = 'ok';
    let asked = 0;
    await until('the backend to be well', async () => (await ask(tab, `healed ${asked++}`)) === 'well');
    await tab.close();
  };
}

function visit({ gateway }: Stage): Promise<unknown> {
  return refusedHandshake(gateway.publicPort, {});
}

const duration = 'tabcast_webhook_duration_seconds_count';

const asked = scene(
  'a backend that is asked',
  () => stageOf({ WEBHOOK_EVENTS: 'action,connect', WEBHOOK_QUEUE: '100', WEBHOOK_TIMEOUT: '1000' }),
  [
    [{ [webhooks('answered')]: 1, [duration]: 1 }, (stage) => askBadly(stage, 'ok')],
    [{ [webhooks('refused')]: 1, [duration]: 1 }, (stage) => askBadly(stage, 'error')],
    [{ [webhooks('slow')]: 1, [duration]: 1 }, (stage) => askBadly(stage, 'hang')],
    // One tab may have ten questions waiting behind the one that is on its way.
    [{ [webhooks('queue-full')]: 4 }, (stage) => askBadly(stage, 'hang', 15)],
    [
      { [handshake('backend-refused')]: 1, [webhooks('refused')]: 1 },
      async (stage) => {
        stage.backend.behaviour = 'unauthorized';
        await visit(stage);
      },
    ],
    [
      { [handshake('backend-unavailable')]: 1, [webhooks('refused')]: 1 },
      async (stage) => {
        stage.backend.behaviour = 'error';
        await visit(stage);
      },
    ],
    [
      { [handshake('aborted')]: 1, tabcast_webhook_queue: 1 },
      async (stage) => {
        stage.backend.behaviour = 'hang';
        const wire = await Wire.connect(stage.gateway.publicPort);
        const requested = stage.backend.asked();
        void shakeHands(wire).catch(() => {});
        await requested;
        wire.end();
      },
    ],
    [{ [webhooks('answered')]: 1 }, (stage) => askBadly(stage, 'ok')],
    [
      { [webhooks('refused')]: 10, [webhooks('circuit-open')]: 1, tabcast_webhook_breaker_open: 1 },
      (stage) => askBadly(stage, 'away', 11),
    ],
    [
      { [webhooks('down')]: 1 },
      async (stage) => {
        const { port } = stage.backend;
        await stage.backend.close();
        const heal = await askBadly(stage, 'ok');
        return async () => {
          stage.backend = await HostileBackend.start(port);
          await heal();
        };
      },
    ],
  ],
);

/** Events of which the backend can be told no more than this at once. */
const room = 10;

const told = scene(
  'a backend that is told',
  () => stageOf({ WEBHOOK_EVENTS: 'disconnect', WEBHOOK_QUEUE: String(room), WEBHOOK_CONCURRENCY: '2' }),
  [
    [
      { tabcast_webhook_events_dropped_total: 3, tabcast_webhook_queue: room },
      async (stage) => {
        const tabs = await Promise.all(Array.from({ length: room + 3 }, () => openTab(stage)));
        stage.backend.behaviour = 'hang';
        await Promise.all(tabs.map((tab) => tab.close()));
      },
    ],
  ],
);

export const backendScenes = [asked, told];
