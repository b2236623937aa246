// Describes what `completion` writes.
import * as z from 'zod';
import { type Document, text } from '../document/words.ts';

export const completionResult = z.strictObject({
  shell: z.enum(['bash', 'zsh', 'fish']).meta({ description: 'The shell that it is for' }),
  script: text('What the shell is to read'),
});

export type CompletionResult = Document<typeof completionResult>;
