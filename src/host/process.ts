// Owns running the few programs this product needs (getent, shadow-utils). A program that fails is shown whole.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';

/** Never the caller's PATH: it may lack sbin, or lead to somebody's own programs. */
const PATHS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
export const SEARCH_PATH = PATHS.join(':');
const TIMEOUT_MS = 60_000;

export function isInstalled(tool: string): boolean {
  return PATHS.some((path) => {
    try {
      accessSync(`${path}/${tool}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Has setpriv(1) run what follows as a user, with all groups of its account, and no way to more rights. */
export function becoming({ uid, gid }: { readonly uid: number; readonly gid: number }): readonly string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--no-new-privs'];
}

export interface RunOptions {
  /** Exit codes that are an answer, not a failure. */
  readonly answers?: readonly number[];
  /** A descriptor that the program keeps open for as long as it runs: the run's lock. */
  readonly keepOpen?: number | null;
  /** Beside PATH and LC_ALL. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Its standard input; left out: none. */
  readonly input?: string;
}

/** Returns standard output. Throws a Problem with argv, exit status and stderr. */
export function run(argv: readonly [string, ...string[]], options: RunOptions = {}): string {
  const [program, ...args] = argv;
  const { answers = [0], keepOpen = null, environment = {}, timeoutMs = TIMEOUT_MS, input } = options;
  const result = spawnSync(program, args, {
    env: { PATH: SEARCH_PATH, LC_ALL: 'C', ...environment },
    stdio: [
      input === undefined ? 'ignore' : 'pipe',
      'pipe',
      'pipe',
      ...(keepOpen === null ? [] : [keepOpen]),
    ],
    // In a session of its own: Ctrl-C at the terminal must not kill it halfway.
    ...({ detached: true } as object),
    encoding: 'utf8',
    timeout: timeoutMs,
    ...(input !== undefined && { input }),
  });
  if (result.error === undefined && result.status !== null && answers.includes(result.status))
    return result.stdout;
  const ended =
    result.error !== undefined
      ? result.error.message
      : result.status === null
        ? `killed by ${result.signal}`
        : `exit status ${result.status}`;
  throw new Problem(EXIT.failed, [
    diagnostic(
      CODES.find(([pattern]) => pattern.test(result.stderr ?? ''))?.[1] ?? 'E_COMMAND',
      'cannot run a command to its end',
      {
        detail: [`command: ${argv.join(' ')}`, `found: ${ended}`, ...stderrLines(result.stderr)],
        hint:
          HINTS.find(([pattern]) => pattern.test(result.stderr ?? ''))?.[1] ??
          `try it by hand: ${argv.join(' ')}`,
      },
    ),
  ]);
}

const CODES: readonly (readonly [RegExp, string])[] = [
  /** shadow-utils: a user with processes, a group that is a user's primary one. */
  [/currently (used|logged in)|cannot remove the primary group/i, 'E_ACCOUNT_IN_USE'],
  /** An image without /etc/shadow. */
  [/shadow passwords required/, 'E_NO_SHADOW'],
  /** Somebody else was faster. */
  [/^(user|group)add: (user|group) '.*' already exists$/m, 'E_EXISTS'],
];

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /cannot lock/i,
    'another program is changing accounts: wait for it, or remove a stale /etc/*.lock, then run again',
  ],
  [
    /currently (used|logged in)/i,
    'stop the processes of that user (ps -u NAME), then run the same command again',
  ],
  [/No space left/i, 'free some space on the system disk, then run the same command again'],
];

function stderrLines(stderr: string | null): readonly string[] {
  return (stderr ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 10);
}
