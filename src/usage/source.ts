// Owns where the numbers come from: the file system's own accounts where it keeps them, else a walk.
import type { FileSystem } from '../host/host.ts';

export interface Source {
  readonly by: 'project quota' | 'scan';
  /** Why not the other, or what makes it possible. */
  readonly reason: string;
}
