// How dockerd says that it can read its configuration; version 20.10 has no way to be asked.
import type { Checker } from '../configuration.ts';

export const checker: Checker = {
  programs: () => ['/usr/bin/dockerd', '/usr/sbin/dockerd'],
  words: ({ main }) => ['--validate', `--config-file=${main}`],
  until: null,
  accepts: ({ status, output }) => status === 0 || output.includes('unknown flag: --validate'),
};
