// Owns where backups are made and kept by the layout, and how much room there is for a new one. Reads only.
import { type Context, requireRoot } from '../command/context.ts';
import { type BackupStore, openBackupStore } from '../host/backup/store.ts';
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Room } from './backup-document.ts';
import { manifestOf } from './manifest.ts';

export interface Places {
  /** The service of the layout that they are directories of. */
  readonly service: Service;
  readonly staging: string;
  readonly daily: string;
}

/** Of the file system: it must not become full by a backup. */
const RESERVE_PERCENT = 5;

export function placesOf(layout: Layout): Places {
  for (const service of layout.services) {
    const path = (name: string) =>
      service.directories.some((one) => one.name === name && one.role === 'backup')
        ? `${servicePath(layout, service)}/${name}`
        : null;
    const [staging, daily] = [path('staging'), path('daily')];
    if (staging !== null && daily !== null) return { service, staging, daily };
  }
  throw new Problem(EXIT.refused, [
    diagnostic('E_NO_STAGING', 'refusing to work where the layout has no place for backups', {
      at: layout.base,
      detail: 'want a service with the directories staging and daily, both with role backup; found none',
      hint: 'add them to the layout, then: sudo jts-hot setup',
    }),
  ]);
}

/** What must hold before anything is looked at. The caller closes it. */
export function openStore(context: Context): { readonly store: BackupStore; readonly places: Places } {
  requireRoot(context);
  const { host, layout } = context;
  if (host.root !== '/')
    throw new Problem(EXIT.refused, [
      diagnostic('E_IMAGE', 'refusing to back up an image: no service of it runs here', {
        at: host.root,
        detail: `want root /, found ${host.root}`,
        hint: 'work on the host that the image is for',
      }),
    ]);
  const places = placesOf(layout);
  for (const path of [places.staging, places.daily])
    if (host.entry(path).type !== 'directory')
      throw new Problem(EXIT.refused, [
        diagnostic('E_NOT_SET_UP', 'refusing to back up where the tier is not set up', {
          at: path,
          detail: `want a directory, found ${host.entry(path).type}`,
          fix: 'sudo jts-hot setup',
        }),
      ]);
  return { store: openBackupStore({ base: layout.base, mounts: host.mounts, ...places }), places };
}

export function roomFor({ host }: Context, store: BackupStore, { service, staging }: Places): Room {
  const { sizeBytes, availableBytes } = host.fileSystem(staging);
  const keptBytes = store
    .services()
    .flatMap((name) => store.names(name).map((one) => manifestOf(store.open(name, one))))
    .reduce((sum, found) => sum + ('manifest' in found ? found.manifest.bytes : 0), 0);
  const diskBytes = Math.max(0, availableBytes - Math.ceil((sizeBytes * RESERVE_PERCENT) / 100));
  const { plannedBytes } = service;
  return {
    plannedBytes,
    keptBytes,
    diskBytes,
    freeBytes: Math.max(0, Math.min(plannedBytes - keptBytes, diskBytes)),
  };
}
