// What MongoDB wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'mongodb',
  path: 'mongodb',
  user: 'mongodb',
  group: 'mongodb',
  sharesUser: false,
  mode: '0750',
  accept: [],
  plannedBytes: 200e9,
  purpose: 'documents',
  directories: [
    { name: 'data', role: 'data', mode: '0750', accept: [], purpose: 'data files' },
    { name: 'logs', role: 'log', mode: '0750', accept: [], purpose: 'server logs' },
    { name: 'config', role: 'config', mode: '0750', accept: [], purpose: 'configuration' },
  ],
};
