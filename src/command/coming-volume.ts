// Owns how a service stands whose volume the layout declares and that was never mounted there: until then it is as in a layout
// without that volume. One that was mounted before and is missing now is the wrong disk, and is not meant here. Reads only.
import type { Layout } from '../layout/layout.ts';
import type { Context } from './context.ts';
import { declaredMounts } from './declared-mounts.ts';
import { recordOf } from './service-disks.ts';

export interface Called {
  readonly service: string;
  /** Data comes from elsewhere: that must not go where the volume is not mounted. */
  readonly from?: unknown;
}

/** As it is now. The same context where the service has no volume, or has it mounted, or had. */
export async function untilMounted(context: Context, { service, from }: Called): Promise<Context> {
  if (from !== undefined) return context;
  const { host, layout, openHost } = context;
  const mount = host.mounts.find((one) => one.service === service);
  if (mount === undefined || host.root !== '/') return context;
  const { holder } = host.disk(mount.path);
  const known = recordOf(host, layout.base)?.services?.[service];
  if (holder.mountPoint === mount.path || known?.path === mount.path) return context;
  const without = withoutVolume(layout, service);
  return {
    ...context,
    layout: without,
    host: openHost(layout.base, await declaredMounts(without, host.root)),
  };
}

function withoutVolume(layout: Layout, service: string): Layout {
  const { storage } = layout;
  const volumes = storage?.volumes ?? null;
  if (storage === undefined || volumes === null) return layout;
  const services = volumes.services.filter((one) => one.service !== service);
  return { ...layout, storage: { ...storage, volumes: { ...volumes, services } } };
}
