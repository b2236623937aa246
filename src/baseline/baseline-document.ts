// Describes a baseline of a disk: what `bench` writes, and what the history keeps of it.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import {
  absolutePath,
  base,
  bytes,
  type Document,
  flag,
  number,
  percent,
  program,
  root,
  text,
  textOrNull,
  texts,
  time,
  whole,
} from '../document/words.ts';
import { MODES, ROWS } from './measurements.ts';

const mode = z.enum(MODES).meta({ description: 'With which file and for how long: --quick or --full' });
const name = z.enum(ROWS).meta({ description: 'What was measured' });

const row = z
  .strictObject({
    name,
    bytesPerSecond: whole('Bandwidth, in bytes a second'),
    iops: number('Operations a second'),
    latencyP50Ns: whole('Half of them took no longer, in nanoseconds'),
    latencyP99Ns: whole('99 of 100 took no longer, in nanoseconds'),
    latencyP999Ns: whole('999 of 1000 took no longer, in nanoseconds'),
    options: texts('What fio was told of it'),
  })
  .meta({
    description:
      'Figures of one measurement, each the median of all rounds. Of append-fdatasync the latency is that of fdatasync(2)',
  });

const baseline = z
  .strictObject({
    at: time('When it was measured'),
    program,
    mode,
    disk: z
      .strictObject({
        id: text(
          'What it is known by: `serial:…`, of several disks all of them; else `uuid:…` or `source:…`',
        ),
        names: texts('What the kernel calls it today; none where there is no disk below the file system'),
        models: texts('What their makers call them'),
      })
      .meta({ description: 'The disk below the file system' }),
    fileSystem: z
      .strictObject({
        mountPoint: absolutePath('Where it is mounted'),
        source: text('What is mounted'),
        type: text('Of which type it is'),
        options: texts('With which options'),
      })
      .meta({ description: 'The file system on it' }),
    service: textOrNull('The service that has this file system for itself; null: it is the one of the base'),
    file: z
      .strictObject({
        directory: absolutePath('Where it was. It has no name there'),
        bytes: bytes('How much of it was measured'),
        direct: flag('Past the page cache (O_DIRECT). false: the file system does not take that'),
      })
      .meta({ description: 'The file that was measured with' }),
    fio: text('Version of fio'),
    kernel: text('Version of the kernel'),
    rounds: whole('How often each was measured'),
    secondsEach: whole('How long each time, in seconds'),
    rows: z.array(row).meta({ description: 'All that was measured' }),
  })
  .meta({ description: 'A baseline of a disk' });

const verdict = z
  .strictObject({
    name,
    what: text('Of what'),
    wantP99Ns: whole('99 of 100 are to take no longer, in nanoseconds'),
    haveP99Ns: whole('99 of 100 took no longer, in nanoseconds'),
    isMet: flag('It is as fast as trading needs'),
  })
  .meta({ description: 'Whether it is fast enough for trading' });

const dropped = z
  .strictObject({
    name,
    says: text('The same for people'),
    since: time('Compared with this baseline'),
    beforeBytesPerSecond: whole('Bandwidth then, in bytes a second'),
    haveBytesPerSecond: whole('Bandwidth now, in bytes a second'),
    percent: percent('How much less it is, per cent'),
  })
  .meta({ description: 'What has become slower by more than 20 %' });

const comparison = z
  .strictObject({
    first: time('Of the first baseline'),
    last: time('Of the last one before this'),
    drops: z.array(dropped).meta({ description: 'What has become slower; none: nothing' }),
  })
  .meta({
    description: 'With the first and the last baseline of the same disk, service, mode and way of writing',
  });

const benchResult = z.strictObject({
  root,
  base,
  outcome: z.enum(['measured', 'stopped']).meta({ description: 'stopped: by a signal; nothing was kept' }),
  baseline: baseline.nullable().meta({ description: 'What was measured; null: it was stopped' }),
  verdicts: z.array(verdict).meta({ description: 'Whether it is fast enough' }),
  comparison: comparison.nullable().meta({ description: 'null: there is no earlier one' }),
  others: texts('Services with file systems of their own, which were not measured'),
  unkept: textOrNull('Why it could not be kept in the history; null: it is kept'),
});

export const published = {
  bench: answerOf('bench', { what: 'What was measured', result: benchResult }),
};

export type Row = Document<typeof row>;
export type Baseline = Document<typeof baseline>;
export type Verdict = Document<typeof verdict>;
export type Dropped = Document<typeof dropped>;
export type Comparison = Document<typeof comparison>;
export type BenchResult = Document<typeof benchResult>;
