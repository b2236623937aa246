// The command that wires the services to the hot tier: which function answers it, and what its flags mean to it.
import type { CONFIGURE } from '../catalogue/configure.ts';
import { toDoIt } from '../command/context.ts';
import { checkCommand } from '../configure/check.ts';
import type { ConfigResult } from '../configure/config-document.ts';
import { renderConfig } from '../configure/config-text.ts';
import { initCommand } from '../configure/init.ts';
import { installCommand } from '../configure/install.ts';
import { ENVIRONMENT_FORMATS, type EnvironmentFormat, render } from '../configure/render.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { type Handlers, needs, noSuchWord, shown } from './handler.ts';

export const configureCommands: Handlers<keyof typeof CONFIGURE> = {
  async config({ context, flags, argument: what, paint }) {
    const { to = null, startEmpty = [], replace = false, restart = false, dryRun: isDry = false } = flags;
    if (flags.format !== undefined && what !== 'env') throw needs('--format', 'env');
    const environment = environmentFormat(flags.format ?? 'export');
    const text = (result: ConfigResult) => renderConfig(result, paint, toDoIt(context, 'config'));
    // One file is that of one service.
    if (to !== null && what === 'all') throw needs('--to', 'SERVICE');
    if (flags.install) {
      const options = { what, to, startEmpty, replace, restart, isDry, environment };
      return shown<ConfigResult>(await installCommand(context, options), text);
    }
    if (flags.init) {
      if (what === 'all') throw needs('--init', 'SERVICE');
      return shown<ConfigResult>(await initCommand(context, { what, to, isDry }), text);
    }
    if (flags.check) {
      const options = { what, asks: flags.ask ?? false };
      return shown<ConfigResult>(await checkCommand(context, options), text);
    }
    if (flags.ask) throw needs('--ask', '--check');
    for (const [flag, isGiven] of [
      ['--to', to !== null],
      ['--start-empty', startEmpty.length > 0],
      ['--replace', replace],
      ['--restart', restart],
      ['--dry-run', isDry],
    ] as const)
      if (isGiven) throw needs(flag, '--install');
    const settings = await render(context.layout, context.host, what, environment);
    const result: ConfigResult = { did: 'print', settings };
    return shown({ exitCode: EXIT.ok, problems: [], result }, text);
  },
};

function environmentFormat(word: string): EnvironmentFormat {
  const known = ENVIRONMENT_FORMATS.find((one) => one === word);
  if (known !== undefined) return known;
  throw noSuchWord('cannot write variables in that format', {
    at: '--format',
    word,
    want: ENVIRONMENT_FORMATS.join(', '),
    hint: 'jts-hot config env --format export',
  });
}
