// Owns what people type who come from other tools, and what it is here. Loaded only where a word is not known.
import { COMMANDS, type CommandName, commonOptions } from './commands.ts';
import type { Example } from './entry.ts';

const PROVE: Example = { type: 'sudo jts-hot validate', to: 'see whether all is as it should be' };
const SPACE: Example = { type: 'jts-hot monitor', to: 'see how full it is' };
const PREVIEW: Example = { type: 'jts-hot setup --dry-run', to: 'see what setup would do' };
const SET_UP: Example = { type: 'sudo jts-hot setup', to: 'set the host up' };
const UNDO: Example = { type: 'sudo jts-hot rollback', to: 'undo the newest run' };
const RUNS: Example = { type: 'sudo jts-hot rollback --list', to: 'see what was done' };
const MEND: Example = { type: 'sudo jts-hot repair', to: 'restore directories, owners and modes' };
const LAYOUT: Example = { type: 'jts-hot spec', to: 'see the layout' };
const CLEAN: Example = { type: 'sudo jts-hot clean --dry-run', to: 'see what is old enough to go' };
const ROTATE: Example = { type: 'sudo jts-hot logs', to: 'see which logs are large, and what rotates them' };
const SPEED: Example = { type: 'sudo jts-hot bench', to: 'measure how fast the disk is' };
const DISKS: Example = { type: 'sudo jts-hot device list', to: 'see the disks, and which could be used' };
const KERNEL: Example = { type: 'jts-hot tune host', to: 'see how the kernel suits the services' };
const LIVE: Example = { type: 'jts-hot monitor --watch', to: 'see it again and again' };

const COMMANDS_ELSEWHERE: Readonly<Record<string, readonly Example[]>> = {
  apply: [SET_UP],
  audit: [PROVE],
  baseline: [SPEED],
  benchmark: [SPEED],
  blkid: [DISKS],
  check: [PROVE],
  cleanup: [CLEAN],
  configure: [{ type: 'jts-hot config', to: 'see the settings for each service' }],
  create: [SET_UP],
  cron: [{ type: 'jts-hot schedule', to: 'see the regular runs, and install them' }],
  devices: [DISKS],
  df: [SPACE],
  diff: [PREVIEW],
  disk: [DISKS, { type: 'jts-hot tune disk', to: 'see how the disk is set' }],
  disks: [DISKS],
  'dry-run': [PREVIEW],
  du: [{ type: 'jts-hot usage', to: 'find what takes the space' }],
  exporter: [{ type: 'jts-hot serve', to: 'answer Prometheus' }],
  fio: [SPEED],
  fix: [MEND],
  forecast: [SPACE],
  fstrim: [{ type: 'sudo jts-hot trim', to: 'tell the disk what is free' }],
  growth: [{ type: 'jts-hot history', to: 'see how it has grown' }],
  health: [PROVE, SPACE],
  info: [LAYOUT, SPACE],
  init: [SET_UP],
  install: [SET_UP],
  journal: [RUNS],
  kernel: [KERNEL],
  layout: [LAYOUT],
  lint: [{ type: 'jts-hot spec check', to: 'check a layout file' }],
  list: [RUNS],
  log: [ROTATE, RUNS],
  logrotate: [ROTATE],
  lsblk: [DISKS],
  metrics: [{ type: 'jts-hot serve', to: 'answer Prometheus' }],
  nvme: [DISKS],
  preview: [PREVIEW],
  provision: [SET_UP],
  prune: [CLEAN],
  purge: [CLEAN],
  report: [SPACE],
  restore: [MEND, UNDO],
  revert: [UNDO],
  rotate: [ROTATE],
  run: [SET_UP],
  runs: [RUNS],
  show: [LAYOUT, SPACE],
  smart: [SPACE, DISKS],
  space: [SPACE],
  sysctl: [KERNEL],
  test: [PROVE],
  timers: [{ type: 'jts-hot schedule', to: 'see the regular runs, and install them' }],
  top: [LIVE],
  undo: [UNDO],
  uninstall: [UNDO],
  verify: [PROVE],
  version: [{ type: 'jts-hot --version', to: 'see the version' }],
  watch: [LIVE],
};

/** By the flag as it is typed elsewhere: our flags, of which a command has one or none. */
const FLAGS_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  '--assume-yes': ['yes'],
  '--chroot': ['root'],
  '--check': ['dry-run'],
  '--config': ['spec'],
  '--diff': ['dry-run'],
  '--dir': ['base'],
  '--directory': ['base'],
  '--dryrun': ['dry-run'],
  '--file': ['out', 'spec'],
  '--force': ['adopt', 'replace', 'damaged', 'allow-in-use'],
  '--format': ['json'],
  '--image': ['root'],
  '--interval': ['watch'],
  '--just-print': ['dry-run'],
  '--layout': ['spec'],
  '--limit': ['top', 'search-limit'],
  '--no-act': ['dry-run'],
  '--noop': ['dry-run'],
  '--output': ['out', 'json'],
  '--path': ['base'],
  '--port': ['listen'],
  '--preview': ['dry-run'],
  '--prefix': ['root'],
  '--recurse': ['recursive'],
  '--simulate': ['dry-run'],
  '--target': ['root'],
  '--what-if': ['dry-run'],
  '--whatif': ['dry-run'],
  '-d': ['depth', 'base'],
  '-f': ['spec'],
  '-n': ['dry-run', 'top'],
  '-o': ['out', 'json'],
  '-r': ['recursive'],
  '-R': ['recursive'],
};

/** Each of them can be typed; none where nothing is near. */
export function commandsMeant(word: string): readonly Example[] {
  const known = word.toLowerCase().replaceAll('_', '-');
  return Object.hasOwn(COMMANDS_ELSEWHERE, known) ? (COMMANDS_ELSEWHERE[known] ?? []) : [];
}

/** What `flag` is called in this command; null: nothing is near. */
export function flagMeant(name: CommandName, flag: string): string | null {
  const options = { ...COMMANDS[name].options, ...commonOptions(name) };
  const [word = ''] = flag.split('=', 1);
  const wanted = Object.hasOwn(FLAGS_ELSEWHERE, word) ? (FLAGS_ELSEWHERE[word] ?? []) : [];
  const long = wanted.find((one) => Object.hasOwn(options, one));
  if (long === undefined) return null;
  const value = options[long]?.value;
  return value === undefined ? `--${long}` : `--${long} ${(value.name ?? value.type).toUpperCase()}`;
}

export const nearMisses = { commands: COMMANDS_ELSEWHERE, flags: FLAGS_ELSEWHERE } as const;
