// Owns making, growing and taking away a file system on a device that is the right one and held: what must be there is looked at
// directly before, what is there afterwards is read back and compared. Must not choose a device, and never makes over anything.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { BlockDevice } from '../../port/block-device.ts';
import { type FileSystemFound, LEAST_GROWTH_BYTES } from '../../port/file-system-on.ts';
import { describeOperation, type OperationOf } from '../../port/operation.ts';
import { eraseEffect } from '../../port/operations/file-system.ts';
import { describePlace } from '../../port/storage.ts';
import { changedSince } from '../changed-since.ts';
import { run } from '../process.ts';
import { lookAt } from './file-systems-on.ts';

type Make = OperationOf<'makeFileSystem'>;
type Erase = OperationOf<'eraseFileSystem'>;
type Grow = OperationOf<'growFileSystem'>;

/** Telling a large disk that all of it is free can take minutes. */
const LONG_MS = 30 * 60_000;

export function makeOn(device: BlockDevice, operation: Make, keepOpen: number | null): void {
  const { has } = lookAt(device);
  const isHalf =
    has?.state === 'unfinished' && has.uuid === operation.uuid && has.type === operation.fileSystem;
  if (has !== null && !isHalf) {
    // Made by this very step, which was stopped before that was recorded.
    if (has.uuid === operation.uuid && has.type === operation.fileSystem && has.state === 'clean') {
      requireAsPlanned(has, operation);
      return;
    }
    throw changed(operation, describe(has));
  }
  run([...commandOf(operation, isHalf), device.path], {
    keepOpen,
    timeoutMs: LONG_MS,
    // What the machine's own file would add or leave out is said word by word.
    environment: { MKE2FS_CONFIG: '/dev/null' },
  });
  requireAsPlanned(lookAt(device).has, operation);
}

function commandOf({ fileSystem, uuid, options }: Make, isHalf: boolean): [string, ...string[]] {
  // Without force mkfs.xfs looks for other things itself. mke2fs wants -F to do without a file of settings; what is mounted or in
  // use it refuses all the same (only a second -F would not).
  return fileSystem === 'xfs'
    ? ['mkfs.xfs', '-q', ...(isHalf ? ['-f'] : []), '-m', `uuid=${uuid}`, ...options.words]
    : ['mke2fs', '-q', '-F', '-t', 'ext4', '-U', uuid, ...options.words];
}

function requireAsPlanned(has: FileSystemFound | null, operation: Make): void {
  const { options, fileSystem, uuid } = operation;
  const wrong = [
    ...differs('type', fileSystem, has?.type ?? 'nothing'),
    ...differs('UUID', uuid, has?.uuid ?? 'none'),
    ...differs('state', 'clean', has?.state ?? 'none'),
    ...differs('features', sorted(options.features), sorted(has?.features ?? [])),
    ...differs('block size', options.blockBytes, has?.blockBytes ?? null),
    ...(fileSystem === 'xfs'
      ? [
          ...differs('sector size', options.sectorBytes, has?.sectorBytes ?? null),
          ...differs('allocation groups', options.allocationGroups, has?.allocationGroups ?? null),
        ]
      : differs('bytes for root alone', 0, has?.reservedBytes ?? null)),
  ];
  if (wrong.length === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NOT_AS_PLANNED', 'refusing to use a file system that is not as it was planned', {
      at: describePlace(operation.place),
      detail: wrong,
      hint: 'nothing is in it yet; to take it away: sudo jts-hot rollback',
    }),
  ]);
}

function differs(
  what: string,
  want: string | number | null,
  found: string | number | null,
): readonly string[] {
  return want === found ? [] : [`${what}: want ${want}, found ${found ?? 'none'}`];
}

function sorted(features: readonly string[]): string {
  return features.toSorted().join(' ');
}

export function eraseOn(device: BlockDevice, operation: Erase, keepOpen: number | null): void {
  const effect = eraseEffect(lookAt(device), operation);
  if (effect.state === 'done') return;
  if (effect.state === 'changed') throw changed(operation, effect.why);
  run(['wipefs', '--quiet', '--all', '--types', operation.fileSystem, device.path], { keepOpen });
  const { has } = lookAt(device);
  if (has !== null) throw changed(operation, `${describe(has)} after its signature was taken away`);
}

/** $1: type, $2: device. xfs_growfs takes the place where it is mounted, resize2fs the device, and finds that place. */
const GROW_UNMOUNTED = `
mount --no-mtab --internal-only -t "$1" -o noatime "$2" /run
case $1 in xfs) xfs_growfs -d /run ;; *) resize2fs "$2" ;; esac
umount --no-mtab --internal-only /run`;

export function growOn(device: BlockDevice, operation: Grow, keepOpen: number | null): void {
  const { fileSystem, uuid, toBytes } = operation;
  const { has, sizeBytes } = lookAt(device);
  const isOurs = has?.uuid === uuid && has.type === fileSystem;
  if (!isOurs || has.sizeBytes === null || sizeBytes < toBytes)
    throw changed(operation, `${describe(has)} on ${sizeBytes} bytes`);
  if (has.state === 'damaged') throw changed(operation, 'a damaged file system');
  if (toBytes - has.sizeBytes < LEAST_GROWTH_BYTES) return;
  const options = { keepOpen, timeoutMs: LONG_MS };
  if (has.mountedAt === null) {
    const alone = ['unshare', '--mount', '--propagation', 'private', '--'] as const;
    run([...alone, 'sh', '-euc', GROW_UNMOUNTED, 'sh', fileSystem, device.path], options);
  } else if (fileSystem === 'xfs') run(['xfs_growfs', '-d', has.mountedAt], options);
  else run(['resize2fs', device.path], options);
  const after = lookAt(device).has?.sizeBytes ?? 0;
  if (toBytes - after >= LEAST_GROWTH_BYTES) throw changed(operation, `${after} bytes after it was grown`);
}

function changed(operation: Make | Erase | Grow, found: string): Problem {
  return changedSince(describePlace(operation.place), [
    `want: ${describeOperation(operation)}`,
    `found: ${found}`,
  ]);
}

function describe(has: FileSystemFound | null): string {
  return has === null ? 'no file system' : `${has.type} ${has.uuid ?? 'without a UUID'}, ${has.state}`;
}
