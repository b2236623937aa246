// Owns alerts to a program of the operator's: started without a shell, the event as JSON on its standard input and as
// JTS_HOT_… in its environment.
import { jsonText } from '../../document/json-text.ts';
import { type StartProgram, startProgram } from '../../host/program.ts';
import { findingText } from '../../host/trusted/finding.ts';
import { weaknessesOfCommand } from '../../host/trusted/program.ts';
import { printable } from '../../values/quote.ts';
import { eventDocument, eventFields, messageText } from '../text.ts';
import { outcomeOf } from './program-outcome.ts';
import { failed, type Send } from './send.ts';

export function toCommand(
  { argv }: { readonly argv: readonly string[] },
  start: StartProgram = startProgram,
): Send {
  const [program, ...rest] = argv;
  if (program === undefined) return async () => failed('no program is named', { again: false });
  return async (message, { timeoutMs, signal, owners }) => {
    const [weakness] = weaknessesOfCommand(argv, owners);
    if (weakness !== undefined) return failed(findingText(weakness), { again: false });
    return outcomeOf(
      printable(program, 100),
      await start({
        argv: [program, ...rest],
        input: `${jsonText(eventDocument(message))}\n`,
        environment: { ...eventFields(message), JTS_HOT_TEXT: messageText(message) },
        timeoutMs,
        signal,
      }),
    );
  };
}
