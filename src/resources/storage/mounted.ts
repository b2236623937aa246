// File systems that are mounted now: the right one at its place, with the options that it is to have. What is mounted at the next start
// is said by the line of fstab. Over another one nothing is mounted, and what is in use is not mounted anew.
import { driftOf, kernelOptions, remountOptions, withOptions } from '../../disk/mount-options.ts';
import { FSTAB, parseFstab } from '../../disk/wanted.ts';
import { type Difference, NO_DIFFERENCE, type Resource } from '../../engine/resource.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import { asRoot, shellWord } from '../../messages/typed-command.ts';
import type { Place } from '../../port/storage.ts';
import { mountPointAddress } from './mount-point.ts';

export interface MountedWant {
  readonly place: Place;
  readonly uuid: string;
  readonly type: 'xfs' | 'ext4';
  readonly mountPoint: string;
  /** As in fstab. */
  readonly options: readonly string[];
  readonly service: string | null;
  /** Mounts of the layout that lie on it, in the order in which they are mounted. */
  readonly below: readonly string[];
  /** What must stay for as long as it is mounted, beside its mount point: what it is on, the line of fstab. */
  readonly needs: readonly string[];
}

export interface MountedHave {
  readonly is: 'it' | 'another' | 'nothing';
  /** `ext4 from /dev/nvme0n1`: what is seen there. */
  readonly seen: string;
  readonly options: readonly string[];
  /** Of its line in fstab, as text; null: it has none. */
  readonly line: string | null;
}

export function mountedAddress(mountPoint: string): string {
  return `mount ${mountPoint}`;
}

export const mounted: Resource<MountedWant, MountedHave> = {
  kind: 'mount',
  role: 'device',
  creates: ['mountFileSystem'],
  tools: { mount: 'mount', umount: 'mount', unshare: 'util-linux' },
  isRepaired: false,
  irreversible: null,
  address: (want) => mountedAddress(want.mountPoint),
  checkId: (want) => `mount.${want.mountPoint}`,
  service: (want) => want.service,
  observe(host, wants) {
    const lines = host.entry(FSTAB).type === 'file' ? parseFstab(host.text(FSTAB) ?? '') : [];
    return wants.map(({ mountPoint, uuid }) => {
      const { holder } = host.disk(mountPoint);
      const isThere = holder.mountPoint === mountPoint;
      return {
        is: !isThere ? 'nothing' : holder.uuid?.toLowerCase() === uuid ? 'it' : 'another',
        seen: `${holder.type} from ${holder.source}`,
        options: holder.options,
        line: lines.find((one) => one.mountPoint === mountPoint)?.options.join(',') ?? null,
      };
    });
  },
  diff: diffMounted,
  expected: ({ type, uuid }) => `${type} ${uuid} mounted`,
  found: (_want, { is, seen }) => (is === 'nothing' ? 'nothing mounted' : seen),
};

function diffMounted(want: MountedWant, have: MountedHave): Difference {
  const { is, seen } = have;
  const { place, uuid, type: fileSystem, mountPoint, needs } = want;
  const address = mountedAddress(mountPoint);
  if (is === 'another')
    return {
      ...NO_DIFFERENCE,
      refusals: [
        diagnostic('E_OTHER_MOUNTED', 'refusing to mount over another file system', {
          at: address,
          detail: [`want ${fileSystem} with UUID ${uuid} there, or nothing`, `found ${seen}`],
          fix: `sudo umount ${shellWord(mountPoint)}`,
          hint: 'stop first what uses it, and take its line out of /etc/fstab',
        }),
      ],
    };
  if (is === 'it') return asItIs(want, have);
  const options = kernelOptions(want.options);
  const of = { place, uuid, fileSystem, mountPoint, options };
  const step = {
    address,
    action: '+',
    summary: `${mountPoint}  ${fileSystem} ${options.join(',')}`,
    reason: 'it is not mounted',
    do: { type: 'mountFileSystem', ...of },
    undo: { type: 'unmountFileSystem', ...of },
    needs: [mountPointAddress(mountPoint), ...needs],
  } as const;
  return { ...NO_DIFFERENCE, steps: [step] };
}

/** Held against its line of fstab as it is to be: what others added to that is wanted, too. */
function asItIs(
  { type, mountPoint, options, below }: MountedWant,
  { options: shown, line }: MountedHave,
): Difference {
  const wanted = withOptions(line ?? '', options);
  const { missing, extra } = driftOf(wanted.split(','), options, shown);
  if (missing.length === 0 && extra.length === 0) return NO_DIFFERENCE;
  const at = shellWord(mountPoint);
  const remount = remountOptions(type, { missing, extra });
  const inUse = `they change when it is mounted anew: stop first what uses it: sudo fuser -vm ${at}`;
  const advice =
    remount !== null
      ? { fix: `sudo mount -o remount,${remount.join(',')} ${at}` }
      : wanted !== line
        ? { hint: `sudo jts-hot setup writes its line of ${FSTAB}; then it can be mounted anew` }
        : {
            fix: asRoot([
              ...[mountPoint, ...below].toReversed().map((one) => `umount ${shellWord(one)}`),
              ...[mountPoint, ...below].map((one) => `mount ${shellWord(one)}`),
            ]),
            hint: inUse,
          };
  const found = [
    ...(missing.length === 0 ? [] : [`without ${missing.join(', ')}`]),
    ...(extra.length === 0 ? [] : [`with ${extra.join(', ')}, which nobody asked for`]),
  ];
  return {
    ...NO_DIFFERENCE,
    warnings: [
      diagnostic('W_MOUNT_OPTIONS', 'a file system is mounted with other options than are wanted', {
        at: mountedAddress(mountPoint),
        detail: [`want ${kernelOptions(wanted.split(',')).join(',')}`, `found it ${found.join(', and ')}`],
        ...advice,
      }),
    ],
  };
}
