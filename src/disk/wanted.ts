// Owns what /etc/fstab and systemd's units want to be mounted at a path or above it. Pure: the caller reads the files.
// Formats: fstab(5), systemd.mount(5), systemd.unit(5), systemd-escape(1).
import type { WantedMount } from './base-disk.ts';

export const FSTAB = '/etc/fstab';
/** The first that has a unit wins: systemd.unit(5), "Unit File Load Path". */
const UNIT_DIRECTORIES = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'] as const;
/** A unit that came with the system is wanted only where something pulls it in. */
const PULLED_IN_BY = ['local-fs.target.wants', 'remote-fs.target.wants', 'multi-user.target.wants'] as const;

export interface WantedSource {
  /** null: there is no such file, or it is not for us to read. `''`: a unit that is masked. */
  readonly text: (path: string) => string | null;
  /** `major:minor` of the block device that `what` names; null: not known. */
  readonly deviceOf: (what: string) => string | null;
}

/** From the top down, `/` left out. */
export function wantedMounts(path: string, source: WantedSource): readonly WantedMount[] {
  const places = placesAbove(path);
  const inFstab = parseFstab(source.text(FSTAB) ?? '')
    .filter(({ mountPoint }) => places.includes(mountPoint))
    .map(({ type: _, ...wanted }): Wanted => wanted);
  const units = places
    .filter((place) => !inFstab.some(({ mountPoint }) => mountPoint === place))
    .flatMap((place) => unitAt(place, source) ?? []);
  return [...inFstab, ...units]
    .map((wanted) => ({ ...wanted, device: source.deviceOf(wanted.what) }))
    .toSorted((a, b) => a.mountPoint.length - b.mountPoint.length);
}

/** `/data/jts/hot` → `/data`, `/data/jts`, `/data/jts/hot`. */
export function placesAbove(path: string): readonly string[] {
  const names = path.split('/').filter(Boolean);
  return names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`);
}

type Wanted = Omit<WantedMount, 'device'>;
/** Of fstab: with its type. */
type WantedLine = Wanted & { readonly type: string };

export function parseFstab(text: string): readonly WantedLine[] {
  return text.split('\n').flatMap((line): readonly WantedLine[] => {
    const [what = '', where = '', type = '', options = 'defaults'] = line.trim().split(/[ \t]+/);
    if (what === '' || what.startsWith('#') || !where.startsWith('/') || type === 'swap') return [];
    const mountPoint = plainPath(unescapeOctal(where));
    return [
      { mountPoint, what: unquoted(unescapeOctal(what)), options: options.split(','), unit: null, type },
    ];
  });
}

function unitAt(mountPoint: string, { text }: WantedSource): Wanted | null {
  const name = unitName(mountPoint);
  for (const directory of UNIT_DIRECTORIES) {
    const unit = text(`${directory}/${name}.mount`);
    if (unit === null) continue;
    const settings = parseUnit(unit);
    const what = settings.get('What');
    if (what === undefined || settings.get('Where') === undefined) return null;
    if (directory === '/usr/lib/systemd/system' && !isPulledIn(name, text)) return null;
    const options = (settings.get('Options') ?? 'defaults').split(',').map((option) => option.trim());
    return { mountPoint, what: unquoted(what), options, unit: `${name}.mount` };
  }
  return null;
}

function isPulledIn(name: string, text: WantedSource['text']): boolean {
  return ['mount', 'automount'].some((kind) =>
    UNIT_DIRECTORIES.some((directory) =>
      PULLED_IN_BY.some((target) => text(`${directory}/${target}/${name}.${kind}`) !== null),
    ),
  );
}

/** The settings of all sections; of one that is given twice the last one counts. */
function parseUnit(text: string): ReadonlyMap<string, string> {
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      return key === undefined || value === undefined || value === '' ? [] : [[key, value] as const];
    }),
  );
}

/** `/data/jts-hot` → `data-jts\x2dhot`, as systemd-escape --path gives it. */
export function unitName(path: string): string {
  const escaped = (name: string) =>
    [...Buffer.from(name)]
      .map((byte, i) => {
        const char = String.fromCharCode(byte);
        return /[A-Za-z0-9:_]/.test(char) || (char === '.' && i > 0)
          ? char
          : `\\x${byte.toString(16).padStart(2, '0')}`;
      })
      .join('');
  return path.split('/').filter(Boolean).map(escaped).join('-');
}

/** Blanks and backslashes stand in fstab, and in the table of mounts, as octal. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export function unquoted(text: string): string {
  return text.replace(/^([A-Z]+=)?"(.*)"$/, '$1$2');
}

export function plainPath(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}
