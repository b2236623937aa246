// Describes what `move` writes of a whole base.
import * as z from 'zod';
import { outcome } from '../command/recorded-run-document.ts';
import { bytes, type Document, flag, number, text, textOrNull, time, whole } from '../document/words.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';
import { BASE_PHASES } from './base-record.ts';

export const basePhase = z.enum(BASE_PHASES).meta({
  description: 'How far it is: `moved`: all of it is in its new place, and the old base is kept',
});

export const how = z.enum(['copy', 'rename']).meta({
  description: '`rename`: both places are on one file system, and the old place gets the new name',
});

const service = z
  .strictObject({
    service: text('The service'),
    from: text('Its directory below the old base'),
    to: text('Its directory below the new one'),
    state: z.enum(['to go', 'moved', 'failed', 'nothing there', 'deleted', 'back']).meta({
      description:
        'What became of it; `to go`: not yet, or a dry run; `back`: it is where it was before the move',
    }),
    how: how.nullable().meta({ description: 'How it goes; null: it was not looked at by this call' }),
    unit: textOrNull('The unit of systemd that is stopped and started; null: nothing of it runs there'),
    stopsToo: z.array(text('A unit')).meta({ description: 'Units that are stopped and started with it' }),
    bytes: bytes('What it takes on the disk, as far as this call has seen it'),
    files: whole('Files in it, as far as this call has seen them'),
    settings: whole('Steps of settings that are switched'),
    stopSeconds: number('For how long it was stopped').nullable().meta({
      description: 'For how long it was stopped by this call; null: it was not',
    }),
  })
  .meta({ description: 'A service of the layout' });

export const movedBase = z
  .strictObject({
    did: z.literal('base').meta({ description: 'Which form of the command it was' }),
    act: z.enum(['move', 'finish', 'cancel']).meta({ description: 'What was asked for' }),
    from: text('The old base'),
    to: text('The new one'),
    layoutFile: text('The layout file that says it'),
    outcome,
    phase: basePhase.nullable().meta({ description: 'How far it is; null: nothing is on record any more' }),
    services: z.array(service).meta({ description: 'In the order in which they go' }),
    availableBytes: bytes('What others than root can still write below the new base'),
    expectedSeconds: number('How long copying takes at that rate, all together'),
    bytesPerSecond: bytes('The rate that this is reckoned with'),
    rewritten: z.array(text('What')).meta({
      description: 'What else names the base, and was written anew: `regular runs`, `logs of redis`',
    }),
    history: z.enum(['taken along', 'nothing', 'beside', 'not yet']).meta({
      description: '`beside`: samples of the new base were recorded already, so both histories stay',
    }),
    stays: z.array(text('A name')).meta({ description: 'What is no service’s, and stays in the old base' }),
    notes: z.array(diagnostic).meta({ description: 'What to know, and no failure' }),
  })
  .meta({ description: 'Of a whole base' });

export const openBase = z
  .strictObject({
    from: text('The old base'),
    to: text('The new one'),
    phase: basePhase,
    begun: time('When the move began'),
    isMoved: flag('All of it is in its new place'),
  })
  .meta({ description: 'A base that is being moved' });

export type BaseResult = Document<typeof movedBase>;
export type BaseService = BaseResult['services'][number];
