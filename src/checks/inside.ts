// Owns what validate says of the inside of services' trees: one check where all is as wanted, else one for each cause, with
// the first examples. Only of services with a user of their own: in those of root (Docker's, backups) files of many are
// meant to be. What is wrong is judged by port/inside.ts.
import { hasTreeOfItsOwn, type Layout, type Service, servicePath } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import type { Cause, InsideTree, OwnedTree, WrongKind } from '../port/inside.ts';
import { TRASH_NAME } from '../port/operations/trash.ts';
import { MOVING_NAME } from '../port/tree-moving.ts';
import { directoryAddress } from '../resources/directory.ts';
import { formatCount } from '../values/count.ts';
import { printableName } from '../values/file-name.ts';
import type { Check } from './check.ts';
import type { Draft } from './follow.ts';

/** Of each service, without --deep. */
export const MOST_FIRST = 1000;

/** What is gone through to the end: all trees, one service's, or none. */
export type Deep = 'all' | 'none' | { readonly service: string };

/** By service. */
export type Inside = ReadonlyMap<string, InsideTree>;

/** Looks into the trees that are there and whose owners are known. */
export async function lookInside(
  { layout, host }: { readonly layout: Layout; readonly host: HostReader },
  deep: Deep,
  onProgress: (entries: number) => void,
): Promise<Inside> {
  const trees = treesOf(layout, host);
  const isDeep = (name: string) => (typeof deep === 'string' ? deep === 'all' : deep.service === name);
  const accounts = { uids: trees.map(({ tree }) => tree.uid), gids: trees.map(({ tree }) => tree.gid) };
  const found = new Map<string, InsideTree>();
  for (const look of [MOST_FIRST, 'all'] as const) {
    const own = trees.filter(({ service }) => isDeep(service.name) === (look === 'all'));
    if (own.length === 0) continue;
    const request = { trees: own.map(({ tree }) => tree), services: accounts, look, onProgress };
    const answers = await host.lookInside(request);
    for (const [i, { service }] of own.entries()) {
      const answer = answers[i];
      if (answer !== undefined) found.set(service.name, answer);
    }
  }
  return found;
}

function treesOf(
  layout: Layout,
  host: HostReader,
): readonly { readonly service: Service; readonly tree: OwnedTree }[] {
  const services = layout.services.filter(hasTreeOfItsOwn);
  const users = host.users(services.map(({ user }) => user));
  const groups = host.groups(services.map(({ group }) => group));
  return services.flatMap((service) => {
    const [uid, gid] = [users.get(service.user)?.uid, groups.get(service.group)?.gid];
    const path = servicePath(layout, service);
    if (uid === undefined || gid === undefined || host.entry(path).type !== 'directory') return [];
    const named = service.directories.map(({ name }) => name);
    // What mkfs makes on a file system of its own is root's.
    const made = host.mounts.some((mount) => mount.path === path) ? ['lost+found'] : [];
    const ours = oursIn(host, service, path);
    return [{ service, tree: { path, uid, gid, named: [...named, ...made], ours } }];
  });
}

/**
 * What lies there while its data is moved, and the trash of a file system of its own. Only root can make such directories, and
 * nobody else can enter them.
 */
export function oursIn(host: HostReader, { name }: Service, path: string): readonly string[] {
  return [`${MOVING_NAME}-${name}`, TRASH_NAME].filter((own) => {
    const entry = host.entry(`${path}/${own}`);
    return entry.type === 'directory' && entry.uid === 0 && entry.mode === '0700';
  });
}

/** What is wrong in all of these together, and what mends it or says more; null: nothing is. */
export function whatIsInside(inside: Inside): { readonly count: number; readonly fix: string } | null {
  const wrong = [...inside].filter(([, tree]) => tree.wrong.length > 0);
  const kinds = wrong.flatMap(([, tree]) => tree.wrong);
  if (kinds.length === 0) return null;
  const causes = new Set(kinds.map(({ cause }) => cause));
  const [one, ...others] = wrong.map(([service]) => service);
  const words = [
    'sudo jts-hot repair',
    others.length === 0 ? one : null,
    '--recursive',
    wrong.some(([, { graveLists }]) => graveLists > 0) ? '--acl' : null,
    causes.has('flags') ? '--flags' : null,
  ];
  const isMended = causes.has('flags') || [...MENDED].some((cause) => causes.has(cause));
  const count = kinds.reduce((sum, kind) => sum + kind.count, 0);
  return { count, fix: isMended ? words.filter((word) => word !== null).join(' ') : 'sudo jts-hot validate' };
}

/** `isWanted`: fstab or a unit mounts something there. */
export function checkInside(
  layout: Layout,
  inside: Inside,
  isWanted: (mountPoint: string) => boolean,
): readonly Draft[] {
  return layout.services
    .filter(hasTreeOfItsOwn)
    .flatMap((service) => draftsOf({ layout, service, isWanted }, inside.get(service.name)));
}

interface About {
  readonly layout: Layout;
  readonly service: Service;
  readonly isWanted: (mountPoint: string) => boolean;
}

