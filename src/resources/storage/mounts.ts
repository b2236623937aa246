// Everything about mounts that a layout wants, in the order of work: each file system after the one that it lies on. fstab says it first,
// so that what is mounted, and holds data, keeps its line when it is rolled back; the host tries each line before it is written.
import { type Wanted, wanted } from '../../engine/examine.ts';
import type { Layout, Service } from '../../layout/layout.ts';
import type { WantedFileSystem } from '../../layout/storage.ts';
import type { HostReader } from '../../port/host.ts';
import type { Place } from '../../port/storage.ts';
import { builtIn } from '../../services/index.ts';
import { type FileWant, file } from '../file.ts';
import { directoriesOf, rootDirectory } from '../root-directory.ts';
import { FSTAB_ADDRESS, fstabLines, lineOptions, passOf } from './fstab-line.ts';
import { guards } from './mount-guard.ts';
import { type MountPointWant, mountPoint } from './mount-point.ts';
import { mounted, mountedAddress } from './mounted.ts';

export interface ToMount {
  readonly fileSystem: WantedFileSystem;
  readonly place: Place;
  /** Of the kernel; those of fstab come beside them. */
  readonly options: readonly string[];
  /** Addresses of what it is on: of the file system that was made. */
  readonly needs: readonly string[];
}

const PURPOSE = 'the way to a mount';

/** `all`: in the order of `wantedFileSystems`. `today`: `2026-11-27`, for the copy of fstab. */
export function mountsWanted(
  host: HostReader,
  layout: Layout,
  { all, today }: { readonly all: readonly ToMount[]; readonly today: string },
): readonly Wanted[] {
  const { deviceTimeoutSeconds = 0 } = layout.storage ?? {};
  const [base, ...others] = all;
  if (base === undefined) return [];
  const isRoot = host.surroundings().effectiveUid === 0;
  const options = (of: ToMount) => lineOptions(of.options, deviceTimeoutSeconds);
  const lines = all.map((one) => ({
    uuid: one.fileSystem.uuid,
    mountPoint: one.fileSystem.mountPoint,
    type: one.fileSystem.type,
    options: options(one),
    pass: passOf(one.fileSystem.type),
  }));
  const placeOf = (one: ToMount): MountPointWant => ({
    mountPoint: one.fileSystem.mountPoint,
    ...(isMovable(one.fileSystem.service) && { service: one.fileSystem.service }),
    needs: liesOn(one, all).map(({ fileSystem }) => mountedAddress(fileSystem.mountPoint)),
  });
  const mountOf = (one: ToMount) => ({
    place: one.place,
    uuid: one.fileSystem.uuid,
    type: one.fileSystem.type,
    mountPoint: one.fileSystem.mountPoint,
    options: options(one),
    service: one.fileSystem.service?.name ?? null,
    below: all
      .map(({ fileSystem }) => fileSystem.mountPoint)
      .filter((at) => at.startsWith(`${one.fileSystem.mountPoint}/`)),
    needs: [FSTAB_ADDRESS, ...placeOf(one).needs, ...one.needs],
  });
  const parts = (one: ToMount) => [
    wanted(rootDirectory, directoriesOf([one.fileSystem.mountPoint], PURPOSE).filter(isOnlyFor(one, all))),
    // What lies below a mount only root can see.
    wanted(mountPoint, isRoot ? [placeOf(one)] : []),
  ];
  const guarding = readOnce(host, guards(layout));
  return [
    ...parts(base),
    fstabLines(host, { lines, today }),
    wanted(mounted, [mountOf(base)]),
    ...others.flatMap((one) => [...parts(one), wanted(mounted, [mountOf(one)])]),
    wanted(
      rootDirectory,
      directoriesOf(
        guarding.map(({ path }) => path),
        'what a unit requires',
      ),
    ),
    wanted(file, guarding),
  ];
}

/**
 * systemd reads all that is written, or gone, when it is told of one file; that takes it a second where there are many units. So of
 * those that are to be written it is told with the last one, and of the first one, which rollback takes away last.
 */
function readOnce(host: HostReader, files: readonly FileWant[]): readonly FileWant[] {
  const due = files.filter(({ path, text }) => host.entry(path).type !== 'file' || host.text(path) !== text);
  const told = [due[0], due.at(-1)];
  return files.map((one) => (due.includes(one) && !told.includes(one) ? { ...one, unit: null } : one));
}

/** `move --to` takes its data onto a volume: that is in a directory of its own below that of the service. */
function isMovable(service: Service | null): service is Service {
  return (
    service !== null && service.directories.length > 0 && builtIn(service.name)?.configuration !== undefined
  );
}

/** The nearest one above it. */
function liesOn({ fileSystem: { mountPoint: at } }: ToMount, all: readonly ToMount[]): readonly ToMount[] {
  return all
    .filter(({ fileSystem }) => at.startsWith(`${fileSystem.mountPoint}/`))
    .toSorted((a, b) => b.fileSystem.mountPoint.length - a.fileSystem.mountPoint.length)
    .slice(0, 1);
}

/** What is above the mount that it lies on is there by then. */
function isOnlyFor(one: ToMount, all: readonly ToMount[]) {
  const [on] = liesOn(one, all);
  return ({ path }: { readonly path: string }) =>
    on === undefined || path.startsWith(`${on.fileSystem.mountPoint}/`);
}
