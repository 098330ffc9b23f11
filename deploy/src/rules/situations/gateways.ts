import type { gatewayAlerts } from '../alerts/gateways.js';
import { of, type Proof } from './situation.js';

export const gatewaySituations: Record<keyof typeof gatewayAlerts, Proof> = {
  TabcastNoGateway: {
    fires: [
      { when: 'all go', series: { [of('a', 'up')]: '1x20 stale', [of('b', 'up')]: '1x20 0x40' } },
      { when: 'nobody is found', series: { [of('a', 'up')]: '1x20 stale' } },
      {
        when: 'another cluster lives on',
        series: {
          'up{namespace="one",job="tabcast",instance="a"}': '1x60',
          'up{namespace="two",job="tabcast",instance="b"}': '1x20 0x40',
        },
      },
    ],
    silent: [
      {
        when: 'one after the other is restarted',
        series: { [of('a', 'up')]: '1x20 0 0 0 1x40', [of('b', 'up')]: '1x30 0 0 0 1x30' },
      },
    ],
  },
  TabcastGatewayDown: {
    fires: { when: 'one does not answer', series: { [of('a', 'up')]: '1x20 0x40' } },
    silent: [
      { when: 'it is restarted within a minute', series: { [of('a', 'up')]: '1x20 0 0 1x40' } },
      { when: 'it is scaled away', series: { [of('a', 'up')]: '1x20 stale' } },
    ],
  },
  TabcastGatewayLost: {
    fires: [
      {
        when: 'it is killed',
        series: life({ tabs: '100x20 stale', remaining: '0x20 stale', progress: '0x20 stale' }),
      },
      {
        when: 'it is killed, and its container starts again before anybody looks',
        series: life({ tabs: '100x20 0 5x40', started: '0x20 1200x41', remaining: '0x61', progress: '0x61' }),
      },
    ],
    silent: [
      {
        when: 'it drains and ends',
        series: life({ tabs: '100x20 60 stale', remaining: '0x20 60 stale', progress: '0x20 0.4 stale' }),
      },
      {
        when: 'it is restarted where it is',
        series: life({
          tabs: '100x20 60 stale 0 5x40',
          started: '0x20 0 stale 1320x41',
          remaining: '0x20 60 stale 0x41',
          progress: '0x20 0.4 stale 0x41',
        }),
      },
      {
        when: 'it is restarted where it is, and only the end of its drain was seen',
        series: life({
          tabs: '100x20 0 0 5x40',
          started: '0x21 1320x41',
          remaining: '0x61',
          progress: '0x20 1 0x41',
        }),
      },
      {
        when: 'it was last seen before it had stopped accepting',
        series: life({ tabs: '100x20 stale', remaining: '0x19 100 stale', progress: '0x20 stale' }),
      },
      {
        when: 'a single scrape fails',
        series: life({
          tabs: '100x20 stale 100x40',
          remaining: '0x20 stale 0x40',
          progress: '0x20 stale 0x40',
        }),
      },
    ],
  },
  TabcastRestartLoop: {
    fires: {
      when: 'it starts four times',
      series: { [of('a', 'process_start_time_seconds')]: '0x5 300x5 600x5 900x44' },
    },
    silent: [
      {
        when: 'two rollouts in a row restart it in place',
        series: { [of('a', 'process_start_time_seconds')]: '0x5 300x5 600x50' },
      },
    ],
  },
  TabcastWorkersMissing: {
    fires: {
      when: 'one hangs, and so does every other scrape',
      series: {
        [of('a', 'tabcast_workers')]: `2x20 ${'_ 1 '.repeat(20)}`.trim(),
        [of('a', 'tabcast_workers_expected')]: `2x20 ${'_ 2 '.repeat(20)}`.trim(),
      },
    },
    silent: [
      {
        when: 'one is replaced, and later the scrapes fail for a while',
        series: {
          [of('a', 'tabcast_workers')]: '1 2x10 1 2x10 _x10 2x20',
          [of('a', 'tabcast_workers_expected')]: '2x22 _x10 2x20',
        },
      },
      {
        when: 'it stops, and one has drained long before the other',
        series: {
          [of('a', 'tabcast_workers')]: '2x20 1x40',
          [of('a', 'tabcast_workers_expected')]: '2x60',
          [of('a', 'tabcast_drain_progress_ratio')]: '0x22 0.1x38',
        },
      },
      {
        when: 'a gateway is alone',
        series: {
          [of('a', 'tabcast_workers')]: '1x60',
          [of('a', 'tabcast_workers_expected')]: '1x60',
        },
      },
    ],
  },
  TabcastGatewaysDisagree: {
    fires: {
      when: 'the cluster is in two parts',
      series: { [of('a', 'tabcast_gateways')]: '3x60', [of('b', 'tabcast_gateways')]: '3x20 2x40' },
    },
    silent: [
      {
        when: 'a rollout is seen by one before the other',
        series: {
          [of('a', 'tabcast_gateways')]: '3x10 4 3x20 4 3x30',
          [of('b', 'tabcast_gateways')]: '3x11 4 3x20 4 3x30',
        },
      },
      {
        when: 'another cluster has another size',
        series: {
          'tabcast_gateways{namespace="one",job="tabcast",instance="a"}': '3x60',
          'tabcast_gateways{namespace="two",job="tabcast",instance="b"}': '2x60',
        },
      },
    ],
  },
  TabcastEventLoopLag: {
    fires: {
      when: 'it lags on',
      series: { [of('a', 'nodejs_eventloop_lag_p99_seconds')]: '0.01x10 0.3x50' },
    },
    silent: [
      {
        when: 'others come over in a rollout',
        series: { [of('a', 'nodejs_eventloop_lag_p99_seconds')]: '0.01x10 0.3 0.3 0.01x50' },
      },
    ],
  },
  TabcastDrainStuck: {
    fires: { when: 'tabs do not go', series: { [of('a', 'tabcast_drain_remaining')]: '0x5 20x60' } },
    silent: [
      {
        when: 'a window of ten minutes',
        series: { [of('a', 'tabcast_drain_remaining')]: '0x5 100-10x9 0 stale' },
      },
    ],
  },
  TabcastRebalancingForever: {
    fires: {
      when: 'tabs come back to where they were',
      minutes: 120,
      series: { [of('a', 'tabcast_tabs_shed_total')]: '0+2x120' },
    },
    silent: [
      {
        when: 'a new gateway is filled',
        minutes: 120,
        series: { [of('a', 'tabcast_tabs_shed_total')]: '0x10 0+60x30 1800x80' },
      },
    ],
  },
};

/** What a gateway says of its tabs, its drain and its start. */
function life({
  tabs,
  remaining,
  progress,
  started = '0x60',
}: Record<'tabs' | 'remaining' | 'progress', string> & { readonly started?: string }): Record<
  string,
  string
> {
  return {
    [of('a', 'tabcast_tabs')]: tabs,
    [of('a', 'tabcast_drain_remaining')]: remaining,
    [of('a', 'tabcast_drain_progress_ratio')]: progress,
    [of('a', 'process_start_time_seconds')]: started,
  };
}
