// Owns where a layout puts a service, as its configuration is told.
import type { Layout, Service } from '../layout/layout.ts';
import { plannedTotalBytes, servicePath } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { mountOver } from '../port/declared-mount.ts';
import type { HostReader } from '../port/host.ts';
import type { Places } from '../services/configuration.ts';
import { builtInServices } from '../services/index.ts';
import { RESERVE } from '../space/room.ts';

export function placesOf(layout: Layout, service: Service, host: HostReader): Places {
  const own = servicePath(layout, service);
  return {
    own,
    directory: (name) => `${own}/${directoryName(service, name)}`,
    plannedBytes: service.plannedBytes,
    reserveBytes: Math.round(diskBytes(layout, host, own) * RESERVE),
  };
}

/** Where a layout has it under another name, it is known by its role. */
function directoryName({ name: service, directories }: Service, builtIn: string): string {
  const [role] = builtInServices
    .filter((one) => one.name === service)
    .flatMap((one) => one.directories.filter(({ name }) => name === builtIn).map((found) => found.role));
  const ofRole = directories.filter((one) => one.role === role);
  const found = directories.find(({ name }) => name === builtIn) ?? ofRole[0];
  if (found !== undefined && (found.name === builtIn || ofRole.length === 1)) return found.name;
  throw new Problem(EXIT.usage, [
    diagnostic('E_NO_PLACE', 'cannot tell a service where to keep its data', {
      at: `service ${service}`,
      detail: [
        `want a directory ${builtIn}, or one with the role ${role}`,
        `found ${ofRole.length === 0 ? 'none' : ofRole.map(({ name }) => name).join(', ')}`,
      ],
      hint: 'name the directory so in the layout, or give it that role (jts-hot spec show)',
    }),
  ]);
}

/** Of the disk that the service is on; before there is one, what the layout plans. */
function diskBytes(layout: Layout, host: HostReader, own: string): number {
  if (mountOver(host.mounts, own) !== null && host.entry(own).type === 'directory')
    return host.fileSystem(own).sizeBytes;
  if (host.entry(layout.base).type !== 'directory') return plannedTotalBytes(layout);
  return host.fileSystem(layout.base).sizeBytes;
}
