// What the program knows of backing up PostgreSQL: by pgBackRest where that is configured for it, else by pg_basebackup.
import type { AskHands, BackupFacet, Estimate } from '../backing-up.ts';
import { requireReplication, settingsOf } from './backup-needs.ts';
import { prove } from './backup-prove.ts';
import { restore } from './backup-restore.ts';
import { majorOf, reach } from './backup-server.ts';
import { TOOL, take } from './backup-take.ts';
import * as pgbackrest from './pgbackrest.ts';

export const backup: BackupFacet = {
  wants: 'running',
  estimate,
  async take(hands) {
    const stanza = await pgbackrest.stanzaOf(hands);
    return stanza === null ? take(hands) : pgbackrest.take(hands, stanza);
  },
  restore: (hands) => (hands.taken.tool === TOOL ? restore(hands) : pgbackrest.restore(hands)),
  prove,
  keepsOwners: false,
  afterRestore: [
    'On Debian its configuration is in /etc/postgresql and not in the backup: set `data_directory` there to this directory.',
    'It recovers when it is started for the first time: leave backup_label, tablespace_map and pg_wal as they are.',
    'Tablespaces are in `tablespaces/NUMBER`. To have one elsewhere: start once, stop, move it, and make its link in pg_tblspc anew.',
    'It goes on with the timeline of the old one: let its `archive_command` write to another place than that one’s.',
    'One that pgBackRest restored has `archive_mode = off` in postgresql.auto.conf: `ALTER SYSTEM RESET archive_mode;` and restart.',
  ],
};

async function estimate(hands: AskHands): Promise<Estimate> {
  if (!hands.names('').includes('PG_VERSION'))
    return { bytes: 0, says: 'nothing: no cluster has been made yet', isCompressed: true };
  const stanza = await pgbackrest.stanzaOf(hands);
  if (stanza !== null) {
    pgbackrest.programOf(hands);
    return { bytes: 0, says: `pgBackRest, into its own repository (stanza ${stanza})`, isCompressed: true };
  }
  if (!hands.isRunning)
    return { bytes: await hands.measure(''), says: `${TOOL}, compressed`, isCompressed: true };
  const at = await reach(hands);
  // A dry run, too, says what is in the way.
  at.tools.of(TOOL);
  await requireReplication(at);
  const { bytes, version, hasZstd } = await settingsOf(at);
  const says = `${TOOL} ${majorOf(version)}, compressed with ${hasZstd ? 'zstd' : 'gzip'}`;
  return { bytes: Number(bytes), says, isCompressed: true };
}
