// Owns what a rule for cleaning is: what its place may be, which names it is about. Pure. What is old enough to go is
// maintain/decide.ts.
import type { Directory, Rule } from './layout-document.ts';
import type { Role } from './role.ts';

export type { Rule };

/** What services cannot do without is never cleaned up. */
export function mayBeCleaned(role: Role): boolean {
  return role !== 'data' && role !== 'config';
}

/** Directories that a rule without a place of its own is about. */
export function isForTemporary({ name, role }: Pick<Directory, 'name' | 'role'>): boolean {
  return role === 'temporary' || (role === 'backup' && name === 'staging');
}

/** Of a directory for backups the newest one stays, whatever its age. */
export function keptByDefault(role: Role): number {
  return role === 'backup' ? 1 : 0;
}

/** The number of newest things that a rule may keep: each is remembered while a place is looked through. */
export const MOST_KEPT = 1000;
/** What was changed an hour ago may still be at work. */
export const YOUNGEST_SECONDS = 3600;

/** A complaint says what is wanted; the caller adds what was found. */
export function checkPattern(pattern: string): string | null {
  if (pattern === '') return 'want a pattern such as *.tmp';
  if (pattern.includes('/')) return 'want a pattern of one name, without a slash';
  if (pattern === '.' || pattern === '..') return 'want a pattern such as *.tmp, not the directory itself';
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(pattern)) return 'want a pattern without control characters';
  if (Buffer.byteLength(pattern) > 255) return 'want a pattern of at most 255 bytes';
  return null;
}

/**
 * As a shell reads it, but without brackets: `*` and `?` do not stand for a dot at the beginning of a name. Takes no longer
 * than the two lengths say, whatever somebody calls a file.
 */
export function isLike(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  let at = 0;
  let next = 0;
  /** The last `*`, and up to where it stands for something. */
  let star = -1;
  let reached = 0;
  while (at < name.length) {
    const sign = pattern[next];
    if (sign === '*') {
      star = next;
      reached = at;
      next += 1;
    } else if (sign === '?') {
      at += widthAt(name, at);
      next += 1;
    } else if (sign !== undefined && sign === name[at]) {
      at += 1;
      next += 1;
    } else if (star === -1) return false;
    else {
      reached += 1;
      at = reached;
      next = star + 1;
    }
  }
  while (pattern[next] === '*') next += 1;
  return next === pattern.length;
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Whether a name is one of the things of a rule. */
export function namesOf({ pattern, except }: Pick<Rule, 'pattern' | 'except'>): (name: string) => boolean {
  return (name) =>
    isLike(name, pattern) && (except === null || !isLike(name, except)) && name !== LOST_AND_FOUND;
}

/** Of the file system, wherever one is mounted. */
const LOST_AND_FOUND = 'lost+found';
