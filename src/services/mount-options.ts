// Owns which options each file system below the base is mounted with: those of all, those that suit its service, and those of
// the layout, which win. What the mount itself needs (nofail, timeouts) is the mount's business. Must not name a service.
import type { Layout } from '../layout/layout.ts';
import { type BrokenOption, brokenOptions, onlyOf, optionKey } from '../layout/mount-options.ts';
import { QUOTA_OPTION } from '../layout/quota.ts';
import type { FileSystemType, Storage, WantedFileSystem } from '../layout/storage.ts';
import { builtIn } from './index.ts';
import type { StorageFacet } from './storing.ts';

/** Nothing of ours asks when a file was last read, and to note it costs a write. `nodiratime` is part of it. */
const ALWAYS = ['noatime'] as const;

/** Of a file system that several services share, and of a service that says nothing. */
const SHARED: StorageFacet = {
  type: 'xfs',
  why: 'It holds files of all kinds: XFS makes inodes as they are needed, and large log buffers take many changes of small files at once.',
  files: 'many small',
  options: { xfs: ['logbsize=256k'], ext4: [] },
};

export function storageFacetOf(service: string | null): StorageFacet {
  return (service === null ? undefined : builtIn(service)?.storage) ?? SHARED;
}

/**
 * For the kernel and fstab, in the order in which they are written. The layout's replace those of the same name; what only one
 * type has goes to the file systems of that type.
 */
export function mountOptionsFor(
  { type, service }: Pick<WantedFileSystem, 'type' | 'service'>,
  layout: Pick<Layout, 'storage' | 'quota'>,
): readonly string[] {
  const { storage, quota } = layout;
  const given = storage === undefined ? [] : givenFor(type, storage.options, typesIn(storage));
  const keys = given.map(optionKey);
  const own = storageFacetOf(service?.name ?? null).options[type];
  const counting = quota === undefined ? [] : [QUOTA_OPTION];
  return [
    ...new Set([
      ...ALWAYS,
      ...counting,
      ...own.filter((option) => !keys.includes(optionKey(option))),
      ...given,
    ]),
  ];
}

function typesIn({ type, volumes }: Storage): readonly FileSystemType[] {
  return [type, ...(volumes?.services ?? []).map((own) => own.type)];
}

function givenFor(
  type: FileSystemType,
  given: readonly string[],
  types: readonly FileSystemType[],
): readonly string[] {
  return given.filter((option) => {
    const owner = onlyOf(option);
    return owner === null || owner === type || !types.includes(owner);
  });
}

/** Ours always has a journal: no option of a mount asks for what else a file system is made with. */
const FEATURES: { readonly [type in FileSystemType]: readonly string[] } = {
  xfs: [],
  ext4: ['has_journal'],
};

/** What of a layout's options cannot be on file systems of these types, before anything is asked of a machine. */
export function brokenAmong(
  given: readonly string[],
  types: readonly FileSystemType[],
): readonly BrokenOption[] {
  return [...new Set(types)].flatMap((type) =>
    brokenOptions([...ALWAYS, ...givenFor(type, given, types)], { type, features: FEATURES[type] }),
  );
}
