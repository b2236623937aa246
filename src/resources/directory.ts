// Directories: the base, what is above it, one a service, their parts. Only the directories themselves, never what is
// in them. Somebody's data is not taken over without consent; links, files and mount points are refused.

import type { Consent, Difference, LayoutResource, Step } from '../engine/resource.ts';
import { BASE_MODE, BASE_NAME, type Layout, servicePath } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import { ENTRIES_COUNTED, type Entry } from '../port/entry.ts';
import type { Owner } from '../port/operations/words.ts';
import { describeOwner, ownerIds } from '../port/owner.ts';
import type { Mode } from '../values/mode.ts';
import { groupAddress } from './group.ts';
import { userAddress } from './user.ts';

export interface DirectoryWant {
  readonly path: string;
  /** The base of the layout. */
  readonly base: string;
  /** `above` the base: made when missing, otherwise left alone. */
  readonly place: 'above' | 'base' | 'below';
  readonly owner: { readonly user: string; readonly group: string };
  readonly mode: Mode;
  readonly accept: readonly Mode[];
  readonly purpose: string;
  /** What `--adopt` and `repair` call it. */
  readonly service: string;
  readonly checkId: string;
}

export interface DirectoryHave {
  readonly entry: Entry;
  /** Numbers of the wanted owner; null where the name does not exist (yet). */
  readonly uid: number | null;
  readonly gid: number | null;
  /** How many of its entries are directories of the layout; each of them is looked at separately. */
  readonly own: number;
}

const ROOT = { user: 'root', group: 'root' };

export function directoryAddress(path: string): string {
  return `directory ${path}`;
}

export function desiredDirectories(layout: Layout): readonly DirectoryWant[] {
  const wants = new Map<string, DirectoryWant>();
  const add = (want: Omit<DirectoryWant, 'checkId'>, id: string) => {
    if (!wants.has(want.path)) wants.set(want.path, { ...want, checkId: `directory.${id}` });
  };
  const plain = { base: layout.base, owner: ROOT, mode: BASE_MODE, accept: [], service: BASE_NAME };
  for (const path of ancestors(layout.base))
    add({ ...plain, path, place: 'above', purpose: 'way to the base' }, path);
  add({ ...plain, path: layout.base, place: 'base', purpose: 'hot tier' }, BASE_NAME);
  for (const service of layout.services) {
    // Named by its path, as what is above the base: a service may have the name of a directory on the way.
    for (const between of ancestors(`/${service.path}`))
      add(
        { ...plain, path: `${layout.base}${between}`, place: 'below', purpose: 'way to a service' },
        `${layout.base}${between}`,
      );
    const shared = {
      base: layout.base,
      place: 'below',
      owner: { user: service.user, group: service.group },
      service: service.name,
    } as const;
    const { mode, accept, purpose } = service;
    add({ ...shared, path: servicePath(layout, service), mode, accept, purpose }, service.name);
    for (const part of service.directories)
      add(
        {
          ...shared,
          path: `${servicePath(layout, service)}/${part.name}`,
          mode: part.mode,
          accept: part.accept,
          purpose: part.purpose,
        },
        `${service.name}/${part.name}`,
      );
  }
  return [...wants.values()];
}

