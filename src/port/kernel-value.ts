// Owns how settings of the running kernel are called and where it has them: those of sysctl(8), and transparent huge pages.

/** As sysctl(8) has them, `vm.swappiness`; and these. */
const IN_SYSFS: ReadonlyMap<string, string> = new Map([
  ['thp', '/sys/kernel/mm/transparent_hugepage/enabled'],
  ['thp-defrag', '/sys/kernel/mm/transparent_hugepage/defrag'],
]);

const SYSCTL = /^(?:fs|kernel|net|vm)(?:\.[a-z0-9_-]+)+$/;

export interface KernelValue {
  /** Of a choice of words, the one that is chosen. */
  readonly now: string;
  /** The words that it may be; null: any value. */
  readonly offered: readonly string[] | null;
  /**
   * Why root cannot set it here; null: root can. `read-only`: it is mounted so, as in containers; `not permitted`: it belongs to
   * the machine around this one.
   */
  readonly fixed: 'read-only' | 'not permitted' | null;
}

/** null: nothing is called so. */
export function kernelPath(setting: string): string | null {
  const other = IN_SYSFS.get(setting);
  if (other !== undefined) return other;
  return SYSCTL.test(setting) ? `/proc/sys/${setting.replaceAll('.', '/')}` : null;
}

export function isSysctl(setting: string): boolean {
  return !IN_SYSFS.has(setting);
}

/** `always [madvise] never`. */
export function kernelValueIn(text: string): Pick<KernelValue, 'now' | 'offered'> {
  const words = text.trim().split(/\s+/);
  const chosen = words.find((word) => word.startsWith('['));
  if (chosen === undefined) return { now: text.trim(), offered: null };
  const plain = (word: string) => word.replace(/^\[|\]$/g, '');
  return { now: plain(chosen), offered: words.map(plain) };
}
