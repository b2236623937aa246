// Owns putting a schedule on a host and taking it away: what is wanted of each file and timer held against what is there.
// There is one schedule at a time: installing one kind takes the other away. Reads only.

import type { Step } from '../engine/resource.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import {
  diffFile,
  diffParents,
  type FileConsent,
  type FileStanding,
  observeFile,
  standingOf,
} from '../resources/file.ts';
import { diffProgram, observeProgram, PROGRAM_LINK, type ProgramWant } from '../resources/program.ts';
import { diffUnit, observeUnit, type UnitHave } from '../resources/unit.ts';
import { type ScheduleFile, type ScheduleKind, TIMERS, type Timer } from './files.ts';
import { isOurs } from './signed.ts';

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
  { kind, replace, program }: ScheduleWant,
): SchedulePlan {
  const consent: FileConsent = { isOurs, replace };
  const wanted = files.filter((file) => isWanted(file, kind));
  const unwanted = files.filter((file) => !wanted.includes(file)).toReversed();
  const purpose = kind === null ? 'no regular runs' : 'regular runs of the monitor';
  const parents = diffParents(
    host,
    [...wanted.map(({ path }) => path), ...(program === null ? [] : [PROGRAM_LINK])],
    purpose,
  );
  const copied = program === null ? null : diffProgram(program, observeProgram(host, program));
  const diffs = (some: readonly ScheduleFile[], gone: string | null) =>
    some.map((file) => {
      const want = { ...file, text: gone === null ? file.text : null, purpose: gone ?? purpose };
      return diffFile(want, observeFile(host, want), consent);
    });
  const written = diffs(wanted, null);
  const removed = diffs(unwanted, kind === null ? purpose : `the monitor is run by ${kind}`);
  const on = kind === 'systemd';
  const timers = files.some((file) => file.kind === 'systemd')
    ? TIMERS.flatMap((timer) => diffUnit({ ...timer, on }, observeUnit(host, timer)))
    : [];
  return {
    // The new one is there before the old one goes, and no unit's file goes while the unit is on.
    steps: [
      ...parents.steps,
      ...(copied?.steps ?? []),
      ...written.flatMap(({ steps }) => steps),
      ...timers,
      ...removed.flatMap(({ steps }) => steps),
      ...(copied?.cleanUp ?? []),
    ],
    refusals: [
      ...parents.refusals,
      ...(copied?.refusals ?? []),
      ...[...written, ...removed].flatMap(({ refusals }) => refusals),
    ],
  };
}

function isWanted(file: ScheduleFile, kind: ScheduleKind | null): boolean {
  return kind !== null && (file.kind === null || file.kind === kind);
}

/** The kind that is on the host, whole or in part; null: none, or both. */
export function installedKind(host: HostReader, files: readonly ScheduleFile[]): ScheduleKind | null {
  const there = (kind: ScheduleKind) =>
    files.some((file) => file.kind === kind && host.entry(file.path).type !== 'missing');
  const [cron, systemd] = [there('cron'), there('systemd')];
  if (cron === systemd) return null;
  return cron ? 'cron' : 'systemd';
}

export interface FileReport {
  readonly path: string;
  /** What installing writes there. */
  readonly text: string;
  /** `older`: ours, of an earlier run. `foreign`: somebody else's, or edited. `hidden`: not to be seen without root. */
  readonly found: FileStanding;
}

export interface TimerReport extends UnitHave {
  readonly unit: string;
}

export function reportFiles(
  host: HostReader,
  files: readonly ScheduleFile[],
  kind: ScheduleKind | null,
): readonly FileReport[] {
  return files
    .filter((file) => kind === null || isWanted(file, kind))
    .map((file) => {
      const want = { ...file, purpose: '' };
      const found = standingOf(want, observeFile(host, want), { isOurs, replace: false });
      return { path: file.path, text: file.text, found };
    });
}

export function reportTimers(host: HostReader, timers: readonly Timer[] = TIMERS): readonly TimerReport[] {
  return timers.map((timer) => ({ unit: timer.unit, ...observeUnit(host, timer) }));
}
