// Root's small files: wanted with an exact text, or wanted gone. One that somebody else wrote or edited is refused without
// consent; with it, rollback gives it back. Their directories belong to root-directory.ts.

import type { Consent, Difference, Resource, Step } from '../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import type { HostReader } from '../port/host.ts';
import { asidePath } from '../port/operations/aside.ts';
import { describeFile } from '../port/operations/file.ts';
import type { FileState } from '../port/operations/words.ts';
import { contentOf } from '../values/content.ts';
import { shownChanges, shownLine } from '../values/shown-lines.ts';
import { directoryAddress } from './directory.ts';

export interface FileWant {
  readonly path: string;
  /** null: no file of ours. */
  readonly text: string | null;
  /** The unit that it is of; null: of none. */
  readonly unit: string | null;
  /** The service whose configuration it is, which may have directories on the way; left out: only root may. */
  readonly wayOf?: NumberedOwner;
  readonly purpose: string;
  /** Written by us, and not edited since. Any other file is replaced or removed only with the flag. */
  readonly isOurs: (text: string) => boolean;
}

/** By numbers. */
export interface NumberedOwner {
  readonly user: number;
  readonly group: number;
}

export interface FileHave {
  readonly entry: Entry;
  /** null: there is no file, or one too large for ours. */
  readonly file: FileState | null;
  /** What is in it. Steps name it by its hash, so that it is in no plan and no record. */
  readonly text: string | null;
  /** Files that a killed run left beside it. */
  readonly aside: FileState | null;
  /** The service manager has an older version of it. */
  readonly outdated: boolean;
}

/** Agrees to replace and remove what somebody else wrote or edited. */
export const REPLACE = '--replace';
/** In a hint: a command that knows how it was called puts its own words in the place of these. */
export const SAME_WITH_REPLACE = `, run the same command with ${REPLACE}`;

const ROOT = { user: 'root', group: 'root' } as const;
const MODE = '0644';

export function fileAddress(path: string): string {
  return `file ${path}`;
}

export const file: Resource<FileWant, FileHave> = {
  kind: 'file',
  role: 'file',
  creates: ['writeFile'],
  tools: {},
  isRepaired: true,
  irreversible: null,
  address: (want) => fileAddress(want.path),
  checkId: (want) => `file.${want.path}`,
  service: () => null,
  observe(host, wants) {
    const units = host.units(wants.flatMap(({ unit }) => unit ?? []));
    return wants.map(({ path, unit, text }) => {
      const entry = host.entry(path);
      const found = entry.type === 'file' ? host.text(path) : null;
      if (text !== null) host.hold(text);
      return {
        entry,
        file: stateOf(host, entry, found),
        text: found,
        aside: asideOf(host, path),
        outdated: unit !== null && units.get(unit)?.outdated === true,
      };
    });
  },
  diff: diffFile,
  expected: ({ text }) => (text === null ? 'no file of ours' : 'file of ours, word for word, root:root 0644'),
  found: (want, have) => STANDING[standingOf(want, have)],
};

function stateOf(host: HostReader, entry: Entry, text: string | null): FileState | null {
  if (entry.type !== 'file' || text === null) return null;
  return { ...host.hold(text), mode: entry.mode, owner: { user: entry.uid, group: entry.gid } };
}

function asideOf(host: HostReader, path: string): FileState | null {
  const entry = host.entry(asidePath(path));
  return entry.type === 'file' ? stateOf(host, entry, host.text(asidePath(path))) : null;
}

export type FileStanding = 'missing' | 'as wanted' | 'older' | 'foreign' | 'hidden';

/** `older`: ours, but not as it is wanted now; of a file that is not wanted: ours. */
export function standingOf(want: FileWant, { entry, file, text }: FileHave): FileStanding {
  if (entry.type === 'missing') return 'missing';
  if (entry.type === 'hidden') return 'hidden';
  if (file === null || text === null) return 'foreign';
  if (text === want.text && isPlain(file)) return 'as wanted';
  return text === want.text || want.isOurs(text) ? 'older' : 'foreign';
}

const STANDING: { readonly [standing in FileStanding]: string } = {
  missing: 'missing',
  'as wanted': 'as wanted',
  older: 'one of ours, but another',
  foreign: "somebody else's, or edited",
  hidden: 'hidden',
};

function isPlain({ mode, owner }: FileState): boolean {
  return mode === MODE && owner.user === 0 && owner.group === 0;
}

function diffFile(want: FileWant, have: FileHave, consent: Consent): Difference {
  const standing = standingOf(want, have);
  const mayReplace = consent.flags.has(REPLACE) && have.file !== null;
  if (standing === 'hidden' || (standing === 'foreign' && !mayReplace))
    return { steps: [], refusals: [inTheWay(want, have)], warnings: [] };
  return { steps: stepsFor(want, have, standing), refusals: [], warnings: [] };
}

