// What PostgreSQL wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'postgresql',
  path: 'postgresql',
  user: 'postgres',
  group: 'postgres',
  sharesUser: false,
  mode: '0750',
  accept: [],
  plannedBytes: 800e9,
  purpose: 'relational data of the trading platform',
  directories: [
    // postmaster refuses a data directory that is not 0700 or 0750 (PostgreSQL, "Creating a Database Cluster").
    { name: 'data', role: 'data', mode: '0700', accept: ['0750'], purpose: 'data files' },
    { name: 'logs', role: 'log', mode: '0750', accept: [], purpose: 'server and transaction logs' },
    { name: 'config', role: 'config', mode: '0750', accept: [], purpose: 'configuration' },
  ],
};
