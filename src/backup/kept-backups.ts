// Owns what is known of each backup that is kept: what its manifest says, and what came of its last proof. Reads only.
import type { BackupStore } from '../host/backup/store.ts';
import { manifestOf, verificationOf } from './manifest.ts';
import type { Manifest, Verification } from './manifest-document.ts';
import { timeOfBackup } from './on-record.ts';
import type { KnownBackup } from './retention.ts';

export interface KeptBackup {
  readonly service: string;
  readonly name: string;
  /** Milliseconds since the epoch: when it was begun, by its name. */
  readonly at: number;
  /** null: it is damaged. */
  readonly manifest: Manifest | null;
  readonly damaged: string | null;
  /** null: it was never proved. */
  readonly verification: Verification | null;
}

/** Of one service, oldest first. Throws a Problem where others than root could have changed them. */
export function keptBackups(store: BackupStore, service: string): readonly KeptBackup[] {
  return store.names(service).map((name) => {
    const stored = store.open(service, name);
    const found = manifestOf(stored);
    const manifest = 'manifest' in found ? found.manifest : null;
    const at = timeOfBackup(name);
    const damaged =
      manifest === null
        ? (found as { readonly damaged: string }).damaged
        : at === null
          ? 'its name is no time that there is'
          : isOf(manifest, at)
            ? null
            : `its manifest says that it was begun at ${manifest.begun}`;
    return {
      service,
      name,
      // A time that there is not: as old as nothing is, so that it does not stand in the way of others.
      at: at ?? 0,
      manifest: damaged === null ? manifest : null,
      damaged,
      verification: verificationOf(stored),
    };
  });
}

/** The two are written one after the other. */
const APART_MS = 5 * 60_000;

/** A name, or a manifest, that somebody has put there would change how old it is. */
function isOf({ begun }: Manifest, at: number): boolean {
  return Math.abs(Date.parse(begun) - at) <= APART_MS;
}

export function knownBackup({ name, at, manifest, damaged, verification }: KeptBackup): KnownBackup {
  return {
    name,
    at,
    damaged,
    parent: manifest?.taken.parent ?? null,
    isProved: verification?.isGood ?? null,
  };
}
