// Describes what `config --check` writes.
import * as z from 'zod';
import { base, type Document, root, text, textOrNull, whole } from '../document/words.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';
import { STATES } from './state.ts';

export const checked = z
  .strictObject({
    did: z.literal('check').meta({ description: 'Which form of the command it was' }),
    root,
    base,
    services: z
      .array(
        z
          .strictObject({
            service: text('The service'),
            state: z.enum(STATES).meta({
              description:
                'How far it is: its files and its unit are here, they say what the layout says, it runs, its data is on the hot tier',
            }),
            want: textOrNull('Where the layout wants its data; null: it is not installed'),
            file: textOrNull('Its own configuration file; null: none was found'),
            told: z
              .strictObject({
                value: text('Where it is told to keep its data'),
                at: text('What says so: `file:line`, or a command line with the flag'),
              })
              .nullable()
              .meta({
                description: 'What decides where its data is at the next start; null: nothing says it',
              }),
            servers: z
              .array(
                z.strictObject({
                  pid: whole('Its process id'),
                  unit: textOrNull('The unit of systemd that it runs in; null: none'),
                  places: z.array(z.string()).nullable().meta({
                    description: 'Where it has its data, by what it has open; null: that cannot be seen',
                  }),
                }),
              )
              .meta({ description: 'Its processes' }),
            answered: z.array(z.string()).nullable().meta({
              description: 'Where it says that its data is; null: it was not asked, or gave no answer',
            }),
            problems: z
              .array(diagnostic)
              .meta({ description: 'What is wrong; those with `E_…` make the exit code 1' }),
          })
          .meta({ description: 'One service' }),
      )
      .meta({ description: 'In the order of the layout' }),
  })
  .meta({ description: 'With --check' });

export type CheckResult = Document<typeof checked>;
export type ServiceCheck = CheckResult['services'][number];
