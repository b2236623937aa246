// Owns what the person who was woken is to type, the most urgent first: what is wrong now, what cannot be known, what nobody looked
// after. Each once, by its cause: nothing is said of numbers where the disk is another one. Pure.
import type { BackupState } from '../backup/state-document.ts';
import type { ServiceCheck } from '../configure/check-document.ts';
import { OVERDUE } from '../monitor/last-report.ts';
import type { MonitorResult, ServiceUsage } from '../monitor/report-document.ts';
import { firedText } from '../space/outlook.ts';
import type { Facts } from './facts.ts';
import type { Change, Next } from './status-document.ts';

export function nextToType(facts: Facts): readonly Next[] {
  const { wrong, checks, report, changes, isRoot, isSetUp } = facts;
  // All else follows from that, or would be done on another disk.
  if (wrong.length > 0)
    return wrong.map(({ detail, fix, hint }) => ({
      why: `not on its disk: ${detail.join('; ')}`,
      fix,
      hint,
    }));
  if (!isSetUp) return [command('nothing is set up here yet', 'sudo jts-hot setup')];
  return [
    ...checks.flatMap(notOnHotTier),
    ...(report === null ? [neverMeasured(isRoot)] : aboutReport(report)),
    ...(changes ?? []).flatMap(unfinishedRun),
  ];
}

const command = (why: string, fix: string): Next => ({ why, fix, hint: null });
const advice = (why: string, hint: string): Next => ({ why, fix: null, hint });

/** What is not installed is none of the host's. */
function notOnHotTier({ service, state, problems }: ServiceCheck): readonly Next[] {
  if (state === 'not installed') return [];
  const [problem] = problems.filter(({ code }) => code.startsWith('E_'));
  if (problem !== undefined) {
    const { summary, detail, fix, hint } = problem;
    return [{ why: `${service}: ${[summary, ...detail.slice(0, 1)].join('; ')}`, fix, hint }];
  }
  if (state === 'running on the hot tier') return [];
  const why = state === 'running' ? 'runs, and not on the hot tier' : 'does not run';
  return [advice(`${service}: ${why}`, `see what decides: sudo jts-hot config ${service} --check`)];
}

function neverMeasured(isRoot: boolean): Next {
  return isRoot
    ? command('nothing was measured yet', 'sudo jts-hot record')
    : command('there is no report that you may read', 'sudo jts-hot status');
}

function aboutReport(report: MonitorResult): readonly Next[] {
  const { fileSystem, services, health, backups, checks, history } = report;
  const disk =
    fileSystem.fired === null
      ? []
      : [
          advice(
            `the disk: ${fileSystem.fired.level}, ${firedText(fileSystem.fired, 'disk')}`,
            'see what fills it: sudo jts-hot usage',
          ),
        ];
  return [
    ...disk,
    ...services.flatMap((service) => aboutUse(service, disk.length > 0)),
    ...(health ?? []).flatMap(({ serial, level }) =>
      level === 'OK'
        ? []
        : [advice(`disk ${serial}: its health is ${level}`, `see why: sudo jts-hot device show ${serial}`)],
    ),
    ...(backups ?? []).flatMap(aboutBackup),
    ...(history.notes.includes(OVERDUE)
      ? [command('nothing is measured any more', 'sudo jts-hot schedule --install')]
      : []),
    ...aboutProof(checks),
  ];
}

/** What follows from the disk is said of the disk. */
function aboutUse({ service, fired, status, usedBytes }: ServiceUsage, isOfDisk: boolean): readonly Next[] {
  if (usedBytes === null) return [command(`${service}: could not be measured`, `sudo jts-hot validate`)];
  if (fired === null || (isOfDisk && fired.rule === 'of-disk')) return [];
  return [
    advice(
      `${service}: ${status}, ${firedText(fired, 'plan')}`,
      `see what takes the space: sudo jts-hot usage ${service}`,
    ),
  ];
}

function aboutBackup({ service, causes }: BackupState): readonly Next[] {
  const [first] = causes;
  if (first === undefined) return [];
  const why = `backups of ${service}: ${first.level}, ${first.found}`;
  switch (first.cause) {
    case 'unproved':
      return [command(why, `sudo jts-hot backup verify ${service}`)];
    case 'ahead':
      return [advice(why, 'see whether the clock is right: timedatectl')];
    default:
      return [command(why, `sudo jts-hot backup run ${service}`)];
  }
}

function aboutProof(checks: MonitorResult['checks']): readonly Next[] {
  if (checks === null) return [command('the layout was never proved', 'sudo jts-hot validate --record')];
  if (checks.level !== 'CRITICAL') return [];
  const { failed, skipped } = checks;
  return [
    advice(
      `the last proof: ${failed + skipped} checks did not hold`,
      'see them, with what mends each: sudo jts-hot validate',
    ),
  ];
}

const CUT_SHORT: ReadonlySet<Change['state']> = new Set(['stopped', 'failed', 'interrupted']);

function unfinishedRun({ run, command: name, scope, state }: Change, i: number): readonly Next[] {
  // A newer run has been here since.
  if (i > 0 || !CUT_SHORT.has(state)) return [];
  const words = scope === '' ? name : `${name} ${scope}`;
  return [
    advice(
      `run ${run} (${words}) was not finished: ${state}`,
      `type the same command again, or go back: sudo jts-hot rollback ${run}`,
    ),
  ];
}
