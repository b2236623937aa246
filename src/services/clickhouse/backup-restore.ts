// Owns how a backup of ClickHouse becomes a data directory again. Must not start a server that others reach.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { RestoreHands } from '../backing-up.ts';
import { archiveOf, SNAPSHOT } from './backup-freeze.ts';
import { settingsFrom } from './backup-settings.ts';
import { BACKUP, restoreBySql } from './backup-sql.ts';

export async function restore(hands: RestoreHands): Promise<void> {
  const { taken, files } = hands;
  if (taken.tool === BACKUP) return restoreBySql(hands);
  const fileOf = (name: string) => files.find((file) => file.startsWith(`${name}.tar`));
  const snapshot = fileOf(SNAPSHOT);
  if (snapshot === undefined)
    throw new Problem(EXIT.failed, [
      diagnostic('E_BAD_BACKUP', 'cannot restore a backup without its snapshot', {
        at: 'service clickhouse',
        detail: `want ${SNAPSHOT}.tar.zst, found ${files.join(', ')}`,
        hint: 'see what else there is: sudo jts-hot backup list clickhouse',
      }),
    ]);
  await hands.extract(snapshot, '');
  for (const [disk, below] of Object.entries(settingsFrom(taken.settings?.['server']).disks)) {
    const archive = fileOf(archiveOf(disk));
    if (archive !== undefined) await hands.extract(archive, below);
  }
}
