// Describes what every command writes with --json around its result, and what it writes where it has none.
import * as z from 'zod';
import { COMMAND_NAMES, type CommandName, exitCodesOf, exitsOf, isStoppable } from '../catalogue/commands.ts';
import { DOCUMENT_SCHEMA_VERSION } from '../document/versions.ts';
import { program, time, version } from '../document/words.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';

function around<C extends z.ZodType, E extends z.ZodType, R extends z.ZodType>(of: {
  readonly command: C;
  readonly exitCode: E;
  readonly result: R;
}) {
  return z.strictObject({
    schemaVersion: version(
      DOCUMENT_SCHEMA_VERSION,
      'Version of this format; raised when a field changes its meaning or goes, not when one is added',
    ),
    command: of.command,
    program,
    at: time('When this was written'),
    exitCode: of.exitCode,
    problems: z
      .array(diagnostic)
      .meta({ description: 'What went wrong; the same is on stderr, in words for people' }),
    result: of.result,
  });
}

function exitCode<const Codes extends readonly [number, ...number[]]>(codes: Codes, meaning: string) {
  const description = `The exit code of the process: ${meaning}`;
  return z.literal(codes).meta({ description, type: 'integer' });
}

function exitCodeOf(command: CommandName) {
  const means = Object.entries(exitsOf(command)).map(([code, what]) => `${code} ${what}`);
  const stopped = '129, 130, 131 or 143 stopped by SIGHUP, SIGINT, SIGQUIT or SIGTERM';
  const all = isStoppable(command) ? [...means, stopped] : means;
  return exitCode(exitCodesOf(command), all.join('; '));
}

/** `what` says in a few words what the result is, `when` with which flags it is written. */
export function answerOf(
  command: CommandName,
  { what, result, when = '' }: { readonly what: string; readonly result: z.ZodType; readonly when?: string },
) {
  const written = around({
    command: z.literal(command).meta({ description: 'The command that was run' }),
    exitCode: exitCodeOf(command),
    result: result
      .nullable()
      .meta({ description: `${what}; null: it did not come so far, see \`problems\`` }),
  });
  return written.meta({
    title: `jts-hot ${command}`,
    description: `What \`jts-hot ${command} --json\` writes to stdout${when}.`,
  });
}

const failure = around({
  command: z
    .enum(COMMAND_NAMES)
    .nullable()
    .meta({ description: 'The command that was asked for; null: none that is known' }),
  exitCode: exitCode([1, 2, 3], '0 done, 1 failed or a check failed, 2 bad input, 3 refused'),
  result: z.null().meta({ description: 'There is none' }),
}).extend({
  problems: z.array(diagnostic).min(1).meta({ description: 'What went wrong' }),
});

export const published = {
  error: failure.meta({
    title: 'jts-hot error',
    description:
      'What every command writes to stdout with --json when it does not come as far as a result: bad input, no root, another run. The schemas of the commands take it too.',
  }),
};
