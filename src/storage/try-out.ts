// Owns what is asked once more before a disk is written to: how well it is, and, on a scratch image, whether the kernel that runs takes
// each combination of file system and options. Changes nothing that stays.
import type { Context } from '../command/context.ts';
import { healthOf, judgedAs } from '../device/look.ts';
import type { Step } from '../engine/resource.ts';
import { wantedFileSystems } from '../layout/storage.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { placeDevice } from '../port/place-device.ts';
import { diskInUse } from '../resources/storage/disk-refusals.ts';
import { trialWords } from '../resources/storage/file-system-options.ts';
import { mountOptionsFor } from '../services/mount-options.ts';

/** A disk that is about to be emptied, and says that it is not well. Of one that is in use `monitor` tells. */
export async function notWell(
  { host, now }: Context,
  steps: readonly Step[],
): Promise<readonly Diagnostic[]> {
  const disks = steps.flatMap((step) => (step.do.type === 'saveDisk' ? [step.do.disk] : []));
  const devices = disks.flatMap((disk) => placeDevice(host.blockDevices(), { disk, volume: null }) ?? []);
  const health = devices.length === 0 ? new Map() : await healthOf(host, devices, now());
  return devices.flatMap((device) => {
    const its = judgedAs(health.get(device.name) ?? null);
    if (its?.level !== 'CRITICAL') return [];
    const reason = { cause: 'health', found: `its health is CRITICAL: ${its.found}` } as const;
    return [diskInUse(device, [reason], reason)];
  });
}

/** What must not be done. Only root can try. */
export async function triedOut(
  { host, layout }: Context,
  steps: readonly Step[],
): Promise<readonly Diagnostic[]> {
  const { storage } = layout;
  if (storage === undefined || host.surroundings().effectiveUid !== 0) return [];
  const refusals: Diagnostic[] = [];
  const tried = new Set<string>();
  for (const { do: making } of steps) {
    if (making.type !== 'makeFileSystem') continue;
    const wanted = wantedFileSystems(layout).find(({ uuid }) => uuid === making.uuid);
    if (wanted === undefined) continue;
    const request = {
      type: making.fileSystem,
      words: trialWords(making.options),
      mountOptions: mountOptionsFor(wanted, layout),
    };
    const key = JSON.stringify(request);
    if (tried.has(key)) continue;
    tried.add(key);
    const trial = await host.tryFileSystem(request);
    if (!trial.ok) refusals.push(notTaken(making.mountPoint, request, trial));
  }
  return refusals;
}

function notTaken(
  mountPoint: string,
  { type, mountOptions }: { readonly type: string; readonly mountOptions: readonly string[] },
  { options, said }: { readonly options: readonly string[]; readonly said: string },
): Diagnostic {
  const found =
    options.length === 0 ? 'that it takes none of it' : `that it does not take ${options.join(',')}`;
  return diagnostic('E_KERNEL_REFUSES', 'refusing to make a file system that this kernel does not mount', {
    at: mountPoint,
    detail: [`want ${type} with ${mountOptions.join(',')}, found on a scratch image ${found}`, said],
    hint: 'take the options out of `storage:` in the layout, or start the kernel that they are for',
  });
}
