// Owns spans of time as text: reading what an operator wrote (`90s`, `30m`, `6h`, `7d`), writing what an operator reads.

/** The longest span that is accepted: ten years. */
export const MAX_SECONDS = 10 * 365 * 86_400;

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
type Unit = keyof typeof UNITS;

export const WANT_DURATION = 'want a span of time such as 90s, 30m, 6h, 7d or 2w';

/** What `parseDuration` takes, for editors. */
export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?[ \\t]*[smhdw]$';

/** A complaint says what is wanted; the caller adds what was found. */
type ParsedDuration = { readonly seconds: number } | { readonly complaint: string };

/** Whole seconds, above zero and at most MAX_SECONDS. */
export function parseDuration(text: string): ParsedDuration {
  const parts = /^([0-9]{1,12}(?:\.[0-9]{1,6})?)[ \t]*([smhdw])$/.exec(text.trim());
  if (parts === null) return { complaint: WANT_DURATION };
  const [, count = '', unit = 's'] = parts;
  const seconds = Math.round(Number(count) * UNITS[unit as Unit]);
  if (seconds === 0) return { complaint: 'want a span of at least 1s' };
  if (seconds > MAX_SECONDS) return { complaint: 'want at most ten years' };
  return { seconds };
}

/** The shortest text that `parseDuration` reads back as exactly these whole seconds. */
export function exactDuration(seconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((name) => seconds % UNITS[name] === 0) ?? 's';
  return `${seconds / UNITS[unit]}${unit}`;
}

/** Two figures at most, for people: `5 min`, `7 h`, `3 d`, `11 weeks`, `3 years`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  if (seconds < 60 * 86_400) return `${Math.round(seconds / 86_400)} days`;
  if (seconds < 2 * 365 * 86_400) return `${Math.round(seconds / 604_800)} weeks`;
  return `${Math.round(seconds / (365 * 86_400))} years`;
}
