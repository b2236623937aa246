// How a mount notes when files were read: noatime, from now on. What it is at the next mount is said by fstab or a unit.

import { type AccessTimes, accessTimesOf } from '../disk/access-times.ts';
import { NO_DIFFERENCE, type Resource } from '../engine/resource.ts';
import { nameOfMounted } from '../port/operations/access-times.ts';

export interface AccessTimesWant {
  readonly mountPoint: string;
}

export interface AccessTimesHave {
  readonly times: AccessTimes;
  readonly fileSystem: string;
}

export const accessTimes: Resource<AccessTimesWant, AccessTimesHave> = {
  kind: 'access times',
  role: 'setting',
  creates: [],
  tools: { mount: 'mount' },
  isRepaired: false,
  irreversible: null,
  address: ({ mountPoint }) => `mount ${mountPoint}`,
  checkId: ({ mountPoint }) => `access-times.${mountPoint}`,
  service: () => null,
  observe: (host, wants) =>
    wants.map(({ mountPoint }) => {
      const { holder } = host.disk(mountPoint);
      return { times: accessTimesOf(holder.options), fileSystem: nameOfMounted(holder) };
    }),
  diff({ mountPoint }, { times, fileSystem }) {
    if (times === 'noatime') return NO_DIFFERENCE;
    const set = (from: AccessTimes, to: AccessTimes) =>
      ({ type: 'setAccessTimes', mountPoint, fileSystem, from, to }) as const;
    const step = {
      address: `mount ${mountPoint}`,
      action: '~',
      summary: `${mountPoint}  ${times} -> noatime`,
      reason: 'reading a file is to write nothing to the disk',
      do: set(times, 'noatime'),
      undo: set('noatime', times),
      needs: [],
    } as const;
    return { ...NO_DIFFERENCE, steps: [step] };
  },
  expected: () => 'noatime',
  found: (_want, { times }) => times,
};
