// Owns what the kernel counts of a directory whose files have a project of their own, and how far it lets them grow.

export interface ProjectQuota {
  /** The project id of the directory. */
  readonly project: number;
  readonly usedBytes: number;
  readonly usedInodes: number;
  /** null: there is no such limit. */
  readonly softBytes: number | null;
  readonly hardBytes: number | null;
  /**
   * When the soft limit becomes a hard one, since more than that was used for too long: milliseconds since the epoch; null: there
   * is not more.
   */
  readonly graceEndsAt: number | null;
  /** That time has come: nothing more can be written. */
  readonly isGraceOver: boolean;
}

export type ProjectQuotaState =
  | {
      /** `accounted`: what is used is counted, and limits do not hold. */
      readonly state: 'accounted' | 'enforced';
      readonly quota: ProjectQuota;
      /** What is made in the directory gets its project. */
      readonly inherits: boolean;
    }
  /** Nothing is counted for it. `reason`: why, in plain English, for example `no project id`. */
  | { readonly state: 'off'; readonly reason: string };

export interface ProjectQuotaAsked {
  /**
   * Counts the projects with higher ids on the same file system, too: Docker numbers its own upward from that of its directory,
   * which has the highest of ours.
   */
  readonly withHigher?: boolean;
}

/** Why nothing is counted. */
export const WITHOUT_QUOTA = {
  notMountedSo: 'the file system is mounted without prjquota',
  noKernel: 'the kernel has no project quotas',
  noProject: 'no project id',
  forRoot: 'only root may read it',
  /** `type`: of the file system. */
  noneOnType: (type: string) => `${type} has no project quotas`,
} as const;

/** The project that a directory has. */
export interface DirectoryProject {
  /** 0: none. */
  readonly project: number;
  /** What is made in it gets the same. */
  readonly inherits: boolean;
}

export const NO_PROJECT: DirectoryProject = { project: 0, inherits: false };

export interface ProjectLimits {
  /** null: there is no such limit. */
  readonly softBytes: number | null;
  readonly hardBytes: number | null;
}

export const NO_LIMITS: ProjectLimits = { softBytes: null, hardBytes: null };

/** What is planned on: of a directory, or of the nearest one above it that is there. */
export type ProjectsAt =
  | {
      readonly state: 'accounted' | 'enforced';
      /** Of the directory; null: it is not there. */
      readonly own: DirectoryProject | null;
      /** What it would get if it were made now. */
      readonly made: DirectoryProject;
      readonly type: string;
    }
  | { readonly state: 'off'; readonly reason: string; readonly type: string };
