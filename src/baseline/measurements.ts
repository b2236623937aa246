// Owns what a baseline measures, as data: each measurement with what fio(1) is told, and how long and how large each mode
// is. Pure.

export const MODES = ['quick', 'full'] as const;
export type Mode = (typeof MODES)[number];

export interface Extent {
  readonly fileBytes: number;
  /** Of each measurement in each round. */
  readonly seconds: number;
  /** The file is written whole first, for at most so long; where that is not enough, less of it is measured. */
  readonly fillSeconds: number;
}

const MIB = 1024 * 1024;

export const EXTENTS: { readonly [mode in Mode]: Extent } = {
  quick: { fileBytes: 256 * MIB, seconds: 1, fillSeconds: 5 },
  full: { fileBytes: 4096 * MIB, seconds: 10, fillSeconds: 60 },
};

/** The median of three: one that was disturbed does not count. */
export const ROUNDS = 3;

/** What the appends of a WAL writer take at most; then they begin anew, as its segments do. */
export const APPENDED_BYTES = 64 * MIB;

/** As little as is measured at all. */
export const LEAST_BYTES = 4 * MIB;

export const ROWS = [
  'sequential-read',
  'sequential-write',
  'random-read-depth-1',
  'random-read-depth-32',
  'random-write-depth-1',
  'random-write-depth-32',
  'append-fdatasync',
  'mixed-read',
  'mixed-write',
] as const;
/** One line of figures. */
export type RowName = (typeof ROWS)[number];

export const SAYS: { readonly [name in RowName]: string } = {
  'sequential-read': 'read in order, 1 MiB',
  'sequential-write': 'write in order, 1 MiB',
  'random-read-depth-1': 'read 4 KiB, depth 1',
  'random-read-depth-32': 'read 4 KiB, depth 32',
  'random-write-depth-1': 'write 4 KiB, depth 1',
  'random-write-depth-32': 'write 4 KiB, depth 32',
  'append-fdatasync': 'append 8 KiB, fdatasync',
  'mixed-read': 'mixed 4 KiB: read 70 %',
  'mixed-write': 'mixed 4 KiB: write 30 %',
};

/** What of fio's answer a row is: the latency of `sync` is that of fdatasync(2), its other figures those of the writes. */
export type Side = 'read' | 'write' | 'sync';

export interface Measurement {
  readonly says: string;
  readonly options: readonly string[];
  /** To a file that is empty at first and through the page cache, as databases write their logs. */
  readonly appends: boolean;
  readonly rows: readonly { readonly name: RowName; readonly side: Side }[];
}

const SEQUENTIAL = ['--bs=1M', '--iodepth=8'];
const depth = (count: number) => ['--bs=4k', '--norandommap=1', `--iodepth=${count}`];

/** Reads come first: the file was just written, and a disk may still be busy with what was written last. */
export const MEASUREMENTS: readonly Measurement[] = [
  one('sequential-read', 'read', ['--rw=read', ...SEQUENTIAL]),
  one('random-read-depth-1', 'read', ['--rw=randread', ...depth(1)]),
  one('random-read-depth-32', 'read', ['--rw=randread', ...depth(32)]),
  one('append-fdatasync', 'sync', ['--rw=write', '--bs=8k', '--fdatasync=1'], true),
  one('random-write-depth-1', 'write', ['--rw=randwrite', ...depth(1)]),
  one('random-write-depth-32', 'write', ['--rw=randwrite', ...depth(32)]),
  {
    says: 'mixed 4 KiB, 70 % reads',
    options: ['--rw=randrw', '--rwmixread=70', ...depth(32)],
    appends: false,
    rows: [
      { name: 'mixed-read', side: 'read' },
      { name: 'mixed-write', side: 'write' },
    ],
  },
  one('sequential-write', 'write', ['--rw=write', ...SEQUENTIAL]),
];

function one(name: RowName, side: Side, options: readonly string[], appends = false): Measurement {
  return { says: SAYS[name], options, appends, rows: [{ name, side }] };
}

/** The file is descriptor `fd` of fio, and has no name. */
export function fioCommand(
  { options, appends }: Pick<Measurement, 'options' | 'appends'>,
  file: { readonly fd: number; readonly bytes: number; readonly direct: boolean; readonly seconds: number },
): readonly [string, ...string[]] {
  const { fd, bytes, direct, seconds } = file;
  return [
    'fio',
    '--name=baseline',
    `--filename=/proc/self/fd/${fd}`,
    `--size=${appends ? APPENDED_BYTES : bytes}`,
    // One process: what ends it ends all of it.
    '--thread',
    '--output-format=json',
    '--percentile_list=50:99:99.9',
    '--time_based',
    `--runtime=${seconds}`,
    ...(appends
      ? ['--ioengine=psync', '--file_append=1', '--fallocate=none']
      : ['--ioengine=libaio', `--direct=${direct ? 1 : 0}`]),
    ...options,
  ];
}

/** Writes the whole file, or as much of it as it can in the time. */
export function fillCommand(file: {
  readonly fd: number;
  readonly direct: boolean;
  readonly extent: Extent;
}): readonly [string, ...string[]] {
  const { fd, direct, extent } = file;
  return fioCommand(
    { options: ['--rw=write', ...SEQUENTIAL, '--time_based=0'], appends: false },
    { fd, bytes: extent.fileBytes, direct, seconds: extent.fillSeconds },
  );
}