/** `/a/b/c` → `/a`, `/a/b`. */
export function ancestors(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`);
}

export const directory: LayoutResource<DirectoryWant, DirectoryHave> = {
  kind: 'directory',
  role: 'data',
  creates: ['makeDirectory'],
  tools: {},
  isRepaired: true,
  irreversible: null,
  desire: desiredDirectories,
  address: (want) => directoryAddress(want.path),
  checkId: (want) => want.checkId,
  service: (want) => want.service,
  observe(host, wants) {
    const users = host.users(
      [...new Set(wants.map((want) => want.owner.user))].filter((name) => name !== 'root'),
    );
    const groups = host.groups(
      [...new Set(wants.map((want) => want.owner.group))].filter((name) => name !== 'root'),
    );
    const entries = wants.map((want) => host.entry(want.path));
    const own = new Map<string, number>();
    for (const [i, { path }] of wants.entries())
      if (entries[i]?.type === 'directory') {
        const parent = path.slice(0, path.lastIndexOf('/'));
        own.set(parent, (own.get(parent) ?? 0) + 1);
      }
    // All names were looked up above, in one call.
    const known = { users: () => users, groups: () => groups };
    return wants.map((want, i) => {
      const { uid = null, gid = null } = ownerIds(want.owner, known);
      return { entry: entries[i] as Entry, uid, gid, own: own.get(want.path) ?? 0 };
    });
  },
  diff(want, have, consent): Difference {
    switch (have.entry.type) {
      case 'missing':
        return { steps: [makeStep(want)], refusals: [], warnings: [] };
      case 'directory':
        return want.place === 'above'
          ? diffAbove(want, have.entry)
          : diffDirectory(want, have, have.entry, consent);
      case 'hidden':
        return { steps: [], refusals: [], warnings: [hidden(want)] };
      default:
        return { steps: [], refusals: [inTheWay(want, have.entry)], warnings: [] };
    }
  },
  expected: (want) =>
    want.place === 'above'
      ? 'directory that services can enter and only root can change'
      : `directory ${describeOwner(want.owner)} ${[want.mode, ...want.accept].join(' or ')}`,
  found: (want, have) => foundText(want, have),
};

const AS_WANTED: Difference = { steps: [], refusals: [], warnings: [] };

function makeStep(want: DirectoryWant): Step {
  const parent = want.path.slice(0, want.path.lastIndexOf('/'));
  return {
    address: directoryAddress(want.path),
    action: '+',
    summary: `${want.path}  ${describeOwner(want.owner)} ${want.mode}`,
    reason: `${want.purpose || want.service}: the directory is missing`,
    do: { type: 'makeDirectory', path: want.path, owner: want.owner, mode: want.mode },
    undo: { type: 'removeDirectory', path: want.path, owner: want.owner },
    needs: [...(parent === '' ? [] : [directoryAddress(parent)]), ...accounts(want)],
  };
}

/** An account stays for as long as a directory is its own: a later user could get the same number, and the data. */
function accounts({ owner: { user, group } }: DirectoryWant): readonly string[] {
  return [
    ...(user === 'root' ? [] : [userAddress(user)]),
    ...(group === 'root' ? [] : [groupAddress(group)]),
  ];
}

type DirectoryEntry = Extract<Entry, { type: 'directory' }>;

/** The command after which only root can change a directory. */
export function closedToOthers(path: string, { uid, mode }: DirectoryEntry): string {
  const isOpen = (Number.parseInt(mode, 8) & 0o022) !== 0;
  return asRoot([
    ...(uid === 0 ? [] : [`chown root ${shellWord(path)}`]),
    ...(isOpen ? [`chmod go-w ${shellWord(path)}`] : []),
  ]);
}

/** Made by somebody else and left as it is; but services must get through, and nobody else may swap what is below. */
function diffAbove(want: DirectoryWant, entry: DirectoryEntry): Difference {
  const bits = Number.parseInt(entry.mode, 8);
  const at = directoryAddress(want.path);
  const refuse = (
    code: string,
    summary: string,
    { detail, fix, hint = null }: { detail: string; fix: string; hint?: string | null },
  ): Difference => ({
    steps: [],
    refusals: [diagnostic(code, summary, { at, detail, fix, hint })],
    warnings: [],
  });
  if ((bits & 0o001) === 0)
    return refuse('E_WAY_CLOSED', 'refusing to work below a directory that services cannot enter', {
      detail: `want one that others may enter, found mode ${entry.mode}`,
      fix: `sudo chmod o+x ${shellWord(want.path)}`,
    });
  const sticky = (bits & 0o1000) !== 0;
  if (entry.uid === 0 && ((bits & 0o022) === 0 || sticky)) return AS_WANTED;
  return refuse('E_WAY_OPEN', 'refusing to work below a directory that others can change', {
    detail: `want one that only root can change, found uid ${entry.uid}, mode ${entry.mode}`,
    fix: closedToOthers(want.path, entry),
    hint: 'or name another base with --base',
  });
}

function diffDirectory(
  want: DirectoryWant,
  have: DirectoryHave,
  entry: DirectoryEntry,
  consent: Consent,
): Difference {
  const address = directoryAddress(want.path);
  const steps: Step[] = [];
  const from: Owner = { user: entry.uid, group: entry.gid };
  // Given to a service empty, it is taken back only while it is: what the service has put into it still belongs to the service.
  const given = entry.uid !== have.uid && entry.entries === 0;
  const back = given ? ({ onlyEmpty: true } as const) : {};
  const modeIsRight = isRightMode(want, entry);
  const ownerIsRight = (entry.uid === have.uid && entry.gid === have.gid) || isTightened(want, entry);
  const changes = !ownerIsRight || !modeIsRight;
  if (
    want.place === 'base' &&
    changes &&
    entry.entries !== 0 &&
    have.own === 0 &&
    !mayTake(want, entry, consent)
  )
    return { steps: [], refusals: [foreignBase(want, entry)], warnings: [] };
  if (!ownerIsRight) {
    // A wrong group alone takes nobody's data; another owner of a directory with something in it may.
    // The layout's own directories in it are no data: each is judged for itself.
    const foreign = entry.uid !== have.uid && entry.entries !== have.own;
    // Without root we cannot see whether it holds anything.
    if (foreign && entry.entries === null && !mayTake(want, entry, consent))
      return { steps: [], refusals: [], warnings: [hidden(want)] };
    if (foreign && !mayTake(want, entry, consent))
      return { steps: [], refusals: [foreignOwner(want, entry)], warnings: [] };
    const { inode } = entry;
    steps.push({
      address,
      action: '~',
      summary: `${want.path}  owner ${describeOwner(from)} -> ${describeOwner(want.owner)}`,
      reason: `the layout gives it to ${describeOwner(want.owner)}${foreign ? ', and taking it over was agreed to' : ''}`,
      do: { type: 'changeOwner', path: want.path, inode, from, to: want.owner },
      undo: { type: 'changeOwner', path: want.path, inode, from: want.owner, to: from, ...back },
      needs: accounts(want),
    });
  }
  if (!modeIsRight) {
    const { inode, mode } = entry;
    steps.push({
      address,
      action: '~',
      summary: `${want.path}  mode ${mode} -> ${want.mode}`,
      reason: `the layout wants ${[want.mode, ...want.accept].join(' or ')}`,
      do: { type: 'changeMode', path: want.path, inode, from: mode, to: want.mode },
      undo: { type: 'changeMode', path: want.path, inode, from: want.mode, to: mode, ...back },
      needs: [],
    });
  }
  return { steps, refusals: [], warnings: [] };
}

/** The layout's, or one that its service sets itself. */
export function isRightMode(
  { mode, accept }: Pick<DirectoryWant, 'mode' | 'accept'>,
  entry: Pick<DirectoryEntry, 'mode'>,
): boolean {
  return entry.mode === mode || accept.includes(entry.mode);
}

/** A service of root's has set the mode itself, and with it took the directory from its group (dockerd does whenever it starts). */
function isTightened(want: DirectoryWant, { uid, gid, mode }: DirectoryEntry): boolean {
  const { owner, accept } = want;
  // With the mode that we make it with, it may be one that a killed run had no time to give to its group.
  return owner.user === 'root' && uid === 0 && gid === 0 && mode !== want.mode && accept.includes(mode);
}

function mayTake(want: DirectoryWant, entry: DirectoryEntry, consent: Consent): boolean {
  return consent.adopt.has(want.service) || (consent.fromRoot && entry.uid === 0);
}

function foreignOwner(want: DirectoryWant, entry: DirectoryEntry): Diagnostic {
  const count = countText(entry.entries);
  return diagnostic('E_FOREIGN_OWNER', "refusing to take over a directory that holds somebody's data", {
    at: directoryAddress(want.path),
    detail: `want ${describeOwner(want.owner)}, found ${entry.uid}:${entry.gid}, ${count}`,
    fix: `sudo jts-hot setup --adopt ${want.service}`,
    hint:
      `only if this data is meant to be ${want.service}'s` +
      (want.owner.user === 'root'
        ? ''
        : `; for what is in it, then: sudo jts-hot repair ${want.service} --recursive`),
  });
}

