// Owns alerts by mail, through the machine's own sendmail: it has the queue, the relay and the credentials.

import type { Message } from '../../history/event.ts';
import { type StartProgram, startProgram } from '../../host/program.ts';
import { findingText } from '../../host/trusted/finding.ts';
import { weaknessesOfCommand } from '../../host/trusted/program.ts';
import { checkMailAddress } from '../../layout/channel.ts';
import { quote } from '../../values/quote.ts';
import { eventFields, eventText, messageText } from '../text.ts';
import { outcomeOf } from './program-outcome.ts';
import { failed, type Outcome, SENDMAIL, type Send } from './send.ts';

export interface MailAddresses {
  readonly to: readonly string[];
  /** null: as sendmail has it. */
  readonly sender: string | null;
}

export function toMail(
  { to, sender }: MailAddresses,
  start: StartProgram = startProgram,
  sendmail = SENDMAIL,
): Send {
  return async (message, { timeoutMs, signal, now, owners }): Promise<Outcome> => {
    for (const address of [...to, ...(sender === null ? [] : [sender])]) {
      const complaint = checkMailAddress(address);
      if (complaint !== null) return failed(`${complaint}; found ${quote(address)}`, { again: false });
    }
    if (to.length === 0) return failed('want somebody to mail to, found nobody', { again: false });
    const [weakness] = weaknessesOfCommand([sendmail], owners);
    if (weakness !== undefined) return failed(findingText(weakness), { again: false });
    const envelope = sender === null ? [] : ['-f', sender];
    const end = await start({
      argv: [sendmail, '-t', '-i', ...envelope],
      input: mailText(message, { to, sender, now }),
      environment: {},
      timeoutMs,
      signal,
    });
    if (end.ended === 'not started' && end.error === 'ENOENT')
      return failed(`cannot find ${sendmail}: want a mail server, or a relay such as msmtp-mta`, {
        again: false,
      });
    const outcome = outcomeOf('sendmail', end);
    return !outcome.ok && end.ended === 'exit' && REFUSED.includes(end.status)
      ? { ...outcome, again: false }
      : outcome;
  };
}

/** sysexits.h: EX_USAGE, EX_DATAERR, EX_NOUSER, EX_NOHOST, EX_NOPERM, EX_CONFIG: another attempt changes nothing. */
const REFUSED: readonly number[] = [64, 65, 67, 68, 77, 78];

const DOMAIN = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** RFC 5322, with line feeds as sendmail takes them; each line of at most 998 bytes. */
export function mailText(message: Message, mail: MailAddresses & { readonly now: number }): string {
  const { event } = message;
  const domain = DOMAIN.test(event.host) ? event.host : 'localhost';
  const { encoding, body } = encodeBody(bodyText(message));
  return [
    ...(mail.sender === null ? [] : [`From: ${mail.sender}`]),
    `To: ${mail.to.join(',\n ')}`,
    `Subject: ${headerText(eventText(event))}`,
    `Date: ${new Date(mail.now).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${event.id.replace(/[^\w-]/g, '')}.jts-hot@${domain}>`,
    // RFC 3834: no out-of-office answers to root.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    body,
  ].join('\n');
}

function bodyText(message: Message): string {
  const fields = Object.entries(eventFields(message)).map(
    ([name, value]) => `${name.replace('JTS_HOT_', '').toLowerCase().replaceAll('_', ' ')}: ${value}`,
  );
  return [messageText(message), '', ...fields, '', 'To look now: jts-hot monitor', ''].join('\n');
}

const LONGEST_LINE = 900;

function encodeBody(text: string): { readonly encoding: string; readonly body: string } {
  const simple = isAscii(text) && text.split('\n').every((line) => line.length <= LONGEST_LINE);
  if (simple) return { encoding: '7bit', body: text };
  const lines =
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  return { encoding: 'base64', body: `${lines.join('\n')}\n` };
}

function isAscii(text: string): boolean {
  return /^[\n\x20-\x7e]*$/.test(text);
}

/** A header's value, folded; encoded words (RFC 2047) where it is not plain ASCII. */
function headerText(text: string): string {
  const words = text.split(' ');
  const plain = isAscii(text) && !text.includes('=?');
  // Folding at one of two blanks could leave a line of nothing else, which ends the headers for some.
  if (plain && words.every((word) => word !== '' && word.length <= LONGEST_LINE)) return fold(words);
  const characters = Array.from(text);
  const pieces: string[] = [];
  // 75 characters at most with what is around it, and no character cut in two: 10 of at most 4 bytes are 56 in base64.
  for (let i = 0; i < characters.length; i += 10)
    pieces.push(`=?UTF-8?B?${Buffer.from(characters.slice(i, i + 10).join('')).toString('base64')}?=`);
  return pieces.join('\n ');
}

const FOLD_AT = 70;

function fold(words: readonly string[]): string {
  let length = 0;
  return words
    .map((word, i) => {
      const blank = i === 0 ? '' : length + word.length > FOLD_AT ? '\n ' : ' ';
      length = blank === '\n ' ? word.length : length + word.length + 1;
      return blank + word;
    })
    .join('');
}
