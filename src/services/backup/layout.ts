// What backup staging wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'backup',
  path: 'backup',
  user: 'root',
  group: 'root',
  sharesUser: false,
  mode: '0755',
  accept: [],
  plannedBytes: 350e9,
  purpose: 'backups on their way to colder storage',
  directories: [
    { name: 'daily', role: 'backup', mode: '0755', accept: [], purpose: 'daily backups' },
    { name: 'snapshots', role: 'backup', mode: '0755', accept: [], purpose: 'database snapshots' },
    { name: 'staging', role: 'backup', mode: '0755', accept: [], purpose: 'preparation area' },
  ],
};
