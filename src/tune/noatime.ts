// Owns the first part of the tuning: reading writes nothing. On what is mounted now by a remount, for good where it is said how
// it is mounted: in fstab, by a drop-in of its unit, or both.
import { accessTimesOf, withNoatime } from '../disk/access-times.ts';
import type { DiskView } from '../disk/base-disk.ts';
import { changeOptions, type FstabLine } from '../disk/fstab-edit.ts';
import { type Wanted, wanted } from '../engine/examine.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { accessTimes } from '../resources/access-times.ts';
import { type Edited, type EditedFileWant, editedFile } from '../resources/edited-file.ts';
import { type FileWant, file } from '../resources/file.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { isOurs, sign } from '../values/signed.ts';
import type { Part } from './parts.ts';
import { dropInOf, FSTAB, type MountUnit, type Said, unitOfMount, whereSaid } from './where-mounted.ts';

const PURPOSE = 'noatime is to hold at the next mount';
const NOATIME = 'noatime';

export interface Noatime extends Part {
  /** What fstab is to say, to be verified first; null: it stays as it is. */
  readonly fstab: { readonly before: string; readonly after: string } | null;
}

/** `today`: `2026-11-27`, for the copy of fstab. */
export function noatimePart(host: HostReader, view: DiskView, today: string): Noatime {
  const { mountPoint, options } = view.holder;
  const said = whereSaid(host, view);
  const now = accessTimesOf(options);
  const fstab = fstabChange(host, said);
  const open = openEnds(view, said);
  const row = {
    part: 'noatime',
    subject: mountPoint,
    want: NOATIME,
    now,
    isNow: now === NOATIME,
    forGood: forGoodIn(said),
    isForGood: isSaid(said),
    note: null,
  } as const;
  return {
    wanted: [
      wanted(accessTimes, [{ mountPoint }]),
      ...fstabWanted(host, { said, fstab, mountPoint, today }),
      ...dropInWanted(said.unit, mountPoint),
    ],
    rows: [row],
    refusals: said.others.length > 0 && said.lines.length === 0 ? [namesAnother(view, said.others)] : [],
    open,
    fstab,
  };
}

function isRight(options: string | null): boolean {
  return options !== null && withNoatime(options) === options;
}

function isSaid({ lines, unit, beyondUs }: Said): boolean {
  if (beyondUs || (lines.length === 0 && unit === null)) return false;
  return lines.every(({ options }) => isRight(options)) && (unit === null || isRight(unit.optionsNow));
}

/** What says it, or does not yet. */
function forGoodIn({ lines, unit, beyondUs }: Said): string {
  if (beyondUs) return `not read: ${FSTAB}`;
  const by = [...(lines.length > 0 ? [FSTAB] : []), ...(unit === null ? [] : [unit.name])];
  if (by.length === 0) return 'nothing mounts it';
  const wrong = [
    ...(lines.every(({ options }) => isRight(options)) ? [] : [FSTAB]),
    ...(unit === null || isRight(unit.optionsNow) ? [] : [unit.name]),
  ];
  return wrong.length === 0 ? by.join(', ') : `not in ${wrong.join(', ')}`;
}

function fstabChange(host: HostReader, { lines }: Said): Noatime['fstab'] {
  if (lines.length === 0) return null;
  const before = host.text(FSTAB);
  if (before === null) return null;
  const after = changeOptions(before, lines, withNoatime);
  return after === before ? null : { before, after };
}

