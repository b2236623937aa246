// Owns what settings of the kernel will be after the next start, as files below /etc, /run and /usr say it, and the files of ours.
// Reads only. sysctl.d(5), tmpfiles.d(5).
import type { HostReader } from '../port/host.ts';
import { isSysctl, kernelPath } from '../port/kernel-value.ts';
import { isOurs, sign } from '../values/signed.ts';

/** The first that has a file of one name wins. */
const PLACES = ['/etc', '/run', '/usr/local/lib', '/usr/lib'];

/** Of several files that set the same, the last by name counts: this one sorts behind 99-sysctl.conf. */
export const SYSCTL_FILE = '/etc/sysctl.d/99-zz-jts-hot.conf';
/** Of several, the first by name counts. */
export const TMPFILES_FILE = '/etc/tmpfiles.d/00-jts-hot.conf';

export function ownFileOf(setting: string): string {
  return isSysctl(setting) ? SYSCTL_FILE : TMPFILES_FILE;
}

export interface Said {
  readonly value: string;
  /** The file. */
  readonly by: string;
}

export interface Kept {
  /** null: no file says anything. */
  readonly now: Said | null;
  /** The same without our own file. */
  readonly others: Said | null;
  /** What is said in a file that counts more than ours; null: nothing. */
  readonly over: Said | null;
}

interface Line extends Said {
  readonly setting: string;
}

/** An answer for each, in order. */
export function keptSettings(host: HostReader, settings: readonly string[]): readonly Kept[] {
  // The one that counts last.
  const sysctl = linesIn(host, 'sysctl.d', sysctlLines);
  const tmpfiles = linesIn(host, 'tmpfiles.d', tmpfilesLines).toReversed();
  return settings.map((setting) => {
    const own = ownFileOf(setting);
    const all = (isSysctl(setting) ? sysctl : tmpfiles).filter((line) => line.setting === setting);
    const now = all.at(-1) ?? null;
    return {
      now,
      others: all.findLast(({ by }) => by !== own) ?? null,
      over: isAfter(now, own, isSysctl(setting)) ? now : null,
    };
  });
}

function isAfter(said: Said | null, own: string, isLastFirst: boolean): boolean {
  if (said === null || said.by === own) return false;
  const [name, ownName] = [nameOf(said.by), nameOf(own)];
  return isLastFirst ? name > ownName : name < ownName;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** In the order in which files are read, by their names whatever their directories. */
function linesIn(
  host: HostReader,
  directory: string,
  parse: (text: string) => readonly Omit<Line, 'by'>[],
): readonly Line[] {
  const files = new Map<string, string>();
  for (const place of PLACES) {
    const path = `${place}/${directory}`;
    if (host.entry(path).type !== 'directory') continue;
    for (const name of host.names(path))
      if (name.endsWith('.conf') && !files.has(name)) files.set(name, `${path}/${name}`);
  }
  return [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, by]) => parse(textBehind(host, by)).map((line) => ({ ...line, by })));
}

/** Of a file, or of the one that a link leads to; nothing of /dev/null. */
function textBehind(host: HostReader, path: string): string {
  const { type } = host.entry(path);
  if (type === 'file') return host.text(path) ?? '';
  const target = type === 'link' ? host.link(path) : null;
  if (target === null) return '';
  const real = target.startsWith('/') ? target : joined(path.slice(0, path.lastIndexOf('/')), target);
  return host.entry(real).type === 'file' ? (host.text(real) ?? '') : '';
}

/** `/etc/sysctl.d` and `../sysctl.conf`. */
function joined(directory: string, target: string): string {
  const parts: string[] = [];
  for (const part of `${directory}/${target}`.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}

/** Names may have slashes instead of dots, and a minus before them. Patterns (`net.ipv4.conf.*`) mean none of ours. */
export function sysctlLines(text: string): readonly Omit<Line, 'by'>[] {
  return text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*-?\s*([^#;\s=][^\s=]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    // The first of them says which of the two parts the name.
    const isSlashed = /^[^./]*\//.test(name);
    return [{ setting: isSlashed ? name.replaceAll('/', '.') : name, value }];
  });
}

const TMPFILES = ['thp', 'thp-defrag'];

/** `w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise`. */
export function tmpfilesLines(text: string): readonly Omit<Line, 'by'>[] {
  return text.split('\n').flatMap((line) => {
    const [type = '', path, , , , , ...argument] = line.trim().split(/\s+/);
    const setting = TMPFILES.find((one) => kernelPath(one) === path?.replace(/^"(.*)"$/, '$1'));
    return setting === undefined || !/^w[+!-]*$/.test(type)
      ? []
      : [{ setting, value: argument.join(' ').trim() }];
  });
}

export interface KeptLine {
  readonly setting: string;
  readonly value: string;
  /** Who asks for it. */
  readonly comment: string;
}

const SIGNATURE = { writer: 'jts-hot tune host', removal: 'jts-hot rollback' };

/** null: there is nothing to say. */
export function fileText(lines: readonly KeptLine[]): string | null {
  if (lines.length === 0) return null;
  const said = lines.map(({ setting, value, comment }) => {
    const line = isSysctl(setting) ? `${setting} = ${value}` : `w ${kernelPath(setting)} - - - - ${value}`;
    return `# ${comment}\n${line}\n`;
  });
  return sign(said.join('\n'), SIGNATURE);
}

export { isOurs };
