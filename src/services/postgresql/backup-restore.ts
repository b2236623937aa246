// Owns how a backup of PostgreSQL becomes a data directory: the files, the log beside them, the tablespaces below it.
// Must not leave a link, or a line that would make one, to where a tablespace was when it was copied: it is in use there.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { RestoreHands, RestoreLink } from '../backing-up.ts';
import { markRestored } from './backup-restored.ts';
import { LONG_MS, majorOf, type Tools, toolsOf } from './backup-server.ts';
import { MANIFEST } from './backup-take.ts';

/** Below the data directory, a directory each by its number. */
export const TABLESPACES = 'tablespaces';
/** PostgreSQL makes links by it when it starts on a backup. */
const MAP = 'tablespace_map';
const TAR = /^(.+)\.tar(\.\w+)?$/;

export async function restore(hands: RestoreHands): Promise<void> {
  const tools = toolsOf(hands, majorOf(hands.taken.versions['postgresql'] ?? ''));
  const numbers =
    hands.taken.parent === null ? await layOut(hands, '', hands.directory) : await combine(hands, tools);
  await verify(hands, tools, numbers);
  for (const number of numbers)
    if (hands.place !== hands.directory)
      await link(hands, `${hands.place}/${TABLESPACES}/${number}`, `pg_tblspc/${number}`);
  // A copy of a standby would follow its primary.
  await remove(hands, ['standby.signal', 'recovery.signal']);
  if (numbers.length > 0) await hands.write(MAP, mapOf(hands.place, numbers));
  await markRestored(hands);
}

/** Answers the numbers of its tablespaces, which are linked. The map names where they were, and goes first of all. */
async function layOut(
  of: Pick<RestoreLink, 'files' | 'extract' | 'put' | 'directory'> & Pick<RestoreHands, 'run' | 'program'>,
  cluster: string,
  beside: string,
): Promise<readonly string[]> {
  const tars = of.files.filter((file) => TAR.test(file));
  const named = (name: string) => tars.filter((file) => TAR.exec(file)?.[1] === name);
  const below = (path: string) => (cluster === '' ? path : `${cluster}/${path}`);
  const [base] = named('base');
  if (base === undefined) throw incomplete('base.tar');
  await of.extract(base, cluster);
  await remove({ ...of, directory: `${of.directory}/${cluster}` }, [MAP]);
  const numbers = tars.flatMap((file) => /^(\d+)\.tar/.exec(file)?.[1] ?? []);
  // Of a cluster that was restored before, the base has the directory, without what is in use of it.
  if (numbers.length > 0) await remove({ ...of, directory: `${of.directory}/${cluster}` }, [TABLESPACES]);
  for (const number of numbers) {
    const [tablespace = ''] = named(number);
    await of.extract(tablespace, `${TABLESPACES}/${number}`);
    await link(of, `${beside}/${TABLESPACES}/${number}`, below(`pg_tblspc/${number}`));
  }
  const [log] = named('pg_wal');
  if (log === undefined) throw incomplete('pg_wal.tar');
  await of.extract(log, below('pg_wal'));
  await of.put(MANIFEST, below(MANIFEST));
  return numbers;
}

/** Each one of the chain beside, and out of them the one that is wanted, by its own tool. */
async function combine(hands: RestoreHands, tools: Tools): Promise<readonly string[]> {
  const tool = tools.of('pg_combinebackup');
  let numbers: readonly string[] = [];
  for (const one of hands.chain)
    numbers = await layOut({ ...one, run: hands.run, program: hands.program }, 'cluster', one.directory);
  const last = hands.chain.at(-1)?.directory ?? '';
  await hands.run(
    [
      tool,
      ...hands.chain.map(({ directory }) => `${directory}/cluster`),
      `--output=${hands.directory}`,
      '--manifest-checksums=SHA256',
      ...numbers.map(
        (number) =>
          `--tablespace-mapping=${escaped(`${last}/${TABLESPACES}/${number}`)}=${escaped(`${hands.directory}/${TABLESPACES}/${number}`)}`,
      ),
    ],
    { timeoutMs: LONG_MS },
  );
  return numbers;
}

/** By its own tool, where there is one: each file against the sums that PostgreSQL made while it copied. */
async function verify(hands: RestoreHands, tools: Tools, numbers: readonly string[]): Promise<void> {
  const tool = tools.ofIfThere('pg_verifybackup');
  if (tool === null) return;
  const ignored = [MAP, ...(numbers.length > 0 ? [TABLESPACES] : [])];
  await hands.run(
    [tool, '--exit-on-error', '--quiet', ...ignored.map((path) => `--ignore=${path}`), hands.directory],
    { timeoutMs: LONG_MS, environment: { LC_ALL: 'C.UTF-8' } },
  );
}

type Runs = Pick<RestoreHands, 'directory' | 'run' | 'program'>;

async function link(hands: Runs, to: string, below: string): Promise<void> {
  const ln = hands.program(['/usr/bin/ln', '/bin/ln'], 'coreutils');
  await hands.run([
    ln,
    '--symbolic',
    '--no-target-directory',
    '--force',
    '--',
    to,
    `${hands.directory}/${below}`,
  ]);
}

async function remove(hands: Runs, names: readonly string[]): Promise<void> {
  const rm = hands.program(['/usr/bin/rm', '/bin/rm'], 'coreutils');
  await hands.run([rm, '--recursive', '--force', '--', ...names.map((name) => `${hands.directory}/${name}`)]);
}

/** A backslash before what ends a line. */
function mapOf(place: string, numbers: readonly string[]): string {
  const path = (number: string) => `${place}/${TABLESPACES}/${number}`.replace(/[\\\n\r]/g, '\\$&');
  return numbers.map((number) => `${number} ${path(number)}\n`).join('');
}

function escaped(path: string): string {
  return path.replace(/[\\=]/g, '\\$&');
}

function incomplete(name: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_PROVED', 'cannot restore PostgreSQL from a backup that lacks a file', {
      detail: `want ${name}, found none`,
    }),
  ]);
}