function stepsFor(want: FileWant, have: FileHave, standing: FileStanding): readonly Step[] {
  const { path, text } = want;
  const unit = {
    ...(want.unit === null ? {} : { unit: want.unit }),
    ...(want.wayOf === undefined ? {} : { wayOf: want.wayOf }),
  };
  const { file, aside } = have;
  const step = (of: Pick<Step, 'action' | 'summary' | 'do' | 'undo'>): readonly Step[] => [
    {
      address: fileAddress(path),
      ...of,
      reason: reasonFor(want, have, standing),
      needs: text === null ? [] : [directoryAddress(path.slice(0, path.lastIndexOf('/')))],
    },
  ];
  if (text === null) {
    const from = file ?? aside;
    if (from === null) return [];
    const remove = { type: 'removeFile', path, from, ...unit } as const;
    const restore = { type: 'writeFile', path, from: null, to: from, ...unit } as const;
    // The file that was moved aside is recorded in another step: the undo of that one brings it back.
    const undo = file === null ? remove : restore;
    return step({ action: '-', summary: `${path}  removed`, do: remove, undo });
  }
  const to: FileState = { ...contentOf(text), mode: MODE, owner: ROOT };
  const write = (from: FileState | null, then: FileState) =>
    ({ type: 'writeFile', path, from, to: then, ...unit }) as const;
  const summary = `${path}  ${describeFile(to)}`;
  if (standing === 'as wanted') {
    if (aside === null && !have.outdated) return [];
    return step({ action: '~', summary, do: write(aside ?? to, to), undo: write(to, to) });
  }
  const changes = shownChanges(have.text ?? '', text);
  return file === null
    ? step({
        action: '+',
        summary,
        do: write(null, to),
        undo: { type: 'removeFile', path, from: to, ...unit },
      })
    : step({
        action: '~',
        summary,
        do: { ...write(file, to), ...(changes.length > 0 && { changes }) },
        undo: write(to, file),
      });
}

function reasonFor({ purpose, text }: FileWant, have: FileHave, standing: FileStanding): string {
  if (text === null) return standing === 'foreign' ? `${purpose}; removing it was agreed to` : purpose;
  switch (standing) {
    case 'missing':
      return `${purpose}: the file is missing`;
    case 'as wanted':
      return have.outdated
        ? `${purpose}: the service manager has not read it yet`
        : `${purpose}: a run that was killed left something beside it`;
    case 'older':
      return `${purpose}: the file is of an earlier run`;
    case 'foreign':
    case 'hidden':
      return `${purpose}: replacing somebody's file was agreed to`;
    default:
      return standing satisfies never;
  }
}

function inTheWay(want: FileWant, { entry, file, text }: FileHave): Diagnostic {
  const { path } = want;
  const at = fileAddress(path);
  if (entry.type === 'file') {
    const found =
      file === null
        ? ['found one that is too large for it']
        : [`found: ${describeFile(file)}`, ...firstOther(text ?? '', want.text)];
    return diagnostic('E_FOREIGN_FILE', 'refusing to touch a file that somebody else wrote or changed', {
      at,
      detail: [
        `want ${want.text === null ? 'a file of ours, to remove it' : 'no file there, or one of ours'}`,
        ...found,
      ],
      hint:
        file === null
          ? `look at it, move it away, then run the same command again: sudo mv -nT ${path} ${path}.old`
          : `look at it (cat ${path}); if it is not needed${SAME_WITH_REPLACE}; rollback gives it back`,
    });
  }
  if (entry.type === 'hidden')
    return diagnostic('E_HIDDEN', 'refusing to work on what even root cannot see', {
      at,
      hint: `see what file system it is (findmnt --target ${path}), and whether this is a container`,
    });
  const culprit = entry.type === 'blocked' ? entry.at : path;
  const what = entry.type === 'blocked' ? entry.by : entry.type;
  return diagnostic('E_NOT_A_FILE', 'refusing to use something that is not a plain file', {
    at: fileAddress(culprit),
    detail: `want ${culprit === path ? 'a plain file or nothing' : `a directory on the way to ${path}`}, found a ${what}`,
    hint: `look at it (ls -ld ${culprit})${want.unit === null ? '' : `; of a masked unit: systemctl unmask ${want.unit}`}`,
  });
}

/** The first line that tells the two apart, without what somebody else set. */
function firstOther(found: string, wanted: string | null): readonly string[] {
  if (wanted === null) return [];
  const lines = found.split('\n');
  const other = wanted.split('\n').findIndex((line, i) => line !== lines[i] && !line.startsWith('#'));
  return other === -1
    ? []
    : [`line ${other + 1}: ${JSON.stringify(shownLine(lines[other] ?? '', wanted)).slice(0, 70)}`];
}
