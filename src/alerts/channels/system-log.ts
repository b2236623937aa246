// Owns alerts to the system's log: the journal with all fields where journald runs, else syslog with the text.

import type { AlertEvent, Message } from '../../history/event.ts';
import { type StartProgram, startProgram } from '../../host/program.ts';
import { type LogSocket, logSocket } from '../../host/system-log.ts';
import { eventFields, messageText } from '../text.ts';
import { outcomeOf } from './program-outcome.ts';
import { failed, type Outcome, type Send } from './send.ts';

/** systemd.journal-fields(7): names this kind of entry. `journalctl MESSAGE_ID=…` */
export const MESSAGE_ID = '8c1d3f0e5b7a4d62a9e4c7b05f21d836';
const IDENTIFIER = 'jts-hot';

/** RFC 5424, 6.2.1; the numbers are journald's PRIORITY, the words are logger's. */
const SEVERITIES = {
  CRITICAL: { number: 2, word: 'crit' },
  WARNING: { number: 4, word: 'warning' },
  UNKNOWN: { number: 4, word: 'warning' },
  OK: { number: 5, word: 'notice' },
} as const;

export function toSystemLog(
  start: StartProgram = startProgram,
  find: () => LogSocket | null = logSocket,
): Send {
  return async (message, { timeoutMs, signal }): Promise<Outcome> => {
    const socket = find();
    // sd_journal_sendv(3) and logger both take silence for success where nobody listens.
    if (socket === null)
      return failed('neither journald (/run/systemd/journal/socket) nor syslog (/dev/log) runs', {
        again: false,
      });
    const program = { environment: {}, timeoutMs, signal };
    const end =
      socket === 'journald'
        ? await start({ ...program, argv: ['logger', '--journald'], input: journalEntry(message) })
        : await start({ ...program, argv: syslogArgv(message.event), input: `${messageText(message)}\n` });
    return outcomeOf('logger', end);
  };
}

/** A field a line, as logger(1) takes them; no value has a line end in it. */
export function journalEntry(message: Message): string {
  const fields = {
    MESSAGE: messageText(message),
    MESSAGE_ID,
    PRIORITY: severityOf(message.event).number,
    SYSLOG_IDENTIFIER: IDENTIFIER,
    ...eventFields(message),
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function syslogArgv(event: AlertEvent): readonly [string, ...string[]] {
  const priority = `daemon.${severityOf(event).word}`;
  return ['logger', '--socket-errors=on', '--size=8k', '--priority', priority, '--tag', IDENTIFIER];
}

function severityOf({ level }: AlertEvent): (typeof SEVERITIES)[AlertEvent['level']] {
  return SEVERITIES[level];
}
