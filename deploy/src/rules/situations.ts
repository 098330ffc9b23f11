import type { AlertName } from './alerts.js';
import { gatewaySituations } from './situations/gateways.js';
import { messageSituations } from './situations/messages.js';
import { redisSituations } from './situations/redis.js';
import type { Proof } from './situations/situation.js';
import { tabSituations } from './situations/tabs.js';
import { webhookSituations } from './situations/webhooks.js';

/** For each alert in what it fires, and in what it does not. */
export const situations: Readonly<Record<AlertName, Proof>> = {
  ...gatewaySituations,
  ...messageSituations,
  ...tabSituations,
  ...webhookSituations,
  ...redisSituations,
};
