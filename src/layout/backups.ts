// Owns what a layout says of backups: which of them stay, when one is too old, how often one is to be proved. Pure. Which backups
// go is backup/retention.ts.
import type { BackupRule, Layout } from './layout-document.ts';

export type { BackupRule };

export const builtInBackups: BackupRule = {
  keep: 7,
  olderSeconds: 30 * 86_400,
  // A nightly one, and half a day for it to be late.
  maxAgeSeconds: 36 * 3600,
  verifyEverySeconds: 31 * 86_400,
};

/** Of a host that makes a backup every minute these are two months. */
export const MOST_BACKUPS = 100_000;
/** What was made an hour ago may be all that there is of today. */
export const YOUNGEST_BACKUP_SECONDS = 3600;

/** For one service. */
export function backupRule({ backups }: Pick<Layout, 'backups'>, service: string): BackupRule {
  if (backups === undefined) return builtInBackups;
  const { services, ...all } = backups;
  const own = services.find((one) => one.service === service);
  if (own === undefined) return all;
  const { keep, olderSeconds, maxAgeSeconds, verifyEverySeconds } = own;
  return { keep, olderSeconds, maxAgeSeconds, verifyEverySeconds };
}

/** Whether its backups are watched: `wanted` also where none was ever made; `made`: once there was one; `never`. */
export function backupWatch(
  { backups }: Pick<Layout, 'backups'>,
  service: string,
): 'made' | 'never' | 'wanted' {
  const own = backups?.services.find((one) => one.service === service);
  if (own === undefined) return 'made';
  return own.isWatched ? 'wanted' : 'never';
}
