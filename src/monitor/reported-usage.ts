// Owns what `usage` answers from the last report: the sizes that it has, and no file, since it names none.
import type { Answer } from '../command/context.ts';
import { EXIT } from '../messages/diagnostic.ts';
import type { MonitorResult, ServiceUsage } from './report-document.ts';
import type { Asked, ServiceSpace, Space, SpaceDirectory, UsageResult } from './usage-document.ts';

export function reportedUsage(
  last: MonitorResult,
  { service: wanted, asked }: { readonly service: string | null; readonly asked: Asked },
): Answer<UsageResult> {
  const { other, unaccountedBytes, reported } = last;
  const { mountPoint, source, type, sizeBytes, usedBytes, freeBytes, usableBytes } = last.fileSystem;
  const services = last.services.filter(({ service }) => wanted === null || service === wanted);
  const isAll = wanted === null;
  const total = sum(services);
  const complete = services.every((one) => one.usedBytes !== null && one.unreadable.length === 0);
  const directories = services.flatMap(directoriesOf).toSorted((a, b) => b.usedBytes - a.usedBytes);
  const nothing = { listed: [], more: false };
  return {
    exitCode: complete ? EXIT.ok : EXIT.failed,
    problems: [],
    result: {
      root: last.root,
      base: last.base,
      at: reported?.at ?? '',
      service: wanted,
      asked,
      fileSystem: { mountPoint, source, type, sizeBytes, usedBytes, freeBytes, usableBytes },
      total,
      other: isAll ? other : null,
      elsewhereBytes: isAll && complete ? Math.max(0, usedBytes - total.usedBytes) : null,
      unaccountedBytes: isAll ? unaccountedBytes : null,
      services: services.map(serviceSpace),
      directories: { listed: directories.slice(0, asked.top), more: directories.length > asked.top },
      largeFiles: nothing,
      largeLogs: nothing,
      deletedOpen: null,
      oldTemporaryFiles: nothing,
      reported,
      entries: last.entries,
      linksBeyond: last.linksBeyond,
      timedOut: last.timedOut,
      complete,
    },
  };
}

function sum(services: readonly ServiceUsage[]): Space {
  const over = (field: keyof Space) => services.reduce((all, service) => all + (service[field] ?? 0), 0);
  return {
    usedBytes: over('usedBytes'),
    apparentBytes: over('apparentBytes'),
    inodes: over('inodes'),
    files: over('files'),
  };
}

function serviceSpace(usage: ServiceUsage): ServiceSpace {
  const { service, path, usedBytes, apparentBytes, inodes, files, mountPoints, unreadable } = usage;
  const space = usedBytes === null ? null : { usedBytes, apparentBytes, inodes, files };
  const error = usedBytes === null ? (unreadable[0]?.error ?? 'missing') : null;
  return { service, path, space, error, mountPoints, unreadable, unreadableCount: unreadable.length };
}

/** Those of the layout: the report has no others. */
function directoriesOf({ service, path, directories }: ServiceUsage): readonly SpaceDirectory[] {
  return directories
    .filter(({ usedBytes }) => usedBytes > 0)
    .map(({ name, usedBytes, apparentBytes, inodes }) => {
      return { service, path: `${path}/${name}`, usedBytes, apparentBytes, inodes };
    });
}
