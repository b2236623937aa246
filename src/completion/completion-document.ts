// Describes what `completion` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { type Document, text } from '../document/words.ts';

const completionResult = z.strictObject({
  shell: z.enum(['bash', 'zsh', 'fish']).meta({ description: 'The shell that it is for' }),
  script: text('What the shell is to read'),
});

export const published = {
  completion: answerOf('completion', { what: 'The script', result: completionResult }),
};

export type CompletionResult = Document<typeof completionResult>;
