// A service user gone bad, run inside a throwaway host: keeps swapping what is at a path for something else, as fast as it
// can, until SIGTERM, and makes work by giving its own directory a wrong mode. Usage: node attacker.ts VARIANT USER PATH [TARGET]
// Prints `ready` when it has begun and `swaps N failures N` at the end.
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

/**
 * What PATH, which is there already, is swapped for:
 * `link`: a symbolic link to TARGET; `directory`: another directory of the attacker's own; `missing`: nothing;
 * `hard-link`: PATH is a file (made when it is not there), the other is a hard link to the file TARGET.
 */
export const VARIANTS = ['link', 'directory', 'missing', 'hard-link'] as const;
export type Variant = (typeof VARIANTS)[number];

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;
const SWAPS_BETWEEN_SIGNALS = 500;
const WRONG_MODE = 0o700;

/** Argv of the attacker, for `host.spawn`. */
export function attacker(attack: {
  readonly variant: Variant;
  readonly user: string;
  readonly path: string;
  readonly target?: string;
}): readonly string[] {
  const program = fileURLToPath(import.meta.url);
  return [process.execPath, program, attack.variant, attack.user, attack.path, attack.target ?? '/etc'];
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await main();

async function main(): Promise<void> {
  const [variant, user, path, target] = process.argv.slice(2) as [Variant, string, string, string];
  // Before the privileges go: the checkout may be closed to the service user.
  const libc = koffi.load(null);
  const renameat2 = libc.func('int renameat2(int, const char *, int, const char *, uint)');
  const chmod = libc.func('int chmod(const char *, uint)');
  const other = `${path}.other`;
  if (variant === 'hard-link') {
    // As root, for a kernel that protects hard links: the attacker may have made it on an older one.
    makeOnce(path, () => writeFileSync(path, 'mine', { mode: 0o640 }));
    makeOnce(other, () => linkSync(target, other));
  }
  become(user);
  if (variant === 'link') makeOnce(other, () => symlinkSync(target, other));
  if (variant === 'directory') makeOnce(other, () => mkdirSync(other, { mode: 0o750 }));

  let ended = false;
  let swaps = 0;
  let failures = 0;
  process.on('SIGTERM', () => {
    ended = true;
  });
  const rename = (from: string, to: string, flags: number) => {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) === 0) swaps++;
    else failures++;
  };
  process.stdout.write('ready\n');
  while (!ended) {
    for (let i = 0; i < SWAPS_BETWEEN_SIGNALS; i++) {
      if (variant === 'missing') {
        rename(path, other, 0);
        rename(other, path, 0);
      } else rename(path, other, RENAME_EXCHANGE);
    }
    // Through a link it is refused: the attacker has no rights there.
    if (variant !== 'hard-link') chmod(path, WRONG_MODE);
    // A file that is replaced by renaming takes the link's place with it.
    if (variant === 'link' && !isLink(path) && !isLink(other)) {
      rmSync(other, { force: true });
      symlinkSync(target, other);
    }
    await setImmediate();
  }
  process.stdout.write(`swaps ${swaps} failures ${failures}\n`);
}

function isLink(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined || found.isDirectory() || found.isSymbolicLink();
}

function makeOnce(path: string, make: () => void): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) make();
}

function become(user: string): void {
  const account = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user);
  if (!account) throw new Error(`no user ${user}`);
  process.setgroups?.([]);
  process.setgid?.(Number(account[3]));
  process.setuid?.(Number(account[2]));
}
