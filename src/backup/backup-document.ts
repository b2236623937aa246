// Describes what `backup` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import {
  base,
  bytes,
  type Document,
  flag,
  number,
  root,
  text,
  textOrNull,
  texts,
  time,
  whole,
} from '../document/words.ts';
import { backupName, manifest, verification } from './manifest-document.ts';

const about = { root, base };

const name = backupName('The backup');

const taken = z
  .strictObject({
    service: text('Service'),
    outcome: z.enum(['planned', 'done', 'failed', 'refused', 'stopped', 'skipped', 'not installed']).meta({
      description:
        'planned: of a dry run; skipped: with all, of a service that is stopped and whose tool wants it running; not installed: with ' +
        'all, where there is nothing to back up',
    }),
    says: textOrNull('How it is taken; null: it did not come so far'),
    sourceBytes: bytes('What is to be backed up')
      .nullable()
      .meta({ description: 'What is to be backed up, in bytes; null: not known' }),
    needBytes: bytes('So much room is counted with').nullable().meta({
      description:
        'So much room is counted with, in bytes: by the last backup, else all of it; null: not known',
    }),
    name: name.nullable().meta({ description: 'Its name; null: there is none' }),
    path: textOrNull('Where it is; null: there is none'),
    manifest: manifest.nullable().meta({ description: 'What it is; null: there is none' }),
  })
  .meta({ description: 'What came of one service' });

const room = z
  .strictObject({
    plannedBytes: bytes('What the layout gives to backups'),
    keptBytes: bytes('What all backups take by their manifests'),
    diskBytes: bytes('What is free on the file system, without its reserve'),
    freeBytes: bytes('What there is for a new one'),
  })
  .meta({ description: 'The room for backups' });

const verified = z
  .strictObject({
    service: text('Service'),
    name: name.nullable().meta({ description: 'Its name; null: there is none to prove' }),
    outcome: z.enum(['planned', 'good', 'bad', 'failed', 'none', 'stopped']).meta({
      description: 'failed: it could not be tried; none: there is no backup',
    }),
    verification: verification
      .nullable()
      .meta({ description: 'What was found; null: it did not come so far' }),
  })
  .meta({ description: 'What came of one backup' });

const listed = z
  .strictObject({
    service: text('Whose data it is'),
    name,
    at: time('When it was begun'),
    bytes: bytes('All its files together').nullable().meta({
      description: 'All its files together, in bytes; null: it is damaged',
    }),
    sourceBytes: bytes('What was backed up, as it was estimated').nullable().meta({
      description: 'What was backed up, as it was estimated, in bytes; null: it is damaged',
    }),
    seconds: number('How long it took').nullable().meta({
      description: 'How long it took; null: it is damaged',
    }),
    kind: z.enum(['whole', 'increment']).nullable().meta({
      description: 'whole: it stands alone; increment: it needs its parent; null: it is damaged',
    }),
    parent: name.nullable().meta({ description: 'The backup that it needs; null: none' }),
    tool: textOrNull('What it was taken with; null: it is damaged'),
    isElsewhere: flag('Its tool keeps it in a place of its own'),
    proof: z
      .strictObject({
        at: time('When it was'),
        isGood: flag('It was as it was when it was taken'),
        why: texts('What was wrong; none: nothing'),
      })
      .nullable()
      .meta({ description: 'The last restore that was to prove it; null: it was never restored' }),
    damaged: textOrNull('Why nobody can tell what it is; null: its manifest says it'),
  })
  .meta({ description: 'A backup' });

