// Describes what `clean` writes, and what it keeps in the history.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { done, outcome, recordedAs } from '../command/recorded-run-document.ts';
import {
  base,
  bytes,
  type Document,
  flag,
  number,
  root,
  text,
  textOrNull,
  time,
  timeOrNull,
  whole,
} from '../document/words.ts';
import { steps } from '../engine/step-document.ts';

const how = z.enum(['trash', 'delete']).meta({
  description: 'trash: it goes into the trash first; delete: it is deleted by the same run',
});

const place = z
  .strictObject({
    service: text('Service'),
    directory: text('Directory of it'),
    path: text('Its path'),
    rule: text('Name of the rule'),
    pattern: text('What names are like'),
    except: textOrNull('What names are not like; null: nothing is left out'),
    olderSeconds: whole('From this age on, in seconds'),
    keep: whole('So many of the newest stay'),
    thing: z.enum(['file', 'directory', 'entry']).meta({ description: 'What one thing is' }),
    how,
    things: whole('How many things go'),
    bytes: bytes('All of them together, as `ls` counts'),
    error: textOrNull('Why nothing was looked at; null: it was'),
  })
  .meta({ description: 'A rule, in one place that it is for' });

const candidate = z
  .strictObject({
    path: text('What goes'),
    rule: text('By which rule'),
    kind: z.enum(['file', 'directory', 'other']).meta({ description: 'What it is' }),
    bytes: bytes('As `ls` counts all of it'),
    changed: time('When any of it was last written'),
    ageSeconds: number('How long ago, in seconds'),
    how,
  })
  .meta({ description: 'Something that goes' });

const kept = z
  .strictObject({
    path: text('What stays'),
    rule: text('Of which rule'),
    why: text('Why it stays'),
  })
  .meta({ description: 'Something old that stays' });

const trash = {
  path: text('Where it is'),
  things: whole('How many things are in it'),
  bytes: bytes('What the disk has more of without them'),
  dueThings: whole('Of these, how many have been in it for three days, or were to be deleted'),
  dueBytes: bytes('What the disk has more of without those'),
  inUse: whole('Of those that are due, how many a process has open: they stay'),
  isEmptied: flag('What is due is deleted by this run'),
} as const;

const cleanResult = z.strictObject({
  root,
  base,
  service: textOrNull('The service that was asked for; null: all'),
  outcome,
  run: recordedAs,
  steps: steps('What was planned, in this order, at most the first 1,000'),
  stepCount: whole('How many steps were planned'),
  done,
  places: z.array(place).meta({ description: 'Each rule in each of its places' }),
  things: z.array(candidate).meta({ description: 'What goes: at most the first 1,000' }),
  thingCount: whole('How many things go'),
  bytes: bytes('All of them together, as `ls` counts'),
  freedBytes: bytes('What the disk has more of after this run; of a plan: will have'),
  freedLaterBytes: bytes('What it has more of once the trash is emptied'),
  freedLaterAt: timeOrNull('From when on the trash of this run may be emptied', 'nothing goes there'),
  kept: z.array(kept).meta({
    description: 'What is old and stays all the same, and what is dated ahead: at most the first 1,000',
  }),
  keptCount: whole('How many of them there are'),
  youngCount: whole('How many things the rules name that are not old enough'),
  left: z
    .array(
      z
        .strictObject({ path: text('What was left'), why: text('Why it was left') })
        .meta({ description: 'A thing' }),
    )
    .meta({
      description: 'What changed after it was planned, and was left as it is: at most the first 1,000',
    }),
  leftCount: whole('How many things were left'),
  trash: z
    .strictObject(trash)
    .meta({ description: 'What is in the trash of the base, before the things of this run' }),
  ownTrashes: z
    .array(
      z
        .strictObject({ service: text('The service'), ...trash })
        .meta({ description: 'The trash of a service that has a file system of its own' }),
    )
    .optional()
    .meta({
      description: 'The same of services with file systems of their own; left out where none has one',
    }),
});

/** What a run came to, as the history has it. */
export const cleaned = z
  .strictObject({
    at: time('When it was'),
    run: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'As which run it is recorded; null: nothing was to be done' }),
    things: whole('How many things went into the trash'),
    bytes: bytes('All of them together, as `ls` counts'),
    deletedThings: whole('How many things were deleted'),
    freedBytes: bytes('What the disk had more of by that'),
    trashThings: whole('How many things were in the trash afterwards'),
    trashBytes: bytes('What the disk has more of without them'),
  })
  .meta({ description: 'A run of `clean`' });

export type Cleaned = Document<typeof cleaned>;

export const published = {
  clean: answerOf('clean', { what: 'What goes, and what stays', result: cleanResult }),
};

export type CleanResult = Document<typeof cleanResult>;
export type CleanPlace = Document<typeof place>;
export type Candidate = Document<typeof candidate>;
export type KeptThing = Document<typeof kept>;
