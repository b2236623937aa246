// The commands that help where commands are typed.
import { resolve } from 'node:path';
import type { SHELL } from '../catalogue/shell.ts';
import type { CompletionResult } from '../completion/completion-document.ts';
import { completionScript, SHELLS } from '../completion/script.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { type Handlers, noSuchWord, shown } from './handler.ts';
import { SELF } from './session.ts';

export const shellCommands: Handlers<keyof typeof SHELL> = {
  completion: {
    async answer({ argument }) {
      const shell = SHELLS.find((known) => known === argument);
      if (shell === undefined)
        throw noSuchWord('cannot complete in that shell', {
          at: 'SHELL',
          word: argument,
          want: 'bash, zsh or fish',
          hint: 'jts-hot completion bash',
        });
      // The user may be in any directory.
      const self = shellWord(SELF.includes('/') ? resolve(SELF) : SELF);
      const result: CompletionResult = { shell, script: completionScript(shell, self) };
      return shown({ exitCode: EXIT.ok, problems: [], result }, ({ script }) => script.trimEnd());
    },
  },
};
