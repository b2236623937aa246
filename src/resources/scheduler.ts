// The I/O scheduler of a disk, from now on: none. What it is after the next start is said by a rule of udev.

import { NO_DIFFERENCE, type Resource } from '../engine/resource.ts';
import { type BlockQueue, knownAs } from '../port/block-queue.ts';

export interface SchedulerWant {
  /** What the kernel calls it: `nvme0n1`. */
  readonly disk: string;
}

const NONE = 'none';

/** null: there is no such disk any more. */
export const scheduler: Resource<SchedulerWant, BlockQueue | null> = {
  kind: 'scheduler',
  role: 'setting',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: ({ disk }) => `scheduler ${disk}`,
  checkId: ({ disk }) => `scheduler.${disk}`,
  service: () => null,
  observe: (host, wants) => host.blockQueues(wants.map(({ disk }) => disk)),
  diff({ disk }, queue) {
    const now = queue?.scheduler?.now ?? NONE;
    if (queue === null || now === NONE) return NO_DIFFERENCE;
    const set = (from: string, to: string) =>
      ({ type: 'setScheduler', disk, known: knownAs(queue), from, to }) as const;
    const step = {
      address: `scheduler ${disk}`,
      action: '~',
      summary: `${disk}  ${now} -> ${NONE}`,
      reason: 'a disk that takes many requests at once puts them in order itself',
      do: set(now, NONE),
      undo: set(NONE, now),
      needs: [],
    } as const;
    return { ...NO_DIFFERENCE, steps: [step] };
  },
  expected: () => NONE,
  found: (_want, queue) => queue?.scheduler?.now ?? NONE,
};
