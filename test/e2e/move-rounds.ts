// Empties an old place, or puts a copy in its place, again and again in one process, inside a throwaway host where somebody swaps
// what is there. Usage: node move-rounds.ts empty|place ROUNDS
// Prints as JSON how often each answer came.
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { openLinuxHost } from '../../src/host/linux.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import type { KnownDirectory } from '../../src/port/tree-moving.ts';

const BASE = '/data/jts/hot';
const OLD = `${BASE}/redis/old`;
const TO = `${BASE}/redis/data`;
const STAGING = `${BASE}/redis/.jts-hot-move-redis`;
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

const host = openLinuxHost({ root: '/', base: BASE });
const answers: Record<string, number> = {};
const count = (answer: string) => {
  answers[answer] = (answers[answer] ?? 0) + 1;
};

function known(path: string): KnownDirectory | null {
  const entry = host.entry(path);
  return entry.type === 'directory' ? { path, inode: entry.inode, born: entry.born } : null;
}

async function trying(what: string, act: () => void | Promise<void>): Promise<boolean> {
  try {
    await act();
    count(what);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    count(`${what}: ${error.diagnostics.map(({ code }) => code).join(' ')}`);
    return false;
  }
}

/** Files, in the directory itself and in the one below it, as they are just now; through no link. */
function refill(): void {
  for (const place of [OLD, `${OLD}/d`])
    try {
      const fd = openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (place === OLD) mkdirOnce(`/proc/self/fd/${fd}/d`);
      for (const name of ['f', '1', '2'])
        try {
          const file = openSync(`/proc/self/fd/${fd}/${name}`, 'wx');
          writeFileSync(file, 'old');
          closeSync(file);
        } catch {
          // It is there still.
        }
      closeSync(fd);
    } catch {
      // It is swapped just now.
    }
}

function mkdirOnce(path: string): void {
  try {
    mkdirSync(path);
  } catch {
    // It is there still.
  }
}

async function empty(): Promise<void> {
  refill();
  await trying('emptied', async () => {
    const directory = known(OLD);
    if (directory === null) return count('not there');
    const { entries } = await host.emptyDirectory({
      ...directory,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    if (entries > 0) count('things were deleted');
  });
}

const PATIENCE_MS = 20_000;

async function place(): Promise<void> {
  const copy = known(`${STAGING}/copy`);
  if (copy === null) throw new Error('the copy is gone');
  const there = known(TO);
  if (there !== null) await trying('put aside', () => host.renameDirectory(there, `${STAGING}/empty`));
  await trying('put in place', () => host.renameDirectory(copy, TO));
  // The user may have renamed it meanwhile, as anything in its own directory, also before it was looked whether it arrived.
  const back = { ...copy, path: TO };
  const end = Date.now() + PATIENCE_MS;
  while (known(copy.path)?.inode !== copy.inode) {
    if (Date.now() > end) throw new Error('the copy is gone');
    await trying('taken out', () => host.renameDirectory(back, copy.path));
  }
  const aside = known(`${STAGING}/empty`);
  if (aside !== null) await trying('put back', () => host.renameDirectory(aside, TO));
  const left = known(`${STAGING}/empty`);
  if (left !== null)
    await host.emptyDirectory({ ...left, signal: new AbortController().signal, onProgress: () => {} });
  if (known(`${STAGING}/empty`) !== null)
    host.perform({ type: 'removeDirectory', path: `${STAGING}/empty`, owner: { user: 0, group: 0 } });
}

const [what, rounds = '1'] = process.argv.slice(2);
if (what === 'place') {
  mkdirSync(STAGING, { mode: 0o700 });
  mkdirSync(`${STAGING}/copy`, { mode: 0o700 });
  writeFileSync(`${STAGING}/copy/rows`, 'rows');
}
for (let round = 0; round < Number(rounds); round += 1) await (what === 'place' ? place() : empty());
process.stdout.write(JSON.stringify(answers));
