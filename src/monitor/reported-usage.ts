// Owns what `usage` answers from the last report: the sizes that it has, and no file, since it names none.
import type { Answer } from '../command/context.ts';
import { EXIT } from '../messages/diagnostic.ts';
import type { FileSystemUse } from '../space/measure-document.ts';
import type { MonitorResult, ServiceUsage } from './report-document.ts';
import type { Asked, ServiceSpace, Space, SpaceDirectory, UsageResult } from './usage-document.ts';

export function reportedUsage(
  last: MonitorResult,
  { service: wanted, asked }: { readonly service: string | null; readonly asked: Asked },
): Answer<UsageResult> {
  const { other, unaccountedBytes, reported } = last;
  const { usedBytes } = last.fileSystem;
  const services = last.services.filter(({ service }) => wanted === null || service === wanted);
  const isAll = wanted === null;
  const total = sum(services);
  const own = (last.fileSystems ?? []).flatMap(({ service, ...fs }) =>
    service === null || !services.some((one) => one.service === service) ? [] : [{ service, ...useOf(fs) }],
  );
  const onBase = sum(services.filter((one) => !own.some(({ service }) => service === one.service)));
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
      fileSystem: useOf(last.fileSystem),
      ...(own.length === 0 ? {} : { fileSystems: own }),
      total,
      other: isAll ? other : null,
      elsewhereBytes: isAll && complete ? Math.max(0, usedBytes - onBase.usedBytes) : null,
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

function useOf(fs: FileSystemUse): FileSystemUse {
  const { mountPoint, source, type, sizeBytes, usedBytes, freeBytes, usableBytes } = fs;
  return { mountPoint, source, type, sizeBytes, usedBytes, freeBytes, usableBytes };
}

function sum(services: readonly ServiceUsage[]): Space {
  const over = (field: 'usedBytes' | 'inodes') =>
    services.reduce((all, service) => all + (service[field] ?? 0), 0);
  // Of what could not be measured it is not the number of files that is missing.
  const known = (field: 'apparentBytes' | 'files') =>
    services.some((service) => service[field] === null)
      ? null
      : services.reduce((all, service) => all + (service[field] ?? 0), 0);
  return {
    usedBytes: over('usedBytes'),
    apparentBytes: known('apparentBytes'),
    inodes: over('inodes'),
    files: known('files'),
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
