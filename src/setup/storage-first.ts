// Owns what comes before directories where the layout describes storage: disk, volumes, file systems and mounts, as a run of their
// own; and what the directories are planned on then. Which things those are is storage/.
import type { Answer, Context } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { wantedFileSystems } from '../layout/storage.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { EXTENT_BYTES } from '../port/volume-group.ts';
import type { Consents } from '../storage/consents.ts';
import { type Coming, onceMounted } from '../storage/once-mounted.ts';
import { storageCommand } from '../storage/storage.ts';
import type { StorageResult } from '../storage/storage-document.ts';

export interface StorageFirst {
  /** null: the layout describes none. */
  readonly storage: Answer<StorageResult> | null;
  /** On what all else is planned and done. null: nothing more can be said, or done. */
  readonly context: Context | null;
}

/** `again`: what is typed to go on, without the consents. */
export async function storageFirst(
  context: Context,
  {
    isDry,
    consents,
    again,
  }: { readonly isDry: boolean; readonly consents: Consents; readonly again: string },
): Promise<StorageFirst> {
  const storage = await storageCommand(context, {
    ...consents,
    act: 'apply',
    isDry,
    command: again,
  });
  if (storage.result === null || storage.exitCode !== EXIT.ok) return { storage, context: null };
  if (isDry && storage.result.steps.length > 0)
    return { storage, context: onComing(context, storage.result) };
  await requireActing(context);
  return { storage, context };
}

/** null: some of it was made before and is not mounted, so nobody knows what is on it. */
function onComing(context: Context, { steps }: StorageResult): Context | null {
  const operations = steps.map((step) => step.do);
  const volumes = new Map(
    operations.flatMap((one) =>
      one.type === 'createVolume' ? [[one.name, one.extents * EXTENT_BYTES] as const] : [],
    ),
  );
  const made = new Map(
    operations.flatMap((one) => {
      if (one.type !== 'makeFileSystem') return [];
      const { disk, volume } = one.place;
      const sizeBytes = volume === null ? disk.sizeBytes : volumes.get(volume.name);
      return sizeBytes === undefined ? [] : [[one.uuid, sizeBytes] as const];
    }),
  );
  const isKnown = operations.every((one) => one.type !== 'mountFileSystem' || made.has(one.uuid));
  if (!isKnown) return null;
  const coming = wantedFileSystems(context.layout).flatMap((fileSystem): Coming[] => {
    const sizeBytes = made.get(fileSystem.uuid);
    return sizeBytes === undefined ? [] : [{ fileSystem, sizeBytes }];
  });
  return { ...context, host: onceMounted(context.host, context.layout, coming) };
}
