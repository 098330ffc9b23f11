import assert from 'node:assert/strict';
import type { Target } from '@tabcast/shared';
import type { GatewayProcess } from './gateway.js';
import type { TestTab } from './tab.js';

/** Payload of a message, in bytes. */
export const weight = 8000;

const padding = 'x'.repeat(weight);

/** Two ways to the tabs of a user: published to a topic, and, because of the filter, written to each tab by itself. */
export const bothWays = (user: string): Target[] => [{ user }, { user, except: 'nobody-0' }];

/** Numbered messages, many and heavy. */
export class Flood {
  readonly #gateway: GatewayProcess;
  /** Messages that were sent; the number of the next one. */
  sent = 0;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
  }

  /** Sends so many, to more than one target in turns. */
  async send(count: number, ...targets: readonly Target[]): Promise<void> {
    const sends = Array.from({ length: count }, () => {
      const to = targets[this.sent % targets.length];
      return { to, action: 'count', details: [this.sent++, padding] };
    });
    const answer = await this.#gateway.send(sends);
    assert.equal(answer.status, 200, await answer.text());
  }
}

/** The numbers of the messages that a tab has got, in the order in which they came. */
export function numbersOf(tab: TestTab): number[] {
  return tab.frames.filter(({ action }) => action === 'count').map(({ details }) => details[0] as number);
}

/** The numbers from one to below another. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
