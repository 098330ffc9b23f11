import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { options, variableName } from '@tabcast/gateway/internal/config/options';
import { root, textOf } from '../src/programs/repository.js';
import { configurationOf } from './support/image/configuration.js';
import { stagesOf } from './support/image/dockerfile.js';
import { DockerIgnore } from './support/image/dockerignore.js';

const stages = stagesOf(textOf('gateway/Dockerfile'));
const names = stages.map(({ name }) => name);
const copies = stages.flatMap(({ steps }) => steps.filter(({ keyword }) => keyword === 'COPY'));

/** What is built to be run. */
const targets = ['gateway', 'loadtest', 'chat'];

describe('gateway/Dockerfile', () => {
  test('builds the gateway unless told otherwise', () => {
    assert.equal(names.at(-1), 'gateway');
    for (const target of targets) assert.ok(names.includes(target), target);
  });

  test('begins with images of a version', () => {
    for (const { base } of stages.filter((stage) => ![...names, 'scratch'].includes(stage.base)))
      assert.match(base, /^[\w./-]+:\d[\w.-]*$/);
  });

  test('copies what is there, and what .dockerignore lets through', () => {
    const ignore = new DockerIgnore(textOf('.dockerignore'));
    const sources = copies.filter(({ flags }) => !flags['from']).flatMap(({ words }) => words.slice(0, -1));
    assert.ok(sources.length > 0);
    for (const source of sources.filter((one) => one !== '.')) {
      assert.ok(existsSync(join(root, source)), `${source} is not there`);
      assert.ok(ignore.admits(source.replace(/\/$/, '')), `${source} is ignored`);
    }
  });

  test('copies from stages that are there', () => {
    for (const { flags, text } of copies.filter((copy) => copy.flags['from']))
      assert.ok(names.includes(flags['from']!), text);
  });

  test('gives npm the manifests of all workspaces', () => {
    const { workspaces } = JSON.parse(textOf('package.json')) as { workspaces: string[] };
    const sources = copies.flatMap(({ words }) => words);
    for (const workspace of workspaces) assert.ok(sources.includes(`${workspace}/package.json`), workspace);
  });

  for (const target of targets) {
    const { user, stopSignal, labels, entrypoint } = configurationOf(stages, target);

    test(`${target}: runs as a user who is a number other than 0, so that Kubernetes can see that it is not root`, () => {
      assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
    });

    test(`${target}: an init passes SIGTERM on to a program that is there`, () => {
      assert.equal(stopSignal, 'SIGTERM');
      assert.deepEqual(entrypoint.slice(0, 3), ['tini', '--', 'node']);
      assert.ok(
        existsSync(join(root, entrypoint[3]!.replace('/dist/src/', '/src/').replace(/(?<=src.*)js$/, 'ts'))),
      );
    });

    test(`${target}: says what it is, and of which version`, () => {
      const { version, license } = JSON.parse(textOf('gateway/package.json')) as Record<string, string>;
      const label = (name: string) => labels[`org.opencontainers.image.${name}`];
      assert.equal(label('version'), version);
      assert.equal(label('licenses'), license);
      assert.ok(label('title'));
      assert.ok(label('description'));
    });
  }

  test('exposes the ports of the option table', () => {
    const ports = [options['public-port'].default, options['internal-port'].default];
    assert.deepEqual(configurationOf(stages, 'gateway').ports, ports);
  });

  test('sets only variables that the gateway knows, and lets others reach its internal port', () => {
    const { environment } = configurationOf(stages, 'gateway');
    const known = Object.keys(options).map(variableName);
    const set = Object.keys(environment).filter((name) => name.startsWith('TABCAST_'));
    for (const name of set) assert.ok(known.includes(name), name);
    assert.equal(environment['TABCAST_INTERNAL_HOST'], '0.0.0.0');
  });

  test('the health check is a script that is there', () => {
    const { healthcheck } = configurationOf(stages, 'gateway');
    assert.equal(healthcheck[0], 'node');
    assert.ok(existsSync(join(root, healthcheck[1]!)));
  });
});
