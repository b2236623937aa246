// Owns how a server of PostgreSQL is copied while it runs: pg_basebackup with the log, all tablespaces, compressed.
// Must not write to its data.
import { Problem } from '../../messages/diagnostic.ts';
import { printable } from '../../values/quote.ts';
import type { Argv, ParentBackup, TakeHands, Taken } from '../backing-up.ts';
import { compared, look, type Seen, sumOfUnlogged, TRANSACTIONS, told } from './backup-counts.ts';
import { type Settings, settingsOf } from './backup-needs.ts';
import { RESTORED } from './backup-restored.ts';
import { LONG_MS, majorOf, reach } from './backup-server.ts';

export const TOOL = 'pg_basebackup';
export const MANIFEST = 'backup_manifest';

/** From here on it can copy what changed since an earlier backup (`summarize_wal`). */
const INCREMENTS_SINCE = 17;
/** What `--max-rate` takes, in KiB a second. */
const SLOWEST = 32;
const FASTEST = 1024 * 1024;

export async function take(hands: TakeHands): Promise<Taken> {
  const at = await reach(hands);
  const tool = at.tools.of(TOOL);
  const settings = await settingsOf(at);
  const [, toolVersion = ''] = /\) (\S+)/.exec(await hands.run([tool, '--version'])) ?? [];
  const before = await look(at);

  const argvFor =
    (increment: readonly string[]) =>
    (directory: string): Argv => [
      tool,
      ...at.where,
      `--pgdata=${directory}`,
      '--format=tar',
      `--compress=client-${settings.hasZstd ? 'zstd:3' : 'gzip:1'}`,
      '--wal-method=stream',
      '--checkpoint=fast',
      `--max-rate=${rateOf(hands.bytesPerSecond)}k`,
      '--manifest-checksums=SHA256',
      '--label=jts-hot',
      '--no-password',
      '--verbose',
      ...increment,
    ];
  const more = {
    environment: { LC_ALL: 'C.UTF-8', PGAPPNAME: 'jts-hot' },
    timeoutMs: LONG_MS,
    // It compresses the log itself with gzip only. Its manifest is lent as it is.
    compress: ['pg_wal.tar'],
  };
  const limits: string[] = [];
  const found = parentOf(hands, settings, before);
  if (found !== null && 'why' in found) limits.push(`It is a whole one, since ${found.why}.`);
  const parent = found !== null && 'parent' in found ? found.parent : null;
  let said: string | null = null;
  if (parent !== null)
    try {
      const manifest = await parent.lend(MANIFEST);
      said = await hands.written('', argvFor([`--incremental=${manifest}`]), more);
    } catch (error) {
      const why = refusalOf(error);
      if (why === null) throw error;
      limits.push(`It is a whole one, since PostgreSQL makes no increment of ${parent.name}: ${why}`);
    }
  const isIncrement = said !== null;
  said ??= await hands.written('', argvFor([]), more);

  const isTold = await told(at, before.at);
  const after = await look(at);
  const count = sumOfUnlogged(after);
  if (count > 0)
    limits.push(`Unlogged tables come back empty, since their rows are in no log: ${count} of them.`);
  return {
    tool: TOOL,
    versions: { [TOOL]: toolVersion, postgresql: settings.version },
    position: /end point: ([0-9A-F]+\/[0-9A-F]+)/i.exec(said)?.[1] ?? null,
    parent: isIncrement && parent !== null ? parent.name : null,
    ...compared(before, after, isTold),
    limits,
    elsewhere: null,
  };
}

function rateOf(bytesPerSecond: number): number {
  return Math.min(FASTEST, Math.max(SLOWEST, Math.floor(bytesPerSecond / 1024)));
}

/**
 * null: there is none that it could make an increment of. A sentence where the cluster has not come from it: then its log says
 * nothing of what is different, and PostgreSQL would not notice.
 */
function parentOf(
  hands: TakeHands,
  { version, summarizes }: Pick<Settings, 'version' | 'summarizes'>,
  before: Seen,
): { readonly parent: ParentBackup } | { readonly why: string } | null {
  const { parent } = hands;
  if (parent === null || !summarizes || Number(majorOf(version)) < INCREMENTS_SINCE) return null;
  const { tool, versions, elsewhere, after } = parent.taken;
  const isSame = majorOf(versions['postgresql'] ?? '') === majorOf(version);
  if (tool !== TOOL || elsewhere !== null || !isSame) return null;
  const restored = hands.text(RESTORED)?.trim() ?? '';
  if (parent.name <= restored)
    return { why: `the data was restored since ${parent.name}: at ${printable(restored, 20)}` };
  const then = after.find(({ what }) => what === TRANSACTIONS)?.count ?? 0;
  if (before.transactions !== null && before.transactions < then)
    return { why: `the data is older than ${parent.name}` };
  return { parent };
}

/** Why it makes no increment of this parent, though it could make one of another; null: it failed in another way. */
function refusalOf(error: unknown): string | null {
  if (!(error instanceof Problem)) return null;
  const lines = error.diagnostics.flatMap(({ detail }) => detail);
  const its = lines.filter((line) => line.startsWith(`${TOOL}: error: `));
  return its.find((line) => /summar|manifest|system identifier|timeline|incremental/i.test(line)) ?? null;
}
