import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeAnswer } from '../../src/http/nodes.js';

/** The page's modules are served as they are written, so they are tested as they are. */
interface Rows {
  take(nodes: readonly NodeAnswer[], now: number): void;
  at(now: number): { node: NodeAnswer; mark: string | undefined }[];
}
interface Palette {
  keep(ids: Iterable<string>): void;
  of(id: string): number | undefined;
}
const page = (name: string) => import(new URL(`../../../console/${name}`, import.meta.url).href);
const { Rows } = (await page('rows.js')) as { Rows: new () => Rows };
const { Palette } = (await page('lines.js')) as { Palette: new () => Palette };

const start = 1_700_000_000_000;

function node(id: string, more: Partial<NodeAnswer> = {}): NodeAnswer {
  return {
    ...{ id, state: 'ready', version: '1', started: start - 3_600_000, tabs: 0, users: 0, capacity: 10 },
    ...{ framesPerSecond: 0, deliveriesPerSecond: 0, lag: 0, memory: 0, beatAge: 0 },
    ...more,
  };
}

function marks(rows: Rows, now: number) {
  return rows.at(now).map(({ node: { id }, mark }) => (mark === undefined ? id : `${id} ${mark}`));
}

test('who comes is new for a minute; who was there before the page is new by its age', () => {
  const rows = new Rows();
  rows.take([node('old'), node('young', { started: start - 20_000 })], start);
  assert.deepEqual(marks(rows, start), ['old', 'young new']);
  rows.take([node('old'), node('young', { started: start - 20_000 }), node('late')], start + 10_000);
  assert.deepEqual(marks(rows, start + 10_000), ['late new', 'old', 'young new']);
  assert.deepEqual(marks(rows, start + 40_000), ['late new', 'old', 'young']);
  assert.deepEqual(marks(rows, start + 70_000), ['late', 'old', 'young']);
});

test('who is gone stays in sight for a minute: lost, or left when it drained until the end', () => {
  const rows = new Rows();
  const draining = { state: 'draining', beatAge: 1000 } as const;
  rows.take([node('a'), node('b', draining), node('c'), node('d', { ...draining, beatAge: 6000 })], start);
  rows.take([node('c')], start + 2000);
  assert.deepEqual(marks(rows, start + 2000), ['a lost', 'b left', 'c', 'd lost']);
  rows.take([node('c')], start + 61_999);
  assert.deepEqual(marks(rows, start + 61_999), ['a lost', 'b left', 'c', 'd lost']);
  rows.take([node('c')], start + 62_000);
  assert.deepEqual(marks(rows, start + 62_000), ['c']);
});

test('who was lost and is back is neither lost nor new', () => {
  const rows = new Rows();
  rows.take([node('a')], start);
  rows.take([], start + 2000);
  rows.take([node('a')], start + 4000);
  assert.deepEqual(marks(rows, start + 4000), ['a']);
});

test('a gateway keeps its colour while it is in sight; a ninth gets none until one is free', () => {
  const palette = new Palette();
  const ids = Array.from({ length: 9 }, (_, number) => `g${number}`);
  palette.keep(ids);
  assert.deepEqual(
    ids.map((id) => palette.of(id)),
    [0, 1, 2, 3, 4, 5, 6, 7, undefined],
  );
  palette.keep(ids.filter((id) => id !== 'g3'));
  assert.deepEqual([palette.of('g8'), palette.of('g3'), palette.of('g4')], [3, undefined, 4]);
});