/** It holds entries and none of them is the layout's: it is somebody else's, and the base's mode would open it to all. */
function foreignBase(want: DirectoryWant, entry: DirectoryEntry): Diagnostic {
  return diagnostic('E_FOREIGN_BASE', "refusing to make a base of a directory that holds somebody's data", {
    at: directoryAddress(want.path),
    detail: `want ${describeOwner(want.owner)} ${want.mode}, found ${entry.uid}:${entry.gid} ${entry.mode}, ${countText(entry.entries)}`,
    fix: `sudo jts-hot setup --adopt ${BASE_NAME}`,
    hint: 'only if it is meant to be the base; otherwise name another with --base',
  });
}

function inTheWay(
  want: DirectoryWant,
  entry: Exclude<Entry, { type: 'missing' | 'directory' | 'hidden' }>,
): Diagnostic {
  const culprit = entry.type === 'blocked' ? entry.at : want.path;
  const what = entry.type === 'blocked' ? entry.by : entry.type;
  const wanted = entry.type === 'blocked' ? `a directory on the way to ${want.path}` : 'a directory';
  const at = directoryAddress(culprit);
  if (what === 'mount point')
    return diagnostic('E_MOUNT_POINT', 'refusing to use a mount point below the base', {
      at,
      detail: `want ${wanted} of the hot tier's own file system, found another file system mounted there`,
      fix: `sudo umount ${shellWord(culprit)}`,
      hint: 'or leave the service out of the layout',
    });
  return diagnostic('E_NOT_A_DIRECTORY', 'refusing to use something that is not a directory', {
    at,
    detail: `want ${wanted}, found a ${WORD[what]}`,
    hint:
      want.place !== 'below' && what === 'link'
        ? `name the real path, without links: --base "$(realpath -m ${shellWord(want.base)})"`
        : `look at it (sudo ls -ld ${shellWord(culprit)}), move it away, then run the same command again`,
  });
}

