// What Redis wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'redis',
  path: 'redis',
  user: 'redis',
  group: 'redis',
  sharesUser: false,
  mode: '0750',
  accept: [],
  plannedBytes: 50e9,
  purpose: 'cache and queues',
  directories: [
    { name: 'data', role: 'data', mode: '0750', accept: [], purpose: 'RDB snapshots and AOF' },
    { name: 'logs', role: 'log', mode: '0750', accept: [], purpose: 'server logs' },
  ],
};
