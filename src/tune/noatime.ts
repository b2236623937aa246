// Owns the first part of the tuning: reading writes nothing. On what is mounted now by a remount, for good where it is said how
// it is mounted: in fstab, by a drop-in of its unit, or both.
import { accessTimesOf, withNoatime } from '../disk/access-times.ts';
import type { DiskView } from '../disk/base-disk.ts';
import { changeOptions, type FstabLine } from '../disk/fstab-edit.ts';
import { escapedPath } from '../disk/fstab-line.ts';
import { FSTAB } from '../disk/wanted.ts';
import { type Wanted, wanted } from '../engine/examine.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { accessTimes } from '../resources/access-times.ts';
import { type Edited, editedFile } from '../resources/edited-file.ts';
import { type FileWant, file } from '../resources/file.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { fstabWants } from '../resources/storage/fstab-file.ts';
import { isOurs, sign } from '../values/signed.ts';
import type { Part } from './parts.ts';
import type { TuneRow } from './tune-document.ts';
import { dropInOf, type MountUnit, type Said, unitOfMount, whereSaid } from './where-mounted.ts';

const PURPOSE = 'noatime is to hold at the next mount';
const NOATIME = 'noatime';

export interface Noatime extends Part {
  /** What fstab is to say, to be verified first; null: it stays as it is. */
  readonly fstab: { readonly before: string; readonly after: string } | null;
}

interface Mount {
  readonly view: DiskView;
  readonly said: Said;
}

/** Of all mounts together, since fstab is one file. `today`: `2026-11-27`, for the copy of fstab. */
export function noatimePart(host: HostReader, views: readonly DiskView[], today: string): Noatime {
  const mounts = views.map((view): Mount => ({ view, said: whereSaid(host, view) }));
  const fstab = fstabChange(
    host,
    mounts.flatMap(({ said }) => said.lines),
  );
  return {
    wanted: [
      wanted(
        accessTimes,
        views.map(({ holder }) => ({ mountPoint: holder.mountPoint })),
      ),
      ...fstabWanted(host, { mounts, fstab, today }),
      ...mounts.flatMap(({ view, said }) => dropInWanted(said.unit, view.holder.mountPoint)),
    ],
    rows: mounts.map(rowOf),
    refusals: mounts.flatMap(({ view, said: { lines, others } }) =>
      others.length > 0 && lines.length === 0 ? [namesAnother(view, others)] : [],
    ),
    open: mounts.flatMap(({ view, said }) => openEnds(view, said)),
    fstab,
  };
}

function rowOf({ view, said }: Mount): TuneRow {
  const { mountPoint, options } = view.holder;
  const now = accessTimesOf(options);
  return {
    part: 'noatime',
    subject: mountPoint,
    want: NOATIME,
    now,
    isNow: now === NOATIME,
    forGood: forGoodIn(said),
    isForGood: isSaid(said),
    note: null,
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

function fstabChange(host: HostReader, lines: readonly FstabLine[]): Noatime['fstab'] {
  if (lines.length === 0) return null;
  const before = host.text(FSTAB);
  if (before === null) return null;
  const after = changeOptions(before, lines, withNoatime);
  return after === before ? null : { before, after };
}

function fstabWanted(
  host: HostReader,
  of: {
    readonly mounts: readonly Mount[];
    readonly fstab: Noatime['fstab'];
    readonly today: string;
  },
): readonly Wanted[] {
  const { mounts, fstab, today } = of;
  const lines = mounts.flatMap(({ said }) => said.lines);
  if (lines.length === 0 && !mounts.some(({ said }) => said.beyondUs)) return [];
  // What systemd makes of fstab it makes anew all at once.
  const [first] = mounts.filter(({ said }) => said.lines.length > 0);
  const edit = (text: string | null): Edited => ({
    // Planned from the very text that was verified; another one is looked at by the next plan.
    text: text === fstab?.before ? fstab.after : (text ?? ''),
    changes: fstab === null ? [] : lines.flatMap((line) => shown(line)),
  });
  const wants = fstabWants(host, {
    edit,
    today,
    purpose: PURPOSE,
    unit: unitOfMount((first ?? mounts[0])?.view.holder.mountPoint ?? '/'),
    elsewhere: 'write noatime into the file that it leads to',
    isMade: false,
  });
  return [wanted(editedFile, wants)];
}

/** Only the options, and of these no secret. */
function shown({ index, options }: FstabLine): readonly string[] {
  const hidden = (text: string) => text.replace(/((?:pass\w*|user\w*|cred\w*)=)[^,]*/gi, '$1********');
  const after = withNoatime(options === '' ? 'defaults' : options);
  if (after === options) return [];
  return [`- line ${index + 1}: ${hidden(options) || 'no options'}`, `+ line ${index + 1}: ${hidden(after)}`];
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
      hint: `add a line to /etc/fstab: ${what} ${escapedPath(mountPoint)} ${type} defaults,noatime 0 2`,
    }),
  ];
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
