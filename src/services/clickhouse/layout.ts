// What ClickHouse wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'clickhouse',
  path: 'clickhouse',
  user: 'clickhouse',
  group: 'clickhouse',
  sharesUser: false,
  mode: '0750',
  accept: [],
  plannedBytes: 1500e9,
  purpose: 'market data and analytics',
  directories: [
    { name: 'data', role: 'data', mode: '0750', accept: [], purpose: 'data files' },
    { name: 'logs', role: 'log', mode: '0750', accept: [], purpose: 'query and server logs' },
    { name: 'tmp', role: 'temporary', mode: '0750', accept: [], purpose: 'temporary processing' },
  ],
};
