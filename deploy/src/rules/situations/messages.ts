import type { messageAlerts } from '../alerts/messages.js';
import { counted, of, type Proof } from './situation.js';

export const messageSituations: Record<keyof typeof messageAlerts, Proof> = {
  TabcastDegraded: {
    fires: { when: 'Redis is away', series: { [of('a', 'tabcast_degraded')]: '0x10 1x50' } },
    silent: [
      { when: 'a failover that one scrape sees', series: { [of('a', 'tabcast_degraded')]: '0x10 1 0x50' } },
    ],
  },
  TabcastBrokerFlapping: {
    fires: {
      when: 'it is lost every minute',
      series: { [of('a', 'tabcast_broker_losses_total')]: '0x10 0+1x50' },
    },
    silent: [
      {
        when: 'a failover loses it twice',
        series: { [of('a', 'tabcast_broker_losses_total')]: '0x10 1 2x50' },
      },
    ],
  },
  TabcastMessagesLate: {
    fires: {
      when: 'all take more than a quarter of a second',
      series: delivered('tabcast_delivery_seconds', '0x60', '0+10x60'),
    },
    silent: [
      {
        when: 'a night without traffic',
        series: delivered('tabcast_delivery_seconds', '5x60', '5x60'),
      },
      {
        when: 'Redis pauses for two minutes',
        series: delivered('tabcast_delivery_seconds', '0+10x20 200 200 210+10x37', '0+10x60'),
      },
    ],
  },
  TabcastSendsUnavailable: {
    fires: {
      when: 'a tenth fails',
      series: counted('tabcast_sends_total', 'outcome', { accepted: '0+90x60', unavailable: '0+10x60' }),
    },
    silent: [
      {
        when: 'a failover of two minutes',
        series: counted('tabcast_sends_total', 'outcome', {
          accepted: '0+90x10 900 900 990+90x47',
          unavailable: '0x10 90 180 180x47',
        }),
      },
      {
        when: 'a night without traffic',
        series: counted('tabcast_sends_total', 'outcome', { accepted: '9x60', unavailable: '3x60' }),
      },
    ],
  },
  TabcastHistoryFull: {
    fires: {
      when: 'Redis refuses one a minute',
      series: counted('tabcast_sends_total', 'outcome', { 'history-full': '0+1x60' }),
    },
    silent: [
      {
        when: 'a backend sends what is invalid',
        series: counted('tabcast_sends_total', 'outcome', { invalid: '0+10x60', 'history-full': '0x60' }),
      },
    ],
  },
  TabcastCatchUpsFailing: {
    fires: {
      when: 'a channel cannot be read',
      series: {
        ...counted('tabcast_catch_ups_total', 'outcome', { failed: '0+60x60' }),
        [of('a', 'tabcast_degraded')]: '0x60',
      },
    },
    silent: [
      {
        when: 'Redis is away, which is another alert',
        series: {
          ...counted('tabcast_catch_ups_total', 'outcome', { failed: '0x10 0+60x20 1200x30' }),
          [of('a', 'tabcast_degraded')]: '0x10 1x20 0x30',
        },
      },
    ],
  },
  TabcastGaps: {
    fires: {
      when: 'histories are too small for what is sent',
      series: counted('tabcast_gaps_total', 'kind', { user: '0x10 0+3x50' }),
    },
    silent: [
      {
        when: 'a failover loses the last sends',
        series: counted('tabcast_gaps_total', 'kind', { user: '0x10 500x50', all: '0x10 1x50' }),
      },
    ],
  },
  TabcastResumesLost: {
    fires: {
      when: 'nine of ten come too late',
      minutes: 120,
      series: counted('tabcast_resumes_total', 'outcome', { lost: '0+9x120', recovered: '0+1x120' }),
    },
    silent: [
      {
        when: 'a few laptops wake at night',
        minutes: 120,
        series: counted('tabcast_resumes_total', 'outcome', { lost: '0x30 6x90', recovered: '0x120' }),
      },
      {
        when: 'a rollout',
        minutes: 120,
        series: counted('tabcast_resumes_total', 'outcome', {
          lost: '0x30 9x90',
          recovered: '0x30 0+300x10 3000x80',
        }),
      },
    ],
  },
};

/** A histogram of which so many took at most a quarter of a second, and the others at most half a second. */
function delivered(metric: string, soon: string, all: string): Record<string, string> {
  return {
    [of('a', `${metric}_bucket`, 'le="0.25"')]: soon,
    [of('a', `${metric}_bucket`, 'le="0.5"')]: all,
    [of('a', `${metric}_bucket`, 'le="+Inf"')]: all,
  };
}
