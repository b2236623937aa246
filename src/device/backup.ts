// `jts-hot device backup`: a verified image of a whole disk that nobody uses, which `--backup FILE` then asks for. With progress, ended by
// a signal. Writes nothing to the disk; what it then is allowed to is decided in resources/storage/disk.ts.
import { type Answer, type Context, nothingBegun, requireRoot } from '../command/context.ts';
import { workThrough } from '../command/long-work.ts';
import { EXIT, Problem } from '../messages/diagnostic.ts';
import type { DiskImage } from '../port/disk-image.ts';
import { describeDisk } from '../port/storage.ts';
import { plannedDisk } from '../resources/storage/disk.ts';
import { diskInUse, noSerial } from '../resources/storage/disk-refusals.ts';
import { judgeUse } from '../resources/storage/usable.ts';
import { formatBytes } from '../values/size.ts';
import { deviceMeant } from './device.ts';
import type { BackupResult } from './device-document.ts';

/** What an NVMe disk reads at the least. */
const BYTES_A_SECOND = 1e9;

/** `word`: as of `device show`. */
export async function deviceBackupCommand(
  context: Context,
  word: string,
  file: string,
): Promise<Answer<BackupResult>> {
  requireRoot(context);
  const { host } = context;
  const devices = host.blockDevices();
  const device = deviceMeant(devices, word);
  const disk = plannedDisk(device);
  if (disk === null) throw new Problem(EXIT.refused, [noSerial(device)]);
  const [contents = null] = host.deviceContents([device.name]);
  const { refusals } = judgeUse({ device, contents, devices, services: [], health: null });
  const inUse = refusals.filter(({ cause }) => cause !== 'member' || contents?.isHeld !== false);
  const [first] = inUse;
  if (first !== undefined) throw new Problem(EXIT.refused, [diskInUse(device, inUse, first)]);
  let made: DiskImage | null = null;
  const part = {
    says: `image of ${describeDisk(disk)} (${formatBytes(disk.sizeBytes)}), read twice`,
    expectedSeconds: (2 * disk.sizeBytes) / BYTES_A_SECOND,
    run: (signal: AbortSignal) => host.imageDisk({ disk, file, signal }),
  };
  const outcome = await workThrough([part], context, (image) => {
    made = image;
  });
  const image = made as DiskImage | null;
  if (outcome === 'stopped' || image === null)
    return { exitCode: EXIT.failed, problems: [nothingBegun(context.invocation)], result: null };
  return { exitCode: EXIT.ok, problems: [], result: { did: 'backup', disk, image } };
}
