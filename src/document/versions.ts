// Owns the versions of the JSON that is written. One is raised when a field changes its meaning or goes, not when one is
// added: readers ignore what they do not know.

/**
 * Of every document on stdout. 1 had advice in `fix`, commands in `hint`, and `follows` for `because`; in 2 `apparentBytes` and
 * `files` were always numbers.
 */
export const DOCUMENT_SCHEMA_VERSION = 3;

/** Of what alerts send to programs. */
export const EVENT_SCHEMA_VERSION = 1;

/** Of a saved plan. */
export const PLAN_SCHEMA_VERSION = 1;

/** Of a line of the journal. 1 had no sums; 1 and 2 had the texts of files in them. */
export const JOURNAL_SCHEMA_VERSION = 3;
