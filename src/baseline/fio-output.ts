// Owns reading what fio(1) prints with --output-format=json. Pure. Notes may stand before and behind the document.
import type { Side } from './measurements.ts';

export interface Figures {
  readonly bytesPerSecond: number;
  readonly iops: number;
  readonly latencyP50Ns: number;
  readonly latencyP99Ns: number;
  readonly latencyP999Ns: number;
}

export interface FioRun {
  /** `fio-3.33`. */
  readonly version: string;
  readonly writtenBytes: number;
  /** Those of which it did any. */
  readonly sides: { readonly [side in Side]: Figures | null };
}

/** A complaint says what is wrong with it: what was wanted, what was found. */
export type ParsedFio = FioRun | { readonly complaint: string };

/** fio before 3.0 counted latencies in microseconds; the first of 3 gave no bytes a second, and no latencies of syncs. */
const WANT_VERSION = 'want fio 3.6 or newer';

export function parseFio(text: string): ParsedFio {
  const document = documentIn(text);
  if (typeof document === 'string') return { complaint: document };
  const version = textAt(document, 'fio version');
  const [job, ...others] = listAt(document, 'jobs');
  if (version === null || job === undefined || others.length > 0)
    return { complaint: `want one measurement, found ${shown(Object.keys(document).join(', '))}` };
  const error = numberAt(job, 'error');
  if (error !== 0) return { complaint: `want no error, found error ${error ?? 'unknown'} (errno)` };
  const [read, write] = [objectAt(job, 'read'), objectAt(job, 'write')];
  const writtenBytes = write === null ? null : numberAt(write, 'io_bytes');
  if (read === null || write === null || writtenBytes === null)
    return { complaint: `want figures of reads and writes, found ${shown(Object.keys(job).join(', '))}` };
  const sync = objectAt(job, 'sync');
  const sides = {
    read: figures(read, objectAt(read, 'clat_ns')),
    write: figures(write, objectAt(write, 'clat_ns')),
    sync: sync === null ? null : figures(write, objectAt(sync, 'lat_ns')),
  };
  const isOld = [read, write].some((side) => (numberAt(side, 'total_ios') ?? 0) > 0 && !('clat_ns' in side));
  if (isOld) return { complaint: `${WANT_VERSION}, found ${shown(version)}` };
  return { version, writtenBytes, sides };
}

/** What a measurement must have of its run. */
export function figuresOf(run: FioRun, side: Side): Figures | { readonly complaint: string } {
  const found = run.sides[side];
  if (found !== null) return found;
  return {
    complaint: `want figures of ${NAMES[side]}, found none; ${WANT_VERSION}, found ${shown(run.version)}`,
  };
}

const NAMES: { readonly [side in Side]: string } = { read: 'reads', write: 'writes', sync: 'fdatasync' };

type Json = Readonly<Record<string, unknown>>;

/** From the first line that begins a document to the last that can end it; a complaint where there is none. */
function documentIn(text: string): Json | string {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => line.startsWith('{'));
  const last = lines.findLastIndex(
    (line) => line.startsWith('}') || (line.startsWith('{') && line.endsWith('}')),
  );
  if (first === -1 || last < first) return `want a JSON document, found ${shown(text)}`;
  try {
    const document: unknown = JSON.parse(lines.slice(first, last + 1).join('\n'));
    return isObject(document) ? document : `want an object, found ${shown(text)}`;
  } catch {
    return `want a JSON document, found one that is broken: ${shown(lines.slice(first).join(' '))}`;
  }
}

/** null: it did none of these, or does not say how long they took. */
function figures(side: Json, latency: Json | null): Figures | null {
  const percentiles = latency === null ? null : objectAt(latency, 'percentile');
  if (percentiles === null) return null;
  const found = {
    bytesPerSecond: numberAt(side, 'bw_bytes'),
    iops: numberAt(side, 'iops'),
    latencyP50Ns: numberAt(percentiles, '50.000000'),
    latencyP99Ns: numberAt(percentiles, '99.000000'),
    latencyP999Ns: numberAt(percentiles, '99.900000'),
  };
  const isWhole = Object.values(found).every((value) => value !== null);
  return isWhole && (found.iops ?? 0) > 0 ? (found as Figures) : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectAt(parent: Json, name: string): Json | null {
  const value = parent[name];
  return isObject(value) ? value : null;
}

function listAt(parent: Json, name: string): readonly Json[] {
  const value = parent[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function numberAt(parent: Json, name: string): number | null {
  const value = parent[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

function textAt(parent: Json, name: string): string | null {
  const value = parent[name];
  return typeof value === 'string' ? value : null;
}

function shown(text: string): string {
  const short = text.trim().slice(0, 60);
  return short === '' ? 'nothing' : JSON.stringify(short);
}
