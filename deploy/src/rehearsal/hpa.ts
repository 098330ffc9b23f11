import { parse } from 'yaml';
import { textOf } from '../programs/repository.js';
import type { ScalingRules, ScalingSpec } from './autoscaler.js';
import { shareMetric } from './logbook.js';

/** There may be no more gateways in a rehearsal. */
export const mostGateways = 3;

/** How often a HorizontalPodAutoscaler decides (`--horizontal-pod-autoscaler-sync-period`), s. */
export const syncPeriod = 15;

/** `autoscaling/v2`, as far as it is read here. */
interface Manifest {
  readonly spec: {
    readonly metrics: readonly {
      readonly pods?: {
        readonly metric: { readonly name: string };
        readonly target: { readonly averageValue: string };
      };
    }[];
    readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules };
  };
}

/**
 * How the autoscaler of the repository scales by tabs, between one gateway and a few. CPU, which it
 * follows too, is left out, and so is the time that a metric takes through Prometheus.
 * @param faster by so much all its times are shorter
 */
export function scalingOfRepository(faster: number): ScalingSpec {
  const { metrics, behavior } = (parse(textOf('k8s/components/hpa/autoscaler.yaml')) as Manifest).spec;
  const metric = metrics.find(({ pods }) => pods?.metric.name === shareMetric);
  if (metric === undefined) throw new Error(`the autoscaler does not follow ${shareMetric}`);
  return {
    ...{ minReplicas: 1, maxReplicas: mostGateways, target: quantity(metric.pods!.target.averageValue) },
    ...{ scaleUp: shortened(behavior.scaleUp, faster), scaleDown: shortened(behavior.scaleDown, faster) },
  };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/, without suffixes but `m`. */
function quantity(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

function shortened(rules: ScalingRules, faster: number): ScalingRules {
  return {
    ...rules,
    stabilizationWindowSeconds: rules.stabilizationWindowSeconds / faster,
    policies: rules.policies.map((policy) => ({ ...policy, periodSeconds: policy.periodSeconds / faster })),
  };
}
