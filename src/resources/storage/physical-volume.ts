// The physical volume of LVM on the disk of the hot tier: all of the disk, with a UUID of our own. Whether what is on the disk may go
// is not decided here: only a disk with nothing on it becomes one.
import { type Difference, NO_DIFFERENCE, type Resource } from '../../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import type { HostReader } from '../../port/host.ts';
import { describeDisk, type PlannedDisk } from '../../port/storage.ts';
import { DATA_START_BYTES, type LvmRejection } from '../../port/volume-group.ts';
import { lookOnDisk, type OnDisk } from '../../port/volumes-on-disk.ts';

export interface PhysicalVolumeWant {
  readonly disk: PlannedDisk;
  readonly uuid: string;
  /** What is on the disk is erased by an earlier step of the same plan. */
  readonly isErased: boolean;
}

interface PhysicalVolumeHave {
  readonly found: OnDisk;
  /** Only where LVM sees none. */
  readonly rejection: LvmRejection | null;
  /** There is one on the disk, though LVM sees none. */
  readonly isHidden: boolean;
}

export function physicalVolumeAddress(disk: PlannedDisk): string {
  return `physical volume on ${describeDisk(disk)}`;
}

export const LVM_TOOLS = { lvm: 'lvm2' } as const;

export const physicalVolume: Resource<PhysicalVolumeWant, PhysicalVolumeHave> = {
  kind: 'physical volume',
  role: 'device',
  creates: ['createPhysicalVolume'],
  tools: LVM_TOOLS,
  isRepaired: false,
  irreversible: null,
  address: ({ disk }) => physicalVolumeAddress(disk),
  checkId: ({ disk }) => `physical-volume.${disk.serial}`,
  service: () => null,
  observe: (host, wants) => wants.map(({ disk }) => observeOne(host, disk)),
  diff(want, { found, rejection, isHidden }) {
    if (!found.ok) return cannotLook(physicalVolumeAddress(want.disk), found);
    const { physicalVolume: here, group, all, device } = found;
    const { disk, uuid, isErased } = want;
    const other = all.physicalVolumes.find((one) => one.uuid === uuid && one.device !== device.number);
    if (other !== undefined) return refuse(taken(want, other.device));
    if (here === null || (isErased && here.uuid !== uuid)) {
      const isLeftOut = rejection !== null && (isHidden || !('file' in (rejection.by ?? {})));
      if (isLeftOut) return refuse(hidden(disk, device.path, rejection));
      return isHidden && !isErased ? refuse(unseen(disk)) : make(want);
    }
    if (here.uuid !== uuid)
      return refuse(
        diagnostic('E_PHYSICAL_VOLUME', 'refusing to use a physical volume that is not ours', {
          at: physicalVolumeAddress(disk),
          detail: `want UUID ${uuid}, found ${here.uuid}, ${group === null ? 'in no volume group' : `in volume group ${group.name}`}`,
          hint: `see what is on it: sudo jts-hot device show ${device.path}`,
        }),
      );
    if (here.isLost) return refuse(lost(disk, device.path));
    return here.startBytes % DATA_START_BYTES === 0
      ? NO_DIFFERENCE
      : { ...NO_DIFFERENCE, warnings: [notAligned(disk, here.startBytes)] };
  },
  expected: () => 'first extent at 4 MiB',
  found(_want, { found }) {
    if (!found.ok) return found.why;
    const { physicalVolume: here } = found;
    return here === null ? 'no physical volume' : `first extent at ${here.startBytes / 1024 ** 2} MiB`;
  },
};

function observeOne(host: HostReader, disk: PlannedDisk): PhysicalVolumeHave {
  const found = lookOnDisk(host, disk);
  if (!found.ok || found.physicalVolume !== null) return { found, rejection: null, isHidden: false };
  const { device } = found;
  const [contents] = host.deviceContents([device.name]);
  const isHidden = contents?.signatures.some(({ type }) => type === 'LVM2_member') ?? false;
  return { found, rejection: host.lvmRejection(device.path), isHidden };
}

