// Owns remounting with other options of the mount itself. Of the file system's own options none is touched, and fstab is not
// asked: with `bind` the kernel takes the options of the mount alone (mount(2), MS_REMOUNT with MS_BIND).
import { accessTimesOf } from '../disk/access-times.ts';
import { describeOperation, type OperationOf } from '../port/operation.ts';
import { nameOfMounted } from '../port/operations/access-times.ts';
import { changedSince } from './changed-since.ts';
import { readDisk, readMountItself } from './disk.ts';
import { run } from './process.ts';

const SAYING: readonly string[] = ['noatime', 'relatime'];

export function remountWith(operation: OperationOf<'setAccessTimes'>): void {
  const { mountPoint, fileSystem, from, to } = operation;
  const { holder } = readDisk(mountPoint);
  const { source, itsOwn } = readMountItself(mountPoint);
  const found = accessTimesOf(itsOwn);
  const isMeant = holder.mountPoint === mountPoint && nameOfMounted(holder) === fileSystem;
  if (!isMeant || (found !== from && found !== to))
    throw changedSince(mountPoint, [
      `want: ${describeOperation(operation)}`,
      `found: ${holder.source}, mounted with ${found}`,
    ]);
  // All its options are said again: those that are left out would go.
  const options = ['remount', 'bind', ...itsOwn.filter((option) => !SAYING.includes(option)), to];
  run(['mount', '-i', '-n', '-o', options.join(','), '--', source, mountPoint]);
}
