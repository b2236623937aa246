// Owns the metrics of space: file systems, services, plans, and what belongs to none.
import { type Metric, ratioOf, type Series } from './prometheus-format.ts';
import { watched } from './prometheus-outlook.ts';
import type { MonitorResult, ServiceUsage } from './report-document.ts';

export function fileSystem(
  { base, fileSystem: fs, thresholds }: MonitorResult,
  at: number,
): readonly Metric[] {
  return [
    ...rooms('jts_hot_filesystem', [[{ base }, fs]], at),
    {
      name: 'jts_hot_filesystem_threshold_ratio',
      help: 'The used ratio from which on a level holds.',
      series: [
        [{ base, level: 'warning' }, ratioOf(thresholds.warningPercent, 100)],
        [{ base, level: 'critical' }, ratioOf(thresholds.criticalPercent, 100)],
      ],
    },
  ];
}

/** Under a name of their own, so that what asks for the base's goes on to get one answer. */
export function ownFileSystems({ base, fileSystems = [] }: MonitorResult, at: number): readonly Metric[] {
  const own = fileSystems.flatMap((fs) =>
    fs.service === null ? [] : [[{ base, service: fs.service }, fs] as const],
  );
  return own.length === 0 ? [] : rooms('jts_hot_service_filesystem', own, at);
}

type Labels = Readonly<Record<string, string>>;

function rooms(
  prefix: string,
  all: readonly (readonly [Labels, MonitorResult['fileSystem']])[],
  at: number,
): readonly Metric[] {
  const name = (what: string) => `${prefix}_${what}`;
  const each = (
    what: string,
    help: string,
    value: (fs: MonitorResult['fileSystem']) => number | null,
  ): Metric => ({ name: name(what), help, series: all.map(([labels, fs]) => [labels, value(fs)]) });
  return [
    {
      name: name('info'),
      help: 'A constant 1, labelled with the file system that holds the base directory, or a service alone.',
      series: all.map(([labels, fs]) => [
        { ...labels, mountpoint: fs.mountPoint, device: fs.source, fstype: fs.type },
        1,
      ]),
    },
    each('size_bytes', 'What the file system can hold.', (fs) => fs.sizeBytes),
    each('used_bytes', 'What is used of the file system, by anybody.', (fs) => fs.usedBytes),
    each('avail_bytes', 'What services can still take.', (fs) => fs.freeBytes),
    each('usable_bytes', 'What can be used at all: used and available together.', usable),
    each('used_ratio', 'Used of what can be used at all, as df has it.', (fs) =>
      ratioOf(fs.usedBytes, usable(fs)),
    ),
    each('inodes', 'Inodes that the file system can have.', (fs) => (fs.inodes > 0 ? fs.inodes : null)),
    each('inodes_used', 'Inodes in use.', (fs) => (fs.inodes > 0 ? fs.inodesUsed : null)),
    ...watched(name, all, at),
  ];
}

/** Computed, since a report of an earlier version does not say it. */
function usable({ usedBytes, freeBytes }: MonitorResult['fileSystem']): number {
  return usedBytes + freeBytes;
}

/** All plans together. A report of an earlier version knows nothing of it. */
export function plans(base: string, all: MonitorResult['plans'] | null): readonly Metric[] {
  if (all === null) return [];
  return [
    {
      name: 'jts_hot_planned_bytes',
      help: 'What the layout plans for all services together.',
      series: [[{ base }, all.plannedBytes]],
    },
    {
      name: 'jts_hot_plannable_bytes',
      help: 'What the disk can give to plans: its size without its reserve.',
      series: [[{ base }, all.plannableBytes]],
    },
  ];
}

/** What no service uses. A report of an earlier version knows nothing of it. */
export function beside({ base, other, unaccountedBytes }: MonitorResult): readonly Metric[] {
  return [
    {
      name: 'jts_hot_other_used_bytes',
      help: 'Blocks on the disk below the base that belong to no service.',
      series: [[{ base }, other?.usedBytes ?? null]],
    },
    {
      name: 'jts_hot_unaccounted_bytes',
      help: 'Used on the disk by nothing that was found below the base.',
      series: [[{ base }, unaccountedBytes ?? null]],
    },
  ];
}

export function services({ base, services: all }: MonitorResult, at: number): readonly Metric[] {
  const name = (what: string) => `jts_hot_service_${what}`;
  // By name: the largest first would be another order whenever one overtakes another.
  const sorted = all.toSorted((a, b) => (a.service < b.service ? -1 : 1));
  const each = (what: string, help: string, value: (usage: ServiceUsage) => number | null): Metric => ({
    name: name(what),
    help,
    series: sorted.map((usage) => [{ base, service: usage.service }, value(usage)]),
  });
  const known = (value: (usage: ServiceUsage) => number | null) => (usage: ServiceUsage) =>
    usage.usedBytes === null ? null : value(usage);
  return [
    each('planned_bytes', 'What the layout plans for the service.', (usage) => usage.plannedBytes),
    each('used_bytes', 'Blocks on the disk that the service uses.', (usage) => usage.usedBytes),
    each(
      'used_ratio',
      'Used of the planned bytes; more than 1 is over plan.',
      ({ usedBytes, plannedBytes }) => ratioOf(usedBytes, plannedBytes),
    ),
    each(
      'reachable_bytes',
      'What the disk can really give the service, where that is less than its plan.',
      ({ reachableBytes }) => reachableBytes ?? null,
    ),
    each(
      'reachable_used_ratio',
      'Used of what the disk can really give the service, where that is less than its plan.',
      ({ usedPercentOfReachable }) => ratioOf(usedPercentOfReachable ?? null, 100),
    ),
    each('quota_used_bytes', 'What the kernel counts of the project of the service.', ({ quota }) =>
      quota === undefined || quota === null ? null : quota.usedBytes,
    ),
    {
      name: name('quota_limit_bytes'),
      help: 'Limits of its project that hold; no series: there is no such limit.',
      series: sorted.flatMap(({ service, quota = null }): readonly Series[] =>
        quota === null || !quota.enforced
          ? []
          : [
              [{ base, service, limit: 'soft' }, quota.softBytes],
              [{ base, service, limit: 'hard' }, quota.hardBytes],
            ],
      ),
    },
    each(
      'apparent_bytes',
      'Lengths of the files of the service; holes count.',
      known(({ apparentBytes }) => apparentBytes),
    ),
    each(
      'inodes',
      'Inodes of the service, directories included.',
      known(({ inodes }) => inodes),
    ),
    each(
      'files',
      'Regular files of the service, each once.',
      known(({ files }) => files),
    ),
    {
      name: name('directory_used_bytes'),
      help: 'Blocks on the disk that a directory of the service uses.',
      series: sorted.flatMap(({ service, usedBytes, directories }) =>
        usedBytes === null
          ? []
          : directories.map(
              (directory): Series => [{ base, service, directory: directory.name }, directory.usedBytes],
            ),
      ),
    },
    each(
      'unreadable_entries',
      'What could not be read, so that it is not in the numbers; counted to 100.',
      ({ unreadable }) => unreadable.length,
    ),
    each(
      'uncounted_mounts',
      'File systems mounted below the service: what is in them is not in the numbers.',
      ({ mountPoints }) => mountPoints.length,
    ),
    ...watched(
      name,
      sorted.map((usage) => [{ base, service: usage.service }, usage]),
      at,
    ),
  ];
}
