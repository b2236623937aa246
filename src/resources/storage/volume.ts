// The volumes of the hot tier, one for the base and one for each service that has its own. Those that are there grow with the layout,
// within what is not kept free; none is ever made smaller, and none that the layout no longer names is touched.
import { type Difference, NO_DIFFERENCE, type Resource } from '../../engine/resource.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import type { HostReader } from '../../port/host.ts';
import type { PlannedDisk } from '../../port/storage.ts';
import { EXTENT_BYTES, extentsFor, extentsOf, type Volume } from '../../port/volume-group.ts';
import { lookOnDisk, type OnDisk } from '../../port/volumes-on-disk.ts';
import { formatBytes } from '../../values/size.ts';
import { type Allotment, allot, sizeOf } from './allotment.ts';
import { cannotLook, LVM_TOOLS, physicalVolumeAddress, refuse } from './physical-volume.ts';
import { ours, volumeGroupAddress, whyNot } from './volume-group.ts';

export interface VolumeWant {
  readonly disk: PlannedDisk;
  readonly physicalVolume: string;
  readonly group: string;
  readonly name: string;
  /** null: what is left when it is made; from then on it stays as it is. */
  readonly sizeBytes: number | null;
  /** One that is there and larger is not too large. */
  readonly orMore: boolean;
  readonly keepFreePercent: number;
  /** null: it is the base's. */
  readonly service: string | null;
  readonly isErased: boolean;
}

export interface VolumeHave {
  readonly found: OnDisk;
  readonly volume: Volume | null;
  /** null: of a group that is not as wanted; that is said of the group. */
  readonly allotment: Allotment | null;
}

export function volumeAddress({ group, name }: Pick<VolumeWant, 'group' | 'name'>): string {
  return `volume ${group}/${name}`;
}

/** All wants are of one group. */
export const volume: Resource<VolumeWant, VolumeHave> = {
  kind: 'volume',
  role: 'device',
  creates: ['createVolume'],
  tools: LVM_TOOLS,
  isRepaired: false,
  irreversible: null,
  address: volumeAddress,
  checkId: ({ group, name }) => `volume.${group}/${name}`,
  service: ({ service }) => service,
  observe: observeVolumes,
  diff(want, { found, volume: have, allotment }) {
    if (!found.ok) return cannotLook(physicalVolumeAddress(want.disk), found);
    if (allotment === null) return NO_DIFFERENCE;
    if (!allotment.fits) return refuse(allotment.why);
    const extents = allotment.extents.get(want.name) ?? 0;
    return have === null ? make(want, extents) : change(want, have, extents);
  },
  expected: ({ sizeBytes }) => (sizeBytes === null ? 'what is left' : `${formatBytes(sizeBytes)}, active`),
  found(_want, { found, volume: have }) {
    if (!found.ok) return found.why;
    if (have === null) return 'no volume';
    return `${formatBytes(have.extents * EXTENT_BYTES)}, ${have.isActive ? 'active' : 'not active'}`;
  },
};

/** How large each is to be, by its name, for what stands on them; of those that are refused nothing. */
export function plannedVolumes(
  host: HostReader,
  wants: readonly VolumeWant[],
): ReadonlyMap<string, { readonly bytes: number; readonly isNew: boolean }> {
  const haves = observeVolumes(host, wants);
  return new Map(
    wants.flatMap(({ name }, i) => {
      const { allotment, volume: have } = haves[i] ?? {};
      const extents = allotment?.fits ? allotment.extents.get(name) : undefined;
      return extents === undefined ? [] : [[name, { bytes: extents * EXTENT_BYTES, isNew: have === null }]];
    }),
  );
}

function observeVolumes(host: HostReader, wants: readonly VolumeWant[]): readonly VolumeHave[] {
  const [first] = wants;
  if (first === undefined) return [];
  const { disk, keepFreePercent, isErased } = first;
  const found = lookOnDisk(host, disk);
  if (!found.ok) return wants.map(() => ({ found, volume: null, allotment: null }));
  const group = ours(first, found);
  const isForeign =
    !isErased && group === null && (found.group !== null || (found.physicalVolume?.isLost ?? false));
  if (isForeign || (group !== null && whyNot({ name: first.group }, group) !== null))
    return wants.map(() => ({ found, volume: null, allotment: null }));
  const total = group?.extents ?? extentsOf(disk.sizeBytes);
  const room = { total, free: group?.freeExtents ?? total, keepFreePercent };
  const named = (name: string) => group?.volumes.find((one) => one.name === name) ?? null;
  const claims = wants.map(({ name, sizeBytes }) => ({ name, sizeBytes, has: named(name)?.extents ?? null }));
  const allotment = allot(first.group, room, claims);
  return wants.map(({ name }) => ({ found, volume: named(name), allotment }));
}

function make(want: VolumeWant, extents: number): Difference {
  const which = whichOf(want);
  const step = {
    address: volumeAddress(want),
    action: '+',
    summary: `volume ${want.group}/${want.name}, ${formatBytes(extents * EXTENT_BYTES)}`,
    reason: want.service === null ? 'it holds the base' : `${want.service} has a volume of its own`,
    do: { type: 'createVolume', ...which, extents },
    undo: { type: 'removeVolume', ...which, extents },
    needs: [volumeGroupAddress(want.group)],
  } as const;
  return { ...NO_DIFFERENCE, steps: [step] };
}

/** Active first: a file system grows while it is mounted. */
function change(want: VolumeWant, have: Volume, extents: number): Difference {
  const address = volumeAddress(want);
  if (have.layout !== 'linear')
    return refuse(
      diagnostic('E_VOLUME', 'refusing to use a volume that is not a plain one', {
        at: address,
        detail: `want a linear one, found: ${have.layout}`,
        hint: `see: sudo lvm lvs -a -o +lv_layout ${want.group}`,
      }),
    );
  if (want.sizeBytes !== null && !want.orMore && extentsFor(want.sizeBytes) < have.extents)
    return refuse(tooLarge(want, have));
  const which = { ...whichOf(want), uuid: have.uuid };
  const common = { address, action: '~', needs: [volumeGroupAddress(want.group)] } as const;
  const activate = {
    ...common,
    summary: `${want.group}/${want.name}  not active -> active`,
    reason: 'only an active volume can be mounted',
    do: { type: 'activateVolume', ...which },
    undo: { type: 'deactivateVolume', ...which },
  } as const;
  const grow = {
    ...common,
    summary: `${want.group}/${want.name}  ${formatBytes(have.extents * EXTENT_BYTES)} -> ${formatBytes(extents * EXTENT_BYTES)}`,
    reason: 'its planned size has grown',
    do: { type: 'growVolume', ...which, from: have.extents, to: extents },
    undo: null,
  } as const;
  const steps = [...(have.isActive ? [] : [activate]), ...(extents > have.extents ? [grow] : [])];
  return { ...NO_DIFFERENCE, steps };
}

function whichOf({ disk, physicalVolume, group, name }: VolumeWant) {
  return { disk, physicalVolume, group, name };
}

function tooLarge(want: VolumeWant, { extents }: Volume) {
  return diagnostic('E_SHRINK', 'refusing to make a volume smaller', {
    at: volumeAddress(want),
    detail: [
      `want ${formatBytes(want.sizeBytes ?? 0)}, found ${formatBytes(extents * EXTENT_BYTES)}`,
      'XFS cannot shrink at all, and of other file systems the end would be cut off',
    ],
    hint: `let the layout say what it has: size: ${sizeOf(extents)}`,
  });
}
