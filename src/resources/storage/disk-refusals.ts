// What is said where a disk is not formatted because of what it is, or of who uses it: each cause has its own code. Consent is asked for
// in disk.ts.
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import type { BlockDevice, DeviceContents } from '../../port/block-device.ts';
import { identityOf } from '../../port/find-disk.ts';
import type { Usability } from './usable.ts';

export function noSerial(device: BlockDevice): Diagnostic {
  return diagnostic('E_NO_SERIAL', 'refusing to format a disk that tells no serial number', {
    at: device.name,
    detail: ['want a serial number, by which it can be confirmed', `found none; ${identityOf(device)}`],
    hint: 'use another disk: sudo jts-hot device list',
  });
}

/** Not even whether it is ours: so nothing else is said of it. */
export function unseen(device: BlockDevice): Diagnostic {
  return diagnostic('E_DISK_UNSEEN', 'cannot see what is on a disk without root', {
    at: device.name,
    detail: ['want root, who alone may read it; found another user', identityOf(device)],
    fix: 'sudo jts-hot storage',
  });
}

export function notLookedAt(device: BlockDevice, contents: DeviceContents | null): Diagnostic {
  const why =
    contents?.probed.ok === false ? contents.probed.said : 'its first and last 16 MiB cannot be read';
  return diagnostic('E_DISK_UNREAD', 'refusing to format a disk that cannot be read', {
    at: device.name,
    detail: [`want to know what is on it, found: ${why}`, identityOf(device)],
    hint: 'as root: sudo jts-hot device list',
  });
}

const serialWord = ({ serial }: BlockDevice) => (serial === null ? '' : ` ${shellWord(serial)}`);

/** Nobody knows whether it is only damaged, so nothing is named that writes to it while nothing else is on it. */
export function setUpBefore(
  device: BlockDevice,
  { signatures, partitionTable }: DeviceContents,
  {
    setUpBy,
    look,
    command,
  }: { readonly setUpBy: number | null; readonly look?: string; readonly command: string },
): Diagnostic {
  const isBare = signatures.length === 0 && partitionTable === null;
  const anew =
    setUpBy === null
      ? 'where all on it may go, take its line out of /etc/fstab, and type the same command again'
      : `where all on it may go: sudo jts-hot device restore${serialWord(device)}, then ${command} makes it anew`;
  return diagnostic('E_DISK_SET_UP', 'refusing to format a disk that was set up by this program', {
    at: device.name,
    detail: [
      `want it as ${setUpBy === null ? '/etc/fstab says' : `run ${setUpBy} left it`}, with what was made on it; found other content`,
      identityOf(device),
      isBare
        ? 'it is damaged, and what is on it can often be mended: docs/recovery.md'
        : 'it may be damaged, or somebody else made something new on it',
    ],
    fix: look ?? null,
    hint: anew,
  });
}

const CAUSES: Readonly<
  Record<Usability['refusals'][number]['cause'], readonly [code: string, summary: string, hint: string]>
> = {
  system: [
    'E_DISK_SYSTEM',
    'refusing to format a disk of the running system',
    'name another disk in the layout: sudo jts-hot device list',
  ],
  swap: [
    'E_DISK_SWAP',
    'refusing to format a disk that is swap',
    'take it out of use (swapoff) and out of /etc/fstab, then run the same command again',
  ],
  'no-disk': [
    'E_DISK_PART',
    'refusing to format something that is no whole disk',
    'name a whole disk in the layout: sudo jts-hot device list',
  ],
  multipath: [
    'E_DISK_MULTIPATH',
    'refusing to format a disk that multipath uses',
    'use another disk, or take it out of multipath (multipath -ll)',
  ],
  mounted: [
    'E_DISK_MOUNTED',
    'refusing to format a disk that is mounted',
    'see what uses it (fuser -vm), unmount it, take it out of /etc/fstab, then run the same command again',
  ],
  member: [
    'E_DISK_MEMBER',
    'refusing to format a disk that something else is made of',
    'take it out of that first: sudo jts-hot device list shows what it is',
  ],
  held: [
    'E_DISK_HELD',
    'refusing to format a disk that the kernel keeps for something else',
    'find what holds it (lsblk), and end that first',
  ],
  open: [
    'E_DISK_OPEN',
    'refusing to format a disk that a process has open',
    'end that process, then run the same command again',
  ],
  'read-only': [
    'E_DISK_READ_ONLY',
    'refusing to format a disk that takes no writes',
    'see why: dmesg, and nvme smart-log; a write protection is taken off with blockdev --setrw',
  ],
  'no-name': [
    'E_DISK_NO_NAME',
    'refusing to format a disk that cannot be named',
    'use another disk: sudo jts-hot device list',
  ],
  'two-names': [
    'E_DISK_TWO_NAMES',
    'refusing to format a disk whose name another one has',
    'see which disks have it: sudo jts-hot device list',
  ],
  'no-size': ['E_DISK_NO_SIZE', 'refusing to format a disk without a size', 'see why: dmesg'],
  removable: [
    'E_DISK_REMOVABLE',
    'refusing to format a disk that can be taken out',
    'use another disk: sudo jts-hot device list',
  ],
  health: [
    'E_DISK_HEALTH',
    'refusing to format a disk that is not well',
    'replace it; see: sudo nvme smart-log',
  ],
  'no-answer': ['E_DISK_NO_ANSWER', 'cannot look at a disk that does not answer', 'see why: dmesg'],
  unreadable: ['E_DISK_UNREADABLE', 'cannot look at what is on a disk', 'see why: dmesg'],
};

export function diskInUse(
  device: BlockDevice,
  all: Usability['refusals'],
  { cause }: Usability['refusals'][number],
): Diagnostic {
  const [code, summary, hint] = CAUSES[cause];
  return diagnostic(code, summary, {
    at: device.name,
    detail: [
      cause === 'health' ? 'want a disk that says it is well' : 'want a disk that nothing else uses',
      ...all.map(({ found }) => `found: ${found}`),
      identityOf(device),
    ],
    hint,
  });
}
