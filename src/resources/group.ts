// System groups. Observed through NSS, made with groupadd. An existing group is kept as it is.

import type { Difference, LayoutResource } from '../engine/resource.ts';
import type { Group } from '../port/host.ts';

interface GroupWant {
  readonly name: string;
  readonly service: string;
}

export function groupAddress(name: string): string {
  return `group ${name}`;
}

export const group: LayoutResource<GroupWant, Group | null> = {
  kind: 'group',
  role: 'account',
  creates: ['createGroup'],
  tools: { getent: 'libc-bin', groupadd: 'passwd', groupdel: 'passwd' },
  isRepaired: false,
  irreversible: null,
  desire(layout) {
    const wants = new Map<string, GroupWant>();
    for (const service of layout.services)
      if (service.group !== 'root' && !wants.has(service.group))
        wants.set(service.group, { name: service.group, service: service.name });
    return [...wants.values()];
  },
  address: (want) => groupAddress(want.name),
  checkId: (want) => `group.${want.name}`,
  service: (want) => want.service,
  observe(host, wants) {
    const groups = host.groups(wants.map((want) => want.name));
    return wants.map((want) => groups.get(want.name) ?? null);
  },
  diff(want, have): Difference {
    if (have !== null) return { steps: [], refusals: [], warnings: [] };
    return {
      steps: [
        {
          address: groupAddress(want.name),
          action: '+',
          summary: `system group ${want.name}`,
          reason: `${want.service} needs it; the host has none of that name`,
          do: { type: 'createGroup', name: want.name },
          undo: { type: 'deleteGroup', name: want.name },
          needs: [],
        },
      ],
      refusals: [],
      warnings: [],
    };
  },
  expected: () => 'group exists',
  found: (_want, have) => (have === null ? 'missing' : `gid ${have.gid}`),
};
