import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { lines } from '../kinds.js';
import { gateways, rate } from '../query.js';
import { high, type Row } from '../row.js';

const versions = lines({
  title: 'Gateways by version',
  tells:
    'Gateways of each version, upon one another: a rollout is one colour that takes the place of another.',
  bad: 'two versions for longer than a rollout takes, or a dent: fewer gateways than you run.',
  alerts: ['TabcastGatewayLost'],
  unit: Short,
  queries: { '{{version}}': `count by (version) (${gateways('tabcast_build_info')})` },
  stacked: true,
});

const known = lines({
  title: 'Gateways as they know each other',
  tells: 'How many gateways are alive, by the one that knows most and the one that knows fewest.',
  bad: 'two lines for more than ten seconds: the cluster is in two parts.',
  alerts: ['TabcastGatewaysDisagree'],
  unit: Short,
  queries: {
    most: `max(${gateways('tabcast_gateways')})`,
    fewest: `min(${gateways('tabcast_gateways')})`,
  },
});

const remaining = lines({
  title: 'Connections yet to go',
  tells:
    'Connections of gateways that are being stopped; each gets a hint when to go and comes back elsewhere.',
  bad: 'a line that ends far above 0: the grace period is shorter than the drain, and those tabs are cut off. Of the last 15 s nothing is seen.',
  alerts: ['TabcastDrainStuck'],
  unit: Short,
  queries: { '{{instance}}': gateways('tabcast_drain_remaining') },
});

const progress = lines({
  title: 'Drain progress',
  tells: 'Which part of its connections each gateway that is being stopped has got rid of.',
  bad: 'a line that does not rise: clients that do not heed the hint.',
  unit: PercentUnit,
  queries: { '{{instance}}': gateways('tabcast_drain_progress_ratio') },
  max: 1,
});

const shed = lines({
  title: 'Tabs shed per second',
  tells: 'Tabs that were asked to move because their gateway held more than others, as after one was added.',
  bad: 'above 0 for hours: gateways find no balance.',
  alerts: ['TabcastRebalancingForever'],
  unit: Short,
  queries: { '{{instance}}': rate(gateways('tabcast_tabs_shed_total')) },
});

/** Is a rollout going on, and does it go well? */
export const rollouts: Row = {
  title: 'Drains and rollouts',
  lines: [high(versions, known), high(remaining, progress, shed)],
};