const WORD = { file: 'file', link: 'symbolic link', special: 'device, socket or pipe' } as const;

function hidden(want: DirectoryWant): Diagnostic {
  return diagnostic('W_HIDDEN', 'cannot look without root', {
    at: directoryAddress(want.path),
    detail: 'what is there is unknown; setup, run as root, decides then',
    fix: 'sudo jts-hot plan',
  });
}

function foundText(want: DirectoryWant, have: DirectoryHave): string {
  const { entry } = have;
  switch (entry.type) {
    case 'missing':
      return 'missing';
    case 'hidden':
      return 'hidden without root';
    case 'mount point':
      return 'a mount point';
    case 'blocked':
      return `unreachable: ${entry.at} is a ${entry.by === 'mount point' ? entry.by : WORD[entry.by]}`;
    case 'directory': {
      if (want.place === 'above') return `directory of uid ${entry.uid}, ${entry.mode}`;
      const owner = describeOwner({
        user: entry.uid === have.uid ? want.owner.user : entry.uid,
        group: entry.gid === have.gid ? want.owner.group : entry.gid,
      });
      return `directory ${owner} ${entry.mode}`;
    }
    default:
      return `a ${WORD[entry.type]}`;
  }
}

function countText(entries: number | null): string {
  if (entries === null) return 'an unknown number of entries';
  if (entries >= ENTRIES_COUNTED) return `${ENTRIES_COUNTED} entries or more`;
  return entries === 1 ? '1 entry' : `${entries} entries`;
}
