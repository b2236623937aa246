// Owns whether all services that are copied fit below the new base together. Reads only.
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { BaseService } from '../move/base-document.ts';
import { noRoom } from '../move/obstacles.ts';
import type { HostReader } from '../port/host.ts';
import { RESERVE } from '../space/room.ts';

/** Each alone was looked at by its own plan. */
export function roomFor(
  host: HostReader,
  to: string,
  services: readonly BaseService[],
): readonly Diagnostic[] {
  const copied = services.filter(({ how, state }) => how === 'copy' && state === 'to go');
  const wantedBytes = copied.reduce((sum, { bytes }) => sum + bytes, 0);
  if (copied.length < 2) return [];
  const { sizeBytes, availableBytes: foundBytes } = host.fileSystem(to);
  const keptBytes = Math.round(sizeBytes * RESERVE);
  return wantedBytes + keptBytes > foundBytes ? [noRoom({ to, wantedBytes, keptBytes, foundBytes })] : [];
}
