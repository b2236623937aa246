// How ClickHouse is backed up, restored and proved.
import type { AskHands, BackupFacet, Estimate, TakeHands, Taken } from '../backing-up.ts';
import { clientOf } from './backup-client.ts';
import { FREEZE, takeByFreeze } from './backup-freeze.ts';
import { prove } from './backup-prove.ts';
import { restore } from './backup-restore.ts';
import { BACKUP, mayUseSql, takeBySql } from './backup-sql.ts';
import { inventoryOf } from './backup-tables.ts';

export const backup: BackupFacet = {
  wants: 'running',
  estimate,
  take,
  restore,
  prove,
  keepsOwners: false,
  afterRestore: [
    'It is a data directory for a server of the same version: <path> names it, with a slash at the end.',
    'Disks of a storage policy lie in it, in disks/NAME, or where they lay in the data before: <storage_configuration> names them.',
    'A replicated table is read only until its replica is in the keeper again: SYSTEM RESTORE REPLICA.',
  ],
};

async function estimate(hands: AskHands): Promise<Estimate> {
  const client = await clientOf(hands);
  const inventory = await inventoryOf(client, hands.place);
  const bytes = [...inventory.rows.values()].reduce((sum, one) => sum + one.bytes, 0);
  return mayUseSql(hands, inventory)
    ? { bytes, says: `${BACKUP} of ClickHouse ${client.version}`, isCompressed: false }
    : { bytes, says: `${FREEZE} of ClickHouse ${client.version}, compressed`, isCompressed: true };
}

async function take(hands: TakeHands): Promise<Taken> {
  const client = await clientOf(hands);
  const inventory = await inventoryOf(client, hands.place);
  const taken = mayUseSql(hands, inventory) ? await takeBySql(hands, client, inventory) : null;
  return taken ?? takeByFreeze(hands, client);
}
