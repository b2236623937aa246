// Describes what `alert` writes, with `test` and with `list`.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { type Document, text, textOrNull, texts, time, timeOrNull, whole } from '../document/words.ts';
import { TOLD_LEVELS } from '../history/event.ts';

const channelName = text('Name of the channel');

const channel = z
  .strictObject({
    name: channelName,
    type: z.enum(['journal', 'command', 'webhook', 'mail']).meta({ description: 'Its kind' }),
    from: z.enum(['WARNING', 'CRITICAL']).meta({ description: 'It is told nothing below this level' }),
    target: text('Where it leads; of a secret only where it is kept'),
  })
  .meta({ description: 'A channel' });
const channels = z.array(channel).meta({ description: 'The channels of the layout' });

const outcome = z
  .strictObject({
    channel: channelName,
    error: textOrNull('What went wrong; null: delivered'),
    tookMs: z.number().min(0).meta({ description: 'How long it took, in milliseconds' }),
  })
  .meta({ description: 'What came of one channel' });

const delivery = z
  .strictObject({
    channel: channelName,
    eventId: text('The same for all channels, and each time the event is sent'),
    kind: z.enum(['change', 'repeat', 'test']).meta({
      description: '`change`: another level; `repeat`: it lasts; `test`: somebody tried',
    }),
    subject: text('`/` for the disk, `*` for all services together, or the name of a service'),
    level: z.enum(TOLD_LEVELS).meta({ description: 'The level that was told' }),
    text: text('What was told, in a line'),
    at: time('When it happened'),
    attempts: whole('How often it was tried'),
    error: textOrNull('Of the last attempt that failed; null: none'),
    deliveredAt: timeOrNull('When it was delivered', 'not yet'),
  })
  .meta({ description: 'A delivery' });
const deliveries = (description: string) => z.array(delivery).meta({ description });

const alertResult = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('test').meta({ description: 'The channels were tried' }),
    channels,
    outcomes: z.array(outcome).meta({ description: 'What came of each' }),
  }),
  z.strictObject({
    what: z.literal('list').meta({ description: 'The channels were listed' }),
    channels,
    repeatSeconds: z
      .number()
      .nullable()
      .meta({ description: 'What lasts is told again after this many seconds; null: never' }),
    waiting: deliveries('What could not be delivered yet, oldest first'),
    recent: deliveries('What was delivered, newest first'),
    notes: texts('Why deliveries cannot be shown'),
  }),
]);

export const published = {
  alert: answerOf('alert', {
    what: 'What came of the channels',
    result: alertResult,
    when: ', with `test` and `list`',
  }),
};

export type AlertChannel = Document<typeof channel>;
export type AlertOutcome = Document<typeof outcome>;
export type AlertDelivery = Document<typeof delivery>;
export type AlertResult = Document<typeof alertResult>;
