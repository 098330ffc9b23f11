import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import { ApiServer } from '../support/api-server.js';
import { type Manifest, manifestsOf, theOne, variantNames } from '../support/manifests.js';
import { without } from '../support/programs.js';

/** Kinds of these groups are known to a server where their operator has been installed. */
const groupsOfOperators = /^(gateway\.networking\.k8s\.io|keda\.sh|monitoring\.coreos\.com)\//;

const skip = without('kubectl') || without('etcd') || without('kube-apiserver');

describe('a real API server', { skip }, () => {
  let server: ApiServer;
  before(async () => {
    server = await ApiServer.start();
    const namespace = theOne(manifestsOf('dev'), 'Namespace', 'tabcast');
    const { status, said } = server.kubectl(['create', '-f', '-'], namespace);
    assert.equal(status, 0, said);
  });
  after(() => server?.stop());

  /** What it says of manifests, of which it keeps none. */
  const told = (items: readonly Manifest[]) =>
    server.kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], {
      ...{ apiVersion: 'v1', kind: 'List' },
      items,
    });

  for (const variant of variantNames)
    test(`${variant}: takes every manifest, and warns of none`, () => {
      const own = manifestsOf(variant).filter(({ apiVersion }) => !groupsOfOperators.test(apiVersion));
      const { status, said } = told(own);
      assert.equal(status, 0, said);
      assert.equal(said.trim().split('\n').length, own.length, said);
    });

  test('would refuse a misspelt field and a wrong value, and warn of pods that may do too much', () => {
    const right = theOne<IDeployment>(manifestsOf('dev'), 'Deployment', 'tabcast');
    const pod = right.spec!.template.spec!;
    const wrong: [complaint: RegExp, spec: object][] = [
      [/unknown field "(spec.*)?hostnetwork"/, { ...pod, hostnetwork: true }],
      [/spec\.restartPolicy: Unsupported value: "Sometimes"/, { ...pod, restartPolicy: 'Sometimes' }],
      [/^Warning: would violate PodSecurity "restricted:latest"/, { ...pod, hostNetwork: true }],
    ];
    for (const [complaint, spec] of wrong) {
      const template = { ...right.spec!.template, spec };
      const { said } = told([{ ...right, spec: { ...right.spec, template } } as Manifest]);
      assert.match(said, complaint);
    }
  });
});
