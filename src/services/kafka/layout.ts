// What Kafka wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'kafka',
  path: 'kafka',
  user: 'kafka',
  group: 'kafka',
  sharesUser: false,
  mode: '0750',
  accept: [],
  plannedBytes: 600e9,
  purpose: 'event streams',
  directories: [
    { name: 'data', role: 'data', mode: '0750', accept: [], purpose: 'topic partitions' },
    { name: 'logs', role: 'log', mode: '0750', accept: [], purpose: 'broker logs' },
  ],
};
