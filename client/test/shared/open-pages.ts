import { FakeBrowser } from './browser.js';
import { welcomeAll } from './gateway.js';
import type { Connection } from './page.js';

/** Pages of these users, open on one socket; undefined: an anonymous one. */
export async function open(...users: (string | undefined)[]) {
  const browser = new FakeBrowser();
  const pages = users.map(() => browser.page(['worker']));
  const tabs = pages.map((page, index) => page.connect(users[index]));
  await browser.settle();
  const socket = browser.socket;
  welcomeAll(socket);
  await browser.settle();
  return { browser, pages, tabs, socket };
}

/** Which of these have got something with this action, and how often. */
export function reached(tabs: readonly Connection[], action: string): number[] {
  return tabs.map(({ actions }) => actions.filter((one) => one === action).length);
}
