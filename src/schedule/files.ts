// Owns what belongs to a schedule: its files, word for word, and its timers. Pure. Putting it on a host is plan.ts.
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import { type Signature, sign } from '../values/signed.ts';
import { callsOf } from './call.ts';
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
}

export interface Timer {
  readonly unit: string;
  readonly wantedBy: string;
}

export interface ScheduleNeeds extends Needs {
  /** Who may read the logs beside root. */
  readonly logGroup: string;
}

/** Every file of every kind, in the order in which they are written: what a timer starts before the timer. */
export function scheduleFiles(needs: ScheduleNeeds): readonly ScheduleFile[] {
  const calls = callsOf(needs.caller);
  const unitFile = (unit: string, text: () => string) =>
    written({ path: `${UNIT_DIRECTORY}/${unit}`, unit, kind: 'systemd' }, text);
  return [
    ...calls.map((call) => unitFile(serviceName(call), () => serviceUnit(call, needs))),
    ...calls.map((call) => unitFile(timerName(call), () => timerUnit(call))),
    written({ path: CRON_FILE, unit: null, kind: 'cron' }, () => cronTable(calls)),
    written({ path: LOGROTATE_FILE, unit: null, kind: null }, () => logrotateFile(calls, needs.logGroup)),
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
export const TIMERS: readonly Timer[] = callsOf({ path: '', flags: [] }).map((call) => ({
  unit: timerName(call),
  wantedBy: TIMER_TARGET,
}));
