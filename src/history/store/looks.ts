// Owns the looks at the disk in a history file: rings of fixed size, of one series each. What is kept in a slot is
// space/looks.ts.

import {
  type DiskLook,
  kept,
  LOOK_RINGS,
  type LookMemory,
  type LookRing,
  NO_LOOK_MEMORY,
  slotOf,
} from '../../space/looks.ts';
import type { History } from '../history.ts';
import type { Questions } from './connection.ts';

export function openLooks(
  { all, one, change }: Questions,
  on: {
    readonly series: () => number;
    /** Inside a transaction. */
    readonly madeSeries: () => number;
    readonly run: <T>(act: () => T) => T;
    readonly transaction: <T>(act: () => T) => T;
  },
): Pick<History, 'addLook' | 'looks' | 'lookMemory' | 'setLookMemory'> {
  const { series, madeSeries, run, transaction } = on;

  function add(id: number, ring: LookRing, look: DiskLook): void {
    const slot = slotOf(ring, look.at);
    const before = one<[number, number, number]>(
      'SELECT at, used_bytes, limit_bytes FROM look WHERE series = ? AND ring = ? AND slot = ?',
      ...[id, ring, slot],
    );
    if (kept(ring, before === null ? null : lookOf(before), look) !== look) return;
    change(
      'INSERT OR REPLACE INTO look (series, ring, slot, at, used_bytes, limit_bytes) VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, ring, slot, look.at, Math.round(look.usedBytes), Math.round(look.limitBytes)],
    );
  }

  return {
    addLook: (look) =>
      transaction(() => {
        const id = madeSeries();
        for (const ring of Object.keys(LOOK_RINGS) as readonly LookRing[]) add(id, ring, look);
      }),
    looks: ({ ring, since }) =>
      run(() =>
        all<[number, number, number]>(
          'SELECT at, used_bytes, limit_bytes FROM look WHERE series = ? AND ring = ? AND at >= ? ORDER BY at',
          ...[series(), ring, since],
        ).map(lookOf),
      ),
    lookMemory: () =>
      run(() => {
        const found = one<[string]>('SELECT memory FROM look_memory WHERE series = ?', series());
        return found === null ? NO_LOOK_MEMORY : memoryOf(found[0]);
      }),
    setLookMemory: (memory) =>
      transaction(() => {
        change(
          'INSERT OR REPLACE INTO look_memory (series, memory) VALUES (?, ?)',
          ...[madeSeries(), JSON.stringify(memory)],
        );
      }),
  };
}

function memoryOf(text: string): LookMemory {
  const { measured, soonerAt } = { ...NO_LOOK_MEMORY, ...(JSON.parse(text) as Partial<LookMemory> | null) };
  return { measured: typeof measured?.mountPoint === 'string' ? measured : null, soonerAt };
}

function lookOf([at, usedBytes, limitBytes]: readonly [number, number, number]): DiskLook {
  return { at, usedBytes, limitBytes };
}
