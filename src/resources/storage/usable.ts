// Owns whether a device could hold the hot tier, and every reason why not. Pure: from what the port tells of devices and what is on
// them. Consent is not asked for here: what may be formatted is the business of those who plan.
import { BASE_VOLUME, physicalVolumeUuid, storageUuid } from '../../layout/storage.ts';
import type { BlockDevice, DeviceContents, MemberOf } from '../../port/block-device.ts';
import { formatBytes } from '../../values/size.ts';

/**
 * `empty`: nothing is on it; `used before`: something is on it, and nobody uses that; `ours`: what is on it was made by this
 * program; `no`: it may not be used, whatever is agreed to; `unknown`: it could not be looked at.
 */
export type Use = 'empty' | 'used before' | 'ours' | 'no' | 'unknown';

export const REFUSAL_CAUSES = [
  'system',
  'swap',
  'no-disk',
  'no-name',
  'two-names',
  'multipath',
  'mounted',
  'member',
  'held',
  'open',
  'read-only',
  'no-size',
  'removable',
  'health',
  'no-answer',
  'unreadable',
] as const;
export const WARNING_CAUSES = ['small', 'not-nvme', 'no-discard', 'health', 'namespaces'] as const;

export interface Reason<Cause = string> {
  readonly cause: Cause;
  /** For people, a clause: `it is mounted at /data`. */
  readonly found: string;
}

export interface Usability {
  readonly use: Use;
  /** Why it may not be used; of one that is ours, what it is used for now. */
  readonly refusals: readonly Reason<(typeof REFUSAL_CAUSES)[number]>[];
  readonly warnings: readonly Reason<(typeof WARNING_CAUSES)[number]>[];
}

export interface DeviceFacts {
  readonly device: BlockDevice;
  /** null: nobody looked. */
  readonly contents: DeviceContents | null;
  /** All that there are, itself too. */
  readonly devices: readonly BlockDevice[];
  /** The services of the layout, which may have file systems of their own. */
  readonly services: readonly string[];
  /** As health/ judged it; null: it was not asked. */
  readonly health: {
    readonly level: 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
    readonly found: string;
  } | null;
}

export function judgeUse(facts: DeviceFacts): Usability {
  const refusals = refusalsOf(facts);
  return { use: useOf(facts, refusals), refusals, warnings: warningsOf(facts) };
}

function useOf({ device, contents, services }: DeviceFacts, refusals: Usability['refusals']): Use {
  if (contents !== null && carriesOurs(device, contents, services)) return 'ours';
  if (refusals.length > 0) return 'no';
  if (contents === null || !contents.probed.ok) return 'unknown';
  return isEmpty(contents) ? 'empty' : 'used before';
}

/**
 * Nothing that anything knows, and zeros at both ends. Signatures alone do not show it: what databases and encryption write to a
 * disk itself has none. Zeros all over are not asked for: that would take hours, and what a disk discarded may read as anything.
 */
export function isEmpty({ probed, partitionTable, signatures, edges }: DeviceContents): boolean {
  return probed.ok && partitionTable === null && signatures.length === 0 && edges === 'zeros';
}

/** A file system or a physical volume on it has the UUID that this program gives to that of this very disk. */
export function carriesOurs(
  { serial, namespace, wwid }: Pick<BlockDevice, 'serial' | 'namespace' | 'wwid'>,
  { signatures }: Pick<DeviceContents, 'signatures'>,
  services: readonly string[],
): boolean {
  const uuids = new Set(signatures.flatMap(({ uuid }) => uuid ?? []));
  // A layout may name it by one or the other.
  const names = [
    ...(serial === null ? [] : [{ serial, namespace, wwid }]),
    ...(wwid === null ? [] : [{ serial: null, namespace, wwid }]),
  ];
  return names.some((disk) =>
    [
      physicalVolumeUuid({ disk }),
      ...[BASE_VOLUME, ...services].map((name) => storageUuid({ disk }, name)),
    ].some((uuid) => uuids.has(uuid)),
  );
}

/** Where the running system is. */
const SYSTEM = ['/', '/boot', '/boot/efi', '/efi', '/usr', '/etc', '/var', '/home', '/root'];

type Refusal = Usability['refusals'][number];

function refusalsOf(facts: DeviceFacts): readonly Refusal[] {
  const { device, contents, health } = facts;
  return [
    ...ofKind(device),
    ...(contents === null ? [] : ofContents(device, contents)),
    ...ofName(facts),
    ...(device.isReadOnly ? [refusal('read-only', 'it takes no writes')] : []),
    ...(device.sizeBytes === 0 ? [refusal('no-size', 'its size is 0')] : []),
    ...(device.isRemovable ? [refusal('removable', 'it can be taken out')] : []),
    ...(health?.level === 'CRITICAL' ? [refusal('health', `its health is CRITICAL: ${health.found}`)] : []),
  ];
}

function refusal(cause: Refusal['cause'], found: string): Refusal {
  return { cause, found };
}

const KIND_WORDS = {
  'device mapper': "it is one of device mapper's",
  md: 'it is an array of md',
  bcache: 'it is one of bcache',
  loop: 'it is a file, through a loop device',
  memory: 'it is in memory',
  optical: 'it is for media that are changed',
  network: 'it is on another machine',
} as const satisfies Partial<Record<BlockDevice['kind'], string>>;

