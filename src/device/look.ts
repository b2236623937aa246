// Owns looking at devices: what the host tells of each, its health, and whether the hot tier could be on it.
import type { Context } from '../command/context.ts';
import { healthText } from '../health/health-text.ts';
import { judgeHealth } from '../health/judge.ts';
import type { BlockDevice } from '../port/block-device.ts';
import type { HostReader } from '../port/host.ts';
import { type DeviceFacts, judgeUse } from '../resources/storage/usable.ts';
import type { SeenDevice } from './device-document.ts';

/** A disk answers in milliseconds, a machine that has much to do in seconds. */
const ANSWER_MS = 10_000;

type Looking = Pick<HostReader, 'deviceContents' | 'diskHealth'>;

/** At each of `wanted`; `devices` are all that there are. */
export async function lookAt(
  { host, layout, now }: Pick<Context, 'layout' | 'now'> & { readonly host: Looking },
  wanted: readonly BlockDevice[],
  devices: readonly BlockDevice[],
): Promise<readonly SeenDevice[]> {
  const contents = host.deviceContents(
    wanted.map(({ name }) => name),
    ANSWER_MS,
  );
  const health = await healthOf(host, wanted, now());
  return wanted.map((device) => {
    const found = contents.find(({ name }) => name === device.name) ?? null;
    const its = health.get(device.name) ?? null;
    const services = layout.services.map(({ name }) => name);
    return {
      ...device,
      contents: found,
      health: its,
      ...judgeUse({ device, contents: found, devices, services, health: judgedAs(its) }),
    };
  });
}

/** As it is asked whether a disk may be used; null: it was not asked. */
export function judgedAs(health: SeenDevice['health']): DeviceFacts['health'] {
  if (health === null) return null;
  return { level: health.level, found: healthText(health).replace(/^\S+ \w+: /, '') };
}

/** By name; of NVMe disks alone. */
export async function healthOf(
  host: Pick<Looking, 'diskHealth'>,
  devices: readonly BlockDevice[],
  at: string,
): Promise<ReadonlyMap<string, NonNullable<SeenDevice['health']>>> {
  const disks = devices.filter(({ kind, name }) => kind === 'disk' && name.startsWith('nvme'));
  const said = await host.diskHealth(
    disks.map(({ name }) => name),
    ANSWER_MS,
  );
  return new Map(
    said.flatMap((one) => {
      const disk = disks.find(({ name }) => name === one.name);
      if (disk === undefined) return [];
      return [[one.name, judgeHealth(one, { disk: { ...disk, busyMs: null }, earlier: null, at })] as const];
    }),
  );
}
