// Owns asking a person at a terminal, before a run is undone and before a disk is formatted. Where nobody sits, nobody is asked:
// scripts, timers and -j go on as they were told.
import { isatty } from 'node:tty';
import type { Answer, Context } from '../command/context.ts';
import { isTerminal, writeOut } from '../host/output.ts';
import { diagnostic, EXIT } from '../messages/diagnostic.ts';
import type { Paint } from '../messages/paint.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import type { RollbackResult } from '../setup/rollback-document.ts';
import { renderRollback } from '../setup/rollback-text.ts';
import type { Consents } from '../storage/consents.ts';
import { paintFor } from './colour.ts';

/** Somebody reads standard error and types on standard input. */
export function canAsk(): boolean {
  return isTerminal('stderr') && isatty(0);
}

/** The runs to undo: just those that were shown. Or the answer, where there is nothing to agree to, or nobody does. */
export type Agreed = { readonly runs: readonly number[] } | { readonly answer: Answer<RollbackResult> };

export async function agreeToUndo(
  context: Context,
  wanted: {
    readonly run: number | null;
    readonly damaged: boolean;
    readonly startEmpty: readonly string[];
    readonly paint: Paint;
  },
): Promise<Agreed> {
  const { run, damaged, startEmpty, paint } = wanted;
  const shown = await rollbackCommand(context, run, { damaged, startEmpty, isDry: true });
  const { result } = shown;
  if (result?.outcome !== 'planned') return { answer: shown };
  context.progress('');
  writeOut('stderr', `${renderRollback(result, paint, null)}\n`);
  if (await isYes('Undo it? [y/N] ')) return { runs: result.undoes };
  const problem = diagnostic('E_NOT_AGREED', 'refusing to undo a run that nobody agreed to undo', {
    detail: 'want y; nothing has been changed',
    hint: 'to see it again: sudo jts-hot rollback --dry-run; to undo it without being asked: sudo jts-hot rollback --yes',
  });
  return { answer: { exitCode: EXIT.refused, problems: [problem], result: null } };
}

/** Of a disk that may be formatted; where nobody sits at a terminal, or all was said already, as it was given. */
export async function askedToFormat(
  context: Context,
  given: Consents,
  {
    command,
    json,
    isDry,
  }: { readonly command: string; readonly json: boolean | undefined; readonly isDry: boolean },
): Promise<Consents> {
  if (isDry || json === true || context.layout.storage === undefined || given.confirmed !== null || !canAsk())
    return given;
  const { agreeToFormat } = await import('./agree-to-format.ts');
  context.progress('');
  return agreeToFormat(context, given, {
    command,
    paint: paintFor('stderr'),
    show: (text) => writeOut('stderr', `${text}\n`),
    ask: askLine,
  });
}

/** The end of the input is no. */
async function isYes(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askLine(question))?.trim() ?? '');
}

/** null: the end of the input. */
async function askLine(question: string): Promise<string | null> {
  // Few commands need it.
  const { createInterface } = await import('node:readline');
  writeOut('stderr', question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return line;
    writeOut('stderr', '\n');
    return null;
  } finally {
    lines.close();
  }
}
