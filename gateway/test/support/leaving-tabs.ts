import type { GatewayProcess } from './gateway.js';
import type { PerTest } from './per-test.js';
import { TestTab, tokenFor } from './tab.js';

/** Tabs that open at the same time. */
const atOnce = 100;

/** Opens so many tabs of one user, that end with the test. */
export async function openMany(perTest: PerTest, gateway: GatewayProcess, count: number): Promise<TestTab[]> {
  const token = await tokenFor('ann');
  const opened: TestTab[] = [];
  while (opened.length < count) {
    const some = Array.from({ length: Math.min(atOnce, count - opened.length) }, () =>
      TestTab.open(gateway.socketUrl, { token }),
    );
    opened.push(...(await Promise.all(some)));
  }
  return opened.map((tab) => perTest.keep(tab));
}

/** In how many ms a tab was told that it will be closed. */
export async function hintOf(tab: TestTab): Promise<number> {
  const { details } = await tab.next('sys/reconnect');
  return (details[0] as { closesIn: number }).closesIn;
}
