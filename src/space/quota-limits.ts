// Owns what the limits of a project quota mean for a service: how far it can grow, and when it can write no more. Pure; must not
// read them.
import type { ProjectQuota, ProjectQuotaState } from '../port/project-quota.ts';

/** In bytes; of limits null: there is no such. */
export interface QuotaLimits {
  /** As the kernel counts for these limits. */
  readonly usedBytes: number;
  readonly softBytes: number | null;
  /** Where nothing more can be written. */
  readonly hardBytes: number | null;
}

/** null: none holds. */
export function limitsIn(state: ProjectQuotaState): QuotaLimits | null {
  if (state.state !== 'enforced') return null;
  const { usedBytes, softBytes } = state.quota;
  const hardBytes = hardNow(state.quota);
  return softBytes === null && hardBytes === null ? null : { usedBytes, softBytes, hardBytes };
}

/** Who has been above the soft limit for too long can write no more. */
function hardNow({ softBytes, hardBytes, isGraceOver }: ProjectQuota): number | null {
  return isGraceOver && softBytes !== null ? softBytes : hardBytes;
}

/** A file system refuses new files before the last block is taken, and no server works in less. */
export const NOTHING_TO_SPEAK_OF = 1024 ** 2;

/** Nothing more can be written. */
export function isSpent(usedBytes: number, hardBytes: number): boolean {
  return hardBytes - usedBytes < Math.min(NOTHING_TO_SPEAK_OF, hardBytes / 2);
}
