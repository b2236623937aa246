// Owns which directory may be a base, from a file or a flag. Pure: what is there on the host is not its business.
import { checkComponents } from './name.ts';

/** The system's own: neither these nor anything below them. `/var/lib/jts-hot` is where runs are recorded. */
const SYSTEM_TREES: readonly string[] = [
  '/etc',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/boot',
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/var/run',
  '/var/lock',
  '/var/lib/jts-hot',
];

/** Shared with others: a base may be below them, never one of them. */
const SHARED_DIRECTORIES: readonly string[] = [
  '/',
  '/var',
  '/home',
  '/root',
  '/opt',
  '/srv',
  '/mnt',
  '/media',
  '/tmp',
  '/var/lib',
  '/var/log',
  '/var/tmp',
  '/var/cache',
  '/var/spool',
  '/var/mail',
  '/var/local',
  '/var/backups',
  '/var/opt',
  '/var/lib/private',
  '/lost+found',
];

export const WANT_BASE = 'want an absolute path such as /data/jts/hot';

/** Doubled and trailing slashes taken out. What it is given should have passed `checkBase`. */
export function normaliseBase(base: string): string {
  return `/${base.split('/').filter(Boolean).join('/')}`;
}

/** What is wanted instead of this base; null when it may be one. What was found is the caller's to add. */
export function checkBase(base: string): string | null {
  if (!base.startsWith('/')) return WANT_BASE;
  const path = normaliseBase(base);
  if (SHARED_DIRECTORIES.includes(path)) return `want a directory of its own, not ${path} itself`;
  const complaint = checkComponents(path.split('/').slice(1));
  if (complaint !== null) return complaint;
  const tree = SYSTEM_TREES.find((system) => path === system || path.startsWith(`${system}/`));
  return tree === undefined ? null : `want a directory outside ${tree}, which is the system's own`;
}
