// Owns the third part of the tuning: the disk is told what is free on it. Whether the hot mount is really trimmed is told by what
// fstrim.service covers; where it passes it by, by a timer of ours.
import type { DiskView } from '../disk/base-disk.ts';
import { wanted } from '../engine/examine.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { file } from '../resources/file.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { type UnitHave, type UnitWant, unit } from '../resources/unit.ts';
import { isTrimmedBySystem, OUR_TIMER, ourUnits, SYSTEMS_TIMER, systemsTimerRuns } from './fstrim-units.ts';
import type { Part } from './parts.ts';
import { discardsOf, layerInTheWay } from './trim-facts.ts';
import type { TuneRow } from './tune-document.ts';
import { type Said, whereSaid } from './where-mounted.ts';

const NOTHING: Part = { wanted: [], rows: [], refusals: [], open: [] };
const PURPOSE = 'the disk is to learn once a week what is free';
const PROGRAMS = ['/usr/sbin/fstrim', '/sbin/fstrim', '/usr/bin/fstrim'];

/** Of a file system that a service has of its own: the timer is that of the system, which the part of the base looks after. */
export function ownTrimPart(host: HostReader, view: DiskView): Part {
  const part = trimPart(host, view);
  if (part.wanted.length === 0) return part;
  const { mountPoint } = view.holder;
  const isCovered = systemsTimerRuns(host) && isTrimmedBySystem(host, mountPoint, whereSaid(host, view));
  if (isCovered) return { ...part, wanted: [] };
  const state = { now: 'no timer', isNow: false, forGood: 'no timer', isForGood: false };
  return {
    ...NOTHING,
    rows: part.rows.map((row) => ({ ...row, ...state, note: null })),
    open: [
      diagnostic('E_NOT_TRIMMED', "cannot have a service's file system trimmed by the system's timer", {
        at: mountPoint,
        detail: 'want it in what fstrim.service trims, found that it is passed by',
        hint: 'that trims what /etc/fstab lists: add its line there; once, now: sudo jts-hot trim',
      }),
    ],
  };
}

export function trimPart(host: HostReader, view: DiskView): Part {
  const { mountPoint } = view.holder;
  const discards = discardsOf(host, mountPoint);
  if (discards === null) return NOTHING;
  const row = { part: 'trim', subject: mountPoint, want: 'weekly', note: null } as const;
  if (discards.reach !== 'disk') {
    const isLayer = discards.reach === 'layer';
    const state = { now: 'no discards', isNow: !isLayer, forGood: 'nothing to install', isForGood: !isLayer };
    return {
      ...NOTHING,
      rows: [
        { ...row, want: isLayer ? row.want : 'as it is', ...state, note: isLayer ? null : discards.why },
      ],
      open: isLayer ? [layerInTheWay(mountPoint, discards.why)] : [],
    };
  }
  const said = whereSaid(host, view);
  if (isContinuous(view.holder.options) && isSaidToBe(said))
    return { ...NOTHING, rows: [{ ...row, ...AT_ONCE }] };
  return timed(host, { mountPoint, said, row });
}

const AT_ONCE = {
  now: 'at once',
  isNow: true,
  forGood: 'option discard',
  isForGood: true,
  note: 'the mount option discard tells the disk at each delete; once a week by a timer is less work for it',
} as const;

/** `discard`, and `discard=async` of btrfs. */
function isContinuous(options: readonly string[]): boolean {
  return options.some((option) => /^discard(=|$)/.test(option));
}

function isSaidToBe({ lines, unit: ofUnit }: Said): boolean {
  const all = [...lines.map(({ options }) => options), ...(ofUnit === null ? [] : [ofUnit.optionsNow ?? ''])];
  return all.length > 0 && all.every((options) => isContinuous(options.split(',')));
}

function timed(
  host: HostReader,
  of: {
    readonly mountPoint: string;
    readonly said: Said;
    readonly row: Pick<TuneRow, 'part' | 'subject' | 'want' | 'note'>;
  },
): Part {
  const { mountPoint, said, row } = of;
  const program = PROGRAMS.find((path) => host.installed(path) !== null) ?? null;
  const missing = whatIsMissing(host, mountPoint, program);
  if (missing !== null || program === null) {
    const state = { now: 'no timer', isNow: false, forGood: 'no timer', isForGood: false };
    return { ...NOTHING, rows: [{ ...row, ...state }], open: missing === null ? [] : [missing] };
  }
  const isThere = systemsTimerRuns(host);
  const isCovered = isThere && isTrimmedBySystem(host, mountPoint, said);
  const timer = isCovered ? SYSTEMS_TIMER : OUR_TIMER;
  const units: readonly UnitWant[] = [
    ...(isThere ? [SYSTEMS_TIMER] : []),
    ...(isCovered ? [] : [OUR_TIMER]),
  ].map((name) => ({ unit: name, wantedBy: 'timers.target', on: true }));
  const files = isCovered ? [] : ourUnits(mountPoint, program);
  const paths = files.map(({ path }) => path);
  const haves = unit.observe(host, units);
  return {
    wanted: [wanted(rootDirectory, directoriesOf(paths, PURPOSE)), wanted(file, files), wanted(unit, units)],
    rows: [
      { ...row, ...standing(timer, units, haves), note: isCovered || !isThere ? null : passedBy(mountPoint) },
    ],
    refusals: [],
    open: [],
  };
}

function standing(
  timer: string,
  units: readonly UnitWant[],
  haves: readonly UnitHave[],
): Pick<TuneRow, 'now' | 'isNow' | 'forGood' | 'isForGood'> {
  const own = haves[units.findIndex((one) => one.unit === timer)];
  return {
    now: own?.active ? 'weekly' : 'no timer',
    isNow: haves.every(({ active }) => active === true),
    forGood: own?.enabled ? timer : 'no timer',
    isForGood: haves.every(({ enabled }) => enabled),
  };
}

function passedBy(mountPoint: string): string {
  return `fstrim.service passes ${mountPoint} by: it trims what fstab lists`;
}

function whatIsMissing(host: HostReader, mountPoint: string, program: string | null): Diagnostic | null {
  if (program === null)
    return diagnostic('E_NO_TOOL', 'cannot trim a disk without fstrim', {
      at: mountPoint,
      detail: 'want fstrim, found none',
      fix: 'sudo apt-get install util-linux',
    });
  if (host.surroundings().runsSystemd) return null;
  return diagnostic('E_NO_SYSTEMD', 'cannot have a disk trimmed regularly where systemd does not run', {
    at: mountPoint,
    detail: 'want /run/systemd/system, found none: another init, or a container',
    hint: `have cron do it, in /etc/cron.d: 17 3 * * 0 root ${program} ${mountPoint}`,
  });
}
