// Owns why a directory of the layout is not as wanted: whose it is by name, whether it was swapped or moved, what is in its
// place, and which account's fault it is.
import { servicePath } from '../layout/layout.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import { ENTRIES_COUNTED, type Entry } from '../port/entry.ts';
import type { HostReader } from '../port/host.ts';
import type { DirectoryWant } from '../resources/directory.ts';
import type { Explanation, Found } from './explanation.ts';

export function explainDirectory(found: Found, want: DirectoryWant): Explanation {
  const entry = found.ground.look(want.path);
  if (want.place === 'above') return {};
  switch (entry.type) {
    case 'directory':
      return {
        ...ofOwner(found, want, entry),
        ...replaced(found, want, entry),
        ...swapped(found, want, entry),
      };
    case 'missing':
      return movedAway(found, want);
    case 'file':
    case 'link':
    case 'special':
      return want.place === 'below' ? inItsPlace(found, want, entry.type) : {};
    default:
      return {};
  }
}

type DirectoryEntry = Extract<Entry, { type: 'directory' }>;

function ofOwner({ ground, names }: Found, { owner }: DirectoryWant, entry: DirectoryEntry): Explanation {
  const { user, group } = owner;
  const tenant = ground.tenants.get(user);
  const gid = ground.host.groups([group]).get(group)?.gid ?? (group === 'root' ? 0 : null);
  const isUserWrong = user !== 'root' && entry.uid !== tenant?.identity.uid;
  const isGroupWrong = entry.gid !== gid;
  const isPrimary = tenant !== undefined && entry.gid === tenant.identity.gid;
  return {
    found: `directory ${names.user(entry.uid)}:${names.group(entry.gid)} ${entry.mode}`,
    causes: [
      ...(isUserWrong ? [`user.${user}`, `user.${user}.shared-uid`] : []),
      ...(isGroupWrong ? [`group.${group}`] : []),
      // usermod gives the group of what is in the home to the new primary group, and back.
      ...(isGroupWrong && isPrimary ? [`user.${user}.groups`, `user.${user}.other-group`] : []),
      ...(isGroupWrong ? [`group.${group}.shared-gid`] : []),
    ],
  };
}

/** The directories of two services, each in the place of the other. */
function swapped({ ground, names }: Found, want: DirectoryWant, entry: DirectoryEntry): Explanation {
  const { layout, look, tenants } = ground;
  const own = layout.services.find(({ name }) => name === want.service);
  const owner = names.userOf(entry.uid);
  const other = layout.services.find(({ user }) => user === owner && user !== own?.user);
  if (own === undefined || other === undefined || other.user === 'root') return {};
  const [path, otherPath] = [servicePath(layout, own), servicePath(layout, other)];
  const there = look(otherPath);
  if (there.type !== 'directory' || there.uid !== tenants.get(own.user)?.identity.uid) return {};
  const [first, second] =
    layout.services.indexOf(own) < layout.services.indexOf(other) ? [own, other] : [other, own];
  if (want.path !== path || own !== first) return { causes: [`directory.${first.name}`] };
  const aside = shellWord(`${path}.swapped`);
  return {
    found: `the directory of ${second.name}, and that of ${first.name} is in its place: swapped`,
    fix: asRoot([
      `mv -T ${shellWord(path)} ${aside}`,
      `mv -T ${shellWord(otherPath)} ${shellWord(path)}`,
      `mv -T ${aside} ${shellWord(otherPath)}`,
    ]),
    hint: null,
    causes: [],
  };
}

