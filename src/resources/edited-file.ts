// Somebody else's files in which a few settings are ours: read, changed there, and all else left as it is, mode and owner
// too. Rollback gives back the file as it was. How a text is changed is the caller's.

import type { Consent, Difference, Resource, Step } from '../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Entry } from '../port/entry.ts';
import type { HostReader } from '../port/host.ts';
import { asidePath, isAside } from '../port/operations/aside.ts';
import { describeFile } from '../port/operations/file.ts';
import type { FileState } from '../port/operations/words.ts';
import { contentOf } from '../values/content.ts';
import { fileAddress, type NumberedOwner } from './file.ts';

export interface EditedFileWant {
  readonly path: string;
  readonly service: string | null;
  /** `text` null: there is no such file. Or why it cannot be changed. */
  readonly edit: (text: string | null) => Edited | Diagnostic;
  /** Of a file that is not there; null: then nothing is made. */
  readonly made: Pick<FileState, 'mode' | 'owner'> | null;
  readonly wayOf: NumberedOwner | null;
  readonly purpose: string;
  /** The unit that systemd makes of it: it reads it anew where it knows an older one. Left out: none. */
  readonly unit?: string;
  /** What to do where it is no plain file; left out: the file is one of a service. */
  readonly elsewhere?: string;
}

/** What a file is to say. */
export interface Edited {
  readonly text: string;
  /** What changes, as people may see it: of lines in which others' values stand, too, only what is ours. */
  readonly changes: readonly string[];
}

export interface EditedFileHave {
  readonly entry: Entry;
  /** null: there is no file, or one too large. */
  readonly file: FileState | null;
  readonly text: string | null;
  /** What it is to say, or why that cannot be. */
  readonly edited: Edited | Diagnostic | null;
  /** A run that was killed left something beside it. */
  readonly isAside: boolean;
  /** What that is, where it is a file of this kind; left out or null: it is none. */
  readonly aside?: FileState | null;
  /** The service manager has an older version of it. */
  readonly outdated: boolean;
}

export const editedFile: Resource<EditedFileWant, EditedFileHave> = {
  kind: 'edited file',
  role: 'file',
  creates: ['writeFile'],
  tools: {},
  isRepaired: false,
  irreversible: null,
  address: (want) => fileAddress(want.path),
  checkId: (want) => `edited-file.${want.path}`,
  service: (want) => want.service,
  observe(host, wants) {
    const units = host.units(wants.flatMap(({ unit }) => unit ?? []));
    return wants.map(({ path, edit, unit = '' }) => {
      const entry = host.entry(path);
      const text = entry.type === 'file' ? host.text(path) : null;
      const isEdited = text !== null || entry.type === 'missing';
      const edited = isEdited ? edit(text) : null;
      if (edited !== null && 'text' in edited) host.hold(edited.text);
      const file =
        entry.type === 'file' && text !== null
          ? { ...host.hold(text), mode: entry.mode, owner: { user: entry.uid, group: entry.gid } }
          : null;
      return {
        entry,
        file,
        text,
        edited,
        isAside: isAside(host, path),
        aside: stateAt(host, asidePath(path)),
        outdated: units.get(unit)?.outdated === true,
      };
    });
  },
  diff: diffEdited,
  expected: () => 'our settings in it',
  found: (_want, { entry, text, edited }) =>
    entry.type !== 'file'
      ? entry.type
      : isAsEdited(text, edited)
        ? 'our settings in it'
        : 'other settings in it',
};

/** null: no plain file, or one too large. */
function stateAt(host: HostReader, path: string): FileState | null {
  const entry = host.entry(path);
  const text = entry.type === 'file' ? host.text(path) : null;
  if (entry.type !== 'file' || text === null) return null;
  return { ...host.hold(text), mode: entry.mode, owner: { user: entry.uid, group: entry.gid } };
}

function isAsEdited(text: string | null, edited: Edited | Diagnostic | null): boolean {
  return edited !== null && 'text' in edited && edited.text === text;
}

function diffEdited(want: EditedFileWant, have: EditedFileHave, _consent: Consent): Difference {
  const { made } = want;
  const { entry, file, text, edited } = have;
  const refuse = (refusal: Diagnostic): Difference => ({ steps: [], refusals: [refusal], warnings: [] });
  if (edited === null || (file === null && made === null)) return refuse(inTheWay(want, entry));
  if (!('text' in edited)) return refuse(edited);
  if (edited.text === text && !have.isAside && !have.outdated)
    return { steps: [], refusals: [], warnings: [] };
  const { mode, owner } = file ?? (made as NonNullable<typeof made>);
  const step = stepFor(want, have, { ...contentOf(edited.text), mode, owner }, edited.changes);
  return { steps: [step], refusals: [], warnings: [] };
}

function stepFor(
  { path, wayOf, purpose, unit }: EditedFileWant,
  { file, text, aside = null, edited }: EditedFileHave,
  to: FileState,
  changes: readonly string[],
): Step {
  const way = { ...(wayOf !== null && { wayOf }), ...(unit !== undefined && { unit }) };
  const write = (from: FileState | null, then: FileState) =>
    ({ type: 'writeFile', path, from, to: then, ...way }) as const;
  // It is written already: the earlier version that a killed run left beside it goes, and the undo of that run brings it back.
  if (file !== null && isAsEdited(text, edited))
    return {
      address: fileAddress(path),
      action: '~',
      summary: `${path}  ${describeFile(to)}`,
      reason: purpose,
      do: write(aside ?? file, to),
      undo: write(to, to),
      needs: [],
    };
  return {
    address: fileAddress(path),
    action: file === null ? '+' : '~',
    summary: `${path}  ${describeFile(to)}`,
    reason: purpose,
    do: { ...write(file, to), ...(changes.length > 0 && { changes }) },
    undo: file === null ? { type: 'removeFile', path, from: to, ...way } : write(to, file),
    needs: [],
  };
}

function inTheWay({ path, elsewhere }: EditedFileWant, entry: Entry): Diagnostic {
  const at = fileAddress(entry.type === 'blocked' ? entry.at : path);
  if (entry.type === 'file')
    return diagnostic('E_FILE_SIZE', 'cannot edit a file that is too large for one of settings', {
      at,
      detail: 'want at most 8 MiB',
      hint: `look at what is in it (head ${path})`,
    });
  const what = entry.type === 'blocked' ? entry.by : entry.type;
  return diagnostic('E_NOT_A_FILE', 'refusing to edit something that is not a plain file', {
    at,
    detail: `want a plain file, found ${what === 'missing' ? 'nothing' : `a ${what}`}`,
    hint: `look at it (ls -ld ${path}); ${elsewhere ?? 'name the file that the service reads with --to'}`,
  });
}