function ofKind({ kind, partOf }: BlockDevice): readonly Refusal[] {
  if (kind === 'disk') return [];
  if (kind === 'partition')
    return [refusal('no-disk', `it is a partition of ${partOf}: a whole disk is wanted`)];
  return [refusal('no-disk', `${KIND_WORDS[kind]}: a whole disk is wanted`)];
}

/** No layout could name it, or it would mean another one, too. */
function ofName({ device, devices }: DeviceFacts): readonly Refusal[] {
  const { name, kind, serial, namespace, wwid } = device;
  if (kind !== 'disk') return [];
  if (serial === null && wwid === null)
    return [refusal('no-name', 'it tells neither a serial number nor a WWID, so that no layout can name it')];
  const same = devices.filter(
    (one) =>
      one.kind === 'disk' &&
      one.name !== name &&
      one.serial === serial &&
      one.namespace === namespace &&
      one.wwid === wwid,
  );
  if (same.length === 0) return [];
  return [
    refusal('two-names', `${same.map((one) => one.name).join(', ')} tells the same serial number and WWID`),
  ];
}

function ofContents(device: BlockDevice, contents: DeviceContents): readonly Refusal[] {
  const { probed, mounts, swap, memberOf, open, isHeld } = contents;
  const system = mounts.filter(({ mountPoint, isElsewhere }) => SYSTEM.includes(mountPoint) && !isElsewhere);
  const others = mounts.filter((mount) => !system.includes(mount));
  const members = memberOf.filter(isInTheWay);
  const found = [
    ...some(
      'system',
      'it holds the running system',
      system.map(({ device: on, mountPoint }) => placed(device, on, mountPoint)),
    ),
    ...some(
      'swap',
      'it is swap',
      swap.map((on) => (on === device.name ? '' : on)),
    ),
    ...members.map(({ of, name }) =>
      refusal(of === 'multipath' ? 'multipath' : 'member', memberWords(of, name)),
    ),
    ...some(
      'mounted',
      'it is mounted',
      others.map(({ device: on, mountPoint }) => placed(device, on, mountPoint)),
    ),
    ...some(
      'open',
      'a process has it open',
      open.map(({ pid, command }) => `${command}, process ${pid}`),
    ),
  ];
  const isTold = found.length > 0;
  return [
    ...found,
    ...(isTold ? [] : some('held', 'something stands on it', device.holders)),
    ...(isHeld && !isTold && device.holders.length === 0
      ? [refusal('held', 'the kernel keeps it for something else: another mount, an array, a target')]
      : []),
    ...(probed.ok || probed.why === 'root'
      ? []
      : [
          refusal(
            probed.why === 'no answer' ? 'no-answer' : 'unreadable',
            probed.why === 'no answer' ? probed.said : `it cannot be read: ${probed.said}`,
          ),
        ]),
  ];
}

const SHOWN = 3;

function some(cause: Refusal['cause'], found: string, at: readonly string[]): readonly Refusal[] {
  if (at.length === 0) return [];
  const shown = [...new Set(at)].filter((one) => one !== '');
  const more = shown.length > SHOWN ? ` and ${shown.length - SHOWN} more` : '';
  return [
    refusal(cause, shown.length === 0 ? found : `${found}: ${shown.slice(0, SHOWN).join('; ')}${more}`),
  ];
}

function placed({ name }: BlockDevice, on: string, mountPoint: string): string {
  return on === name ? mountPoint : `${mountPoint} on ${on}`;
}

/** A physical volume in no group, and what is encrypted and not open, is only what was there before. */
function isInTheWay({ of, name }: MemberOf): boolean {
  return (of !== 'lvm' && of !== 'crypt') || name !== null;
}

function memberWords(of: MemberOf['of'], name: string | null): string {
  const called = name === null ? '' : ` ${name}`;
  switch (of) {
    case 'lvm':
      return `it is in the volume group${called} of LVM`;
    case 'md':
      return `it is in an array of md${name === null ? '' : `,${called}`}`;
    case 'bcache':
      return `it is one of bcache${name === null ? '' : `,${called}`}`;
    case 'zfs':
      return `it is in a pool of ZFS${name === null ? '' : `,${called}`}`;
    case 'crypt':
      return `it is encrypted, and open as${called}`;
    case 'multipath':
      return `it is one way of several to a disk of multipath${name === null ? '' : `,${called}`}`;
    default:
      return of satisfies never;
  }
}

const SMALL_BYTES = 1e12;

function warningsOf({ device, devices, health }: DeviceFacts): Usability['warnings'] {
  const { kind, sizeBytes, transport, discard, serial, namespace } = device;
  if (kind !== 'disk') return [];
  const beside = devices.filter(
    (one) =>
      one.kind === 'disk' && one.name !== device.name && one.serial === serial && one.namespace !== namespace,
  );
  return [
    ...(sizeBytes > 0 && sizeBytes < SMALL_BYTES
      ? [{ cause: 'small', found: `it is small: ${formatBytes(sizeBytes)}` } as const]
      : []),
    ...(transport?.startsWith('nvme') ? [] : [{ cause: 'not-nvme', found: 'it is no NVMe disk' } as const]),
    ...(discard.maxBytes === 0 ? [{ cause: 'no-discard', found: 'it takes no discards' } as const] : []),
    ...(health?.level === 'WARNING'
      ? [{ cause: 'health', found: `its health is at WARNING: ${health.found}` } as const]
      : []),
    ...(serial !== null && beside.length > 0
      ? [
          {
            cause: 'namespaces',
            found: `${beside.map(({ name }) => name).join(', ')} is on the same disk, and shares its speed`,
          } as const,
        ]
      : []),
  ];
}
