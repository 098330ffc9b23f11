import type { Orders } from '../cluster/orders.js';
import { type GroupHere, maxListed, type TabHere, type UserHere } from '../cluster/presence.js';
import type { Questions } from '../cluster/questions.js';
import type { Hub } from '../fanout/hub.js';
import { kindOf } from '../metrics/counters.js';
import { changeMembership } from './membership.js';
import { Tab } from './tab.js';

/** Carries out the orders that are about tabs, on those of this gateway. */
export function obey(orders: Orders, questions: Questions, hub: Hub): void {
  orders.on('put', ({ group }, channel) => {
    for (const tab of tabsIn(hub, channel)) changeMembership(tab, group, 'put');
  });
  orders.on('remove', ({ group }, channel) => {
    for (const tab of tabsIn(hub, channel)) changeMembership(tab, group, 'remove');
  });
  orders.on('close', ({ code, session, connection }, channel) => {
    const tabs = connection === null ? tabsIn(hub, channel) : tabOf(hub, connection);
    for (const tab of tabs) if (session === null || tab.session === session) tab.socket.close(code);
  });
  orders.on('describe', (question, channel) => {
    const tabs = tabsIn(hub, channel).filter(({ state }) => state === 'open');
    void questions.answer(question, kindOf(channel) === 'user' ? describeUser(tabs) : describeGroup(tabs));
  });
}

/** A copy, because carrying out an order may change who is there. Those that wait for their welcome are among them. */
function tabsIn(hub: Hub, channel: string): Tab[] {
  const tabs = hub.members(channel)?.all() ?? [];
  return tabs.filter((tab) => tab instanceof Tab);
}

function tabOf(hub: Hub, connection: string): Tab[] {
  const tab = hub.tab(connection);
  return tab instanceof Tab ? [tab] : [];
}

function describeUser(tabs: readonly Tab[]): UserHere {
  return { tabs: tabs.length, listed: tabs.slice(0, maxListed).map(describeTab) };
}

function describeTab({ connection, session, groups, since }: Tab): TabHere {
  return { connection, session, groups: [...groups], since };
}

function describeGroup(tabs: readonly Tab[]): GroupHere {
  const counts = new Map<string, number>();
  for (const { identity } of tabs)
    if (identity !== null) counts.set(identity.user, (counts.get(identity.user) ?? 0) + 1);
  const users = [...counts].slice(0, maxListed).map(([user, count]) => ({ user, tabs: count }));
  return { tabs: tabs.length, users, cut: counts.size > maxListed };
}
