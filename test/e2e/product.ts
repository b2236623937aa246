// Owns how end-to-end tests call the product on a throwaway host, and what traces it may leave there.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { REPOSITORY, type RunOptions, type RunResult, type ThrowawayHost } from './throwaway-host.ts';

/** The built program, without the launcher. */
export function jtsHot(...args: readonly string[]): readonly string[] {
  return [process.execPath, `${REPOSITORY}/dist/jts-hot.js`, ...args];
}

/** Runs it and expects this exit status, and that whatever went wrong was foreseen. */
export function runJtsHot(
  host: ThrowawayHost,
  args: readonly string[],
  expected = 0,
  options: RunOptions = {},
): RunResult {
  const result = host.run(jtsHot(...args), options);
  assert.equal(result.status, expected, `jts-hot ${args.join(' ')}: ${describe(result)}`);
  assert.doesNotMatch(result.stderr, /E_UNEXPECTED/, `jts-hot ${args.join(' ')}`);
  return result;
}

export function describe({ status, signal, stdout, stderr }: RunResult): string {
  return `status ${status}, signal ${signal}\n${stdout}${stderr}`;
}

const RECORD = /^\w+ \/var\/lib\/jts-hot(\/|$)/;
/** shadow-utils write the files anew, and keep a backup of the last state but one and a lock file. */
const SAME_ACCOUNTS = /^rewritten \/etc\/(passwd|shadow|group|gshadow|subuid|subgid|\.pwd\.lock)$/;
const BACKUPS = /^\w+ \/etc\/((passwd|shadow|group|gshadow|subuid|subgid)-|\.pwd\.lock)$/;

/** Files and links of a schedule that were there before: rollback writes them anew. */
const SAME_SCHEDULE =
  /^rewritten \/etc\/(cron\.d|logrotate\.d|systemd\/system(\/timers\.target\.wants)?)\/jts-hot/;

/** What the launcher notes beside the program that it starts. */
export const LAUNCHER_NOTES = /\/dist\/\.(node|lock)$/;

/** What is not as it was at the start, the record and the account programs' own backups left out. */
export function traces(host: ThrowawayHost): readonly string[] {
  return host
    .changes()
    .filter(
      (change) =>
        ![RECORD, SAME_ACCOUNTS, SAME_SCHEDULE, BACKUPS, LAUNCHER_NOTES].some((one) => one.test(change)),
    );
}

/** As if nothing had ever been recorded. */
export function forgetRecord(host: ThrowawayHost): void {
  rmSync(host.path('/var/lib/jts-hot'), { recursive: true, force: true });
}
