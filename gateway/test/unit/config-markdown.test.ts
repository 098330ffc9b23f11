import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionsAsMarkdown } from '../../src/config/markdown.js';
import { optionNames, options } from '../../src/config/options.js';

test('the Markdown table has a row for every option, with as many cells as the header', () => {
  const lines = optionsAsMarkdown().trimEnd().split('\n');
  assert.equal(lines.length, optionNames.length + 2);
  for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 8, line);
  assert.ok(
    lines.includes(
      '| `--token-query` | `TABCAST_TOKEN_QUERY` | true or false | `false`; in development `true` |  | ' +
        `${options['token-query'].sentence} |`,
    ),
  );
});
