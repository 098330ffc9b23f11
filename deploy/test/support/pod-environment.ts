import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import { allOf, type Manifest } from './manifests.js';

/** Variables as the kubelet sets them: first those of whole ConfigMaps and Secrets, then single ones, `$(NAME)` filled in. */
export function environmentOf(
  { env = [], envFrom = [] }: IContainer,
  manifests: readonly Manifest[],
): Record<string, string> {
  const whole = envFrom.flatMap(({ configMapRef, secretRef }) =>
    Object.entries(
      configMapRef ? mapOf(configMapRef.name!, manifests) : secretOf(secretRef!.name!, manifests),
    ),
  );
  const single: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const { name: secret, key } = valueFrom?.secretKeyRef ?? {};
    single[name] =
      value === undefined
        ? secretOf(secret!, manifests)[key!]!
        : value.replace(/\$\((\w+)\)/g, (_, other: string) => {
            if (!(other in single)) throw new Error(`${name} names ${other}, which is not set before it`);
            return single[other]!;
          });
  }
  return { ...Object.fromEntries(whole), ...single };
}

/** By the whole name: one whose hash is another is not there. */
function mapOf(name: string, manifests: readonly Manifest[]): Record<string, string> {
  return allOf<IConfigMap>(manifests, 'ConfigMap').find(({ metadata }) => metadata.name === name)!.data!;
}

/** What a Secret holds, decoded. */
export function secretOf(name: string, manifests: readonly Manifest[]): Record<string, string> {
  const { data } = allOf<ISecret>(manifests, 'Secret').find(({ metadata }) => metadata.name === name)!;
  const text = ([key, value]: [string, string]) => [key, Buffer.from(value, 'base64').toString()];
  return Object.fromEntries(Object.entries(data!).map(text));
}
