// Describes a step of a plan, as plans, reports and the journal have it.
import * as z from 'zod';
import { type Document, text, texts } from '../document/words.ts';
import { operation } from '../port/operation-document.ts';

const doing = operation.meta({ description: 'What is done' });
const undo = operation
  .nullable()
  .meta({ description: 'The operation that takes it back; null: cannot be undone' });
const needs = texts(
  'Addresses that must stay on the host for as long as this one does: its owner, its parent',
);

export const recordedStep = z
  .strictObject({ address: text('What it is about'), do: doing, undo, needs })
  .meta({ description: 'The step' });

export const step = z
  .strictObject({
    address: text('What it is about, for example `directory /data/jts/hot/kafka`'),
    action: z.enum(['+', '~', '-']).meta({
      description: '`+` makes something new, `~` changes something that is there, `-` takes something away',
    }),
    summary: text('One line for people'),
    reason: text('Why it is needed'),
    do: doing,
    undo,
    needs,
  })
  .meta({ id: 'step', description: 'One step, with its undo' });

export const steps = (description: string) => z.array(step).meta({ description });

export type Step = Document<typeof step>;
export type RecordedStep = Document<typeof recordedStep>;
