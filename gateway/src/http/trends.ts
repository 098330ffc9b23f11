import { type Sample, type TrendsNow, trendInterval } from '../cluster/trends.js';
import { json } from './answer.js';
import { type Route, route } from './routes.js';

/** One gateway; each list has one place for each of `times`, null where nothing was heard of it. */
export type TrendAnswer = { readonly id: string } & {
  readonly [Figure in keyof Sample]: readonly (number | null)[];
};

/** Answer of `GET /v1/trends`. */
export interface TrendsAnswer {
  /** Time that one sample stands for, in ms. */
  readonly interval: number;
  /** When each interval began, oldest first, in ms since the epoch by the clock of the gateway that answers. */
  readonly times: readonly number[];
  readonly gateways: readonly TrendAnswer[];
  /** Tabs closed in all this time on all gateways, by reason. */
  readonly closes: Readonly<Record<string, number>>;
}

/** `GET /v1/trends`. @param read what is remembered at this moment */
export function trendsRoute(read: () => TrendsNow): Route {
  return route('trends', () => json(200, trendsAnswer(read())));
}

function trendsAnswer({ times, gateways, closes }: TrendsNow): TrendsAnswer {
  return {
    interval: trendInterval,
    times,
    gateways: gateways.map(({ gateway, samples }) => {
      const figures = (figure: keyof Sample) => samples.map((sample) => rounded(sample?.[figure]));
      return {
        id: gateway,
        tabs: figures('tabs'),
        framesPerSecond: figures('framesPerSecond'),
        deliveriesPerSecond: figures('deliveriesPerSecond'),
        lag: figures('lag'),
        memory: figures('memory'),
        closes: figures('closes'),
      };
    }),
    closes,
  };
}

/** One digit after the point is more than a chart can show, and keeps the answer small. */
function rounded(figure: number | undefined): number | null {
  return figure === undefined ? null : Math.round(figure * 10) / 10;
}
