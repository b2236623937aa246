// How this host makes, grows and takes away file systems: on the device that a place means, which is found anew, on a disk that is
// the right one and held. A volume is on that disk alone, or it is none of ours.
import { closeSync, constants, openSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { BlockDevice } from '../../port/block-device.ts';
import type { OperationOf, Performers } from '../../port/operation.ts';
import { placeDevice } from '../../port/place-device.ts';
import { describePlace } from '../../port/storage.ts';
import { O_EXCL, O_NOFOLLOW, O_RDONLY } from '../syscalls.ts';
import { readBlockDevices } from './block-devices.ts';
import { numberOf } from './device-users.ts';
import { eraseOn, growOn, makeOn } from './making.ts';
import { withDiskInUse, withRightDevice } from './right-device.ts';

type Names = 'makeFileSystem' | 'eraseFileSystem' | 'growFileSystem';
type Act = (device: BlockDevice, keepOpen: number) => void;

export function fileSystemPerformers(): Pick<Performers, Names> {
  return {
    makeFileSystem: (operation) => alone(operation, (device, fd) => makeOn(device, operation, fd)),
    eraseFileSystem: (operation) => alone(operation, (device, fd) => eraseOn(device, operation, fd)),
    // In use or not.
    growFileSystem: (operation) =>
      withDiskInUse(operation.place.disk, (_path, fd) => growOn(requireDevice(operation), operation, fd)),
  };
}

/** Nobody else has it open for themselves: it is not mounted, no part of anything, no swap. */
function alone(operation: OperationOf<Names>, act: Act): void {
  const { disk, volume } = operation.place;
  if (volume === null) {
    withRightDevice(disk, (_path, fd) => act(requireDevice(operation), fd));
    return;
  }
  withDiskInUse(disk, (_path, fd) => {
    const device = requireDevice(operation);
    requireUnused(operation, device);
    act(device, fd);
    requireSame(operation, device);
  });
}

function requireDevice(operation: OperationOf<Names>): BlockDevice {
  const device = placeDevice(readBlockDevices(), operation.place);
  if (device !== null && numberOf(device.path) === device.number) return device;
  throw refused(operation, 'E_NO_PLACE', 'cannot find what a file system is to be on', [
    `want ${describePlace(operation.place)}`,
    `found ${device === null ? 'none' : `${device.path}, which is another device`}`,
  ]);
}

function requireSame(operation: OperationOf<Names>, before: BlockDevice): void {
  const { path, number } = requireDevice(operation);
  if (path === before.path && number === before.number) return;
  throw refused(operation, 'E_DISK_CHANGED', 'refusing to go on with another device than was written to', [
    `want ${before.path}, device ${before.number}`,
    `found ${path}, device ${number}`,
  ]);
}

function requireUnused(operation: OperationOf<Names>, { path }: BlockDevice): void {
  try {
    closeSync(openSync(path, O_RDONLY | O_EXCL | O_NOFOLLOW | constants.O_NONBLOCK));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    throw refused(operation, 'E_IN_USE', 'refusing to write to a volume that is in use', [
      `want ${path} for us alone, found it taken (EBUSY)`,
    ]);
  }
}

function refused(
  { place }: OperationOf<Names>,
  code: string,
  summary: string,
  detail: readonly string[],
): Problem {
  return new Problem(EXIT.failed, [
    diagnostic(code, summary, {
      at: describePlace(place),
      detail,
      hint: 'see what there is: sudo jts-hot device list',
    }),
  ]);
}
