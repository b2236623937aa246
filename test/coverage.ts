// Owns how much of src/ the tests must go through, counted in the processes of `node --test` (and those inside throwaway
// hosts that hand it back), and what is not counted. Must not leave out a file that a test can load in its own process.

/** Percent of lines. */
export const LINES_WANTED = 95;

/** Glob → why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {};
