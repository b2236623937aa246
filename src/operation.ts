// Owns the closed list of things this product can do to a host. Operations are data: a plan saves them, the journal
// records them, a preview prints them, and host/linux.ts is the one place that performs them.
import type { Mode } from './spec.ts';

/** By name where a service is meant (the user may not exist yet), by number where a former state is kept. */
export interface Owner {
  readonly user: string | number;
  readonly group: string | number;
}

export type Operation =
  | { readonly type: 'createGroup'; readonly name: string }
  | { readonly type: 'deleteGroup'; readonly name: string }
  | { readonly type: 'createUser'; readonly name: string; readonly group: string; readonly home: string }
  /** Only while it is still the one that was made: with this home. */
  | { readonly type: 'deleteUser'; readonly name: string; readonly home: string }
  | { readonly type: 'makeDirectory'; readonly path: string; readonly owner: Owner; readonly mode: Mode }
  /**
   * Only when empty, and only the very one that was made: by its inode where the record has it, else by its owner
   * (or root's, where we were killed on the way).
   */
  | {
      readonly type: 'removeDirectory';
      readonly path: string;
      readonly owner: Owner;
      readonly inode?: string;
    }
  /** Only while it is still the same inode, owned by `from`. */
  | {
      readonly type: 'changeOwner';
      readonly path: string;
      readonly inode: string;
      readonly from: Owner;
      readonly to: Owner;
      readonly onlyEmpty?: true;
    }
  /** Only while it is still the same inode, with mode `from`. */
  | {
      readonly type: 'changeMode';
      readonly path: string;
      readonly inode: string;
      readonly from: Mode;
      readonly to: Mode;
      /** Of an undo: the directory was given away empty, and is taken back only while it is. */
      readonly onlyEmpty?: true;
    };

export function describeOwner(owner: Owner): string {
  return `${owner.user}:${owner.group}`;
}

/** One line, as previews, progress and rollback show it. */
export function describeOperation(operation: Operation): string {
  switch (operation.type) {
    case 'createGroup':
      return `create system group ${operation.name}`;
    case 'deleteGroup':
      return `delete group ${operation.name}`;
    case 'createUser':
      return `create system user ${operation.name}, home ${operation.home}, no login`;
    case 'deleteUser':
      return `delete user ${operation.name}`;
    case 'makeDirectory':
      return `create ${operation.path}, ${describeOwner(operation.owner)} ${operation.mode}`;
    case 'removeDirectory':
      return `remove empty directory ${operation.path}`;
    case 'changeOwner':
      return `change owner of ${operation.path} from ${describeOwner(operation.from)} to ${describeOwner(operation.to)}`;
    case 'changeMode':
      return `change mode of ${operation.path} from ${operation.from} to ${operation.to}`;
    default:
      return operation satisfies never;
  }
}
