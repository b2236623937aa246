// Owns what sysfs tells of how far the kernel reads ahead, and setting it there. Documentation/block/queue-sysfs.rst.
import { accessSync, constants, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describeOperation, type OperationOf } from '../port/operation.ts';
import { knownText, type ReadAhead } from '../port/read-ahead.ts';
import { changedSince } from './changed-since.ts';
import { sysfsText } from './sysfs.ts';

/** null: there is no such device, or it has no queue. */
export function readAheadOf(name: string): ReadAhead | null {
  const at = withQueue(name);
  const kib = at === null ? null : sysfsText(`${at}/queue/read_ahead_kb`);
  if (at === null || kib === null || !/^\d+$/.test(kib)) return null;
  return { device: basename(at), known: knownAt(at), kib: Number(kib), isFixed: isFixedAt(at) };
}

function isFixedAt(at: string): boolean {
  try {
    accessSync(`${at}/queue/read_ahead_kb`, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS' || process.geteuid?.() === 0;
  }
}

/** NVMe disks tell a serial number or a WWID, volumes of LVM and the like a UUID. */
function knownAt(at: string): ReadAhead['known'] {
  const isNvme = basename(at).startsWith('nvme');
  const found = [
    ['dm uuid', sysfsText(`${at}/dm/uuid`)],
    ['serial', isNvme ? sysfsText(`${at}/device/serial`) : null],
    ['wwid', isNvme ? sysfsText(`${at}/wwid`) : null],
  ] as const;
  for (const [by, value] of found) if (value !== null) return { by, value };
  return null;
}

/** Below /sys/devices. */
function withQueue(name: string): string | null {
  if (!/^[\w!.-]+$/.test(name) || name.startsWith('.')) return null;
  try {
    const own = realpathSync(`/sys/class/block/${name}`);
    return sysfsText(`${own}/partition`) === null ? own : dirname(own);
  } catch {
    return null;
  }
}

export function setReadAhead(operation: OperationOf<'setReadAhead'>): void {
  const { device, known, from, to } = operation;
  const found = readAheadOf(device);
  const isSame = found !== null && found.device === device && knownText(found) === known;
  if (!isSame || (found.kib !== from && found.kib !== to))
    throw changedSince(`device ${device}`, [
      `want: ${describeOperation(operation)}`,
      `found: ${found === null ? 'no such device' : `${found.kib} KiB`}`,
    ]);
  writeFileSync(`/sys/class/block/${device}/queue/read_ahead_kb`, String(to));
}
