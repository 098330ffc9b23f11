import { gatewayAlerts } from './alerts/gateways.js';
import { messageAlerts } from './alerts/messages.js';
import { redisAlerts } from './alerts/redis.js';
import { tabAlerts } from './alerts/tabs.js';
import { webhookAlerts } from './alerts/webhooks.js';
import type { Alert } from './rule.js';

/** Every alert by its name, in groups that Prometheus evaluates one by one. */
export const alertGroups = {
  'tabcast-gateways': gatewayAlerts,
  'tabcast-messages': messageAlerts,
  'tabcast-tabs': tabAlerts,
  'tabcast-webhooks': webhookAlerts,
  'tabcast-redis': redisAlerts,
} as const satisfies Record<string, Record<string, Alert>>;

type Groups = typeof alertGroups;
/** Each has a runbook of this name. */
export type AlertName = { [Group in keyof Groups]: keyof Groups[Group] }[keyof Groups];

/** The names of all alerts. */
export const alertNames = Object.values(alertGroups).flatMap((group) => Object.keys(group) as AlertName[]);
