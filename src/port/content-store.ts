// Owns where the texts of files are kept that plans and records name by their hash: in memory while a plan is made, beside
// the record of the run that names them before anything is done.
import type { Content } from '../values/content.ts';

export interface ContentStore {
  /** In memory, for as long as this process lives. Changes nothing on the host. */
  hold(text: string): Content;
  /**
   * Returns when those of them that are held are on the disk, as this run's. What is there already stays as it is; what is
   * not held is of an earlier run, or gone.
   */
  keep(run: number, hashes: readonly string[]): void;
  /** Held or kept, and just what its hash says; null: gone, or something else by now. */
  text(hash: string): string | null;
  /** Takes away what was kept for runs that have no record any more, readable or not. */
  sweep(recorded: readonly number[]): void;
}
