// Owns the words that the cases of the contract about storage share: a bench with a blank disk of its own, and a case.
import { it } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import type { PlannedDisk } from '../../src/port/storage.ts';

export interface StorageBench {
  readonly host: Host;
  /** Zeros from end to end when a case begins, and nobody's. */
  readonly disk: PlannedDisk;
  /** All of it is read in a moment. */
  readonly isQuick: boolean;
  /** What the kernel calls it now. */
  readonly name: string;
  readonly prepare: StoragePreparation;
  /** Takes away all that the case made: mounts, volumes, what is on the disk. */
  dispose(): void;
}

export interface StoragePreparation {
  /** Makes a file system on the disk itself, or on a volume that is called so now, whatever was there. */
  sign(type: 'ext4' | 'xfs', on?: string): void;
  /** Mounts it somewhere. Returns what ends that. */
  use(on?: string): () => void;
  /** Another program takes its lock. Returns the release. */
  lock(): () => void;
}

export type MakeStorageBench = () => StorageBench;

/** One case, on a blank disk. */
export type OnStorage = (what: string, act: (bench: StorageBench) => void | Promise<void>) => void;

export function storageCasesOn(make: MakeStorageBench): OnStorage {
  return (what, act) => {
    it(what, async () => {
      const bench = make();
      try {
        await act(bench);
      } finally {
        bench.dispose();
      }
    });
  };
}