function make({ disk, uuid }: PhysicalVolumeWant): Difference {
  const step = {
    address: physicalVolumeAddress(disk),
    action: '+',
    summary: `physical volume on ${describeDisk(disk)}, aligned to 4 MiB`,
    reason: 'volumes are made of it',
    do: { type: 'createPhysicalVolume', disk, uuid },
    undo: { type: 'removePhysicalVolume', disk, uuid },
    needs: [describeDisk(disk)],
  } as const;
  return { ...NO_DIFFERENCE, steps: [step] };
}

/** As a refusal, or without root as something that could not be seen. */
export function cannotLook(at: string, { why }: Extract<OnDisk, { ok: false }>): Difference {
  if (why.startsWith('only root'))
    return {
      ...NO_DIFFERENCE,
      warnings: [diagnostic('W_HIDDEN', 'cannot look without root', { at, detail: `found: ${why}` })],
    };
  return refuse(
    diagnostic('E_LVM', 'cannot see which volumes there are', {
      at,
      detail: `found: ${why}`,
      hint: why.includes('not installed')
        ? 'install it: sudo apt-get install lvm2'
        : 'see: sudo lvm fullreport',
    }),
  );
}

export function refuse(refusal: Diagnostic): Difference {
  return { ...NO_DIFFERENCE, refusals: [refusal] };
}

function taken({ disk, uuid }: PhysicalVolumeWant, device: string | null): Diagnostic {
  return diagnostic('E_PHYSICAL_VOLUME', 'refusing to use a physical volume that is not ours', {
    at: physicalVolumeAddress(disk),
    detail: `want UUID ${uuid} on this disk alone, found it on ${device === null ? 'a disk that is missing' : `device ${device}`}: one is a copy of the other`,
    hint: 'take the copy out of the machine, or give it other UUIDs: vgimportclone(8)',
  });
}

function hidden(disk: PlannedDisk, path: string, { said, by }: LvmRejection): Diagnostic {
  const isListed = by !== null && 'file' in by;
  const cause =
    by === null
      ? []
      : isListed
        ? [`it is not listed in ${by.file}`]
        : [`in lvm.conf: ${by.setting} = ${by.value}`];
  return diagnostic('E_LVM_HIDDEN', 'refusing to use a disk that LVM leaves out here', {
    at: physicalVolumeAddress(disk),
    detail: [`want ${path} to be one that LVM takes, found: ${said}`, ...cause],
    ...(isListed
      ? { fix: `sudo lvm lvmdevices --adddev ${path}` }
      : {
          hint: 'let /etc/lvm/lvm.conf accept this disk: see lvm.conf(5), devices/filter and global_filter',
        }),
  });
}

function unseen(disk: PlannedDisk): Diagnostic {
  return diagnostic('E_LVM_HIDDEN', 'refusing to use a disk that LVM leaves out here', {
    at: physicalVolumeAddress(disk),
    detail: 'want LVM to report the physical volume that is on it, found that it does not',
    hint: 'see why: sudo lvm pvs --all; sudo lvm pvck DISK',
  });
}

function lost(disk: PlannedDisk, path: string): Diagnostic {
  return diagnostic('E_LVM_DAMAGED', 'refusing to use a physical volume whose group cannot be read', {
    at: physicalVolumeAddress(disk),
    detail: `want what describes the group on ${path}, found it damaged: its volumes are there, and LVM does not know where`,
    hint: 'put it back from /etc/lvm/backup or /etc/lvm/archive: see vgcfgrestore(8)',
  });
}

function notAligned(disk: PlannedDisk, startBytes: number): Diagnostic {
  return diagnostic('W_ALIGNMENT', 'cannot align a physical volume that is there already', {
    at: physicalVolumeAddress(disk),
    detail: `want its first extent at a multiple of 4 MiB, found it at ${startBytes} bytes`,
    hint: 'it works, with some more writing inside the disk; only making it anew changes it',
  });
}
