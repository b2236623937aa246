// Describes what `logs` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcome, recordedAs } from '../command/recorded-run-document.ts';
import {
  absolutePath,
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
  timeOrNull,
  whole,
} from '../document/words.ts';
import { steps } from '../engine/step-document.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';

const bytesOrNull = (description: string) => z.int().min(0).nullable().meta({ description });

const rotation = z
  .strictObject({
    by: z.enum(['itself', 'logrotate', 'nothing']).meta({
      description:
        '`itself`: the server, or the library that writes its log; `nothing`: it grows until somebody acts',
    }),
    at: textOrNull('What says so: `file:line`, or a command line; null: it does so without being told'),
    says: textOrNull('How, in words; null: nothing rotates it'),
    mostBytes: bytesOrNull(
      'What all that is rotated so takes at most, in bytes, what grows between two runs of logrotate left out; null: not limited',
    ),
    isEach: flag('That limit is of each container'),
    unlimited: textOrNull('Why nothing limits it; null: something does, or nothing rotates it'),
  })
  .meta({ description: 'What rotates' });

const writer = z
  .strictObject({ pid: whole('Its process id'), command: text('What it is called') })
  .meta({ description: 'A process' });

const log = z
  .strictObject({
    service: text('The service that it belongs to'),
    path: absolutePath('The file'),
    usedBytes: bytes('Disk it uses'),
    apparentBytes: bytes('Its length, holes included'),
    changedAt: time('When it was last changed'),
    ageSeconds: number('How long ago that is, in seconds; negative: its time is in the future'),
    begunAt: timeOrNull('When it was begun', 'the file system does not say'),
    growthBytesPerDay: z.number().min(0).nullable().meta({
      description:
        'Its length over the time from when it was begun to its last change, a day; null: not known, or less than an hour',
    }),
    writers: z.array(writer).meta({ description: 'Processes that have it open for writing' }),
    isOpenedForEachLine: flag(
      'Its service opens it for each line and closes it again: nobody is seen to have it open',
    ),
    rotation,
  })
  .meta({ description: 'A large log' });

const service = z
  .strictObject({
    service: text('Name of the service'),
    directories: z
      .array(z.string())
      .meta({ description: 'Where its logs are: those of these that are there' }),
    usedBytes: bytes('Disk that all in these directories use'),
    files: whole('How many files are there'),
    plannedBytes: bytes('The planned size of the service'),
    isInstalled: flag('Something of it was found on this host'),
    log: textOrNull('The log that it writes by its configuration; null: not known, or several'),
    rotation: rotation.nullable().meta({
      description:
        'What rotates the log that it writes, by its configuration; null: it is not installed, or nothing is known',
    }),
    error: textOrNull('Why a directory was not measured: an error, `timeout`; null: all were'),
    problems: z.array(diagnostic).meta({ description: 'What should be different' }),
  })
  .meta({ description: 'One service' });

const listed = z
  .strictObject({
    did: z.literal('list').meta({ description: 'Which form of the command it was' }),
    root,
    base,
    at: time('When it was measured; ages are counted to this'),
    overBytes: bytes('Logs of at least this size'),
    services: z.array(service).meta({ description: 'Those that have logs, in the order of the layout' }),
    logs: z.array(log).meta({ description: 'Large logs, the largest first' }),
    more: flag('There are more than are named'),
    unseen: whole('Processes that may not be looked into'),
    complete: flag('All directories could be read'),
  })
  .meta({ description: 'Without --install' });

const installed = z
  .strictObject({
    did: z.literal('install').meta({ description: 'Which form of the command it was' }),
    root,
    base,
    outcome,
    run: recordedAs,
    continues,
    steps: steps('What was planned, in this order; the first `done` of them are done'),
    done,
    services: z
      .array(
        z
          .strictObject({
            service: text('The service'),
            state: z.enum(['rotated already', 'to be rotated', 'left as it is', 'not installed']).meta({
              description:
                '`rotated already`: nothing is to be done; `left as it is`: it cannot be, and `problems` say why',
            }),
            rotation: rotation.nullable().meta({ description: 'As it is, or is to be; null: not installed' }),
            plannedBytes: bytes('The planned size of the service'),
            restart: textOrNull(
              'Unit that has to be restarted before it counts; null: none, or none was found',
            ),
            notes: texts('What is left to be done by hand, and what to know'),
            problems: z.array(diagnostic).meta({ description: 'Why it is left as it is' }),
          })
          .meta({ description: 'One service' }),
      )
      .meta({ description: 'Those that were asked for, in the order of the layout' }),
  })
  .meta({ description: 'With --install' });

const result = z.discriminatedUnion('did', [listed, installed]);

export const published = { logs: answerOf('logs', { what: 'What was found or done', result }) };

export type LogsResult = Document<typeof result>;
export type LogsListed = Document<typeof listed>;
export type LogsInstalled = Document<typeof installed>;
export type InstalledLogs = LogsInstalled['services'][number];
export type Rotation = Document<typeof rotation>;
export type Log = Document<typeof log>;
export type ServiceLogs = Document<typeof service>;
