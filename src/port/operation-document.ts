// Describes what is done to a host, one operation at a time, and what an undo knows it by.
import * as z from 'zod';
import * as documentWords from '../document/words.ts';
import { operationSchema } from './operation.ts';
import { operationWords } from './operations/words.ts';

/** Made once: two of one name would be two in a published schema. */
const words = operationWords(z, documentWords);

export const { accountNumber, born, inode, lvmUuid, writtenThen } = words;
export const operation = operationSchema(words);
