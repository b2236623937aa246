// Owns what the threads that copy and compare are told, what they answer, and how they say what stands in the way.
import {
  type Copied,
  type Difference,
  type HashedTree,
  OBSTACLES_NAMED,
  type Obstacle,
  type ObstacleKind,
  type Obstacles,
} from '../../port/copy-tree.ts';
import { errnoName } from '../../values/errno.ts';

export interface CopyStart {
  readonly work: 'copy';
  /** Open, and who starts the thread closes them once it has answered. */
  readonly fromFd: number;
  /** Of the directory in which the copy is `name`. */
  readonly parentFd: number;
  readonly name: string;
  readonly pass: 'first' | 'again';
  readonly suspects: readonly string[] | 'all';
  readonly bytesPerSecond: number | null;
  readonly boot: string;
  readonly control: SharedArrayBuffer;
}

export interface HashStart {
  readonly work: 'hash';
  readonly fd: number;
  readonly control: SharedArrayBuffer;
}

export interface DifferStart {
  readonly work: 'differ';
  readonly oneFd: number;
  readonly otherFd: number;
  readonly control: SharedArrayBuffer;
}

export type Start = CopyStart | HashStart | DifferStart;

export type Answer =
  | { readonly of: 'copy'; readonly copied: Copied }
  | { readonly of: 'hash'; readonly hashed: HashedTree }
  | { readonly of: 'differ'; readonly differences: readonly Difference[] }
  | { readonly of: 'stopped' }
  /** What is there is no copy of this source: no pass `again` takes anything of it away. */
  | { readonly of: 'unknown' }
  /** The copy cannot be written: a full disk. */
  | { readonly of: 'failure'; readonly path: string; readonly call: string; readonly code: string };

/** The copy cannot be written. Thrown to the end of a pass. */
export class WriteFailure extends Error {
  readonly call: string;
  readonly code: string;
  constructor(call: string, errno: number) {
    super(call);
    this.call = call;
    this.code = errnoName(errno);
  }
}

export interface Collector {
  readonly add: (kind: ObstacleKind, path: () => string, what?: string) => void;
  readonly all: () => Obstacles;
}

export function collectObstacles(): Collector {
  const counts: Partial<Record<ObstacleKind, number>> = {};
  const named: Obstacle[] = [];
  return {
    add(kind, path, what = '') {
      const count = (counts[kind] ?? 0) + 1;
      counts[kind] = count;
      if (count <= OBSTACLES_NAMED) named.push({ kind, path: path(), what });
    },
    all: () => ({ counts, named }),
  };
}
