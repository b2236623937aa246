// Owns whether what is freed on a file system can reach the disk: through which layers, and whether they take discards. Reads only.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';

export type Discards =
  | { readonly reach: 'disk' }
  /** The disks take none: there is nothing to be mended. */
  | { readonly reach: 'none'; readonly why: string }
  /** The disks would take them, and what lies between does not pass them on. */
  | { readonly reach: 'layer'; readonly why: string };

/** null: on no block device (tmpfs, a network). */
export function discardsOf(host: HostReader, mountPoint: string): Discards | null {
  const { device } = host.fileSystem(mountPoint);
  if (device === null) return null;
  const [top = null] = host.blockQueues([device.name]);
  if (top === null) return null;
  if (top.discardBytes > 0) return { reach: 'disk' };
  const able = host.blockQueues(device.disks).flatMap((queue) => (queue?.discardBytes ? [queue.name] : []));
  if (able.length === 0) return { reach: 'none', why: `${device.disks.join(', ')} takes no discards` };
  return { reach: 'layer', why: `${device.name} passes no discards on to ${able.join(', ')}` };
}

export function layerInTheWay(mountPoint: string, why: string): Diagnostic {
  return diagnostic('E_DISCARD_STOPPED', 'cannot trim a disk through a layer that passes no discards on', {
    at: mountPoint,
    detail: `want discard_max_bytes above 0 in sysfs for each layer, found: ${why}`,
    hint: 'see which layer it is (lsblk --discard); of LUKS: option discard in /etc/crypttab',
  });
}
