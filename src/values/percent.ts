// Owns per cents as text: reading what an operator wrote (`80%`), writing it back.

export const WANT_PERCENT = 'want a percentage such as 80%';

/** What `parsePercent` takes, for editors. */
export const PERCENT_PATTERN = '^[0-9]{1,3}(\\.[0-9])?[ \\t]*%$';

/** A complaint says what is wanted; the caller adds what was found. */
type ParsedPercent = { readonly percent: number } | { readonly complaint: string };

/** From 0 to `most`, tenths at the finest, as it is shown. The sign is asked for: 0.8 and 80 could both be meant by a number. */
export function parsePercent(text: string, most = 100): ParsedPercent {
  const parts = /^([0-9]{1,9}(?:\.[0-9])?)[ \t]*(%?)$/.exec(text.trim());
  if (parts === null) return { complaint: WANT_PERCENT };
  const [, digits = '', sign] = parts;
  if (sign === '') return { complaint: 'want a percentage with its sign, such as 80%' };
  const percent = Number(digits);
  if (percent > most) return { complaint: `want at most ${most}%` };
  return { percent };
}

/** The text that `parsePercent` reads back as just this. For what `parsePercent` gives. */
export function exactPercent(percent: number): string {
  return `${percent}%`;
}
