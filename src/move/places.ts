// Owns where a copy is made before it takes its place: beside that, in a directory that root alone can enter. Pure.
import { parentOf } from '../configure/paths.ts';
import { MOVING_NAME } from '../port/tree-moving.ts';

/** In the directory that the target is in: on its file system, and in its project where there are quotas. */
export interface Staging {
  readonly directory: string;
  readonly copy: string;
  /** Where the empty directory goes that the copy takes the place of. */
  readonly empty: string;
}

export function stagingOf({ service, to }: { readonly service: string; readonly to: string }): Staging {
  const directory = `${parentOf(to)}/${MOVING_NAME}-${service}`;
  return { directory, copy: `${directory}/copy`, empty: `${directory}/empty` };
}