/** An empty one that is not the service's, and beside it one that is, with something in it. */
function replaced(found: Found, want: DirectoryWant, entry: DirectoryEntry): Explanation {
  const { ground } = found;
  const own = ground.layout.services.find(({ name }) => name === want.service);
  const uid = ground.tenants.get(want.owner.user)?.identity.uid;
  // In the base, which is root's: by name nothing of the service's can be taken for it.
  if (own === undefined || want.path !== servicePath(ground.layout, own) || entry.uid === uid) return {};
  const parts = own.directories.map(({ name }) => ground.look(`${want.path}/${name}`));
  const isEmpty =
    entry.entries === parts.filter(({ type }) => type === 'directory').length &&
    parts.every((part) => part.type !== 'directory' || part.entries === 0);
  const moved = isEmpty ? besides(found, want) : null;
  if (moved === null) return {};
  const aside = shellWord(freePlace(ground.host, want.path));
  return {
    found: `an empty one of ${found.names.user(entry.uid)}; ${moved} beside it is of ${want.owner.user}`,
    fix: asRoot([
      `mv -T ${shellWord(want.path)} ${aside}`,
      `mv -T ${shellWord(`${want.path.slice(0, want.path.lastIndexOf('/'))}/${moved}`)} ${shellWord(want.path)}`,
    ]),
    hint: `only if ${moved} is what it was; to keep the empty one: sudo jts-hot repair ${want.service}`,
    causes: [],
  };
}

/** One beside its place that has its name in it and belongs to its user. */
function movedAway(found: Found, want: DirectoryWant): Explanation {
  const moved = besides(found, want);
  if (moved === null) return {};
  const parent = want.path.slice(0, want.path.lastIndexOf('/'));
  return {
    found: `missing; ${moved} beside it is of ${want.owner.user}`,
    fix: `sudo mv -nT ${shellWord(`${parent}/${moved}`)} ${shellWord(want.path)}`,
    hint: `only if it was moved away; for an empty one: sudo jts-hot setup`,
  };
}

/** Its name; null: there is none, or nobody can say. */
function besides({ ground }: Found, { path, owner, place }: DirectoryWant): string | null {
  const { host, look, tenants } = ground;
  const uid = tenants.get(owner.user)?.identity.uid;
  const [parent, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
  const above = look(parent);
  if (uid === undefined || uid === 0 || place !== 'below' || above.type !== 'directory') return null;
  // A directory of a service can be too large to be read for this.
  if (above.entries === null || above.entries >= ENTRIES_COUNTED) return null;
  const moved = host.names(parent).find((other) => {
    if (other === name || !other.includes(name)) return false;
    const entry = host.entry(`${parent}/${other}`);
    return entry.type === 'directory' && entry.uid === uid && entry.entries !== 0;
  });
  return moved ?? null;
}

const WORDS = { file: 'a file', link: 'a symbolic link', special: 'a device, socket or pipe' } as const;

/** What makes an empty one in its place. */
const MAKE = 'jts-hot setup';

/** It is moved aside and kept. Where a link leads to the directory itself, that is put back. */
function inItsPlace(found: Found, { path, owner }: DirectoryWant, type: keyof typeof WORDS): Explanation {
  const { host, tenants } = found.ground;
  const leads = type === 'link' ? host.link(path) : null;
  const aside = shellWord(freePlace(host, path));
  const away = `mv -T ${shellWord(path)} ${aside}`;
  if (leads === null)
    return { fix: asRoot([away, MAKE]), hint: `see what it is first: sudo ls -ld ${shellWord(path)}` };
  const target = leads.startsWith('/') ? leads : `${path.slice(0, path.lastIndexOf('/'))}/${leads}`;
  const there = target.includes('/../') ? null : host.entry(target);
  const isIts = there?.type === 'directory' && there.uid === tenants.get(owner.user)?.identity.uid;
  const what = { found: `a symbolic link to ${leads}` };
  if (!isIts)
    return {
      ...what,
      fix: asRoot([away, MAKE]),
      hint: `see where it leads first: sudo ls -lL ${shellWord(path)}`,
    };
  return {
    ...what,
    fix: asRoot([away, `mv -T ${shellWord(target)} ${shellWord(path)}`]),
    hint: `its data is in ${target}: stop ${owner.user} first`,
  };
}

/** In the base, which is root's: in the tree of the service it would be somebody else's. */
function freePlace({ base, entry }: HostReader, path: string): string {
  for (let number = 1; ; number++) {
    const name = path.slice(base.length + 1).replaceAll('/', '-');
    const place = `${base}/${name}.other${number === 1 ? '' : number}`;
    if (entry(place).type === 'missing') return place;
  }
}
