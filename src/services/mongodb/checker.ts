// How mongod says what it reads in its configuration. Never run here: no registry in reach has a mongod.
import type { Checker } from '../configuration.ts';

export const checker: Checker = {
  programs: () => ['/usr/bin/mongod'],
  words: ({ main }) => ['--config', main, '--outputConfig'],
  until: null,
  accepts: ({ status, output }, place) => status === 0 && output.includes(place),
};