function fstabWanted(
  host: HostReader,
  of: {
    readonly said: Said;
    readonly fstab: Noatime['fstab'];
    readonly mountPoint: string;
    readonly today: string;
  },
): readonly Wanted[] {
  const { said, fstab, mountPoint, today } = of;
  if (said.lines.length === 0 && !said.beyondUs) return [];
  const entry = host.entry(FSTAB);
  const after = fstab?.after ?? null;
  const edit = (text: string | null): Edited => ({
    // Planned from the very text that was verified; another one is looked at by the next plan.
    text: text === fstab?.before ? (after ?? text ?? '') : (text ?? ''),
    changes: fstab === null ? [] : said.lines.flatMap((line) => shown(line)),
  });
  const common = { service: null, wayOf: null, purpose: PURPOSE } as const;
  const copies: readonly EditedFileWant[] =
    fstab === null || entry.type !== 'file'
      ? []
      : [
          {
            ...common,
            path: copyName(host, today, fstab.before),
            edit: () => ({ text: fstab.before, changes: [] }),
            made: { mode: entry.mode, owner: { user: entry.uid, group: entry.gid } },
            purpose: 'what it was before stays beside it',
          },
        ];
  return [
    wanted(editedFile, [
      ...copies,
      {
        ...common,
        path: FSTAB,
        edit,
        made: null,
        unit: unitOfMount(mountPoint),
        elsewhere: 'write noatime into the file that it leads to',
      },
    ]),
  ];
}

/** Only the options, and of these no secret. */
function shown({ index, options }: FstabLine): readonly string[] {
  const hidden = (text: string) => text.replace(/((?:pass\w*|user\w*|cred\w*)=)[^,]*/gi, '$1********');
  const after = withNoatime(options === '' ? 'defaults' : options);
  if (after === options) return [];
  return [`- line ${index + 1}: ${hidden(options) || 'no options'}`, `+ line ${index + 1}: ${hidden(after)}`];
}

/** `/etc/fstab.2026-11-27.jts-hot`; a second one of a day is `.2`. */
function copyName(host: HostReader, today: string, text: string): string {
  for (let number = 1; ; number += 1) {
    const path = `${FSTAB}.${today}${number === 1 ? '' : `.${number}`}.jts-hot`;
    const { type } = host.entry(path);
    if (type === 'missing' || (type === 'file' && host.text(path) === text)) return path;
  }
}

/** Also of one that is there and no longer needed to be: what it says follows what its unit says. */
function dropInWanted(unit: MountUnit | null, mountPoint: string): readonly Wanted[] {
  if (unit === null) return [];
  const isNeeded = !isRight(unit.options) || unit.optionsNow !== unit.options;
  if (!isNeeded) return [];
  const options = withNoatime(unit.options ?? 'defaults');
  const want: FileWant = {
    path: dropInOf(mountPoint),
    text: sign(`[Mount]\n# as ${unit.saidBy} has them, with noatime\nOptions=${options}\n`, {
      writer: 'jts-hot tune disk',
      removal: 'jts-hot rollback',
    }),
    unit: unit.name,
    purpose: PURPOSE,
    isOurs,
  };
  return [wanted(rootDirectory, directoriesOf([want.path], PURPOSE)), wanted(file, [want])];
}

function openEnds({ holder }: DiskView, { lines, others, unit, beyondUs }: Said): readonly Diagnostic[] {
  if (beyondUs || lines.length > 0 || others.length > 0 || unit !== null) return [];
  const { mountPoint, type, uuid, source } = holder;
  const what = uuid === null ? source : `UUID=${uuid}`;
  return [
    diagnostic('E_MOUNTED_BY_HAND', 'cannot keep noatime for a mount that nothing mounts at the next start', {
      at: mountPoint,
      detail: 'want a line in /etc/fstab or a unit of systemd that mounts it, found neither: mounted by hand',
      hint: `add a line to /etc/fstab: ${what} ${inFstab(mountPoint)} ${type} defaults,noatime 0 2`,
    }),
  ];
}

function inFstab(path: string): string {
  return path.replace(/[\\ \t\n#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function namesAnother({ holder }: DiskView, others: readonly FstabLine[]): Diagnostic {
  return diagnostic('E_FSTAB_OTHER', 'refusing to change the line of another disk', {
    at: FSTAB,
    detail: [
      `want a line for ${holder.source}, which is mounted at ${holder.mountPoint}`,
      ...others.map(({ index, what }) => `found line ${index + 1}, which names another device: ${what}`),
    ],
    hint: 'have it name the disk that is mounted there, or mount the one that it names',
  });
}
