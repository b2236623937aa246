// Describes what `config` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcome, recordedAs } from '../command/recorded-run-document.ts';
import { base, type Document, root, text, textOrNull, texts } from '../document/words.ts';
import { steps } from '../engine/step-document.ts';
import { checked } from './check-document.ts';

const rendered = z
  .strictObject({
    of: text('The service; `env`: variables of the environment; `jts`: settings of the trading platform'),
    format: z
      .enum(['postgresql', 'redis', 'properties', 'yaml', 'json', 'xml', 'export', 'dotenv', 'systemd'])
      .meta({ description: 'The language that the text is written in' }),
    file: text('Where such settings usually are; a `*` stands for one name'),
    text: text('The settings, hints as comments'),
  })
  .meta({ description: 'Settings of one service' });

const printed = z
  .strictObject({
    did: z.literal('print').meta({ description: 'Which form of the command it was' }),
    settings: z.array(rendered).meta({ description: 'In the order of the layout' }),
  })
  .meta({ description: 'Without --install, --check and --init' });

const restart = z
  .strictObject({
    service: text('The service'),
    unit: text('The unit that was restarted'),
    outcome: z.enum(['running on the hot tier', 'taken back', 'failed', 'not tried', 'planned']).meta({
      description:
        '`taken back`: it did not come up there, so that its former settings were put back; `failed`: the settings were there before this run, and stay; `not tried`: a signal came; `planned`: of a dry run, it would be restarted',
    }),
  })
  .meta({ description: 'One of them' });

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
            file: text('Its own configuration file'),
            unit: textOrNull('The unit of systemd that runs it; null: none was found'),
          })
          .meta({ description: 'One service' }),
      )
      .meta({ description: 'Services that are installed here' }),
    notInstalled: texts('Services of the layout whose configuration was not found'),
    restarts: z.array(restart).meta({ description: 'With --restart, in this order' }),
  })
  .meta({ description: 'With --install' });

const initialised = z
  .strictObject({
    did: z.literal('init').meta({ description: 'Which form of the command it was' }),
    service: text('The service'),
    outcome,
    run: recordedAs,
    steps: steps('What was planned; none: the service needs nothing, or has it'),
    done,
  })
  .meta({ description: 'With --init' });

const result = z.discriminatedUnion('did', [printed, installed, initialised, checked]);

export const published = { config: answerOf('config', { what: 'What was printed or found', result }) };

export type Rendered = Document<typeof rendered>;
export type ConfigResult = Document<typeof result>;
export type InstallResult = Document<typeof installed>;
export type InitResult = Document<typeof initialised>;
export type Restart = Document<typeof restart>;
export type PrintResult = Document<typeof printed>;
