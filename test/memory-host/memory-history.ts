// Owns the history of a host that exists only in memory: the tables of the real one, in a database without a file.
// history-file.test.ts holds the file to what is asked of it; here only who may open it is imitated.
import { DatabaseSync } from 'node:sqlite';
import type { History, HistoryAccess } from '../../src/history/history.ts';
import { SCHEMA } from '../../src/history/store/schema.ts';
import { type Identity, openTables } from '../../src/history/store/tables.ts';
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';

export interface MemoryHistory {
  open(
    access: HistoryAccess,
    who: Identity & { readonly uid: number; readonly gids: readonly number[] },
    gid: number | undefined,
  ): History | null;
  /** All that it holds; none as long as nobody has written to it. */
  bytes(): Uint8Array;
  /** An independent one that holds the same. */
  copy(): MemoryHistory;
}

interface Kept {
  readonly database: DatabaseSync;
  /** Who may read it beside root. */
  gid: number | null;
}

const NOTHING = new Uint8Array();

export function createMemoryHistory(kept: Kept | null = null): MemoryHistory {
  let file = kept;
  return {
    open({ mode, group }, { uid, gids, ...identity }, gid) {
      if (mode === 'write') {
        if (uid !== 0) throw denied('cannot write the history');
        file ??= { database: made(), gid: null };
        file.gid = group === null ? null : (gid ?? null);
      }
      if (file === null) return null;
      if (uid !== 0 && (file.gid === null || !gids.includes(file.gid)))
        throw denied('cannot read the history');
      const { database } = file;
      const notes =
        mode === 'write' && group !== null && gid === undefined
          ? [`there is no group ${group}: only root can read the history`]
          : [];
      const connection = {
        writable: mode === 'write',
        database: () => database,
        run: <T>(act: () => T) => act(),
        publish: () => {},
        close: () => {},
      };
      return openTables(connection, identity, { notes, remarks: [], problems: [] });
    },
    bytes: () => (file === null ? NOTHING : file.database.serialize()),
    copy() {
      if (file === null) return createMemoryHistory();
      const database = new DatabaseSync(':memory:');
      database.deserialize(file.database.serialize());
      return createMemoryHistory({ database, gid: file.gid });
    },
  };
}

function made(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(SCHEMA);
  return database;
}

function denied(summary: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_HISTORY', summary, { detail: 'found permission denied (EACCES)' }),
  ]);
}
