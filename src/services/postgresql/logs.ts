// Where PostgreSQL keeps logs among its data.

/** `log_directory` is below the data directory unless it is set: `log`, `pg_log` before version 10. */
export const amongData: readonly string[] = ['data/log', 'data/pg_log'];
