// The commands that help where commands are typed.
import type { CommandEntry } from './entry.ts';

export const SHELL = {
  completion: {
    says: 'Print a script that completes commands, flags, services and runs in a shell.',
    about: [
      'Prints a script for SHELL that completes commands, flags, files and directories, the services of the layout and, for ' +
        'root, the numbers of recorded runs.',
      'The script asks this program each time, so that it need not be printed again after an update.',
    ],
    argument: {
      name: 'shell',
      type: 'word',
      words: ['bash', 'zsh', 'fish'],
      required: true,
      says: 'bash, zsh or fish',
    },
    options: {},
    exits: { 0: 'printed' },
    isOfProgram: true,
    onAnotherDisk: { why: 'it prints a script' },
    examples: [
      {
        type: 'jts-hot completion bash | sudo tee /etc/bash_completion.d/jts-hot',
        to: 'have commands completed in every bash from now on',
      },
      {
        type: 'jts-hot completion fish > ~/.config/fish/completions/jts-hot.fish',
        to: 'have them completed in fish',
      },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
