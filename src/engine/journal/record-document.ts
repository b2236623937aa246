// Describes the record of a run, line by line.
import * as z from 'zod';
import { RECORDED_COMMANDS } from '../../catalogue/commands.ts';
import { baseDisk } from '../../disk/base-disk-document.ts';
import { JOURNAL_SCHEMA_VERSION } from '../../document/versions.ts';
import {
  absolutePath,
  base,
  type Document,
  program,
  root,
  run,
  runOrNull,
  text,
  texts,
  time,
  version,
  whole,
} from '../../document/words.ts';
import { diagnostic } from '../../messages/diagnostic-document.ts';
import { accountNumber, born, inode, lvmUuid, writtenThen } from '../../port/operation-document.ts';
import { recordedStep } from '../step-document.ts';

export const recordedCommand = z.enum(RECORDED_COMMANDS).meta({ description: 'The command that was run' });
export const decisions = texts('What was agreed to, kept or warned of: the reasons behind the steps');
export const undoes = z
  .array(run('A run'))
  .meta({ description: 'Of a rollback: the runs it undoes, newest first' });

/** What a run is known by from its first line on. */
const header = z.strictObject({
  command: recordedCommand,
  scope: text('What of the layout it was about, as asked for, such as `kafka --recursive`; empty: all of it'),
  program,
  root,
  base,
  decisions,
  continues: runOrNull('The interrupted run that this one completes; undone together with it; null: none'),
  mountPoint: absolutePath('Mount point of the file system that holds the base'),
  disk: baseDisk
    .meta({
      description: 'The same, to be known again; left out where the run did not look below the base',
    })
    .exactOptional(),
  earlierDisk: baseDisk
    .meta({ description: 'What was on record before --new-disk: a rollback puts it back' })
    .exactOptional(),
  undoes,
  layoutFile: z
    .strictObject({
      path: absolutePath('The file'),
      hash: text('SHA-256 of its text, which is kept beside the record'),
    })
    .meta({ description: 'The layout file that it went by, for `spec recorded`; left out: none' })
    .exactOptional(),
});

export const left = z
  .strictObject({ address: text('What stays on the host'), why: text('Why it was left') })
  .meta({ description: 'Something that was left as it is' });

const outcome = z.enum(['applied', 'stopped', 'failed']).meta({ description: 'How it ended' });

const runLine = z.strictObject({
  type: z.literal('run').meta({ description: 'First line of a file: who ran what' }),
  schemaVersion: version(
    JOURNAL_SCHEMA_VERSION,
    'Version of this format; raised when a field changes or goes',
  ),
  run: run('Its number'),
  at: time('When it began'),
  ...header.shape,
});

const doingLine = z.strictObject({
  type: z.literal('doing').meta({ description: 'On the disk before a step is taken' }),
  step: run('Its number in this run, from 1'),
  at: time('When it was recorded'),
  what: recordedStep,
});

const doneLine = z.strictObject({
  type: z.literal('done').meta({ description: 'The step has been taken and checked' }),
  step: run('Its number in this run, from 1'),
  at: time('When it was recorded'),
  inode: inode.exactOptional(),
  born: born.exactOptional(),
  written: writtenThen,
  uid: accountNumber('uid').exactOptional(),
  gid: accountNumber('gid').exactOptional(),
  uuid: lvmUuid.exactOptional(),
});

const leftLine = left.extend({
  type: z.literal('left').meta({ description: 'Of a rollback: something stays on the host' }),
});

const endLine = z.strictObject({
  type: z.literal('end').meta({ description: 'Last line: how it ended; without one, it was killed' }),
  at: time('When it ended'),
  outcome,
  failure: diagnostic.nullable().meta({ description: 'Why it failed; null: it did not' }),
  steps: whole('How many steps were begun'),
  left: whole('How many things a rollback left'),
});

const sum = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .meta({ description: 'First 16 digits of the SHA-256 of all that stands in the file before `,"sum"`' });
const line = z.discriminatedUnion('type', [
  runLine.extend({ sum }),
  doingLine.extend({ sum }),
  doneLine.extend({ sum }),
  leftLine.extend({ sum }),
  endLine.extend({ sum }),
]);

export const published = {
  'journal-record': line.meta({
    title: 'jts-hot journal record',
    description: 'One line of /var/lib/jts-hot/journal/RUN.jsonl: first `run`, last `end`.',
  }),
};

export type RunHeader = Document<typeof header>;
export type Left = Document<typeof left>;
export type Outcome = Document<typeof outcome>;

/** Without its sum. Of one that is read the version may be another. */
export type JournalRecord =
  | (Omit<Document<typeof runLine>, 'schemaVersion'> & { readonly schemaVersion: number })
  | Document<typeof doingLine>
  | Document<typeof doneLine>
  | Document<typeof leftLine>
  | Document<typeof endLine>;
