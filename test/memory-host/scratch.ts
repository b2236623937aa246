// Files without a name on a host in memory: what programs do with them is scripted.
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { Scratch } from '../../src/port/scratch.ts';
import { type State, unscripted } from './state.ts';
import { find } from './tree.ts';

export type RunsOnScratch = Scratch['run'];

export function scratchIn(state: State, directory: string, runs: RunsOnScratch | null): Scratch {
  const found = find(state, directory);
  if (found.type !== 'node' || found.node.type !== 'directory')
    throw new Problem(EXIT.failed, [
      diagnostic('E_SCRATCH', 'cannot make a file without a name', { at: directory, detail: found.type }),
    ]);
  return {
    takesDirect: true,
    run(argv, until) {
      if (runs === null) throw unscripted(`what ${argv[0]} does with a file`);
      return runs(argv, until);
    },
    close: () => {},
  };
}
