import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** What the dashboard asks: the Prometheus that is chosen above it. */
export const source: DataSourceRef = { type: 'prometheus', uid: '$datasource' };
