// Describes how the baselines of a disk have changed: what `history` writes of them.
import * as z from 'zod';
import { type Document, flag, number, text, textOrNull, time, whole } from '../document/words.ts';
import { MODES, ROWS } from './measurements.ts';

const figures = z
  .strictObject({
    name: z.enum(ROWS).meta({ description: 'What was measured' }),
    bytesPerSecond: whole('Bandwidth, in bytes a second'),
    iops: number('Operations a second'),
    latencyP99Ns: whole('99 of 100 took no longer, in nanoseconds'),
  })
  .meta({ description: 'Figures of one measurement' });

export const trend = z
  .strictObject({
    disk: text('What it is known by: `serial:…`, else `uuid:…` or `source:…`'),
    service: textOrNull('The service that has the file system for itself; null: it is the one of the base'),
    mode: z.enum(MODES).meta({ description: 'How it was measured: --quick or --full' }),
    direct: flag('Past the page cache'),
    baselines: z
      .array(
        z
          .strictObject({
            at: time('When it was measured'),
            rows: z.array(figures).meta({ description: 'All that was measured' }),
          })
          .meta({ description: 'A baseline' }),
      )
      .meta({ description: 'In order of time' }),
  })
  .meta({ description: 'Baselines of one disk that can be compared with each other' });

export type Trend = Document<typeof trend>;
