// Owns how a server of ClickHouse is started on what was restored, alone, and what is looked at there: every column of every row.
// Must not know how the backup was taken.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { Argv, Count, ProveHands } from '../backing-up.ts';
import { clientProgram, escaped, HOUR_MS, majorOf, named, quoted, ROWS, rowsOf } from './backup-client.ts';
import { asConfigured, type ServerSettings, settingsFrom, usersText } from './backup-settings.ts';
import { isFrozen, knownAs } from './backup-tables.ts';

/** From here on its files begin with `<clickhouse>`, and it has CHECK TABLE for parts. */
const NEWER = 20;
const ROOT_SINCE = 22;

export async function prove(hands: ProveHands): Promise<readonly Count[]> {
  const { taken, directory, beside } = hands;
  const [major, client] = [majorOf(taken.versions['clickhouse'] ?? '0'), clientProgram(hands)];
  const settings = settingsFrom(taken.settings?.['server']);
  const root = major >= ROOT_SINCE ? 'clickhouse' : 'yandex';
  await hands.write('users.xml', usersText(root));
  const clientFile = await hands.write('client.xml', '<config></config>\n');
  const file = await hands.write('config.xml', configuration(root, { directory, beside, settings }));
  const ask = (query: string) =>
    hands.ask([...client, `--config-file=${clientFile}`, '--query', query] as unknown as Argv, {
      timeoutMs: 24 * HOUR_MS,
    });
  const rows = async (query: string) => rowsOf(await ask(`${query} ${ROWS}`))[0] ?? [];
  await hands.start(serverArgv(hands, file), {
    isReady: async () => (await rows('SELECT 1')).length === 1,
  });
  const [id] = await rows(
    "SELECT name FROM system.columns WHERE database = 'system' AND table = 'tables' AND name = 'uuid'",
  );
  const all = (
    await rows(
      `SELECT database, name, ${id === undefined ? "''" : 'toString(uuid)'}, engine FROM system.tables WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') ORDER BY database, name`,
    )
  ).map((row) => row.map(String) as [string, string, string, string]);
  const ids = all.map(([database, name, uuid]) => [database, name, uuid] as const);
  const counts: Count[] = [];
  for (const [database, name, , engine] of all) {
    if (!isFrozen({ engine })) continue;
    const [at, what] = [named(database, name), knownAs([database, name], ids)];
    if (major >= NEWER) await check(rows, at, what);
    const columns = await rows(
      `SELECT name FROM system.columns WHERE database = ${quoted(database)} AND table = ${quoted(name)} AND default_kind NOT IN ('ALIAS', 'EPHEMERAL')`,
    );
    const each = columns.map(([column]) => named(String(column))).join(', ');
    const [[count] = []] = await rows(`SELECT toFloat64(count()), sum(ignore(${each})) FROM ${at}`);
    counts.push({ what, count: Number(count), isExact: true });
  }
  await hands.stop();
  return counts;
}

/** The sums of all its parts: one answer for the table, or one a part, as the version has it. */
async function check(
  rows: (query: string) => Promise<readonly (readonly unknown[])[]>,
  at: string,
  what: string,
): Promise<void> {
  const bad = (await rows(`CHECK TABLE ${at}`)).filter(
    (row) => !row.some((cell) => cell === 1 || cell === true),
  );
  if (bad.length === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_DAMAGED', 'cannot trust a table that was restored', {
      at: what,
      detail: bad.slice(0, 5).map((row) => row.join(' ')),
      hint: 'see what else there is: sudo jts-hot backup list clickhouse',
    }),
  ]);
}

export function serverArgv({ program }: Pick<ProveHands, 'program'>, file: string): Argv {
  const found = program(
    ['/usr/bin/clickhouse-server', '/usr/sbin/clickhouse-server', '/usr/bin/clickhouse'],
    'clickhouse-server',
  );
  const words = found.endsWith('/clickhouse') ? [found, 'server'] : [found];
  return [...words, `--config-file=${file}`] as unknown as Argv;
}

/** In a network of its own: nobody else reaches it, so it needs no password. It merges nothing, so rows stay as they came. */
function configuration(
  root: string,
  of: { readonly directory: string; readonly beside: string; readonly settings: ServerSettings },
): string {
  const { directory, beside, settings } = of;
  return `${[
    `<${root}>`,
    '  <logger>',
    '    <level>information</level>',
    `    <log>${escaped(beside)}/server.log</log>`,
    `    <errorlog>${escaped(beside)}/server.err.log</errorlog>`,
    '    <size>100M</size>',
    '    <count>1</count>',
    '  </logger>',
    `  <path>${escaped(directory)}/</path>`,
    `  <tmp_path>${escaped(beside)}/tmp/</tmp_path>`,
    `  <user_files_path>${escaped(beside)}/user_files/</user_files_path>`,
    `  <format_schema_path>${escaped(directory)}/format_schemas/</format_schema_path>`,
    root === 'clickhouse'
      ? '  <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>'
      : '  <users_config>users.xml</users_config>',
    '  <default_profile>default</default_profile>',
    '  <default_database>default</default_database>',
    '  <listen_host>127.0.0.1</listen_host>',
    '  <tcp_port>9000</tcp_port>',
    '  <mark_cache_size>268435456</mark_cache_size>',
    '  <merge_tree>',
    '    <max_bytes_to_merge_at_max_space_in_pool>1</max_bytes_to_merge_at_max_space_in_pool>',
    '    <max_bytes_to_merge_at_min_space_in_pool>1</max_bytes_to_merge_at_min_space_in_pool>',
    ...(root === 'clickhouse'
      ? ['    <max_number_of_merges_with_ttl_in_pool>0</max_number_of_merges_with_ttl_in_pool>']
      : []),
    '  </merge_tree>',
    ...asConfigured(directory, settings),
    `</${root}>`,
  ].join('\n')}\n`;
}
