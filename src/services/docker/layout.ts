// What Docker wants of the hot tier, and why.
import type { Service } from '../../layout/layout.ts';

export const layout: Service = {
  name: 'docker',
  path: 'docker',
  user: 'root',
  group: 'docker',
  sharesUser: false,
  mode: '0755',
  // dockerd sets its data-root to 0710 (0711 with user namespaces) whenever it starts.
  accept: ['0710', '0711'],
  plannedBytes: 500e9,
  purpose: 'container engine',
  directories: [
    {
      name: 'volumes',
      role: 'data',
      mode: '0755',
      accept: ['0701', '0710', '0711'],
      purpose: 'named volumes',
    },
    {
      name: 'containers',
      role: 'data',
      mode: '0755',
      accept: ['0701', '0710', '0711'],
      purpose: 'container data',
    },
    {
      name: 'tmp',
      role: 'temporary',
      mode: '0755',
      accept: ['0700', '0710', '0711'],
      purpose: 'temporary processing',
    },
  ],
};
