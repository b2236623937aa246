// Owns the file systems that services have of their own, as they are measured: their room, and whose room a service is judged
// by. Must not judge levels: they are subjects as the base's disk is.

import type { Context } from '../command/context.ts';
import { compareServices, type WrongService, without, wrongServices } from '../command/service-disks.ts';
import { type Layout, servicePath } from '../layout/layout.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { mountsIn } from '../space/holders.ts';
import { NOT_LOOKED_AT } from '../space/measure.ts';
import type { Usage } from '../space/measure-document.ts';

export interface OwnFileSystem {
  readonly service: string;
  readonly fileSystem: FileSystem;
}

/** What may be measured: all but the services whose own file system is not there, or is another one. */
export async function measurable<C extends Pick<Context, 'host' | 'layout' | 'newDisk'>>(
  context: C,
  timeoutMs: number | null,
): Promise<{ readonly right: C; readonly wrong: readonly WrongService[] }> {
  const wrong = wrongServices(await compareServices(context, timeoutMs), 'looks');
  return { right: without(context, wrong), wrong };
}

/** Of services that were not looked at, in the order of the layout. */
export function unlooked(layout: Layout, wrong: readonly WrongService[]): readonly Usage[] {
  return layout.services.flatMap((service): readonly Usage[] => {
    if (!wrong.some((one) => one.service === service.name)) return [];
    const path = servicePath(layout, service);
    const nothing = { apparentBytes: 0, inodes: 0, files: 0, directories: [], mountPoints: [] };
    return [
      {
        service: service.name,
        path,
        plannedBytes: service.plannedBytes,
        usedBytes: null,
        ...nothing,
        unreadable: [{ path, error: NOT_LOOKED_AT }],
      },
    ];
  });
}

/** One that did not answer while its service was measured is not asked: that would hang. */
export function ownFileSystems(
  layout: Layout,
  host: HostReader,
  usages: readonly Usage[],
): readonly OwnFileSystem[] {
  return mountsIn(layout, host).flatMap(({ service, path }) => {
    const usage = usages.find((one) => one.service === service);
    const isSilent = usage?.unreadable[0]?.error === 'timeout';
    return isSilent ? [] : [{ service, fileSystem: host.fileSystem(path) }];
  });
}

/** The file system whose room a service has. */
export function roomFor<Fs>(
  service: string,
  of: {
    readonly fileSystem: Fs;
    readonly own: readonly { readonly service: string; readonly fileSystem: Fs }[];
  },
): Fs {
  return of.own.find((one) => one.service === service)?.fileSystem ?? of.fileSystem;
}
