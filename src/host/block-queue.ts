// Owns what sysfs tells of queues of block devices, and choosing a scheduler there. Documentation/block/queue-sysfs.rst.
import { realpathSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BlockQueue, knownAs } from '../port/block-queue.ts';
import { describeOperation, type OperationOf } from '../port/operation.ts';
import { changedSince } from './changed-since.ts';
import { sysfsText } from './sysfs.ts';

const SYS_BLOCK = '/sys/class/block';

/** A partition has the queue of its disk. null: there is no such device. */
export function blockQueueOf(name: string): BlockQueue | null {
  const device = deviceOf(name);
  if (device === null) return null;
  const own = sysfsText(`${device}/queue/discard_max_bytes`);
  const queue = own === null ? `${dirname(device)}/queue` : `${device}/queue`;
  return {
    name,
    serial: sysfsText(`${device}/device/serial`),
    wwid: sysfsText(`${device}/wwid`),
    scheduler: schedulerIn(sysfsText(`${queue}/scheduler`)),
    discardBytes: Number(sysfsText(`${queue}/discard_max_bytes`) ?? 0),
  };
}

/** `[none] mq-deadline kyber bfq`; `none` alone is no choice. */
export function schedulerIn(text: string | null): BlockQueue['scheduler'] {
  const words = (text ?? '').split(/\s+/).filter(Boolean);
  const now = words.find((word) => word.startsWith('['))?.slice(1, -1);
  if (now === undefined || words.length < 2) return null;
  return { now, offered: words.map((word) => word.replace(/^\[|\]$/g, '')) };
}

export function chooseScheduler(operation: OperationOf<'setScheduler'>): void {
  const { disk, known, from, to } = operation;
  const queue = blockQueueOf(disk);
  const now = queue?.scheduler?.now;
  if (queue === null || knownAs(queue) !== known || (now !== from && now !== to))
    throw changedSince(`disk ${disk}`, [
      `want: ${describeOperation(operation)}`,
      `found: ${now ?? 'no such disk'}`,
    ]);
  writeFileSync(`${SYS_BLOCK}/${disk}/queue/scheduler`, to);
}

/** Below /sys/devices. */
function deviceOf(name: string): string | null {
  if (!/^[\w!.-]+$/.test(name) || name.startsWith('.')) return null;
  try {
    return realpathSync(`${SYS_BLOCK}/${name}`);
  } catch {
    return null;
  }
}
