// How far the kernel reads ahead on a device, from now on. What it is after the next start is said by a rule of udev.

import { NO_DIFFERENCE, type Resource } from '../engine/resource.ts';
import { knownText, type ReadAhead } from '../port/read-ahead.ts';

export interface ReadAheadWant {
  /** What the kernel calls it. */
  readonly device: string;
  /** What it is set to where it is not right. */
  readonly kib: number;
  readonly isRight: (kib: number) => boolean;
  readonly reason: string;
}

/** null: there is no such device any more. */
export const readAhead: Resource<ReadAheadWant, ReadAhead | null> = {
  kind: 'readahead',
  role: 'setting',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: ({ device }) => `readahead ${device}`,
  checkId: ({ device }) => `readahead.${device}`,
  service: () => null,
  observe: (host, wants) => host.readAheads(wants.map(({ device }) => device)),
  diff({ device, kib, isRight, reason }, found) {
    if (found === null || found.isFixed || isRight(found.kib)) return NO_DIFFERENCE;
    const set = (from: number, to: number) =>
      ({ type: 'setReadAhead', device, known: knownText(found), from, to }) as const;
    const step = {
      address: `readahead ${device}`,
      action: '~',
      summary: `${device}  ${found.kib} -> ${kib} KiB`,
      reason,
      do: set(found.kib, kib),
      undo: set(kib, found.kib),
      needs: [],
    } as const;
    return { ...NO_DIFFERENCE, steps: [step] };
  },
  expected: ({ kib }) => `${kib} KiB`,
  found: (_want, found) => (found === null ? 'no such device' : `${found.kib} KiB`),
};
