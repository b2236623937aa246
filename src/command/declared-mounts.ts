// Owns what a host is told of the mounts below its base: from the layout, and from nobody else.
import type { Layout } from '../layout/layout.ts';
import type { DeclaredMount } from '../port/declared-mount.ts';

/** In an image nothing is mounted. */
export async function declaredMounts(layout: Layout, root: string): Promise<readonly DeclaredMount[]> {
  if (layout.storage === undefined || root !== '/') return [];
  // Loaded only where there is such a layout.
  const { wantedFileSystems } = await import('../layout/storage.ts');
  return wantedFileSystems(layout).flatMap(({ service, mountPoint: path, uuid }) =>
    service === null ? [] : [{ service: service.name, path, uuid }],
  );
}
