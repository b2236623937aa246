// Owns what is said of accesses to services' directories that SELinux did not grant: which, and by what cause. Told only where there are
// some that can happen again: one of a label that is right by now is over.
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import { type Denial, typeIn } from '../port/selinux.ts';
import { ancestors, directoryAddress } from '../resources/directory.ts';
import { type RegionOnHost, regionsOf, regionsOn } from '../resources/selinux/regions.ts';
import { labelsOf } from '../services/labels.ts';
import type { Draft } from './follow.ts';

/** Of what cannot be found any more, one that is older says nothing of now. */
const RECENT_MS = 3_600_000;

/** Things of a file system; others, such as ports, are not what a layout sets. */
const FILES: ReadonlySet<string> = new Set([
  'file',
  'dir',
  'lnk_file',
  'sock_file',
  'fifo_file',
  'filesystem',
]);

export function checkDenials(layout: Layout, host: HostReader): readonly Draft[] {
  if (layout.selinux === 'off' || host.selinux() === null) return [];
  const denials = host.denials().filter(({ type }) => FILES.has(type));
  if (denials.length === 0) return [];
  const regions = regionsOn(host, regionsOf(layout));
  return layout.services.flatMap((service) => {
    const about = { layout, host, service, regions };
    const open = denials.filter((denial) => isAbout(about, denial) && mayHappenAgain(about, denial));
    const last = open.at(-1);
    return last === undefined ? [] : [draftOf(about, last, open.length)];
  });
}

interface About {
  readonly layout: Layout;
  readonly host: HostReader;
  readonly service: Service;
  readonly regions: readonly RegionOnHost[];
}

/** Of its domain, or of something in its directory. */
function isAbout({ layout, service }: About, { source, name }: Denial): boolean {
  if (name?.startsWith(`${servicePath(layout, service)}/`)) return true;
  return labelsOf(service.name)?.domain === typeIn(source) && !(name?.startsWith('/') ?? false);
}

function mayHappenAgain(about: About, denial: Denial): boolean {
  const found = placeOf(about, denial);
  if (found === null) return Date.now() - denial.at < RECENT_MS;
  return found.label === null || typeIn(found.label) === typeIn(denial.target);
}

/** What it was about, where that is still there: the kernel tells its last name and its inode. */
function placeOf(
  { layout, host, service }: About,
  { name, inode }: Denial,
): { readonly path: string; readonly label: string | null } | null {
  const top = servicePath(layout, service);
  const directories = [top, ...service.directories.map((one) => `${top}/${one.name}`)];
  const names = name === null ? [] : [...directories.map((path) => `${path}/${name}`)];
  const candidates = name?.startsWith('/')
    ? [name]
    : [...directories, ...names, ...ancestors(layout.base), layout.base];
  for (const path of candidates) {
    const entry = host.entry(path);
    if (!('inode' in entry) || (inode !== null && entry.inode !== inode)) continue;
    if (entry.type !== 'directory' && entry.type !== 'file') continue;
    return { path, label: host.labelsAt(path)?.own ?? null };
  }
  return null;
}

function draftOf(about: About, denial: Denial, count: number): Draft {
  const { layout, service, regions, host } = about;
  const { source, target, permissions, command, name, type, permissive, at } = denial;
  const place = placeOf(about, denial);
  const what = place?.path ?? name ?? `a ${type}`;
  const own = regions.filter((one) => one.service === service.name).flatMap(({ to }) => to ?? []);
  const isRight = own.includes(typeIn(target));
  const path = servicePath(layout, service);
  const times = count === 1 ? '' : `; ${count} in all`;
  return {
    id: `selinux.denied.${service.name}`,
    at: directoryAddress(path),
    service: service.name,
    severity: host.selinux()?.enforcing === true && !permissive ? 'error' : 'warning',
    status: 'fail',
    expected: `SELinux lets ${service.name} use its directory`,
    found: `${command} (${typeIn(source)}) was denied ${permissions.join(', ')} of ${what}, label ${typeIn(target)}, at ${new Date(at).toISOString()}${times}`,
    ...(isRight
      ? {
          hint: `its label is right, and the policy does not let ${typeIn(source)} do this: see sudo ausearch -m avc -ts recent | audit2why`,
        }
      : {
          fix:
            place === null
              ? `sudo restorecon -R ${shellWord(path)}`
              : `sudo restorecon -R ${shellWord(place.path)}`,
          hint: `its label is not one that ${typeIn(source)} may use: want ${own[0] ?? 'another'}`,
        }),
    causes: regions
      .filter((one) => one.service === service.name || one.service === null)
      .map(({ checkId }) => `selinux.label.${checkId}`),
  };
}
