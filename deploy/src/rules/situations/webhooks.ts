import type { webhookAlerts } from '../alerts/webhooks.js';
import { of, type Proof } from './situation.js';

export const webhookSituations: Record<keyof typeof webhookAlerts, Proof> = {
  TabcastWebhookBreakerOpen: {
    fires: { when: 'it is gone', series: { [of('a', 'tabcast_webhook_breaker_open')]: '0x10 1x50' } },
    silent: [
      {
        when: 'it is deployed anew',
        series: { [of('a', 'tabcast_webhook_breaker_open')]: '0x10 1 1 0x50' },
      },
    ],
  },
  TabcastWebhookEventsDropped: {
    fires: {
      when: 'every try failed',
      series: { [of('a', 'tabcast_webhook_events_dropped_total')]: '0x10 5x50' },
    },
    silent: [
      {
        when: 'a gateway that had dropped some is restarted',
        series: { [of('a', 'tabcast_webhook_events_dropped_total')]: '7x10 0x50' },
      },
    ],
  },
  TabcastWebhooksSlow: {
    fires: { when: 'all take more than a second', series: answered('0x60', '0+10x60') },
    silent: [
      { when: 'nobody asks at night', series: answered('5x60', '7x60') },
      { when: 'a deployment takes two minutes', series: answered('0+10x20 200 200 210+10x37', '0+10x60') },
    ],
  },
};

/** So many within a second, and all within two and a half. */
function answered(soon: string, all: string): Record<string, string> {
  return {
    [of('a', 'tabcast_webhook_duration_seconds_bucket', 'le="1"')]: soon,
    [of('a', 'tabcast_webhook_duration_seconds_bucket', 'le="2.5"')]: all,
    [of('a', 'tabcast_webhook_duration_seconds_bucket', 'le="+Inf"')]: all,
  };
}
