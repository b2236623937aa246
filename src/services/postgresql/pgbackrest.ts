// Owns how a cluster of PostgreSQL is backed up by pgBackRest where that is configured for it: in its own repository.
// Must not expire anything there, nor read a secret of its configuration.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { AskHands, RestoreHands, TakeHands, Taken } from '../backing-up.ts';
import { compared, look, sumOfUnlogged, told } from './backup-counts.ts';
import { settingsOf } from './backup-needs.ts';
import { markRestored } from './backup-restored.ts';
import { LONG_MS, reach } from './backup-server.ts';

export const TOOL = 'pgbackrest';
/** Where it reads: its manual, "config", "config-include-path", and the place that it had before. */
const FILES = '/etc/pgbackrest.conf /etc/pgbackrest/pgbackrest.conf /etc/pgbackrest/conf.d/*.conf';
/** Only lines that say which stanza has which directory: others may hold keys. */
const READ = `for file in ${FILES}; do
  if [ -r "$file" ]; then sed -n -E '/^[[:space:]]*(\\[[^]]*\\]|pg[0-9]+-path[[:space:]]*=)/p' "$file"; fi
done`;
const QUIET = ['--log-level-file=off', '--log-level-stderr=warn'] as const;
const LONG = { timeoutMs: LONG_MS, environment: { LC_ALL: 'C.UTF-8' } };

export function programOf({ program }: Pick<AskHands, 'program'>): string {
  return program(['/usr/bin/pgbackrest', '/usr/local/bin/pgbackrest'], 'pgbackrest');
}

/** The stanza that has this directory; null: none has. */
export async function stanzaOf(hands: Pick<AskHands, 'run' | 'program' | 'place'>): Promise<string | null> {
  const shell = hands.program(['/usr/bin/sh', '/bin/sh'], 'dash');
  return stanzaIn(await hands.run([shell, '-euc', READ]), hands.place);
}

export function stanzaIn(text: string, place: string): string | null {
  let stanza = '';
  for (const line of text.split('\n')) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (heading !== undefined) stanza = heading;
    const path = /^\s*pg\d+-path\s*=\s*(.*?)\/?\s*$/.exec(line)?.[1];
    // `[main:backup]` is about one command, `[global]` about all stanzas.
    if (path === place && stanza !== '' && !stanza.includes(':') && stanza !== 'global') return stanza;
  }
  return null;
}

interface Info {
  readonly backup?: readonly InfoOfBackup[];
}

interface InfoOfBackup {
  readonly label: string;
  readonly type: string;
  readonly prior: string | null;
  readonly lsn?: { readonly stop?: string };
  readonly info: { readonly size: number };
}

/** A whole one, a differential or an increment: what pgBackRest's own settings and its earlier ones give. */
export async function take(hands: TakeHands, stanza: string): Promise<Taken> {
  const tool = programOf(hands);
  const at = await reach(hands);
  const settings = await settingsOf(at);
  const before = await look(at);
  const said = await hands.run(
    // Its log up to the end goes into the backup: it can then be restored without anything else. What is old stays.
    [
      tool,
      `--stanza=${stanza}`,
      '--archive-copy',
      '--no-expire-auto',
      '--log-level-console=info',
      ...QUIET,
      'backup',
    ],
    LONG,
  );
  const isTold = await told(at, before.at);
  const after = await look(at);
  const label = /new backup label = (\S+)/.exec(said)?.[1];
  const [info] = JSON.parse(
    await hands.run([tool, `--stanza=${stanza}`, ...QUIET, '--output=json', 'info'], LONG),
  ) as readonly Info[];
  const own = info?.backup?.find((one) => one.label === label);
  if (label === undefined || own === undefined)
    throw new Problem(EXIT.failed, [
      diagnostic('E_NOT_TAKEN', 'cannot find the backup that pgBackRest has made', {
        detail: `want ${label ?? 'a label'} among the backups of the stanza ${stanza}, found none`,
      }),
    ]);
  await hands.write('pgbackrest-info.json', `${JSON.stringify(own, null, 2)}\n`);
  const [, version = ''] = /(\d[\w.]*)/.exec(await hands.run([tool, 'version'])) ?? [];
  const count = sumOfUnlogged(after);
  return {
    tool: TOOL,
    versions: { [TOOL]: version, postgresql: settings.version },
    position: own.lsn?.stop ?? null,
    // It keeps by itself what its own backups need.
    parent: null,
    ...compared(before, after, isTold),
    limits: [
      `The data is in the repository of pgBackRest (stanza ${stanza}), not here: pgBackRest alone removes it there.`,
      ...(count > 0
        ? [`Unlogged tables come back empty, since their rows are in no log: ${count} of them.`]
        : []),
    ],
    elsewhere: { stanza, label, type: own.type },
  };
}

/** By itself, each file compared with the sum that it was stored under. */
export async function restore(hands: RestoreHands): Promise<void> {
  const { stanza = '', label = '' } = hands.taken.elsewhere ?? {};
  const tool = programOf(hands);
  // It takes no tablespace below the data directory.
  const cluster = `${hands.directory}/cluster`;
  const run = (program: string, ...words: readonly string[]) => hands.run([program, ...words], LONG);
  const mkdir = hands.program(['/usr/bin/mkdir', '/bin/mkdir'], 'coreutils');
  await run(mkdir, '--mode=0700', '--', cluster);
  await run(
    tool,
    `--stanza=${stanza}`,
    `--set=${label}`,
    `--pg1-path=${cluster}`,
    '--type=none',
    '--archive-mode=off',
    `--tablespace-map-all=${hands.directory}/tablespaces`,
    '--log-level-console=off',
    ...QUIET,
    'restore',
  );
  const shell = hands.program(['/usr/bin/sh', '/bin/sh'], 'dash');
  await run(shell, '-euc', INTO_PLACE, 'sh', hands.directory, hands.place);
  await markRestored(hands);
}

/** The log is there, up to the end of the backup: with this file PostgreSQL would ask for more of it. */
const INTO_PLACE = `cd "$1/cluster"
rm -f recovery.signal standby.signal
for link in pg_tblspc/*; do
  if [ -L "$link" ]; then
    to=$(readlink "$link")
    ln -sfn "$2/tablespaces/\${to##*/}" "$link"
  fi
done
find . -mindepth 1 -maxdepth 1 -exec mv -t "$1" -- {} +
cd "$1"
rmdir cluster`;
