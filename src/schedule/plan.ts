// Owns putting a schedule on a host and taking it away: what is wanted of each file and timer held against what is there.
// There is one schedule at a time: installing one kind takes the other away. Reads only.

import { type Wanted, wanted } from '../engine/examine.ts';
import { NO_CONSENT, planFor } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { type FileHave, file, REPLACE, standingOf } from '../resources/file.ts';
import { earlierPrograms, PROGRAM_LINK, type ProgramWant, program } from '../resources/program.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { type UnitHave, unit } from '../resources/unit.ts';
import { isOurs } from '../values/signed.ts';
import { agreedHere, agreedIn, type ScheduleFile, type ScheduleKind, type Timer, timersOf } from './files.ts';
import type { FileReport, TimerReport } from './schedule-document.ts';

export interface SchedulePlan {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
}

export interface ScheduleWant {
  /** null: none of them. */
  readonly kind: ScheduleKind | null;
  readonly replace: boolean;
  /** What the calls run; null: nothing runs it, and what is there stays for a later rollback. */
  readonly program: ProgramWant | null;
}

export function planSchedule(
  host: HostReader,
  files: readonly ScheduleFile[],
  want: ScheduleWant,
): SchedulePlan {
  const flags = new Set(want.replace ? ([REPLACE] as const) : []);
  return planFor(host, wantedFor(files, want), { ...NO_CONSENT, flags });
}

/** The new one is there before the old one goes, and no unit's file goes while the unit is on. */
export function wantedFor(
  files: readonly ScheduleFile[],
  { kind, program: copy }: ScheduleWant,
): readonly Wanted[] {
  const written = files.filter((one) => isWanted(one, kind));
  const removed = files.filter((one) => !written.includes(one)).toReversed();
  const purpose = kind === null ? 'no regular runs' : 'regular runs of the monitor';
  const reason = kind === null ? purpose : `the monitor is run by ${kind}`;
  const places = [...written.map(({ path }) => path), ...(copy === null ? [] : [PROGRAM_LINK])];
  const copies = copy === null ? [] : [copy];
  const timers = files.some((one) => one.kind === 'systemd') ? timersOf(agreedIn(files)) : [];
  return [
    wanted(rootDirectory, directoriesOf(places, purpose)),
    wanted(program, copies),
    wanted(
      file,
      written.map((one) => ({ ...one, purpose, isOurs })),
    ),
    wanted(
      unit,
      timers.map(({ isWanted: isOne, ...timer }) => ({ ...timer, on: kind === 'systemd' && isOne })),
    ),
    wanted(
      file,
      removed.map((one) => ({ ...one, text: null, purpose: reason, isOurs })),
    ),
    wanted(earlierPrograms, copies),
  ];
}

function isWanted(file: ScheduleFile, kind: ScheduleKind | null): boolean {
  return kind !== null && file.isWanted && (file.kind === null || file.kind === kind);
}

/** The kind that is on the host, whole or in part; null: none, or both. */
export function installedKind(host: HostReader, files: readonly ScheduleFile[]): ScheduleKind | null {
  const there = (kind: ScheduleKind) =>
    files.some((file) => file.kind === kind && host.entry(file.path).type !== 'missing');
  const [cron, systemd] = [there('cron'), there('systemd')];
  if (cron === systemd) return null;
  return cron ? 'cron' : 'systemd';
}

export function reportFiles(
  host: HostReader,
  files: readonly ScheduleFile[],
  kind: ScheduleKind | null,
): readonly FileReport[] {
  const wants = files
    .filter((one) => (kind === null ? one.isWanted : isWanted(one, kind)))
    .map((one) => ({ ...one, purpose: '', isOurs }));
  const haves = file.observe(host, wants);
  return wants.map((want, i) => ({
    path: want.path,
    text: want.text,
    found: standingOf(want, haves[i] as FileHave),
  }));
}

export function reportTimers(
  host: HostReader,
  timers: readonly Timer[] = timersOf(agreedHere(host)).filter(({ isWanted: isOne }) => isOne),
): readonly TimerReport[] {
  const haves = unit.observe(
    host,
    timers.map(({ isWanted: _, ...timer }) => ({ ...timer, on: true })),
  );
  return timers.map((timer, i) => ({ unit: timer.unit, ...(haves[i] as UnitHave) }));
}
