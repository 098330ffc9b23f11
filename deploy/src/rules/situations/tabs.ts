import type { tabAlerts } from '../alerts/tabs.js';
import { counted, of, type Proof } from './situation.js';

export const tabSituations: Record<keyof typeof tabAlerts, Proof> = {
  TabcastNearCapacity: {
    fires: { when: 'more and more come', series: filled('85x60') },
    silent: [
      {
        when: 'one is full and the other is not, after a scale-up',
        series: {
          ...filled('95x60'),
          [of('b', 'tabcast_tabs')]: '5x60',
          [of('b', 'tabcast_tabs_capacity')]: '100x60',
        },
      },
      {
        when: 'a rollout leaves fewer for some minutes',
        series: filled('70x10 85x8 70x40'),
      },
    ],
  },
  TabcastCapacityReached: {
    fires: { when: 'there is no room', series: filled('99x60') },
    silent: [{ when: 'there is some', series: filled('94x60') }],
  },
  TabcastHandshakesRefused: {
    fires: {
      when: 'a tenth is turned away',
      series: counted('tabcast_handshakes_total', 'outcome', { accepted: '0+90x60', lag: '0+10x60' }),
    },
    silent: [
      {
        when: 'the burst of a rolling restart',
        series: counted('tabcast_handshakes_total', 'outcome', {
          accepted: '0+10x60',
          'handshake-rate': '0x10 300 600 600x48',
        }),
      },
      {
        when: 'a night in which nobody connects',
        series: counted('tabcast_handshakes_total', 'outcome', { accepted: '9x60', lag: '5x60' }),
      },
      {
        when: 'pages with a wrong origin',
        series: counted('tabcast_handshakes_total', 'outcome', { accepted: '0+9x60', origin: '0+5x60' }),
      },
    ],
  },
  TabcastReconnectStorm: {
    fires: {
      when: 'tabs do not stay',
      minutes: 140,
      series: {
        [of('a', 'tabcast_tabs')]: '1000x120 400x20',
        [of('a', 'tabcast_tabs_opened_total')]: '0+10x120 1800+600x20',
      },
    },
    silent: [
      {
        when: 'a rolling restart of two gateways moves every tab once',
        minutes: 140,
        series: {
          [of('a', 'tabcast_tabs')]: '1000x140',
          [of('a', 'tabcast_tabs_opened_total')]: '0+10x120 1300+300x4 2500+10x15',
        },
      },
      {
        when: 'a site of many pages is always like that',
        minutes: 140,
        series: { [of('a', 'tabcast_tabs')]: '100x140', [of('a', 'tabcast_tabs_opened_total')]: '0+600x140' },
      },
    ],
  },
  TabcastTabsTooSlow: {
    fires: {
      when: 'five a minute of a thousand',
      series: {
        [of('a', 'tabcast_tabs')]: '1000x60',
        ...counted('tabcast_tabs_closed_total', 'reason', { slow: '0+3x60', stalled: '0+2x60' }),
      },
    },
    silent: [
      {
        when: 'one burst',
        series: {
          [of('a', 'tabcast_tabs')]: '1000x60',
          ...counted('tabcast_tabs_closed_total', 'reason', { slow: '0x10 40x50' }),
        },
      },
      {
        when: 'five a minute of ten thousand',
        series: {
          [of('a', 'tabcast_tabs')]: '10000x60',
          ...counted('tabcast_tabs_closed_total', 'reason', { slow: '0+5x60' }),
        },
      },
    ],
  },
  TabcastTokensRefused: {
    fires: {
      when: 'a key was taken away too early',
      series: counted('tabcast_tokens_total', 'outcome', { accepted: '0+10x60', signature: '0+10x60' }),
    },
    silent: [
      {
        when: 'many come back with expired ones',
        series: counted('tabcast_tokens_total', 'outcome', { accepted: '0+10x60', expired: '0+50x60' }),
      },
      {
        when: 'somebody tries a few at night',
        series: counted('tabcast_tokens_total', 'outcome', { accepted: '9x60', malformed: '0x10 4 8 12x50' }),
      },
    ],
  },
  TabcastKeysUnavailable: {
    fires: {
      when: 'the issuer stays away',
      series: counted('tabcast_tokens_total', 'outcome', { 'keys-unavailable': '0+3x60' }),
    },
    silent: [
      {
        when: 'a single fetch fails',
        series: counted('tabcast_tokens_total', 'outcome', { 'keys-unavailable': '0x10 3x50' }),
      },
    ],
  },
};

/** A gateway for a hundred tabs. */
function filled(tabs: string): Record<string, string> {
  return { [of('a', 'tabcast_tabs')]: tabs, [of('a', 'tabcast_tabs_capacity')]: '100x60' };
}
