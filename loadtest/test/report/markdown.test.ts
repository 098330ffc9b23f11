import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  comparisonAsMarkdown,
  comparisonFile,
  newestComparison,
  newFolder,
  parseComparison,
  peersAsMarkdown,
} from '../../src/report/markdown.js';
import { comparisonOf, rowOf } from './results.js';

describe('a comparison as Markdown', () => {
  const comparison = comparisonOf([rowOf('floor', 10), rowOf('tab|cast', 11.234, { faults: 'saturated' })], {
    missing: [{ peer: 'absent', reason: 'Not installed.' }],
  });

  test('has a table with every server, and bars with every figure', () => {
    const text = comparisonAsMarkdown(comparison);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const columns = rows.map((row) => row.replaceAll('\\|', '').split('|').length);
    assert.equal(rows.length, 4);
    assert.deepEqual(new Set(columns), new Set([columns[0]]));
    assert.match(rows[2]!, /^\| floor \| 10 \(9–11\) \|.*\| none \|$/);
    assert.match(rows[3]!, /^\| tab\\\|cast \| 11\.2 \(10\.2–12\.2\) \|.*\| saturated \|$/);
    assert.match(text, /x-axis \["floor", "tab\|cast"\]\n.*0 --> 12\n {4}bar \[10, 11\.2\]/);
  });

  test('names who is compared, and who could not be', () => {
    assert.equal(
      peersAsMarkdown(comparison),
      [
        '- **floor**: The floor. Does little.',
        '- **tab|cast**: The tab|cast. Does little.',
        '- **absent**: not compared. Not installed.\n',
      ].join('\n'),
    );
  });

  test('a figure that is missing comes back from JSON as missing', () => {
    const json = JSON.stringify(comparisonOf([rowOf('floor', Number.NaN)]));
    const { tables } = parseComparison(json);
    assert.ok(Number.isNaN(tables[0]!.rows[0]!.gatewayCpu.median));
  });
});

describe('results that are kept', () => {
  test('the newest folder with a comparison counts', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const results = pathToFileURL(`${folder}/`);
    assert.equal(newestComparison(results), undefined);
    for (const [name, file] of [
      ['2026-11-20', comparisonFile],
      ['2026-11-21', comparisonFile],
      ['2026-11-22-soak', 'soak.json'],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, file), JSON.stringify(comparisonOf([], { date: name })));
    }
    assert.equal(newestComparison(results)?.date, '2026-11-21');
  });

  test('those of one day are all kept, the newest last', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const results = pathToFileURL(`${folder}/`);
    const names = ['09:05:00', '14:30:59'].map((time) => {
      const fresh = newFolder(results, new Date(`2026-11-21T${time}Z`));
      mkdirSync(fresh);
      return fresh.href.slice(results.href.length, -1);
    });
    assert.deepEqual(names, ['2026-11-21', '2026-11-21-143059']);
    assert.deepEqual(names.toSorted(), names);
  });

  test('a folder that is not there holds none', () => {
    assert.equal(newestComparison(new URL('nowhere/', import.meta.url)), undefined);
  });
});
