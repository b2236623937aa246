// The volume group of the hot tier: on its disk alone, made of our physical volume. One of that name elsewhere is somebody else's, and
// so is one that lies on other disks, too.
import { type Difference, NO_DIFFERENCE, type Resource } from '../../engine/resource.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import type { PlannedDisk } from '../../port/storage.ts';
import { EXTENT_BYTES, type VolumeGroup } from '../../port/volume-group.ts';
import { lookOnDisk, type OnDisk } from '../../port/volumes-on-disk.ts';
import { formatBytes } from '../../values/size.ts';
import { cannotLook, LVM_TOOLS, physicalVolumeAddress, refuse } from './physical-volume.ts';

export interface VolumeGroupWant {
  readonly disk: PlannedDisk;
  /** UUID of the physical volume. */
  readonly physicalVolume: string;
  readonly name: string;
  readonly isErased: boolean;
}

export interface VolumeGroupHave {
  readonly found: OnDisk;
  /** What is called so below /dev; null: nothing. */
  readonly inTheWay: string | null;
}

export function volumeGroupAddress(name: string): string {
  return `volume group ${name}`;
}

export const volumeGroup: Resource<VolumeGroupWant, VolumeGroupHave> = {
  kind: 'volume group',
  role: 'device',
  creates: ['createVolumeGroup'],
  tools: LVM_TOOLS,
  isRepaired: false,
  irreversible: null,
  address: ({ name }) => volumeGroupAddress(name),
  checkId: ({ name }) => `volume-group.${name}`,
  service: () => null,
  observe: (host, wants) =>
    wants.map(({ disk, name }) => {
      const path = `/dev/${name}`;
      return {
        found: lookOnDisk(host, disk),
        inTheWay: host.entry(path).type === 'missing' ? null : path,
      };
    }),
  diff(want, have) {
    const { found, inTheWay } = have;
    // Said of the physical volume.
    if (!found.ok) return cannotLook(physicalVolumeAddress(want.disk), found);
    // Said of the physical volume, too.
    if (found.physicalVolume?.isLost && !want.isErased) return NO_DIFFERENCE;
    const { name } = want;
    const group = ours(want, found);
    const others = found.all.groups.filter((one) => one.name === name && one.uuid !== found.group?.uuid);
    const [other] = others;
    if (other !== undefined) return refuse(nameTaken(name, other));
    if (group === null) {
      if (
        found.physicalVolume !== null &&
        found.physicalVolume.uuid !== want.physicalVolume &&
        !want.isErased
      )
        return NO_DIFFERENCE;
      if (inTheWay !== null && found.group?.name !== name) return refuse(pathTaken(name, inTheWay));
      return make(want);
    }
    const why = whyNot(want, group);
    return why === null
      ? NO_DIFFERENCE
      : refuse(
          diagnostic('E_VOLUME_GROUP', 'refusing to use a volume group that is not as wanted', {
            at: volumeGroupAddress(group.name),
            ...why,
          }),
        );
  },
  expected: () => 'on its disk alone, extents of 4 MiB',
  found(want, { found }) {
    if (!found.ok) return found.why;
    const group = ours(want, found);
    if (group === null) return 'no volume group';
    const { extents, freeExtents, extentBytes } = group;
    return `${formatBytes(extents * extentBytes)}, ${formatBytes(freeExtents * extentBytes)} free`;
  },
};

/** The one on our physical volume; null: there is none, or it goes with what is erased. */
export function ours(
  { physicalVolume }: Pick<VolumeGroupWant, 'physicalVolume'>,
  found: Extract<OnDisk, { ok: true }>,
): VolumeGroup | null {
  return found.physicalVolume?.uuid === physicalVolume ? found.group : null;
}

/** null: it is as wanted. */
export function whyNot(
  { name }: Pick<VolumeGroupWant, 'name'>,
  group: VolumeGroup,
): { readonly detail: string; readonly hint: string } | null {
  if (group.name !== name)
    return {
      detail: `want the group on this disk to be called ${name}, found ${group.name}`,
      hint: `say so in the layout (storage: volumes: group: ${group.name}), or rename it: see vgrename(8)`,
    };
  if (group.locked !== null)
    return {
      detail: `want one that may be changed here, found that ${group.locked}`,
      hint: `see: sudo lvm vgs -o +vg_exported,vg_shared,vg_systemid ${name}`,
    };
  const missing = group.physicalVolumes.filter(({ device }) => device === null);
  if (missing.length > 0)
    return {
      detail: `want all its disks, found ${missing.length} missing: ${missing.map(({ uuid }) => uuid).join(', ')}`,
      hint: 'connect the disk again; see: sudo lvm pvs --all',
    };
  if (group.physicalVolumes.length > 1)
    return {
      detail: `want it on one disk alone, found ${group.physicalVolumes.length}: devices ${group.physicalVolumes.map(({ device }) => device).join(', ')}`,
      hint: 'move what is on the others away and take them out of it: see pvmove(8) and vgreduce(8)',
    };
  if (group.extentBytes !== EXTENT_BYTES)
    return {
      detail: `want extents of 4 MiB, found ${formatBytes(group.extentBytes)}`,
      hint: 'leave it as it is and take "storage:" out of the layout: directories alone need nothing of it',
    };
  return null;
}

function make({ disk, physicalVolume, name }: VolumeGroupWant): Difference {
  const which = { disk, physicalVolume, name };
  const step = {
    address: volumeGroupAddress(name),
    action: '+',
    summary: `volume group ${name}, extents of 4 MiB`,
    reason: 'volumes are made in it',
    do: { type: 'createVolumeGroup', ...which },
    undo: { type: 'removeVolumeGroup', ...which },
    needs: [physicalVolumeAddress(disk)],
  } as const;
  return { ...NO_DIFFERENCE, steps: [step] };
}

function nameTaken(name: string, { uuid, physicalVolumes }: VolumeGroup) {
  const devices = physicalVolumes.map(({ device }) => device ?? 'a missing one');
  return diagnostic('E_VOLUME_GROUP', 'refusing to use a volume group that is not as wanted', {
    at: volumeGroupAddress(name),
    detail: `want no other group of this name, found one with UUID ${uuid} on device ${devices.join(', ')}`,
    hint: `choose another name in the layout (storage: volumes: group:), or rename that one: sudo lvm vgrename ${uuid} NAME`,
  });
}

function pathTaken(name: string, path: string) {
  return diagnostic('E_VOLUME_GROUP', 'refusing to use a volume group that is not as wanted', {
    at: volumeGroupAddress(name),
    detail: `want nothing at ${path}, where its volumes would be, found something there`,
    hint: 'choose another name in the layout (storage: volumes: group:)',
  });
}
