import type { AlertName } from './alerts.js';

export type { AlertName };

/** Where the documents are for those who have no repository at hand. */
export const documents = 'https://github.com/tabcast/tabcast/blob/main/docs';

/** What to do when this alert fires: a heading of docs/operations.md, as GitHub links to it. */
export function runbookUrl(alert: AlertName): string {
  return `${documents}/operations.md#${alert.toLowerCase()}`;
}
