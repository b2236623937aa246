// Owns how ClickHouse is backed up by its own BACKUP, where its settings allow that in backup staging, as a whole or as an
// increment; and how that becomes a data directory again, by clickhouse-local, which listens nowhere.
import type { Argv, AskHands, Count, RestoreHands, TakeHands, Taken } from '../backing-up.ts';
import { type Client, escaped, HOUR_MS, named, quoted } from './backup-client.ts';
import { limitsOf } from './backup-limits.ts';
import { asConfigured, settingsFrom, settingsText, usersText } from './backup-settings.ts';
import {
  type Inventory,
  inventoryOf,
  isFrozen,
  keepsRows,
  keyOf,
  OWN,
  smallDirectories,
  withoutSlash,
} from './backup-tables.ts';

export const BACKUP = 'BACKUP';
/** What each of its backups has: which files it has, with sums, and which are in the one before. */
const CONTENTS = '.backup';
/** The file of what is no table: users, functions. BACKUP has it in some versions only. */
const BESIDE = 'beside';
/** So many increments may lead to a whole one: a restore needs them all. */
const MOST_INCREMENTS = 6;

/** Made with ZooKeeper or Keeper, tables would have to be restored with one. */
export function mayUseSql(
  { told, programIfThere }: Pick<AskHands, 'told' | 'programIfThere'>,
  { databases, tables }: Inventory,
): boolean {
  return (
    typeof told('clickhouse', 'backups', 'allowed_path') === 'string' &&
    programIfThere(LOCAL) !== null &&
    !databases.some(({ engine }) => engine === 'Replicated') &&
    !tables.some(({ engine }) => /^(Replicated|Shared)/.test(engine))
  );
}

const LOCAL = ['/usr/bin/clickhouse-local', '/usr/bin/clickhouse'];

/** null: its settings do not allow it where it would have to be. */
export async function takeBySql(hands: TakeHands, client: Client, first: Inventory): Promise<Taken | null> {
  const { place } = hands;
  const allowed = withoutSlash(String(hands.told('clickhouse', 'backups', 'allowed_path')));
  const parent = parentOf(hands);
  const base = parent === null ? null : (await parent.lend(CONTENTS)).replace(/\/[^/]*$/, '');
  const settings = [
    ...(base === null ? [] : [`base_backup = File(${quoted(`${base}/`)})`]),
    ...(await bandwidth(client, hands.bytesPerSecond)),
  ];
  let isAllowed = true;
  const argvFor = (directory: string): Argv => {
    isAllowed = `${directory}/`.startsWith(`${allowed}/`);
    if (!isAllowed) throw new Error('not where it is allowed');
    const to = `TO File(${quoted(`${directory}/`)})`;
    const options = settings.length === 0 ? '' : ` SETTINGS ${settings.join(', ')}`;
    return client.call(
      `BACKUP ALL EXCEPT DATABASES ${OWN.map((name) => named(name)).join(', ')} ${to}${options}`,
    ).argv;
  };
  try {
    await hands.written('', argvFor, client.call('').more);
  } catch (error) {
    if (isAllowed) throw error;
    return null;
  }
  const beside = smallDirectories(hands);
  if (beside.length > 0) await hands.archive(BESIDE, { place, names: beside, mayChange: true });
  const last = await inventoryOf(client, place);
  return {
    tool: BACKUP,
    versions: { clickhouse: client.version, 'clickhouse-client': client.clientVersion },
    position: null,
    parent: base === null ? null : (parent?.name ?? null),
    before: countsOf(first),
    after: countsOf(last),
    limits: limitsOf(last, 'sql', []),
    elsewhere: null,
    settings: {
      server: settingsText(last, place),
      increments: String(base === null ? 0 : incrementsOf(parent?.taken) + 1),
    },
  };
}

/** An increment of one that cannot be read would be none. */
function parentOf({ parent }: TakeHands): TakeHands['parent'] {
  return parent?.taken.tool === BACKUP && incrementsOf(parent.taken) < MOST_INCREMENTS ? parent : null;
}

function incrementsOf(taken: Taken | undefined): number {
  return Number(taken?.settings?.['increments'] ?? 0);
}

