// Owns what belongs to a schedule: its files, word for word, and its timers. Pure. Putting it on a host is plan.ts.
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import { type Signature, sign } from '../values/signed.ts';
import { type Agreed, type Call, callsOf, NOTHING_AGREED } from './call.ts';
import { CRON_FILE, cronTable } from './cron.ts';
import { LOGROTATE_FILE, logrotateFile } from './logrotate.ts';
import { type Needs, serviceName, serviceUnit, TIMER_TARGET, timerName, timerUnit } from './systemd.ts';

export const BY_SCHEDULE: Signature = {
  writer: 'jts-hot schedule',
  removal: 'jts-hot schedule --remove',
};

export type ScheduleKind = 'cron' | 'systemd';

export interface ScheduleFile {
  readonly path: string;
  readonly text: string;
  readonly unit: string | null;
  /** Of which kind of schedule; null: of both. */
  readonly kind: ScheduleKind | null;
  /** false: it goes, whatever kind is wanted. */
  readonly isWanted: boolean;
}

export interface Timer {
  readonly unit: string;
  readonly isWanted: boolean;
  readonly wantedBy: string;
}

export interface ScheduleNeeds extends Needs {
  /** Who may read the logs beside root. */
  readonly logGroup: string;
}

/** Every file of every kind, in the order in which they are written: what a timer starts before the timer. */
export function scheduleFiles(needs: ScheduleNeeds): readonly ScheduleFile[] {
  const calls = callsOf(needs.caller);
  const wanted = calls.filter(({ isWanted }) => isWanted);
  const unitFile = (unit: string, { isWanted }: Call, text: () => string) =>
    written({ path: `${UNIT_DIRECTORY}/${unit}`, unit, kind: 'systemd', isWanted }, text);
  const shared = { unit: null, isWanted: true } as const;
  return [
    ...calls.map((call) => unitFile(serviceName(call), call, () => serviceUnit(call, needs))),
    ...calls.map((call) => unitFile(timerName(call), call, () => timerUnit(call))),
    written({ ...shared, path: CRON_FILE, kind: 'cron' }, () => cronTable(wanted)),
    written({ ...shared, path: LOGROTATE_FILE, kind: null }, () => logrotateFile(wanted, needs.logGroup)),
  ];
}

/** Its text is made when it is asked for: whether a schedule is there can be seen without, and checksums take a while to load. */
function written(about: Omit<ScheduleFile, 'text'>, write: () => string): ScheduleFile {
  let text: string | null = null;
  return {
    ...about,
    get text() {
      text ??= sign(write(), BY_SCHEDULE);
      return text;
    },
  };
}

/** Their names do not depend on what is called. */
export function timersOf(agreed: Agreed): readonly Timer[] {
  return callsOf({ path: '', flags: [], agreed }).map((call) => ({
    unit: timerName(call),
    wantedBy: TIMER_TARGET,
    isWanted: call.isWanted,
  }));
}

export const TIMERS: readonly Timer[] = timersOf(NOTHING_AGREED);

/** What the schedule that is on the host does of it: it then goes on to, until somebody says otherwise. */
export function agreedHere(host: HostReader): Agreed {
  const table = host.entry(CRON_FILE).type === 'file' ? (host.text(CRON_FILE) ?? '') : '';
  const isThere = (name: 'clean' | 'backup', line: RegExp) =>
    host.entry(`${UNIT_DIRECTORY}/${timerName({ name })}`).type !== 'missing' || line.test(table);
  return {
    cleans: isThere('clean', / root \S+ clean --delete\b/),
    backsUp: isThere('backup', / root \S+ backup run\b/),
  };
}

/** Of these files. */
export function agreedIn(files: readonly ScheduleFile[]): Agreed {
  const wants = (name: 'clean' | 'backup') =>
    files.some(({ unit, isWanted }) => unit === timerName({ name }) && isWanted);
  return { cleans: wants('clean'), backsUp: wants('backup') };
}
