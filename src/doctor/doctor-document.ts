// Describes what `doctor` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { STATES } from '../configure/state.ts';
import { base, type Document, root, text, textOrNull, texts } from '../document/words.ts';

const cause = z
  .strictObject({
    cause: text('What is wrong'),
    check: textOrNull('ID of the check of `validate` that found it; null: no check did'),
    message: textOrNull('What a message of the server means, as `redis.data-missing`; null: there is none'),
    evidence: texts('What was found: lines as they were printed, or what is there'),
    fix: textOrNull('The command that mends it; null: there is not one'),
    hint: textOrNull('What to look at, or to do; null: `fix` says it'),
  })
  .meta({ description: 'One cause' });

const patient = z
  .strictObject({
    service: text('Its name'),
    state: z
      .enum(STATES)
      .nullable()
      .meta({ description: 'As of `config --check`; null: it is told nothing here' }),
    unit: textOrNull('The unit that it is started by; null: none was found'),
    unitState: textOrNull('How that is: `failed, exit-code`; null: not known'),
    causes: z.array(cause).meta({ description: 'The most probable first; none: nothing is wrong with it' }),
    start: z
      .strictObject({ fix: text('The command that starts it') })
      .nullable()
      .meta({ description: 'What starts it once that is mended; null: it runs, or is started by no unit' }),
  })
  .meta({ description: 'One service' });

const doctorResult = z.strictObject({
  root,
  base,
  services: z.array(patient).meta({
    description: 'The service that was named, or all that are installed here, in the order of the layout',
  }),
});

export const published = {
  doctor: answerOf('doctor', { what: 'What was found, by service', result: doctorResult }),
};

export type DoctorResult = Document<typeof doctorResult>;
export type Patient = Document<typeof patient>;
export type Cause = Document<typeof cause>;
