// Owns how a host will look once the file systems of a layout that are about to be made are mounted: empty. So that what is set up
// on them can be planned, and shown, before there is a disk to look at. Reads only; what is not about to be made is as it is.
import type { Layout } from '../layout/layout.ts';
import { type WantedFileSystem, wantedFileSystems } from '../layout/storage.ts';
import type { Entry } from '../port/entry.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { NO_LIMITS, NO_PROJECT } from '../port/project-quota.ts';
import type { OtherLabelsAsked } from '../port/selinux.ts';
import { ancestors } from '../resources/directory.ts';
import { diskOn } from './storage-wanted.ts';

export interface Coming {
  readonly fileSystem: WantedFileSystem;
  readonly sizeBytes: number;
}

/** The root directory of a file system that was just made. Nothing is known of it but this. */
const EMPTY: Entry = { type: 'directory', uid: 0, gid: 0, mode: '0755', inode: '0', born: null, entries: 0 };

/** What a new file system has, as the policies have it. */
const UNLABELLED = 'system_u:object_r:unlabeled_t:s0';

/** `coming`: those that will be made; all others that the layout wants are mounted already. */
export function onceMounted<H extends HostReader>(host: H, layout: Layout, coming: readonly Coming[]): H {
  const all = wantedFileSystems(layout);
  const above = ancestors(layout.base);
  const holding = (path: string): Coming | null => {
    const holder = all.findLast(({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint}/`));
    return coming.find(({ fileSystem }) => fileSystem.name === holder?.name) ?? null;
  };
  return {
    ...host,
    entry(path: string) {
      const there = holding(path);
      if (there !== null) return path === there.fileSystem.mountPoint ? EMPTY : { type: 'missing' };
      const found = host.entry(path);
      // Made on the way to the mount point.
      return found.type === 'missing' && above.includes(path) ? EMPTY : found;
    },
    accessEntries: (path: string) => (holding(path) === null ? host.accessEntries(path) : []),
    projectsAt(path: string) {
      const there = holding(path);
      if (there === null) return host.projectsAt(path);
      const { type, mountPoint } = there.fileSystem;
      const state = layout.quota === undefined ? 'accounted' : 'enforced';
      return { state, own: path === mountPoint ? NO_PROJECT : null, made: NO_PROJECT, type } as const;
    },
    labelsAt(path: string) {
      const there = holding(path);
      if (there === null) return host.labelsAt(path);
      return host.selinux() === null
        ? null
        : { own: path === there.fileSystem.mountPoint ? UNLABELLED : null, made: UNLABELLED };
    },
    otherLabels: (path: string, asked: OtherLabelsAsked) =>
      holding(path) === null ? host.otherLabels(path, asked) : { first: [], isAll: true },
    projectLimits: (path: string, project: number) =>
      holding(path) === null ? host.projectLimits(path, project) : NO_LIMITS,
    fileSystem(path: string) {
      const there = holding(path);
      return there === null ? host.fileSystem(path) : fresh(there, host, layout);
    },
  };
}

function fresh({ fileSystem, sizeBytes }: Coming, host: HostReader, layout: Layout): FileSystem {
  const { mountPoint, type, volume } = fileSystem;
  const disk = diskOn({ host, layout })?.device ?? null;
  return {
    path: mountPoint,
    mountPoint,
    source: volume === null ? (disk?.path ?? type) : `/dev/${volume.group}/${volume.name}`,
    type,
    readOnly: false,
    options: ['rw', 'noatime'],
    sizeBytes,
    freeBytes: sizeBytes,
    availableBytes: sizeBytes,
    inodes: 0,
    inodesFree: 0,
    device:
      disk === null
        ? null
        : {
            name: disk.name,
            sizeBytes,
            nvme: disk.transport?.startsWith('nvme') ?? false,
            disks: [disk.name],
          },
  };
}
