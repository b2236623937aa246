// Owns the rules of a layout: base directory, services, directories. Pure.
// Reading one from YAML is layout-file/; the built-in one is services/index.ts.
import type { Mode } from '../values/mode.ts';
import type { Directory, Layout, Service } from './layout-document.ts';

export type { Directory, Layout, Service };

/** `required`: on a file system that is mounted at the base or above it, `/` left out; or on just this one: `UUID=…`. */
export type MountDemand = 'required' | `UUID=${string}`;

export const MOUNT_PATTERN = '^(required|UUID=[0-9A-Fa-f]{4}[0-9A-Fa-f-]{0,32})$';

export function isMountDemand(text: string): text is MountDemand {
  return new RegExp(MOUNT_PATTERN).test(text);
}

export const DEFAULT_BASE = '/data/jts/hot';
export const BASE_MODE: Mode = '0755';
/** What `--adopt` calls the base directory itself; no service may be called so. */
export const BASE_NAME = 'base';

/** A larger layout file is not read at all. */
export const MAX_LAYOUT_BYTES = 1024 * 1024;

export function servicePath(layout: Layout, service: Service): string {
  return `${layout.base}/${service.path}`;
}

/** Of root's services (Docker's volumes, backups) the files belong to many: who should own what cannot be known. */
export function hasTreeOfItsOwn({ user }: Service): boolean {
  return user !== 'root';
}

/** The users that the layout wants, `root` left out, each once, with the first service that names it. */
export function serviceUsers(
  layout: Layout,
): readonly { readonly user: string; readonly service: Service }[] {
  const seen = new Map<string, Service>();
  for (const service of layout.services)
    if (service.user !== 'root' && !seen.has(service.user)) seen.set(service.user, service);
  return [...seen].map(([user, service]) => ({ user, service }));
}

/** Services that have another one's user and do not say so. The first one of a user that does not say so owns it. */
export function undeclaredSharers(layout: Layout): readonly Service[] {
  const owned = new Set<string>();
  return layout.services.filter(({ user, sharesUser }) => {
    if (user === 'root' || sharesUser) return false;
    if (owned.has(user)) return true;
    owned.add(user);
    return false;
  });
}

export function plannedTotalBytes(layout: Layout): number {
  return layout.services.reduce((sum, service) => sum + service.plannedBytes, 0);
}
