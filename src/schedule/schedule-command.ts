// `jts-hot schedule`: shows, installs or removes the regular runs of the monitor, as steps that rollback undoes.

import { layoutFindings } from '../alerts/layout-findings.ts';
import { type Answer, type Context, notVerified, requireRoot, toDoIt } from '../command/context.ts';
import { dryRun, runRecorded, taking, type Work } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import { isAsWanted } from '../engine/resource.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { ProgramSource } from '../port/operations/words.ts';
import { REPLACE, SAME_WITH_REPLACE } from '../resources/file.ts';
import { PROGRAM, type ProgramWant } from '../resources/program.ts';
import { type Agreed, PLAIN_WORD } from './call.ts';
import { agreedHere, type ScheduleFile, type ScheduleKind, scheduleFiles, timersOf } from './files.ts';
import { installedKind, planSchedule, reportFiles, reportTimers, type SchedulePlan } from './plan.ts';
import type { ScheduleResult } from './schedule-document.ts';
import { installedOnRecord } from './schedule-on-record.ts';

export interface ScheduleOptions {
  /** null: the one that is installed, else systemd where it runs, else cron; with `remove`, both. */
  readonly kind: ScheduleKind | null;
  readonly act: 'show' | 'install' | 'remove';
  /** Cleaning by a timer, which deletes; null: as it is on the host. */
  readonly cleans?: boolean | null;
  /** Backups by a timer; null: as it is on the host. */
  readonly backsUp?: boolean | null;
  /** Agreed to: files that somebody else wrote or edited are replaced or removed. */
  readonly replace: boolean;
  /** Only shows what it would do. */
  readonly isDry?: boolean;
  /** The program that was called: what is installed is a copy of it. */
  readonly self: ProgramSource;
  /** Words that say which layout is meant: `--spec FILE`, `--base DIR`. */
  readonly flags: readonly string[];
}

export async function scheduleCommand(
  context: Context,
  options: ScheduleOptions,
): Promise<Answer<ScheduleResult>> {
  const { act, replace, isDry = false } = options;
  const { host, monitoring } = context;
  if (act !== 'show' && !isDry) requireRoot(context);
  requireKnownLayout(host, options);
  const here = agreedHere(host);
  const agreed: Agreed = {
    cleans: options.cleans ?? here.cleans,
    backsUp: options.backsUp ?? here.backsUp,
  };
  const files = filesFor(context, options.flags, agreed);
  const kind = kindFor(host, files, options);
  const wanted = act === 'remove' ? null : kind;
  const touched = act === 'remove' && kind !== null ? ofKind(host, files, kind) : files;
  const obstacles =
    act === 'remove'
      ? []
      : [
          ...obstaclesTo(host, kind, options.flags),
          ...layoutFindings({ root: host.root, file: context.layoutFile, monitoring }, UNATTENDED_OWNERS),
        ];
  const program = (): ProgramWant => ({ built: host.programFrom(options.self), source: options.self });
  const plan = (): SchedulePlan => {
    const want = { kind: wanted, replace, program: act === 'remove' ? null : program() };
    const { steps, refusals } = planSchedule(host, touched, want);
    return { steps, refusals: [...obstacles, ...refusals.map(withReplace)] };
  };
  /** What agrees to it, as it is typed: nobody has to remember what was typed before. */
  const withReplace = (refusal: Diagnostic): Diagnostic => {
    const { code, hint } = refusal;
    if (code !== 'E_FOREIGN_FILE' || hint === null) return refusal;
    const words = act === 'show' ? `schedule --${kind} --install` : toDoIt(context, 'schedule');
    return { ...refusal, hint: hint.replace(SAME_WITH_REPLACE, `: sudo jts-hot ${words} ${REPLACE}`) };
  };
  const isInPlace = (one: ScheduleKind): boolean => {
    return isAsWanted(planSchedule(host, files, { kind: one, replace: false, program: program() }));
  };
  const warnings = act === 'remove' ? [] : warningsFor(host, kind);
  const report = (
    planned: SchedulePlan,
    more: Pick<ScheduleResult, 'outcome'> & Partial<ScheduleResult>,
  ): ScheduleResult => ({
    root: host.root,
    base: context.layout.base,
    act,
    kind,
    program: PROGRAM,
    files: reportFiles(host, files, kind),
    timers:
      kind === 'cron'
        ? []
        : reportTimers(
            host,
            timersOf(agreed).filter(({ isWanted }) => isWanted),
          ),
    installed: (kind === null ? KINDS : [kind]).some(isInPlace),
    run: null,
    continues: null,
    steps: planned.steps,
    done: 0,
    refusals: planned.refusals,
    warnings,
    ...more,
  });

  const work: Work<SchedulePlan, Applied> = {
    command: 'schedule',
    scope: [`--${act}`, kind ?? []].flat().join(' '),
    looksFirst: true,
    isDry,
    plan,
    decisions: () => [
      ...(act === 'remove' ? [] : [`what runs is a copy of ${options.self.launcher}`]),
      ...(act === 'install' && agreed.cleans ? ['cleans every day, and deletes (--clean daily)'] : []),
      ...(act === 'install' && agreed.backsUp ? ['backs up every day (--backup daily)'] : []),
      ...(replace ? ["may replace and remove somebody's files (--replace)"] : []),
      ...warnings.map((warning) => `went on although ${warning.summary}: ${warning.detail.join('; ')}`),
    ],
    // What somebody took away by hand is taken away on record, too: nobody misses it from then on.
    recordsAlso() {
      const known = act === 'remove' ? installedOnRecord(host.journal) : null;
      const isMeant = known !== null && (kind === null || kind === known.kind);
      return isMeant ? 'what was installed was gone already, and is not wanted any more' : null;
    },
    act: taking(({ steps }) => steps),
    lookAgain() {
      const after = plan();
      return after.steps.length === 0
        ? after.refusals
        : [...after.refusals, notVerified(after.steps, 'jts-hot schedule')];
    },
    again: () => context.invocation,
  };
  if (act === 'show') {
    // What would stand in the way of installing it is no failure of showing it.
    const { planned } = await dryRun(work);
    return { exitCode: EXIT.ok, problems: [], result: report(planned, { outcome: 'shown' }) };
  }
  const ran = await runRecorded(context, work);
  const { planned, exitCode, problems, outcome, run, continues, done } = ran;
  return { exitCode, problems, result: report(planned, { outcome, run, continues, done }) };
}

