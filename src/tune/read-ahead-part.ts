// Owns how far the kernel reads ahead on each file system that holds services: by the wishes of those alone that share it. Now in
// sysfs, for good by a rule of udev for each device. Reads only.
import { type Wanted, wanted } from '../engine/examine.ts';
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { ReadAhead } from '../port/read-ahead.ts';
import { type FileWant, file, standingOf } from '../resources/file.ts';
import { readAhead } from '../resources/read-ahead.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import type { Asked } from '../services/index.ts';
import { holdersOf } from '../space/holders.ts';
import { isOurs, sign } from '../values/signed.ts';
import { type Setting, settingCalled } from './host-settings.ts';
import { meets, type Resolved, resolve, worstOf } from './resolve.ts';
import type { HostRow } from './tune-document.ts';
import { askedBy, wishRows } from './wished-text.ts';

const SETTING = settingCalled('readahead') as Setting;
const PURPOSE = 'how far is read ahead is to hold at every start';
export const RULES = '/etc/udev/rules.d';
/** What stands in a rule as it is: no pattern, no quote, no variable of udev's. */
const PLAIN = /^[\w.:+-]+(?: [\w.:+-]+)*$/;

export interface ReadAheadPart {
  readonly wanted: readonly Wanted[];
  readonly rows: readonly HostRow[];
  /** Rules that are to be written, to be verified first. */
  readonly rules: readonly FileWant[];
}

interface Place {
  /** Where the file system is mounted, or a directory on it. */
  readonly path: string;
  readonly device: ReadAhead;
  readonly resolved: Resolved;
}

export function readAheadPart(host: HostReader, layout: Layout, asked: readonly Asked[]): ReadAheadPart {
  const places = placesIn(host, layout, asked);
  const isUdev = host.missingTools(['udevadm']).length === 0;
  const files = isUdev ? places.flatMap((place) => ruleWanted(host, place)) : [];
  const haves = file.observe(host, files);
  const isKept = (want: FileWant | undefined) =>
    want !== undefined &&
    standingOf(want, haves[files.indexOf(want)] as (typeof haves)[number]) === 'as wanted';
  const ruleOf = ({ device }: Place) => files.find(({ path }) => path === rulePath(device));
  return {
    wanted: [
      wanted(
        readAhead,
        places.map(({ device: { device }, resolved: { value, isRight, met } }) => ({
          device,
          kib: Number(value),
          isRight: (kib) => isRight(String(kib)),
          reason: askedBy(met),
        })),
      ),
      wanted(
        rootDirectory,
        directoriesOf(
          files.filter(({ text }) => text !== null).map(({ path }) => path),
          PURPOSE,
        ),
      ),
      wanted(file, files),
    ],
    rows: places.map((place) => rowOf(place, places.length === 1, isKept(ruleOf(place)))),
    rules: files.filter((want) => want.text !== null && !isKept(want)),
  };
}

/** Each device once. */
function placesIn(host: HostReader, layout: Layout, asked: readonly Asked[]): readonly Place[] {
  const found = new Map<string, Place>();
  for (const { path, services } of holdersOf(layout, host)) {
    const own = asked.filter(({ service }) => services.some(({ name }) => name === service));
    const resolved = resolve(SETTING, own);
    if (resolved === null) continue;
    const { device } = host.fileSystem(path);
    const [read = null] = device === null ? [] : host.readAheads([device.name]);
    if (read !== null && !found.has(read.device)) found.set(read.device, { path, device: read, resolved });
  }
  return [...found.values()];
}

/** The kernel begins with what is right: no rule is needed, and one of ours goes. */
function ruleWanted(host: HostReader, { device, resolved }: Place): readonly FileWant[] {
  const path = rulePath(device);
  if (path === null || device.isFixed) return [];
  const isNeeded = !isByDefault(resolved);
  const isThere = host.entry(path).type === 'file' && isOurs(host.text(path) ?? '');
  if (!isNeeded && !isThere) return [];
  return [
    { path, text: isNeeded ? ruleText(device, resolved.value) : null, unit: null, purpose: PURPOSE, isOurs },
  ];
}

function isByDefault({ setting: { byDefault }, isRight }: Resolved): boolean {
  return byDefault !== null && isRight(byDefault);
}

/** null: it is not to be known again. */
function rulePath({ known }: ReadAhead): string | null {
  if (known === null || !PLAIN.test(known.value)) return null;
  // Behind all others: the last that sets it counts.
  return `${RULES}/99-jts-hot-readahead-${known.value.replace(/[^\w.-]/g, '_')}.rules`;
}

const MATCHES = { serial: 'ATTRS{serial}', wwid: 'ATTR{wwid}', 'dm uuid': 'ATTR{dm/uuid}' } as const;

function ruleText({ known, device }: ReadAhead, kib: string): string {
  const kernel = device.startsWith('nvme') ? 'nvme*' : 'dm-*';
  const rule = [
    'ACTION!="remove"',
    'SUBSYSTEM=="block"',
    'ENV{DEVTYPE}=="disk"',
    `KERNEL=="${kernel}"`,
    ...(known === null ? [] : [`${MATCHES[known.by]}=="${known.value}"`]),
    `ATTR{queue/read_ahead_kb}="${kib}"`,
  ];
  return sign(`${rule.join(', ')}\n`, { writer: 'jts-hot tune host', removal: 'jts-hot rollback' });
}

function rowOf({ path, device, resolved }: Place, isOne: boolean, isKept: boolean): HostRow {
  const { value, required, isRight, met, unmet } = resolved;
  const now = String(device.kib);
  const isNow = isRight(now);
  const isDefault = isByDefault(resolved);
  return {
    setting: isOne ? SETTING.name : `${SETTING.name} ${path}`,
    required,
    value,
    now,
    isNow,
    ...forGood(device, isDefault, isKept || (device.isFixed && isNow)),
    severity: worstOf(isNow ? met : met.filter(({ wish }) => !meets(wish.want, now))) ?? 'hint',
    isSetByUs: true,
    wishes: wishRows(met, unmet),
    note: noteOf(device, isDefault || isKept),
  };
}

function forGood(
  { isFixed }: ReadAhead,
  isDefault: boolean,
  isKept: boolean,
): Pick<HostRow, 'forGood' | 'isForGood'> {
  if (isFixed) return { forGood: 'the machine around it', isForGood: isKept };
  if (isDefault) return { forGood: 'by default', isForGood: true };
  return { forGood: isKept ? 'udev rule' : 'no udev rule', isForGood: isKept };
}

function noteOf(device: ReadAhead, isKept: boolean): string | null {
  if (device.isFixed) return 'cannot be set here: /sys is mounted read-only, as in a container';
  if (isKept || rulePath(device) !== null) return null;
  return `${device.device} tells nothing by which it is known at the next start: a rule for it is yours to write`;
}
