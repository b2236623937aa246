// Owns starting LVM's programs: in English, without input, so that a question is answered with no; not for longer than a time; and
// what they say, read by lvm-report.ts. What must hold before one is started that changes something is volumes.ts.
import { spawnSync } from 'node:child_process';
import type { LvmRejection, VolumeGroups } from '../../port/volume-group.ts';
import { isInstalled, run, SEARCH_PATH } from '../process.ts';
import { REPORT_ARGV, readReport, readSettings, rejectionIn, SETTINGS } from './lvm-report.ts';

/** A disk that does not answer holds up every program of LVM. */
const LOOK_TIMEOUT_MS = 60_000;
const CHANGE_TIMEOUT_MS = 180_000;
/** Descriptors of ours that a program keeps open are meant. */
const ENVIRONMENT = { LVM_SUPPRESS_FD_WARNINGS: '1' };
const MOST_BYTES = 64 * 1024 ** 2;

export function readVolumeGroups(): VolumeGroups {
  if (process.geteuid?.() !== 0)
    return { ok: false, why: 'root', said: 'only root may ask LVM what there is' };
  if (!isInstalled('lvm')) return { ok: false, why: 'no program', said: 'lvm is not installed' };
  const { status, stdout, stderr } = ask(REPORT_ARGV);
  if (status === null) return { ok: false, why: 'failed', said: stderr };
  return readReport(stdout, { status, said: stderr });
}

/** null: LVM takes it. */
export function readLvmRejection(path: string): LvmRejection | null {
  if (process.geteuid?.() !== 0 || !isInstalled('lvm')) return null;
  const { status, stderr } = ask(['lvm', 'pvs', path]);
  if (status === 0) return null;
  const settings = ask([
    'lvm',
    'lvmconfig',
    '--typeconfig',
    'full',
    ...SETTINGS.map((one) => `devices/${one}`),
  ]);
  return rejectionIn(stderr, readSettings(settings.stdout));
}

/** `status` null: it was ended, or could not be started, as `stderr` says. */
function ask([program, ...args]: readonly [string, ...string[]]) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    env: { PATH: SEARCH_PATH, LC_ALL: 'C', ...ENVIRONMENT },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...({ detached: true } as object),
    encoding: 'utf8',
    timeout: LOOK_TIMEOUT_MS,
    maxBuffer: MOST_BYTES,
  });
  const ended = status === null ? (error?.message ?? `lvm was ended by ${signal}`) : '';
  return { status, stdout: stdout ?? '', stderr: ended === '' ? (stderr ?? '') : ended };
}

/** Throws a Problem unless it ends with 0. `keepOpen`: the descriptor that holds the disk, for as long as it runs. */
export function change(argv: readonly [string, ...string[]], keepOpen: number): void {
  run(['lvm', ...argv], { keepOpen, environment: ENVIRONMENT, timeoutMs: CHANGE_TIMEOUT_MS });
}
