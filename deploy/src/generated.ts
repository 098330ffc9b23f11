import { dashboard } from './dashboard/dashboard.js';
import { prometheusRuleText, rulesText, ruleTestsText } from './rules/documents.js';

/** A file that is made from code, and lies in the repository for those who deploy it. */
export interface Generated {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: () => string;
}

/** All of them; `npm run docs` writes them. */
export const generated: readonly Generated[] = [
  { path: 'deploy/grafana/tabcast.json', text: () => dashboardText(2) },
  // Kustomize reads nothing outside its own folder. `kubectl apply` notes the whole of it in an annotation, which has to
  // stay below 256 KiB.
  { path: 'k8s/monitoring/tabcast.json', text: () => dashboardText(0) },
  { path: 'deploy/prometheus/rules.yml', text: rulesText },
  { path: 'deploy/prometheus/rules.test.yml', text: ruleTestsText },
  { path: 'k8s/monitoring/prometheus-rule.yaml', text: prometheusRuleText },
];

/** @param indent spaces for each level; 0 puts it all on one line */
function dashboardText(indent: number): string {
  return `${JSON.stringify(dashboard(), null, indent)}\n`;
}
