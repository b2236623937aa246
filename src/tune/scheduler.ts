// Owns the second part of the tuning: no I/O scheduler for the NVMe disks below the base. Now in sysfs, for good by a rule of
// udev for each disk, which knows it by its serial number.
import { wanted } from '../engine/examine.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { BlockQueue } from '../port/block-queue.ts';
import type { Host, HostReader } from '../port/host.ts';
import { type FileWant, file, standingOf } from '../resources/file.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { scheduler } from '../resources/scheduler.ts';
import { isOurs, sign } from '../values/signed.ts';
import type { Part } from './parts.ts';
import type { TuneRow } from './tune-document.ts';

const NONE = 'none';
const PURPOSE = 'no scheduler for the disk at every start';
const RULES = '/etc/udev/rules.d';
const PATIENCE_MS = 30_000;

export interface Schedulers extends Part {
  /** Rules that are to be written, to be verified first. */
  readonly rules: readonly FileWant[];
}

/** `disks`: whole ones, by the names that the kernel gives them. */
export function schedulerPart(host: HostReader, disks: readonly string[]): Schedulers {
  const queues = host.blockQueues([...new Set(disks)]).flatMap((queue) => queue ?? []);
  const fast = queues.filter(isFast);
  const isUdev = host.missingTools(['udevadm']).length === 0;
  const rules = new Map(fast.flatMap((queue) => ruleFor(queue).map((rule) => [queue.name, rule] as const)));
  const haves = file.observe(host, [...rules.values()]);
  const standing = new Map(
    [...rules].map(([name, rule], i) => [name, standingOf(rule, haves[i] as (typeof haves)[number])]),
  );
  const isKept = (queue: BlockQueue) => standing.get(queue.name) === 'as wanted';
  const wantedRules = isUdev ? [...rules.values()] : [];
  const paths = wantedRules.map(({ path }) => path);
  return {
    wanted: [
      wanted(
        scheduler,
        fast.map(({ name }) => ({ disk: name })),
      ),
      wanted(rootDirectory, directoriesOf(paths, PURPOSE)),
      wanted(file, wantedRules),
    ],
    rows: queues.map((queue) => rowOf(queue, isKept(queue))),
    refusals: [],
    open: fast.flatMap((queue) => openEnd(queue, isUdev, isKept(queue))),
    rules: [...rules]
      .filter(([name]) => isUdev && standing.get(name) !== 'as wanted')
      .map(([, rule]) => rule),
  };
}

/** NVMe disks; and loop devices, which are files on a disk that has a scheduler of its own. */
function isFast({ name }: BlockQueue): boolean {
  return isNvme(name) || isLoop(name);
}

function isNvme(name: string): boolean {
  return name.startsWith('nvme');
}

function isLoop(name: string): boolean {
  return /^loop\d/.test(name);
}

function rowOf(queue: BlockQueue, isKept: boolean): TuneRow {
  const { name, scheduler: choice } = queue;
  const now = choice?.now ?? NONE;
  const row = { part: 'scheduler', subject: name, want: NONE, now, isNow: now === NONE } as const;
  if (!isFast(queue))
    return {
      ...row,
      want: 'as it is',
      isNow: true,
      forGood: 'left alone',
      isForGood: true,
      note: `${name} is no NVMe disk: the kernel's scheduler is right for one with a single queue, or for one of a virtual machine`,
    };
  if (choice === null) return { ...row, forGood: 'it has no other', isForGood: true, note: null };
  // The kernel starts them with none, and they are made anew at each start.
  if (isLoop(name)) return { ...row, forGood: 'by default', isForGood: true, note: null };
  return { ...row, forGood: isKept ? 'udev rule' : 'no udev rule', isForGood: isKept, note: null };
}

/** What stands in a rule as it is: no pattern, no quote, no variable of udev's. */
const PLAIN = /^[\w.:+-]+(?: [\w.:+-]+)*$/;

/** None where it has no choice, or is not to be known again. */
function ruleFor({ name, serial, wwid, scheduler: choice }: BlockQueue): readonly FileWant[] {
  if (!isNvme(name) || choice === null) return [];
  const [match, known] =
    serial !== null && PLAIN.test(serial)
      ? [`ATTRS{serial}=="${serial}"`, serial]
      : wwid !== null && PLAIN.test(wwid)
        ? [`ATTR{wwid}=="${wwid}"`, wwid]
        : [null, ''];
  if (match === null) return [];
  const rule = [
    'ACTION!="remove"',
    'SUBSYSTEM=="block"',
    'ENV{DEVTYPE}=="disk"',
    'KERNEL=="nvme*"',
    match,
    'ATTR{queue/scheduler}="none"',
  ];
  const text = sign(`${rule.join(', ')}\n`, { writer: 'jts-hot tune disk', removal: 'jts-hot rollback' });
  // Behind all others: the last that sets it counts.
  const path = `${RULES}/99-jts-hot-scheduler-${known.replace(/[^\w.-]/g, '_')}.rules`;
  return [{ path, text, unit: null, purpose: PURPOSE, isOurs }];
}

function openEnd(queue: BlockQueue, isUdev: boolean, isKept: boolean): readonly Diagnostic[] {
  const { name, scheduler: choice } = queue;
  if (!isNvme(name) || choice === null || isKept) return [];
  const at = `disk ${name}`;
  if (ruleFor(queue).length === 0)
    return [
      diagnostic('E_NO_SERIAL', 'cannot keep the scheduler of a disk that is not to be known again', {
        at,
        detail: 'want a serial number or a WWID of letters, digits and . _ : + -, found none',
        hint: `write a rule for it by what else udev knows of it: udevadm info /sys/class/block/${name}`,
      }),
    ];
  if (isUdev) return [];
  return [
    diagnostic('E_NO_UDEV', 'cannot keep the scheduler of a disk where udev is not installed', {
      at,
      detail: 'want udevadm, found none',
      fix: 'sudo apt-get install udev',
    }),
  ];
}

/** null: udev takes them all, or has no way to say so (before systemd 254). */
export async function verifyRules(
  host: Pick<Host, 'tryOut'>,
  rules: readonly FileWant[],
): Promise<Diagnostic | null> {
  if (rules.length === 0) return null;
  const texts = new Map(rules.map(({ path, text }) => [path.slice(RULES.length + 1), text ?? '']));
  const { status, output } = await host.tryOut({
    files: () => Object.fromEntries(texts),
    argv: (directory) => ['udevadm', 'verify', ...[...texts.keys()].map((name) => `${directory}/${name}`)],
    identity: { uid: 0, gid: 0 },
    timeoutMs: PATIENCE_MS,
    until: null,
  });
  if (status === 0 || /unknown (?:verb|command)/i.test(output)) return null;
  return diagnostic('E_UDEV_VERIFY', 'refusing to write a rule that udev does not take', {
    at: rules[0]?.path ?? RULES,
    detail: output.trim().split('\n').slice(0, 5),
    hint: 'please report this with the message',
  });
}
