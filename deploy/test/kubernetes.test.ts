import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { schemaProblems, typeProblems } from './support/manifest-types.js';
import { type Manifest, manifestsOf, variantNames } from './support/manifests.js';
import { without } from './support/programs.js';

describe('every manifest is what Kubernetes expects', { skip: without('kubectl') }, () => {
  for (const name of variantNames)
    test(`${name}: the schemas of all kinds take it`, async () => {
      assert.deepEqual((await Promise.all(manifestsOf(name).map(schemaProblems))).flat(), []);
    });

  test('no field has a name that nobody knows', () => {
    assert.deepEqual(typeProblems(variantNames.flatMap(manifestsOf)), []);
  });
});

describe('what is wrong would be found', () => {
  const service = (spec: object): Manifest => ({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } },
    ...{ spec },
  });

  test('a value of another type', async () => {
    const [problem] = await schemaProblems(service({ ports: [{ port: 'eighty' }] }));
    assert.match(problem!, /Service x: .*port must be/);
  });

  test('a misspelt field, however deep', () => {
    const selector = typeProblems([service({ selektor: {} })]);
    assert.match(selector.join(), /"selektor"' does not exist/);
    const name = typeProblems([service({ ports: [{ port: 80, nam: 'public' }] })]);
    assert.match(name.join(), /"nam"' does not exist/);
  });

  test('an unknown field, in every kind that we have', { skip: without('kubectl') }, () => {
    const kinds = new Map(variantNames.flatMap(manifestsOf).map((manifest) => [manifest.kind, manifest]));
    const wrong = [...kinds.values()].map((manifest) => {
      const part = 'spec' in manifest ? 'spec' : 'metadata';
      return { ...manifest, [part]: { ...(manifest as Manifest & { spec?: object })[part], nobodyKnows: 1 } };
    });
    const found = typeProblems(wrong).filter((line) => line.includes(`"nobodyKnows"' does not exist`));
    assert.equal(found.length, kinds.size, found.join('\n'));
  });
});
