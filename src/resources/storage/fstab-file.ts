// Owns how /etc/fstab is changed, for all that change something in it: in place, and a dated copy of what it was stays beside it. Must
// not know what is changed.
import { dirname } from 'node:path';
import { FSTAB } from '../../disk/wanted.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import type { HostReader } from '../../port/host.ts';
import type { Edited, EditedFileWant } from '../edited-file.ts';

export interface FstabChange {
  /** `text` null: there is no such file. Where it gives back what is there, nothing is done. */
  readonly edit: (text: string | null) => Edited | Diagnostic;
  /** `2026-11-27`, for the name of the copy. */
  readonly today: string;
  readonly purpose: string;
  /** What systemd makes of the line that changes. */
  readonly unit: string;
  /** What to do where it is no plain file. */
  readonly elsewhere: string;
  /** It is made where there is none. */
  readonly isMade: boolean;
}

const ROOTS = { mode: '0644', owner: { user: 0, group: 0 } } as const;

export function fstabWants(host: HostReader, change: FstabChange): readonly EditedFileWant[] {
  const { today, purpose, unit, elsewhere, isMade } = change;
  const common = { service: null, wayOf: null } as const;
  const entry = host.entry(FSTAB);
  const copy = entry.type === 'missing' ? newestCopy(host) : null;
  const edit = copy === null ? change.edit : () => lost(copy);
  const before = entry.type === 'file' ? host.text(FSTAB) : null;
  const after = before === null ? null : edit(before);
  const changes = after !== null && 'text' in after && after.text !== before;
  const copies: readonly EditedFileWant[] =
    entry.type !== 'file' || before === null || !changes
      ? []
      : [
          {
            ...common,
            path: copyName(host, today, before),
            edit: () => ({ text: before, changes: [] }),
            made: { mode: entry.mode, owner: { user: entry.uid, group: entry.gid } },
            purpose: 'what it was before stays beside it',
          },
        ];
  return [...copies, { ...common, path: FSTAB, edit, made: isMade ? ROOTS : null, purpose, unit, elsewhere }];
}

/** One of our lines alone would leave out all others, without which the machine may not start. */
function lost(copy: string): Diagnostic {
  return diagnostic('E_FSTAB_LOST', 'refusing to begin a new fstab where an earlier one is kept', {
    at: FSTAB,
    detail: [`want the lines of all that is mounted, found no file`, `kept: ${copy}`],
    fix: `sudo cp -p ${copy} ${FSTAB}`,
    hint: 'look at it first; then type the same command again: it puts in what came later',
  });
}

/** null: none was ever made, or none is left. */
function newestCopy(host: HostReader): string | null {
  const copies = host.names(dirname(FSTAB)).flatMap((name) => {
    const [, date, number = '1'] = /^fstab\.(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.jts-hot$/.exec(name) ?? [];
    return date === undefined ? [] : [{ name, key: `${date} ${number.padStart(6, '0')}` }];
  });
  const newest = copies.toSorted((a, b) => (a.key < b.key ? -1 : 1)).at(-1);
  return newest === undefined ? null : `${dirname(FSTAB)}/${newest.name}`;
}

/** `/etc/fstab.2026-11-27.jts-hot`; a second one of a day is `.2`. */
function copyName(host: HostReader, today: string, text: string): string {
  for (let number = 1; ; number += 1) {
    const path = `${FSTAB}.${today}${number === 1 ? '' : `.${number}`}.jts-hot`;
    const { type } = host.entry(path);
    if (type === 'missing' || (type === 'file' && host.text(path) === text)) return path;
  }
}
