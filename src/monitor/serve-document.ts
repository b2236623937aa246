// Describes what `serve` writes when it is stopped.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { type Document, text, whole } from '../document/words.ts';

const serveResult = z.strictObject({
  listened: text('Address and port at which it answered'),
  scrapes: whole('How many scrapes were answered'),
});

export const published = {
  serve: answerOf('serve', { what: 'What was served', result: serveResult, when: ' when it is stopped' }),
};

export type ServeResult = Document<typeof serveResult>;