async function bandwidth(client: Client, bytesPerSecond: number): Promise<readonly string[]> {
  const [found = []] = await client.rows([
    "SELECT name FROM system.settings WHERE name = 'max_backup_bandwidth'",
  ]);
  return found.length === 0 ? [] : [`max_backup_bandwidth = ${Math.floor(bytesPerSecond)}`];
}

function countsOf({ tables, rows }: Inventory): readonly Count[] {
  return tables.filter(isFrozen).map((table) => {
    const live = rows.get(keyOf(table));
    return {
      what: table.known,
      count: live?.rows ?? 0,
      isExact: keepsRows(table) && !(live?.hasDeleted ?? false),
    };
  });
}

/** Where the files lie meanwhile, in what is restored. */
const MEANWHILE = '.jts-hot-restore';

export async function restoreBySql(hands: RestoreHands): Promise<void> {
  const { taken, chain, directory } = hands;
  const program = hands.program(LOCAL, 'clickhouse-common-static');
  const beside = hands.files.find((file) => file.startsWith(`${BESIDE}.tar`));
  if (beside !== undefined) await hands.extract(beside, '');
  const places: string[] = [];
  for (const link of chain) {
    const below = link.directory === directory ? `${MEANWHILE}/files/` : '';
    for (const file of link.files.filter((name) => !name.startsWith(`${BESIDE}.tar`)))
      await link.put(file, `${below}${file}`);
    const at = withoutSlash(`${link.directory}/${below}`);
    const base = places.at(-1);
    if (base !== undefined) await hands.run(['sed', '-i', baseIs(base), `${at}/${CONTENTS}`]);
    places.push(at);
  }
  const own = `${directory}/${MEANWHILE}`;
  await hands.write(`${MEANWHILE}/users.xml`, usersText('clickhouse'));
  await hands.write(
    `${MEANWHILE}/config.xml`,
    `${[
      '<clickhouse>',
      `  <logger><level>information</level><log>${escaped(own)}/log</log><errorlog>${escaped(own)}/errors</errorlog></logger>`,
      `  <path>${escaped(directory)}/</path>`,
      '  <user_directories>',
      '    <users_xml><path>users.xml</path></users_xml>',
      `    <local_directory><path>${escaped(directory)}/access/</path></local_directory>`,
      '  </user_directories>',
      '  <backups>',
      ...places.map((at) => `    <allowed_path>${escaped(at)}/</allowed_path>`),
      '  </backups>',
      ...asConfigured(directory, settingsFrom(taken.settings?.['server'])),
      '</clickhouse>',
    ].join('\n')}\n`,
  );
  const words = program.endsWith('/clickhouse') ? [program, 'local'] : [program];
  await hands.run(
    [
      ...words,
      `--config-file=${own}/config.xml`,
      `--path=${directory}`,
      '--query',
      `RESTORE ALL FROM File(${quoted(`${places.at(-1)}/`)})`,
    ] as unknown as Argv,
    { timeoutMs: 24 * HOUR_MS },
  );
  await hands.run(['sh', '-c', FINISH, 'sh', directory, MEANWHILE], { timeoutMs: HOUR_MS });
}

/** For sed: which backup this one is an increment of. */
function baseIs(path: string): string {
  const text = `<base_backup>File('${escaped(path)}/')</base_backup>`;
  return `s|<base_backup>[^<]*</base_backup>|${text.replace(/[\\&|]/g, '\\$&')}|`;
}

/**
 * clickhouse-local keeps the database `default` without a definition, which a server looks for. Links must not say where this was
 * done; those of tables the server makes itself.
 */
const FINISH = `cd "$1"
rm -rf "./$2" session tmp status
find data -type l -delete
for link in metadata/*; do
  [ -L "$link" ] || continue
  to=$(readlink "$link")
  ln -sfn "../store/\${to##*store/}" "$link"
done
if [ -L metadata/default ] && [ ! -e metadata/default.sql ]; then
  id=$(readlink metadata/default)
  printf "ATTACH DATABASE _ UUID '%s'\\nENGINE = Atomic\\n" "\${id##*/}" >metadata/default.sql
fi`;
