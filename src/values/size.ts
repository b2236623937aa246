// Owns sizes as text: reading what an operator wrote, writing what an operator reads.
// Decimal units (GB, powers of 1000) and binary ones (GiB, powers of 1024) are never mixed up: spelling decides.

/** The largest size that is accepted: 1 EB. */
export const MAX_BYTES = 1e18;

/** In the order in which `exactSize` prefers them. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['PB', 10n ** 15n],
  ['TB', 10n ** 12n],
  ['GB', 10n ** 9n],
  ['MB', 10n ** 6n],
  ['kB', 10n ** 3n],
  ['PiB', 2n ** 50n],
  ['TiB', 2n ** 40n],
  ['GiB', 2n ** 30n],
  ['MiB', 2n ** 20n],
  ['KiB', 2n ** 10n],
  ['B', 1n],
  ['KB', 10n ** 3n],
]);

export const WANT_SIZE = 'want a size such as 800GB, 1.5TB or 512GiB';

/** What `parseSize` takes, for editors. */
export const SIZE_PATTERN = '^[0-9]+(\\.[0-9]+)?[ \\t]*(B|[kKMGTP]B|[KMGTP]iB)$';

/** A complaint says what is wanted; the caller adds what was found. */
type ParsedSize = { readonly bytes: number } | { readonly complaint: string };

/** Whole bytes, above zero and at most MAX_BYTES; a fraction of a byte is rounded. */
export function parseSize(text: string): ParsedSize {
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?[ \t]*([A-Za-z]*)$/.exec(text.trim());
  if (parts === null) return { complaint: WANT_SIZE };
  const [, sign, whole = '', fraction = '', unitName = ''] = parts;
  if (sign === '-') return { complaint: 'want a size above zero' };
  if (unitName === '') return { complaint: 'want a size with its unit, such as 800GB or 800GiB' };
  const unit = UNITS.get(unitName);
  if (unit === undefined)
    return {
      complaint:
        'want the unit kB, MB, GB, TB, PB (powers of 1000) or KiB, MiB, GiB, TiB, PiB (powers of 1024)',
    };
  // Numbers of absurd length are not worth multiplying out.
  if (whole.length > 30) return { complaint: 'want at most 1000PB' };
  const digits = fraction.slice(0, 30);
  const scale = 10n ** BigInt(digits.length);
  const bytes = (BigInt(whole + digits) * unit * 2n + scale) / (2n * scale);
  if (bytes === 0n) return { complaint: 'want a size above zero' };
  if (bytes > BigInt(MAX_BYTES)) return { complaint: 'want at most 1000PB' };
  return { bytes: Number(bytes) };
}

/** The shortest text that `parseSize` reads back as exactly this many bytes. Takes sizes that `parseSize` gives. */
export function exactSize(bytes: number): string {
  const exact = BigInt(bytes);
  let shortest = `${exact}B`;
  for (const [name, unit] of UNITS) {
    const fraction = decimals(exact % unit, unit);
    if (exact < unit || fraction === null) continue;
    const text = `${exact / unit}${fraction}${name}`;
    if (text.length < shortest.length) shortest = text;
  }
  return shortest;
}

/** `rest/unit` as `.5` or nothing; null where 18 digits do not say it exactly. */
function decimals(rest: bigint, unit: bigint): string | null {
  const scaled = rest * 10n ** 18n;
  if (scaled % unit !== 0n) return null;
  const digits = (scaled / unit).toString().padStart(18, '0').replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}

/** Powers of 1000, or of 1024. */
export const SYSTEMS = ['si', 'iec'] as const;
export type UnitSystem = (typeof SYSTEMS)[number];

export function isUnitSystem(text: string): text is UnitSystem {
  return (SYSTEMS as readonly string[]).includes(text);
}

const SHOWN_UNITS = {
  si: { step: 1000, names: ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'] },
  iec: { step: 1024, names: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'] },
} as const satisfies { readonly [system in UnitSystem]: unknown };

let shownIn: UnitSystem = 'si';

/** From now on in this process; the command line says it once, before anything is shown. What programs read are bytes. */
export function showSizesIn(system: UnitSystem): void {
  shownIn = system;
}

/**
 * Three significant digits, of 1000 to 1023 four: `1.90 TB`, `800 GB`, `0 B`, `1.73 TiB`, `1016 GiB`. At most 8 characters, 9
 * in binary units.
 */
export function formatBytes(bytes: number): string {
  const { step, names } = SHOWN_UNITS[shownIn];
  let value = Math.abs(bytes);
  let unit = 0;
  // Rounding comes before the choice of unit: 999.9 GB is 1.00 TB, not 1000 GB.
  while (unit < names.length - 1 && rounded(value) >= step) {
    value /= step;
    unit += 1;
  }
  const digits = unit === 0 || rounded(value) >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
  return `${bytes < 0 ? '-' : ''}${digits} ${names[unit]}`;
}

function rounded(value: number): number {
  return value >= 999.5 ? Math.round(value) : Number(value.toPrecision(3));
}
