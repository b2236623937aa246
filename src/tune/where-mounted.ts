// Owns where it is said how a mount is mounted the next time: lines of fstab, a unit of systemd with its drop-ins, or nowhere.
// Reads only. systemd.unit(5), systemd.mount(5).
import type { DiskView } from '../disk/base-disk.ts';
import { type FstabLine, linesFor } from '../disk/fstab-edit.ts';
import { FSTAB, unitName } from '../disk/wanted.ts';
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';

/** The first that has a unit, or a drop-in of one name, wins. */
const PLACES = [
  UNIT_DIRECTORY,
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];

export interface MountUnit {
  /** `data-jts-hot.mount`. */
  readonly name: string;
  /** What sets its options. */
  readonly saidBy: string;
  /** As they stand there, our drop-in left out; null: nothing sets them. */
  readonly options: string | null;
  /** The same with our drop-in. */
  readonly optionsNow: string | null;
}

export interface Said {
  /** Of what is mounted there now. */
  readonly lines: readonly FstabLine[];
  /** Of another device, for the same place. */
  readonly others: readonly FstabLine[];
  /** Something of fstab mounts it, and fstab is too large for us, or no plain file. */
  readonly beyondUs: boolean;
  /** null: systemd has none but of fstab. */
  readonly unit: MountUnit | null;
}

export function unitOfMount(mountPoint: string): string {
  return `${unitName(mountPoint)}.mount`;
}

/** Sorts behind those of others: of several that set the options the last one counts. */
export function dropInOf(mountPoint: string): string {
  return `${UNIT_DIRECTORY}/${unitOfMount(mountPoint)}.d/zz-jts-hot-noatime.conf`;
}

export function whereSaid(host: HostReader, { holder, wanted }: DiskView): Said {
  const { mountPoint, device } = holder;
  const text = host.entry(FSTAB).type === 'file' ? host.text(FSTAB) : null;
  const lines = linesFor(text ?? '', mountPoint);
  const named = wanted.filter((one) => one.unit === null && one.mountPoint === mountPoint);
  const deviceOf = (line: FstabLine) => named.find(({ what }) => what === line.what)?.device ?? null;
  const isOther = (line: FstabLine) => {
    const other = deviceOf(line);
    return other !== null && device !== null && other !== device;
  };
  return {
    lines: lines.filter((line) => !isOther(line)),
    others: lines.filter(isOther),
    beyondUs: text === null && named.length > 0,
    unit: unitAt(host, mountPoint, named.length > 0),
  };
}

function unitAt(host: HostReader, mountPoint: string, isInFstab: boolean): MountUnit | null {
  const name = unitOfMount(mountPoint);
  const own = dropInOf(mountPoint);
  const [file, ...dropIns] = filesOf(host, name);
  const setting = [...(file === null ? [] : [file]), ...dropIns].flatMap((path) => {
    const options = optionsIn(textAt(host, path) ?? '');
    return options === null ? [] : [{ path, options }];
  });
  const others = setting.filter(({ path }) => path !== own);
  // Of what systemd makes from fstab nothing else sets the options.
  if (file === null && (others.length === 0 || !isInFstab)) return null;
  const said = others.at(-1);
  return {
    name,
    saidBy: said?.path ?? file ?? name,
    options: said?.options ?? null,
    optionsNow: setting.at(-1)?.options ?? null,
  };
}

/** The file of a unit (null: there is none, or it is masked), then its drop-ins by name, as systemd reads them. */
export function filesOf(host: HostReader, name: string): readonly [string | null, ...string[]] {
  const file = PLACES.map((place) => `${place}/${name}`).find((path) => host.entry(path).type !== 'missing');
  const isThere = file !== undefined && textAt(host, file) !== null;
  return [isThere ? file : null, ...dropInsOf(host, name)];
}

function dropInsOf(host: HostReader, name: string): readonly string[] {
  const found = new Map<string, string>();
  for (const place of PLACES) {
    const directory = `${place}/${name}.d`;
    if (host.entry(directory).type !== 'directory') continue;
    for (const one of host.names(directory))
      if (one.endsWith('.conf') && !found.has(one)) found.set(one, `${directory}/${one}`);
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** The last that is set; set to nothing it is as if it had not been. */
function optionsIn(text: string): string | null {
  return settingsIn(text, 'Options').at(-1) || null;
}

/** All values that a setting is given, in their order. */
export function settingsIn(text: string, key: string): readonly string[] {
  const pattern = new RegExp(`^\\s*${key}\\s*=[ \\t]*(.*?)\\s*$`, 'gm');
  return [...text.replaceAll(/\\\n/g, ' ').matchAll(pattern)].map(([, value = '']) => value);
}

/** Of a plain file, or of one that a link of systemd's leads to; null: there is none. */
export function textAt(host: HostReader, path: string): string | null {
  const { type } = host.entry(path);
  if (type === 'file') return host.text(path);
  const target = type === 'link' ? host.link(path) : null;
  return target?.startsWith('/') && host.entry(target).type === 'file' ? host.text(target) : null;
}
