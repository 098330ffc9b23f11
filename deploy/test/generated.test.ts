import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generated } from '../src/generated.js';
import { textOf } from '../src/programs/repository.js';

for (const { path, text } of generated)
  test(`${path} is as its source says; mended by: npm run docs`, () => assert.equal(textOf(path), text()));
