// Owns the flags that every command takes, and what an exit status means of most of them.
import type { Example, Exits, OptionEntry } from './entry.ts';

/** They name the layout and the host. */
export const HOST_OPTIONS = {
  spec: {
    value: { type: 'file' },
    says: 'layout file (default: /etc/jts/hot-storage.yaml if it exists, else built in)',
    more:
      'The layout file. If not given, `/etc/jts/hot-storage.yaml` if it exists, else the built-in layout. ' +
      'An empty file is refused. So is one that anybody could change but root and the user who called through `sudo(8)`.',
  },
  base: {
    value: { type: 'directory', name: 'dir' },
    says: "base directory, instead of the layout's",
    more: "The base directory, instead of the layout's.",
  },
  root: {
    value: { type: 'directory', name: 'dir', default: '/' },
    says: 'work on the host in this directory: a mounted image, a chroot',
    more:
      'Work on the host below this directory: a mounted image, a chroot. Its users, its layout file, its record. ' +
      'Nothing of it is started, and no alert is made or delivered.',
  },
} as const satisfies Record<string, OptionEntry>;

/** Of every command that shows a host. */
export const SHOWN_OPTIONS = {
  iec: {
    says: 'sizes in KiB, MiB, GiB (powers of 1024), not kB, MB, GB',
    more:
      'Show sizes in KiB, MiB, GiB (powers of 1024) instead of kB, MB, GB (powers of 1000). `units: iec` in the layout says it ' +
      'for all commands. JSON, CSV and metrics have bytes.',
  },
} as const satisfies Record<string, OptionEntry>;

export const COMMON_OPTIONS = {
  json: {
    short: 'j',
    says: 'one JSON document on stdout, also when it fails',
    more: 'One JSON document on standard output, also when the command fails.',
  },
} as const satisfies Record<string, OptionEntry>;

/** Of every command whose runs are recorded, as `dry-run`. */
export const DRY_RUN = {
  says: 'show what it would do, and change nothing',
  more: 'Show what it would do, and change nothing: no lock is taken, nothing is recorded.',
} as const satisfies OptionEntry;

/** What somebody types first. */
export const FIRST_STEPS: readonly [Example, Example] = [
  { type: 'sudo jts-hot setup --dry-run', to: 'see what setup would do here' },
  { type: 'sudo jts-hot monitor', to: 'see who uses how much, and when it will be full' },
];

export const EXITS = {
  0: 'done, or nothing to do',
  1: 'failed on the host, or a check failed',
  2: 'bad input (a flag, the layout): nothing was changed',
  3: 'refused (consent, root, another run): nothing was changed',
} as const satisfies Required<Exits>;

/** What a run that was stopped between two steps ends with. */
export const STOPPED_EXITS = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
