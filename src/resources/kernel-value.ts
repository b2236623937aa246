// A setting of the running kernel, from now on. What it is after the next start is said by a file below /etc.

import { NO_DIFFERENCE, type Resource } from '../engine/resource.ts';
import type { KernelValue } from '../port/kernel-value.ts';

export interface KernelValueWant {
  /** As `HostReader.kernelValues` takes it. */
  readonly setting: string;
  /** What it is set to where it is not right. */
  readonly value: string;
  readonly isRight: (value: string) => boolean;
  readonly reason: string;
}

/** null: this kernel has no such setting. */
export const kernelValue: Resource<KernelValueWant, KernelValue | null> = {
  kind: 'kernel value',
  role: 'setting',
  creates: [],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: ({ setting }) => `kernel value ${setting}`,
  checkId: ({ setting }) => `kernel-value.${setting}`,
  service: () => null,
  observe: (host, wants) => host.kernelValues(wants.map(({ setting }) => setting)),
  diff({ setting, value, isRight, reason }, found) {
    if (found === null || found.fixed !== null || isRight(found.now)) return NO_DIFFERENCE;
    const set = (from: string, to: string) => ({ type: 'setKernelValue', setting, from, to }) as const;
    const step = {
      address: `kernel value ${setting}`,
      action: '~',
      summary: `${setting}  ${found.now} -> ${value}`,
      reason,
      do: set(found.now, value),
      undo: set(value, found.now),
      needs: [],
    } as const;
    return { ...NO_DIFFERENCE, steps: [step] };
  },
  expected: ({ value }) => value,
  found: (_want, found) => found?.now ?? 'no such setting',
};
