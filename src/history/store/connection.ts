// Owns how SQLite is queried: on a connection that may be replaced before the next query, with rows as arrays. Knows no
// table.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

export interface Connection {
  /** A new number where a reader had to open the file again: what was learnt from the earlier one may be wrong by now. */
  readonly database: () => DatabaseSync;
  /**
   * Runs what reads, or one whole transaction, again if it must: on another database, where this one turned out to be
   * damaged. What SQLite complains of becomes a Problem.
   */
  readonly run: <T>(act: () => T) => T;
  /** Makes what is committed readable for others. */
  readonly publish: () => void;
  readonly close: () => void;
  readonly writable: boolean;
}

type Row = readonly SQLInputValue[];

/** Results are taken as the schema says: the file was checked against it when it was opened. */
export interface Questions {
  all<T extends Row>(sql: string, ...values: readonly SQLInputValue[]): readonly T[];
  /** The first row; null: there is none. */
  one<T extends Row>(sql: string, ...values: readonly SQLInputValue[]): T | null;
  change(
    sql: string,
    ...values: readonly SQLInputValue[]
  ): { readonly changes: number; readonly lastId: number };
}

export function questionsTo(connection: Connection): Questions {
  function all<T extends Row>(sql: string, ...values: readonly SQLInputValue[]): readonly T[] {
    const statement = connection.database().prepare(sql);
    // A history is many small rows: arrays take half the time of objects.
    statement.setReturnArrays(true);
    try {
      return statement.all(...values) as unknown as readonly T[];
    } catch (error) {
      // A number that none of ours is.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error;
      throw new DamagedError((error as Error).message);
    }
  }
  return {
    all,
    one: <T extends Row>(sql: string, ...values: readonly SQLInputValue[]) =>
      all<T>(sql, ...values)[0] ?? null,
    change: (sql, ...values) => {
      const { changes, lastInsertRowid } = connection
        .database()
        .prepare(sql)
        .run(...values);
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    },
  };
}

/** A value that this program never writes: the file was changed meanwhile. */
export class DamagedError extends Error {
  constructor(found: string) {
    super(found);
    this.name = 'DamagedError';
  }
}