/** Word for word, as they are to be on this host. */
export function filesFor(
  { host, layout, monitoring }: Pick<Context, 'host' | 'layout' | 'monitoring'>,
  flags: readonly string[],
  agreed = agreedHere(host),
): readonly ScheduleFile[] {
  return scheduleFiles({
    base: layout.base,
    caller: { path: PROGRAM, flags, agreed },
    monitoring,
    logGroup: host.groups([LOG_GROUP]).has(LOG_GROUP) ? LOG_GROUP : 'root',
  });
}

/** Timers and cron lines work in nobody's name: only root's files will count. */
const UNATTENDED_OWNERS = [0];

const KINDS: readonly ScheduleKind[] = ['systemd', 'cron'];

/** Who reads logs on Debian and most others. */
const LOG_GROUP = 'adm';

/** What is called later finds its layout by itself, or by a path that is there then. */
function requireKnownLayout(host: HostReader, { flags, act }: ScheduleOptions): void {
  if (host.root === '/' || !flags.includes('--spec') || act !== 'install') return;
  throw new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot schedule for a layout file that the image may not have', {
      at: '--spec',
      detail: `want it in the image, as ${host.root}/etc/jts/hot-storage.yaml, where it is found without --spec`,
      hint: 'copy it there, then leave --spec out',
    }),
  ]);
}

function kindFor(
  host: HostReader,
  files: readonly ScheduleFile[],
  { kind, act }: ScheduleOptions,
): ScheduleKind | null {
  if (kind !== null || act === 'remove') return kind;
  const installed = installedKind(host, files);
  if (installed !== null) return installed;
  const systemd =
    host.root === '/'
      ? host.surroundings().runsSystemd
      : ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].some((path) => host.installed(path) !== null);
  return systemd ? 'systemd' : 'cron';
}

/** What goes with one kind: all but the other's, and what both share stays while the other is there. */
function ofKind(
  host: HostReader,
  files: readonly ScheduleFile[],
  kind: ScheduleKind,
): readonly ScheduleFile[] {
  const other = files.filter((file) => file.kind !== null && file.kind !== kind);
  const stays = other.some(({ path }) => host.entry(path).type !== 'missing');
  return files.filter((file) => file.kind === kind || (file.kind === null && !stays));
}

function obstaclesTo(
  host: HostReader,
  kind: ScheduleKind | null,
  flags: readonly string[],
): readonly Diagnostic[] {
  const obstacles: Diagnostic[] = [];
  const odd = flags.find((word) => !PLAIN_WORD.test(word));
  if (odd !== undefined)
    obstacles.push(
      diagnostic('E_SCHEDULE_WORD', 'refusing to schedule a command that needs quoting', {
        at: flags[flags.indexOf(odd) - 1] ?? odd,
        detail: `want letters, digits and . _ / + @ : , = - only, since cron, systemd and shells quote differently; found ${JSON.stringify(odd)}`,
        hint: 'write the layout into /etc/jts/hot-storage.yaml, where it is found without flags',
      }),
    );
  if (kind !== 'systemd') return obstacles;
  if (host.root === '/' && !host.surroundings().runsSystemd)
    obstacles.push(
      diagnostic('E_NO_SYSTEMD', 'refusing to install timers where systemd does not run', {
        detail: 'want /run/systemd/system, found none: another init, or a container',
        fix: 'sudo jts-hot schedule --cron --install',
      }),
    );
  else if (host.missingTools(['systemctl']).length > 0)
    obstacles.push(
      diagnostic('E_NO_SYSTEMCTL', 'refusing to install timers without systemctl', {
        detail: `want systemctl on this machine, to enable them in ${host.root}; found none`,
        fix: 'sudo jts-hot schedule --cron --install',
        hint: 'or install the package systemd',
      }),
    );
  return obstacles;
}

function warningsFor(host: HostReader, kind: ScheduleKind | null): readonly Diagnostic[] {
  const warnings: Diagnostic[] = [];
  // What an image will have is not known here.
  if (host.root !== '/') return warnings;
  if (kind === 'cron' && host.missingTools(['cron']).length + host.missingTools(['crond']).length === 2)
    warnings.push(
      diagnostic('W_NO_CRON', 'nothing here reads cron tables', {
        detail: 'want a cron daemon (cron, crond), found none on the PATH',
        fix: 'sudo apt-get install cron',
      }),
    );
  if (host.missingTools(['logrotate']).length > 0)
    warnings.push(
      diagnostic('W_NO_LOGROTATE', 'nothing here rotates logs', {
        detail: 'want logrotate, found none: the two logs will grow',
        fix: 'sudo apt-get install logrotate',
      }),
    );
  return warnings;
}
