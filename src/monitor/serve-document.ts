// Describes what `serve` writes when it is stopped.
import * as z from 'zod';
import { type Document, text, whole } from '../document/words.ts';

export const serveResult = z.strictObject({
  listened: text('Address and port at which it answered'),
  scrapes: whole('How many scrapes were answered'),
});

export type ServeResult = Document<typeof serveResult>;
