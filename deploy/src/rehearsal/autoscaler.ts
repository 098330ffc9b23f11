import { type Readings, wantedReplicas } from './replicas.js';

/** How many replicas may come or go within a time. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

/** How fast a HorizontalPodAutoscaler follows in one direction. */
export interface ScalingRules {
  /** Of what was wanted within this time the most careful counts. */
  readonly stabilizationWindowSeconds: number;
  /** Of several the one that allows the greatest change counts, unless the least is selected. */
  readonly policies: readonly ScalingPolicy[];
  readonly selectPolicy?: 'Max' | 'Min' | 'Disabled';
}

/** What an autoscaler is told: that of `autoscaling/v2` in Kubernetes. */
export interface ScalingSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** What one replica should show of the metric, on average. */
  readonly target: number;
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

interface Moment {
  /** s. */
  readonly at: number;
  readonly replicas: number;
}

/**
 * Decides as a HorizontalPodAutoscaler does with one metric; without clock and without replicas.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
export class Autoscaler {
  readonly #spec: ScalingSpec;
  /** What was wanted, newest last. */
  readonly #wanted: Moment[] = [];
  /** How many came, or went, which is below 0; newest last. */
  readonly #changes: Moment[] = [];

  constructor(spec: ScalingSpec) {
    this.#spec = spec;
  }

  /**
   * How many replicas there shall be from now on.
   * @param now in s, never less than before
   * @param readings one for each replica that there shall be so far
   */
  decide(now: number, readings: Readings): number {
    const { target, minReplicas, maxReplicas } = this.#spec;
    const current = readings.length;
    this.#wanted.push({ at: now, replicas: wantedReplicas(readings, target) });
    const stable = clamped(this.#stabilized(now, current), minReplicas, maxReplicas);
    const decided = clamped(stable, this.#least(now, current), this.#most(now, current));
    if (decided !== current) this.#changes.push({ at: now, replicas: decided - current });
    return decided;
  }

  /** No fewer than were wanted at any time within the window of scaling down, no more than … of scaling up. */
  #stabilized(now: number, current: number): number {
    const within = ({ stabilizationWindowSeconds }: ScalingRules) =>
      this.#wanted
        .filter(({ at }, index, all) => index === all.length - 1 || at > now - stabilizationWindowSeconds)
        .map(({ replicas }) => replicas);
    const floor = Math.min(...within(this.#spec.scaleUp));
    const ceiling = Math.max(...within(this.#spec.scaleDown));
    return clamped(current, floor, ceiling);
  }

  #most(now: number, current: number): number {
    const { selectPolicy, policies } = this.#spec.scaleUp;
    if (selectPolicy === 'Disabled') return current;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const before = current - this.#changed(now - periodSeconds);
      return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
    });
    return Math.max(current, selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits));
  }

  #least(now: number, current: number): number {
    const { selectPolicy, policies } = this.#spec.scaleDown;
    if (selectPolicy === 'Disabled') return current;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const before = current - this.#changed(now - periodSeconds);
      return type === 'Pods' ? before - value : Math.floor(before * (1 - value / 100));
    });
    return Math.min(current, selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits));
  }

  /** How many there are more than then. */
  #changed(since: number): number {
    return this.#changes.filter(({ at }) => at > since).reduce((sum, { replicas }) => sum + replicas, 0);
  }
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
