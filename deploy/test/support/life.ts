import { setTimeout as pause } from 'node:timers/promises';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { until } from '@tabcast/gateway/testing/until';
import type { ObservedCluster } from './observed-cluster.js';

/** More than the kernel holds for a tab that does not read. */
const flood = Array.from({ length: 15 }, () => 'x'.repeat(60_000));
const floods = 20;

/** Everything that happens in a cluster, once: afterwards every metric that can be moved has moved. */
export async function liveThrough(cluster: ObservedCluster): Promise<void> {
  await tabsSettle(cluster);
  await strangersAreRefused(cluster);
  await backendBreaks(cluster);
  await tabsResume(cluster);
  await someDoNotRead(cluster);
  await redisForgets(cluster);
  await oneDrains(cluster);
}

/**
 * Goes on living as ordinary clusters do until the signal is aborted, so that rates have something to show.
 * Resolves when it has stopped.
 */
export async function goOn(cluster: ObservedCluster, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round++) {
    const visitor = await cluster.open(round % 2, { user: `passer-by-${round}`, groups: ['crowd'] });
    visitor.send('chat/say', ['hello'], 1);
    await sends(cluster, round % 2);
    await cluster.ask(0, 'GET', '/v1/users/settler-1');
    await refused(cluster.urlOf(round % 2), 'no.token.this');
    await visitor.close();
    await pause(100, undefined, { signal }).catch(() => {});
  }
}

async function sends(cluster: ObservedCluster, index: number): Promise<void> {
  const action = 'order/shipped';
  await cluster.send(index, [
    ...[0, 1, 2].map((user) => ({ to: { user: `settler-${user}` }, action })),
    { to: { group: 'crowd' }, action },
    { to: { registered: true }, action },
    { to: { all: true }, action },
  ]);
  await cluster.send(index, { to: { nobody: 1 }, action });
}

/** Twenty on each gateway, in a group; and a few more of one user than one user may have. */
async function tabsSettle(cluster: ObservedCluster): Promise<void> {
  for (const index of cluster.gateways.keys())
    for (let tab = 0; tab < 20; tab++) await settle(cluster, index, `settler-${tab}-${index}`);
  for (const index of [0, 1, 2]) await settle(cluster, index, `settler-${index}`);
  for (let tab = 0; tab < 3; tab++) await settle(cluster, 0, 'greedy');
  await refused(cluster.urlOf(1), cluster.tokenOf({ user: 'greedy' }));
  await cluster.ask(0, 'PUT', '/v1/groups/late/users/settler-1');
  await cluster.ask(0, 'DELETE', '/v1/groups/late/users/settler-1');
}

/** One after the other at a pace that the limit of handshakes allows. */
async function settle(cluster: ObservedCluster, index: number, user: string): Promise<void> {
  await cluster.open(index, { user, groups: ['crowd'] });
  await pause(20);
}

async function strangersAreRefused(cluster: ObservedCluster): Promise<void> {
  const url = cluster.urlOf(0);
  await refused(url, 'no.token.this');
  await refused(url, cluster.tokenOf({ user: 'forger' }).slice(0, -4).concat('AAAA'));
  await refused(url, undefined);
  const storm = Array.from({ length: 60 }, () => refused(cluster.urlOf(1), 'no.token.this'));
  await Promise.all(storm);
}

/** Rejects where the gateway does not end it within ten seconds: whoever is let in by mistake would stay for ever. */
async function refused(url: string, token: string | undefined): Promise<void> {
  const { socket } = TestTab.connect(url, { token });
  await until('a gateway to refuse a tab', () => socket.readyState === socket.CLOSED).finally(() =>
    socket.terminate(),
  );
}

/** Until the breaker opens, and more frames than a tab may send. */
async function backendBreaks(cluster: ObservedCluster): Promise<void> {
  const tab = await cluster.open(1, { user: 'breaker' });
  for (let frame = 0; frame < 15; frame++) tab.send('fail', [], frame);
  for (let frame = 0; frame < 15; frame++) await tab.next('fail:error');
  for (let frame = 0; frame < 30; frame++) tab.send('fail', [], frame);
  tab.socket.send('no frame');
  await tab.next('sys/frame:error');
}

/** One that can have all it has missed, and one that comes back from a life that nobody remembers. */
async function tabsResume(cluster: ObservedCluster): Promise<void> {
  const visitor = { user: 'commuter' };
  const before = await cluster.open(0, visitor);
  await cluster.send(0, { to: visitor, action: 'first' });
  const { at } = await before.next('first');
  await before.close();
  await cluster.send(0, { to: visitor, action: 'second' });
  const [channel, position] = at as [string, string];
  const after = await cluster.open(1, visitor, { [channel]: position });
  await after.next('second');
  await cluster.open(0, visitor, { [channel]: '1-1' });
}

/** One is closed as slow; of the other only the latest frames are kept, until it counts as stalled. */
async function someDoNotRead(cluster: ObservedCluster): Promise<void> {
  for (const [to, reason] of [
    [{ user: 'sleeper' }, 'slow'],
    [{ group: 'sleepers' }, 'stalled'],
  ] as const) {
    const tab = await cluster.open(0, { user: 'sleeper', groups: ['sleepers'] });
    tab.socket.pause();
    const sends = flood.map((text) => ({ to, action: 'flood', details: [text], history: false }));
    for (let batch = 0; batch < floods; batch++) await cluster.send(0, sends);
    await cluster.prometheus.until(`sum(tabcast_tabs_closed_total{reason="${reason}"}) > 0`);
    tab.socket.terminate();
  }
}

/** A gateway loses its connection, and then all of them do, and what they would catch up with. */
async function redisForgets(cluster: ObservedCluster): Promise<void> {
  const { redis, prometheus } = cluster;
  const action = 'missed';
  await cluster.send(0, { to: { all: true }, action });
  const clients = String(await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  await redis.command('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(clients)![1]!);
  await Promise.all([0, 1, 2].map((index) => cluster.send(index, { to: { all: true }, action })));
  await prometheus.until('sum(tabcast_catch_ups_total{outcome="filled"}) > 0');
  await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await redis.command('FLUSHALL');
  await prometheus.until('sum(tabcast_gaps_total) > 0');
}

async function oneDrains(cluster: ObservedCluster): Promise<void> {
  const answer = await cluster.fetch(2, 'GET', '/v1/nodes');
  const { gateways } = (await answer.json()) as { gateways: readonly { id: string; self?: true }[] };
  await cluster.ask(2, 'POST', `/v1/nodes/${gateways.find(({ self }) => self)!.id}/drain`);
}
