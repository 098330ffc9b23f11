import { of, type Situation } from './situation.js';

/** What happens every week, and must leave every alert silent. */
export const ordinaryLife: readonly Situation[] = [
  {
    when: 'a rolling restart replaces both gateways',
    series: {
      ...gateway('a', { up: '1x20 stale', tabs: '1000x18 600 100 stale', gateways: '2x17 3 3 3 stale' }),
      ...drain('a', '0x18 600 100 stale', '0x18 0.4 0.9 stale'),
      ...gateway('b', {
        up: '1x26 stale',
        tabs: '1000x18 1400 1900 1900x4 1100 200 stale',
        gateways: '2x18 3 3 3 2 2 2 3 3 stale',
      }),
      ...drain('b', '0x24 1100 200 stale', '0x24 0.4 0.9 stale'),
      ...gateway('c', {
        up: '_x17 0 1x42',
        tabs: '_x17 _ 0 100x5 900 1800x35',
        gateways: '_x17 _ 3x3 2 2 3 3 2x33',
      }),
      ...gateway('d', { up: '_x23 0 1x36', tabs: '_x23 _ 0 100 200x34', gateways: '_x23 _ 3 3 2x34' }),
      [of('b', 'tabcast_tabs_opened_total')]: '0+5x18 500 1000+5x6 stale',
      [of('c', 'tabcast_tabs_opened_total')]: '_x17 _ 0 100+5x5 1000 2000+5x35',
      [of('b', 'tabcast_handshakes_total', 'outcome="accepted"')]: '0+5x18 500 1000+5x6 stale',
      [of('b', 'tabcast_handshakes_total', 'outcome="handshake-rate"')]: '0x18 200 200x7 stale',
    },
  },
  {
    when: 'one of two gateways is scaled away',
    series: {
      ...gateway('a', { up: '1x60', tabs: '100x20 150 200x39', gateways: '2x21 1x39' }),
      ...gateway('b', { up: '1x21 stale', tabs: '100x20 40 stale', gateways: '2x21 stale' }),
      ...drain('b', '0x20 40 stale', '0x20 0.6 stale'),
    },
  },
  {
    when: 'a night without anybody',
    series: {
      ...gateway('a', { up: '1x60', tabs: '0x60', gateways: '1x60' }),
      ...drain('a', '0x60', '0x60'),
      [of('a', 'tabcast_tabs_opened_total')]: '50x60',
      [of('a', 'tabcast_sends_total', 'outcome="unavailable"')]: '5x60',
      [of('a', 'tabcast_tokens_total', 'outcome="signature"')]: '50x60',
      [of('a', 'tabcast_handshakes_total', 'outcome="lag"')]: '50x60',
      [of('a', 'tabcast_delivery_seconds_bucket', 'le="+Inf"')]: '50x60',
    },
  },
];

function gateway(
  instance: string,
  { up, tabs, gateways }: Record<'up' | 'tabs' | 'gateways', string>,
): Record<string, string> {
  return {
    [of(instance, 'up')]: up,
    [of(instance, 'tabcast_tabs')]: tabs,
    [of(instance, 'tabcast_tabs_capacity')]: up.replaceAll('1x', '5000x'),
    [of(instance, 'tabcast_gateways')]: gateways,
  };
}

function drain(instance: string, remaining: string, progress: string): Record<string, string> {
  return {
    [of(instance, 'tabcast_drain_remaining')]: remaining,
    [of(instance, 'tabcast_drain_progress_ratio')]: progress,
  };
}