const pruned = z
  .strictObject({
    service: text('Service'),
    outcome: z.enum(['planned', 'done', 'unchanged', 'failed', 'refused', 'stopped']).meta({
      description: 'planned: nothing was deleted, since nobody agreed to it; unchanged: nothing may go',
    }),
    keep: whole('So many of the newest good ones stay'),
    olderSeconds: whole('Only what is older may go, in seconds'),
    stopped: z.enum(['failed', 'unfinished', 'gone', 'unknown', 'ahead']).nullable().meta({
      description:
        'Why nothing goes: the last one failed, did not end, or is gone; nothing is on record; one is dated ahead; null: what may go does',
    }),
    goes: z
      .array(
        z
          .strictObject({
            name,
            at: time('When it was begun'),
            bytes: bytes('All its files together').nullable().meta({
              description: 'All its files together, in bytes; null: not known',
            }),
          })
          .meta({ description: 'A backup' }),
      )
      .meta({ description: 'What may go, in the order in which it goes' }),
    stays: z
      .array(
        z
          .strictObject({
            name,
            reason: z
              .enum([
                'ahead',
                'damaged',
                'needed',
                'needed by a damaged one',
                'newest',
                'proved',
                'too few newer',
                'young',
              ])
              .meta({ description: 'Why it stays' }),
            by: textOrNull('Of `needed`: the one that needs it; of `damaged`: in words; else null'),
          })
          .meta({ description: 'A backup' }),
      )
      .meta({ description: 'What stays by the rule, the newest first' }),
    deleted: texts('Names of those that were deleted'),
    bytes: bytes('All that may go, by its manifests'),
    freedBytes: bytes('All that was deleted, by its manifests'),
  })
  .meta({ description: 'What came of one service' });

const backupResult = z.discriminatedUnion('did', [
  z.strictObject({
    did: z.literal('run').meta({ description: 'The verb' }),
    ...about,
    outcome: z
      .enum(['planned', 'done', 'failed', 'refused', 'stopped'])
      .meta({ description: 'The worst of all' }),
    room,
    removed: texts('What killed runs had left in staging'),
    services: z.array(taken).meta({ description: 'One after the other' }),
  }),
  z.strictObject({
    did: z.literal('verify').meta({ description: 'The verb' }),
    ...about,
    outcome: z
      .enum(['planned', 'good', 'bad', 'failed', 'none', 'stopped'])
      .meta({ description: 'The worst of all' }),
    removed: texts('What killed runs had left in staging'),
    backups: z.array(verified).meta({ description: 'One after the other' }),
  }),
  z.strictObject({
    did: z.literal('restore').meta({ description: 'The verb' }),
    ...about,
    outcome: z
      .enum(['planned', 'restored', 'failed', 'refused', 'stopped'])
      .meta({ description: 'What came of it' }),
    service: text('Service'),
    name,
    path: textOrNull('Where it was restored; null: it was not'),
    isLive: flag('In the place of the live data'),
    aside: textOrNull('Where the old data is now; null: there was none'),
    needBytes: bytes('So much room is counted with'),
    run: whole('The run that put it there')
      .nullable()
      .meta({ description: 'The run that put it there; null: none' }),
    next: texts('What a person does then'),
  }),
  z.strictObject({
    did: z.literal('list').meta({ description: 'The verb' }),
    ...about,
    service: textOrNull('The service that was asked for; null: all'),
    backups: z.array(listed).meta({ description: 'By service, oldest first' }),
    bytes: bytes('All of them together, by their manifests'),
    leftovers: texts('What runs that are at work, or were killed, have in staging'),
    others: z
      .array(
        z
          .strictObject({ path: text('Its path'), why: text('Why it is no backup') })
          .meta({ description: 'A thing' }),
      )
      .meta({ description: 'What lies where backups are kept and is none' }),
  }),
  z.strictObject({
    did: z.literal('prune').meta({ description: 'The verb' }),
    ...about,
    outcome: z
      .enum(['planned', 'done', 'unchanged', 'failed', 'refused', 'stopped'])
      .meta({ description: 'The worst of all' }),
    removed: texts('What killed runs had left, and is removed now'),
    leftovers: texts('What runs that are at work, or were killed, have in staging'),
    services: z.array(pruned).meta({ description: 'One after the other' }),
    bytes: bytes('All that may go, by its manifests'),
    freedBytes: bytes('All that was deleted, by its manifests'),
  }),
]);

export const published = {
  backup: answerOf('backup', { what: 'What was done', result: backupResult }),
};

export type BackupResult = Document<typeof backupResult>;
export type RunResult = Extract<BackupResult, { readonly did: 'run' }>;
export type VerifyResult = Extract<BackupResult, { readonly did: 'verify' }>;
export type RestoreResult = Extract<BackupResult, { readonly did: 'restore' }>;
export type ListResult = Extract<BackupResult, { readonly did: 'list' }>;
export type PruneResult = Extract<BackupResult, { readonly did: 'prune' }>;
export type TakenService = RunResult['services'][number];
export type VerifiedBackup = VerifyResult['backups'][number];
export type Room = RunResult['room'];
