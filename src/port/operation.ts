// Owns the closed list of things this product can do to a host. Operations are data: a plan saves them, the journal
// records them, a preview prints them, and host/linux.ts is the one place that performs them.

import type { Mode } from '../values/mode.ts';
import type { Born, Written } from './entry.ts';

/** By name where a service is meant (the user may not exist yet), by number where a former state is kept. */
export interface Owner {
  readonly user: string | number;
  readonly group: string | number;
}

/** All that there is to a small file of root's world: what is compared before it is touched, what an undo puts back. */
export interface FileState {
  /** Bytes that are no UTF-8 kept (see values/file-name.ts). */
  readonly text: string;
  readonly mode: Mode;
  readonly owner: Owner;
}

/** A program that runs: its launcher, as a path, and the Node.js that it runs with. */
export interface ProgramSource {
  readonly launcher: string;
  readonly node: string;
}

export type Operation =
  | { readonly type: 'createGroup'; readonly name: string }
  /** Only while it is still the one that was made: with this number, where the record has it. */
  | { readonly type: 'deleteGroup'; readonly name: string; readonly gid?: number }
  | { readonly type: 'createUser'; readonly name: string; readonly group: string; readonly home: string }
  /** Only while it is still the one that was made: with this home, and this number where the record has it. */
  | { readonly type: 'deleteUser'; readonly name: string; readonly home: string; readonly uid?: number }
  /** So that nobody becomes that user any more, whose number must not go to anybody else. */
  | { readonly type: 'lockUser'; readonly name: string; readonly uid: number }
  | { readonly type: 'makeDirectory'; readonly path: string; readonly owner: Owner; readonly mode: Mode }
  /**
   * Only when empty, and only the very one that was made. Where the record has it: by its inode and its birth time, or,
   * `born` being null, by its inode, owner and mode. Else by its owner (or root's, where we were killed on the way).
   */
  | {
      readonly type: 'removeDirectory';
      readonly path: string;
      readonly owner: Owner;
      readonly inode?: string;
      readonly born?: Born;
      readonly mode?: Mode;
    }
  /** Only while it is still the same one, owned by `from`. */
  | {
      readonly type: 'changeOwner';
      readonly path: string;
      readonly inode: string;
      /**
       * Of an undo whose change is known to have been made. null: the file system keeps no birth times; then a file is
       * the same one while it was not written since, and a directory while it is empty.
       */
      readonly born?: Born;
      readonly written?: Written;
      readonly from: Owner;
      readonly to: Owner;
      readonly onlyEmpty?: true;
    }
  /** Only while it is still the same one, with mode `from`. */
  | {
      readonly type: 'changeMode';
      readonly path: string;
      readonly inode: string;
      readonly born?: Born;
      readonly written?: Written;
      readonly from: Mode;
      readonly to: Mode;
      /** Of an undo: the directory was given away empty, and is taken back only while it is. */
      readonly onlyEmpty?: true;
    }
  /** Whole or not at all, and only while `from` is what is there; null: nothing. */
  | {
      readonly type: 'writeFile';
      readonly path: string;
      readonly from: FileState | null;
      readonly to: FileState;
      /** The unit that the file is of: where the service manager runs, it reads it anew. */
      readonly unit?: string;
    }
  /** Only while `from` is what is there. */
  | {
      readonly type: 'removeFile';
      readonly path: string;
      readonly from: FileState;
      readonly unit?: string;
    }
  /** To be started with `wantedBy`, which its [Install] section names, at every boot. */
  | { readonly type: 'enableUnit'; readonly unit: string; readonly wantedBy: string }
  | { readonly type: 'disableUnit'; readonly unit: string; readonly wantedBy: string }
  /** Of the live host, where systemd runs. */
  | { readonly type: 'startUnit'; readonly unit: string }
  | { readonly type: 'stopUnit'; readonly unit: string }
  /** A complete copy of the program that runs, root's; whole, started once, or not at all. `hash`: of all its bytes. */
  | {
      readonly type: 'installProgram';
      readonly path: string;
      readonly hash: string;
      readonly source: ProgramSource;
    }
  /** Only while it is just that program. */
  | { readonly type: 'removeProgram'; readonly path: string; readonly hash: string }
  /** In one step, and only while it leads where `from` says; null: there is none. Text as it stands in the link. */
  | {
      readonly type: 'switchLink';
      readonly path: string;
      readonly from: string | null;
      readonly to: string | null;
    };

/** Where the other version of a file stands while the two change places: next to it, under a name that nothing reads. */
export function asidePath(path: string): string {
  const cut = path.lastIndexOf('/') + 1;
  return `${path.slice(0, cut)}.${path.slice(cut)}.jts-hot~`;
}

/** The link that makes a unit start with another: `/etc/systemd/system/timers.target.wants/x.timer`. */
export function enablingLink({
  unit,
  wantedBy,
}: {
  readonly unit: string;
  readonly wantedBy: string;
}): string {
  return `${UNIT_DIRECTORY}/${wantedBy}.wants/${unit}`;
}

/** Where an administrator's units are (systemd.unit(5)). */
export const UNIT_DIRECTORY = '/etc/systemd/system';

export function describeOwner(owner: Owner): string {
  return `${owner.user}:${owner.group}`;
}

/** `root:root 0644, 12 lines`. */
export function describeFile({ text, mode, owner }: FileState): string {
  const lines = text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0);
  return `${describeOwner(owner)} ${mode}, ${lines === 1 ? '1 line' : `${lines} lines`}`;
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
    case 'lockUser':
      return `lock user ${operation.name}, so that nobody can log in as it`;
    case 'makeDirectory':
      return `create ${operation.path}, ${describeOwner(operation.owner)} ${operation.mode}`;
    case 'removeDirectory':
      return `remove empty directory ${operation.path}`;
    case 'changeOwner':
      return `change owner of ${operation.path} from ${describeOwner(operation.from)} to ${describeOwner(operation.to)}`;
    case 'changeMode':
      return `change mode of ${operation.path} from ${operation.from} to ${operation.to}`;
    case 'writeFile':
      return `${operation.from === null ? 'create' : 'replace'} file ${operation.path}, ${describeFile(operation.to)}`;
    case 'removeFile':
      return `remove file ${operation.path}, ${describeFile(operation.from)}`;
    case 'enableUnit':
      return `enable ${operation.unit}, so that ${operation.wantedBy} starts it`;
    case 'disableUnit':
      return `disable ${operation.unit}`;
    case 'startUnit':
      return `start ${operation.unit}`;
    case 'stopUnit':
      return `stop ${operation.unit}`;
    case 'installProgram':
      return `copy the program that runs to ${operation.path}`;
    case 'removeProgram':
      return `remove program ${operation.path}`;
    case 'switchLink':
      return operation.to === null
        ? `remove link ${operation.path}`
        : `point link ${operation.path} at ${operation.to}`;
    default:
      return operation satisfies never;
  }
}
