// Owns what a layout declares to be mounted below its base: the only places there at which another file system is entered.

export interface DeclaredMount {
  /** The service whose directory it is. */
  readonly service: string;
  readonly path: string;
  /** Of the one file system that is right there, in lower case. */
  readonly uuid: string;
}

/** The declared mount that a path is at or below, the nearest; null: there is none. */
export function mountOver(mounts: readonly DeclaredMount[], path: string): DeclaredMount | null {
  let nearest: DeclaredMount | null = null;
  for (const mount of mounts)
    if (
      (path === mount.path || path.startsWith(`${mount.path}/`)) &&
      mount.path.length > (nearest?.path.length ?? 0)
    )
      nearest = mount;
  return nearest;
}
