// Reads what nvme(1) prints of a disk's SMART log as JSON. Versions differ: 1.12 and 2.13 write numbers, 2.3 writes the large ones as
// text, since they have 128 bits, others with an exponent; with --human-readable the warnings are an object. Pure.
// The log is that of NVM Express, log page 02h.

export interface SmartLog {
  /** Bits, see WARNING_BITS. */
  readonly criticalWarning: number;
  readonly sparePercent: number;
  /** Below it the disk itself warns. 0: it does not say. */
  readonly spareThresholdPercent: number;
  /** Of what it was made for; may be more than 100. */
  readonly wearPercent: number;
  readonly mediaErrors: number;
  /** null: it does not say. */
  readonly unsafeShutdowns: number | null;
  readonly powerOnHours: number | null;
  readonly celsius: number | null;
  readonly writtenBytes: number | null;
}

export const WARNING_BITS = {
  spare: 0x01,
  temperature: 0x02,
  reliability: 0x04,
  readOnly: 0x08,
  backup: 0x10,
  persistentReadOnly: 0x20,
} as const;

/** A data unit is a thousand of 512 bytes, whatever its sectors are. */
const DATA_UNIT_BYTES = 512_000;
const ZERO_CELSIUS_IN_KELVIN = 273;

/** null: it is no SMART log. */
export function parseSmartLog(text: string): SmartLog | null {
  const log = objectIn(text);
  if (log === null) return null;
  const given = (...names: readonly string[]) =>
    names.map((name) => numberOf(log[name])).find(isKnown) ?? null;
  const criticalWarning = given('critical_warning');
  const sparePercent = given('avail_spare', 'available_spare');
  const wearPercent = given('percent_used', 'percentage_used');
  const mediaErrors = given('media_errors');
  if (criticalWarning === null || sparePercent === null || wearPercent === null || mediaErrors === null)
    return null;
  const kelvin = given('temperature');
  const units = given('data_units_written');
  return {
    criticalWarning,
    sparePercent,
    spareThresholdPercent: given('spare_thresh', 'available_spare_threshold') ?? 0,
    wearPercent,
    mediaErrors,
    unsafeShutdowns: given('unsafe_shutdowns'),
    powerOnHours: given('power_on_hours'),
    // A disk that says none has 0 here.
    celsius: kelvin === null || kelvin === 0 ? null : kelvin - ZERO_CELSIUS_IN_KELVIN,
    writtenBytes: units === null ? null : units * DATA_UNIT_BYTES,
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** null: none, or none that can be. What is larger than a number can hold exactly is as good as that. */
function numberOf(value: unknown): number | null {
  if (isObject(value)) return numberOf(value['value']);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return null;
  return Math.min(Math.round(number), Math.floor(Number.MAX_SAFE_INTEGER / DATA_UNIT_BYTES));
}

function isKnown(value: number | null): value is number {
  return value !== null;
}
