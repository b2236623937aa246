// Owns where the numbers come from: the file system's own accounts where it keeps them and we can read them, else a walk.
// Another source is a file with a Reader, and its line in READERS.

import type { Layout } from '../layout/layout.ts';
import type { MountedAt } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { type Scan, type ScanOptions, scan } from './measure.ts';
import type { Source } from './measure-document.ts';

/** Every service of a layout, from one source. */
export type Reader = (layout: Layout, host: HostReader, options: ScanOptions) => Promise<Scan>;

/** A source that nobody can read yet has none. */
export type Readers = { readonly scan: Reader } & { readonly [by in Source['by']]?: Reader };

const READERS: Readers = { scan };

/** A project quota is one number for each service, however many files it has. */
export function chooseSource(
  { type, mountPoint, options }: MountedAt,
  readers: Pick<Readers, 'project quota'> = READERS,
): Source {
  const at = `${type} at ${mountPoint}`;
  if (!KEEP_PROJECT_QUOTAS.has(type)) return { by: 'scan', reason: `${at} keeps no project quotas` };
  if (!keepsProjectLimits({ type, options }))
    return { by: 'scan', reason: `${at} is mounted without project quotas (prjquota)` };
  if (readers['project quota'] === undefined)
    return { by: 'scan', reason: 'project quotas are on, but reading them is not built yet' };
  return { by: 'project quota', reason: `${at} keeps project quotas` };
}

export function keepsProjectLimits({ type, options }: Pick<MountedAt, 'type' | 'options'>): boolean {
  return KEEP_PROJECT_QUOTAS.has(type) && options.some((option) => PROJECT_QUOTAS_ON.has(option));
}

export function readUsage(
  source: Source,
  {
    layout,
    host,
    options,
  }: { readonly layout: Layout; readonly host: HostReader; readonly options: ScanOptions },
): Promise<Scan> {
  return (READERS[source.by] ?? READERS.scan)(layout, host, options);
}

/** Documentation/filesystems/{ext4,f2fs}.rst, xfs(5). */
const KEEP_PROJECT_QUOTAS: ReadonlySet<string> = new Set(['ext4', 'xfs', 'f2fs']);

/** As /proc/self/mountinfo shows them. `pqnoenforce` (XFS): counted, and no limit kept. */
const PROJECT_QUOTAS_ON: ReadonlySet<string> = new Set(['prjquota', 'pqnoenforce']);
