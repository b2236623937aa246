// Owns what a service may wish of the kernel and of the host that it shares with others: each wish with its severity, its
// reason and its source. What comes of wishes that contradict each other is no service's business (tune/resolve.ts).

/** As the command, its JSON and its explanations call them. Those with a dot are called as sysctl(8) has them. */
export const SETTING_NAMES = [
  'thp',
  'thp-defrag',
  'vm.overcommit_memory',
  'vm.swappiness',
  'vm.max_map_count',
  'vm.dirty_background_ratio',
  'vm.dirty_ratio',
  'fs.file-max',
  'fs.aio-max-nr',
  'net.core.somaxconn',
  'kernel.pid_max',
  'kernel.threads-max',
  'kernel.task_delayacct',
  'readahead',
  'swap',
  'clock',
] as const;

export type SettingName = (typeof SETTING_NAMES)[number];

/**
 * `error`: without it the service fails at something that it has to do. `warning`: it says so when it starts, or its documents
 * ask for it. `hint`: it may gain something.
 */
export type WishSeverity = 'error' | 'warning' | 'hint';

export type WishedValue =
  /** One of these words; the first is what it likes best. */
  | { readonly oneOf: readonly [string, ...string[]] }
  /** A number within these bounds. */
  | { readonly atLeast: number; readonly atMost?: number }
  | { readonly atMost: number };

export interface Wish {
  readonly setting: SettingName;
  readonly want: WishedValue;
  readonly severity: WishSeverity;
  /** One sentence, without its stop. */
  readonly why: string;
  /** What it loses where it does not get it: in a few words, behind “it loses”. */
  readonly loses: string;
  /** What it, or its unit, can have for itself instead; null: nothing. */
  readonly itself: string | null;
  readonly source: WishSource;
}

export interface WishSource {
  readonly document: string;
  readonly section: string;
  /** The version that it is of. */
  readonly version: string;
}

export type TuningFacet = readonly Wish[];
