import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { commonOptions } from '../src/cli/options.js';
import { scenarios } from '../src/scenarios/index.js';

const home = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', home), 'utf8');
const scripts = scriptsIn('package.json');

function scriptsIn(path: string): Record<string, string> {
  return JSON.parse(readFileSync(new URL(path, home), 'utf8')).scripts;
}

/** Scenarios in the table of scenarios, in its order. */
function scenariosNamed(): string[] {
  const [, table] = /^\| Scenario \|.*?\n\|[-|]+\n(.*?)\n\n/ms.exec(readme) ?? [];
  return [...table!.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, name]) => name!);
}

describe('the README', () => {
  test('names every scenario, and no other', () => {
    assert.deepEqual(scenariosNamed().sort(), scenarios.map(({ name }) => name).sort());
  });

  test('shows every command', () => {
    const unnamed = Object.keys(scripts).filter((name) => !readme.includes(`npm run ${name}`));
    assert.deepEqual(unnamed, []);
  });

  test('shows only commands that there are', () => {
    const scriptsOfRoot = scriptsIn('../package.json');
    const shown = [...readme.matchAll(/npm run ([a-z:]+)( -w loadtest)?/g)];
    const unknown = shown.filter(
      ([, name, inLoadtest]) => !(name! in (inLoadtest ? scripts : scriptsOfRoot)),
    );
    assert.deepEqual(
      unknown.map(([command]) => command),
      [],
    );
  });

  test('shows every option that all scenarios have', () => {
    const unnamed = Object.keys(commonOptions).filter((name) => !readme.includes(`\`--${name}`));
    assert.deepEqual(unnamed, []);
  });
});