function draftsOf({ layout, service, isWanted }: About, tree: InsideTree | undefined): readonly Draft[] {
  const about = {
    id: `inside.${service.name}`,
    at: directoryAddress(servicePath(layout, service)),
    service: service.name,
    severity: 'error',
    expected: `all in it is ${service.user}'s, and as it can use it`,
    causes: [`user.${service.user}`, `group.${service.group}`, `directory.${service.name}`],
  } as const;
  if (tree === undefined) return [{ ...about, status: 'skip', found: 'no such tree, or no such owner' }];
  if (tree.error !== null)
    return [{ ...about, status: 'skip', found: `cannot be gone through: ${tree.error}` }];
  const amount = amountOf(tree);
  const wrong = [
    ...tree.wrong.map((kind): Draft => {
      const flags = `${about.id}.flags`;
      const isBehind = tree.behindFlags > 0 && MENDED.has(kind.cause);
      return {
        ...about,
        id: `${about.id}.${kind.cause}`,
        severity: severityOf(kind, tree, isWanted),
        status: 'fail',
        expected: expectedOf(kind.cause, service),
        found: `${formatCount(kind.count)} of ${amount}: ${examplesOf(kind)}`,
        ...waysOut(kind, { service, path: tree.path, base: layout.base }),
        causes: [...(isBehind ? [flags] : []), ...reasonsOf(kind.cause, service)],
      };
    }),
    ...unreadable(about, tree, amount),
  ];
  return wrong.length > 0 ? wrong : [{ ...about, status: 'pass', found: amount }];
}

/** Checks that tell of the same: an account with another number, a directory that is none of its own. */
function reasonsOf(cause: Cause, { name, user, group, directories }: Service): readonly string[] {
  const tops = [`directory.${name}`, ...directories.map((part) => `directory.${name}/${part.name}`)];
  if (cause === 'mount' || cause === 'device') return tops;
  if (cause !== 'owner') return [];
  const account = [tops[0] ?? '', `user.${user}`, `group.${group}`];
  return [
    ...account,
    ...['shared-uid', 'other-group'].map((what) => `user.${user}.${what}`),
    `group.${group}.shared-gid`,
  ];
}

function amountOf({ entries, whole }: InsideTree): string {
  return whole ? `all ${formatCount(entries)} entries` : `the first ${formatCount(entries)} entries`;
}

/** What repair mends once no flag is in the way. */
const MENDED: ReadonlySet<Cause> = new Set(['owner', 'mode', 'world-writable', 'acl']);

/** Another file system that is mounted at every boot, or a reader let in by name, may be meant. */
function severityOf(
  { cause, count, examples }: WrongKind,
  { graveLists, path }: InsideTree,
  isWanted: About['isWanted'],
): Check['severity'] {
  const isMeant =
    (cause === 'acl' && graveLists === 0) ||
    (cause === 'mount' &&
      count <= examples.length &&
      examples.every((example) => isWanted(`${path}/${example.path}`)));
  return isMeant ? 'warning' : 'error';
}

function expectedOf(cause: Cause, { user, group }: Service): string {
  switch (cause) {
    case 'mount':
      return 'one file system, or one that is mounted at every boot';
    case 'device':
      return 'no devices';
    case 'setuid':
      return 'no programs that run as their owner or group';
    case 'hard-links':
      return 'no files of others that have more names';
    case 'flags':
      return 'nothing immutable or append-only';
    case 'owner':
      return `all owned by ${user}:${group}`;
    case 'mode':
      return `files that ${user} can read, directories that it can use`;
    case 'world-writable':
      return 'nothing that everybody may write';
    case 'acl':
      return 'nobody let in by access lists';
    default:
      return cause satisfies never;
  }
}

function examplesOf({ examples, count }: WrongKind): string {
  const named = examples.map(({ path, found }) => `${path === '' ? '.' : printableName(path)} (${found})`);
  return [...named, ...(count > examples.length ? ['…'] : [])].join(', ');
}

/** Never a command on a path below a directory that the service can write: it may have swapped it by then. */
function waysOut(
  { cause, examples }: WrongKind,
  { service, path, base }: { readonly service: Service; readonly path: string; readonly base: string },
): Pick<Draft, 'fix' | 'hint'> {
  const repair = `sudo jts-hot repair ${service.name} --recursive`;
  const [first] = examples;
  const name = shellWord(`${path}/${first?.path ?? ''}`);
  switch (cause) {
    case 'owner':
      return { fix: repair, hint: `see first that it is all meant to be ${service.user}'s` };
    case 'mode':
    case 'world-writable':
      return { fix: repair };
    case 'flags':
      return { fix: `${repair} --flags`, hint: 'somebody may have meant them (lsattr): they are taken away' };
    case 'acl':
      return { fix: `${repair} --acl`, hint: 'somebody may have meant them (getfacl): they are taken away' };
    case 'mount':
      return { hint: `if it is not meant to be there, unmount it; see which it is: findmnt ${name}` };
    case 'device':
      return { hint: 'find out who made it, then remove it while the service is stopped' };
    case 'setuid':
      return {
        hint: `look at it (sudo ls -l ${name}); with the service stopped: sudo chmod u-s,g-s ${name}`,
      };
    case 'hard-links':
      return {
        hint: `see its other names: sudo find ${shellWord(base)} -xdev -samefile ${name}; then remove this one, or chown it`,
      };
    default:
      return cause satisfies never;
  }
}

function unreadable(
  about: Omit<Draft, 'status' | 'found'>,
  { unreadable: places, unreadableCount }: InsideTree,
  amount: string,
): readonly Draft[] {
  const [first] = places;
  if (first === undefined) return [];
  const found = `${formatCount(unreadableCount)} places beside ${amount}: ${printableName(first.path)} (${first.error})`;
  return [
    {
      ...about,
      id: `${about.id}.unreadable`,
      status: 'skip',
      expected: 'all of it can be looked at',
      found,
      hint: 'see what the disk says: sudo dmesg | tail',
      causes: [],
    },
  ];
}
