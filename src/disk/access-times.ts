// Owns the mount options that say when reading a file writes to the disk: noatime, relatime, strictatime. Pure.
// They are of a mount, not of a file system: mount(8), "Filesystem-independent mount options".

/** How a mount notes when files were read. */
export type AccessTimes = 'noatime' | 'relatime' | 'strictatime';

/** Of a mount as the kernel lists it: it names strictatime by neither of the others. */
export function accessTimesOf(options: readonly string[]): AccessTimes {
  if (options.includes('noatime')) return 'noatime';
  return options.includes('relatime') ? 'relatime' : 'strictatime';
}

const SAYING: readonly string[] = [
  'atime',
  'noatime',
  'relatime',
  'norelatime',
  'strictatime',
  'nostrictatime',
];

/** As fstab and units have them, with commas; what says nothing of access times stays, in its order. */
export function withNoatime(options: string): string {
  const all = splitOptions(options);
  const saying = all.filter((option) => SAYING.includes(option));
  if (saying.length === 1 && saying[0] === 'noatime') return options;
  const at = all.findIndex((option) => SAYING.includes(option));
  const before = at === -1 ? all : all.slice(0, at);
  const after = at === -1 ? [] : all.slice(at).filter((option) => !SAYING.includes(option));
  return [...before, 'noatime', ...after].join(',');
}

/** Commas between quotes are no ends: `context="system_u:object_r:t:s0:c0,c1"`. */
export function splitOptions(options: string): readonly string[] {
  return options.match(/(?:"[^"]*"|[^,"]|"(?=[^"]*$))+/g) ?? [];
}
