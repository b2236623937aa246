// Owns the question "has this operation taken effect?", answered by looking at the host. Apply asks it after each step,
// rollback before each undo, and after a crash it is what tells a step done from a step only begun. Must not act.

import { allowsLogin } from '../port/account.ts';
import type { Entry } from '../port/entry.ts';
import { type HostReader, PARTED_HOME } from '../port/host.ts';
import {
  asidePath,
  describeOwner,
  enablingLink,
  type FileState,
  type Operation,
  type Owner,
} from '../port/operation.ts';
import { ownerIds } from '../port/owner.ts';

export type Effect =
  /** The host is as the operation would leave it. */
  | { readonly state: 'done' }
  /** It can be performed. */
  | { readonly state: 'open' }
  /** It must not be: the host is not as it was when the operation was planned. */
  | { readonly state: 'changed'; readonly why: string };

const DONE: Effect = { state: 'done' };
const OPEN: Effect = { state: 'open' };
const HOLDS_DATA = changed('it holds data');
const ANOTHER = changed('another one has taken its place');
const NO_BIRTHS = 'and the file system keeps no birth times to know it by';

function changed(why: string): Effect {
  return { state: 'changed', why };
}

/** `seen` is what was just found at the operation's path, if it was looked at already. */
export function effectOf(operation: Operation, host: HostReader, seen?: Entry): Effect {
  switch (operation.type) {
    case 'createGroup':
      return host.groups([operation.name]).has(operation.name) ? DONE : OPEN;
    case 'deleteGroup': {
      const group = host.groups([operation.name]).get(operation.name);
      if (group === undefined) return DONE;
      if (operation.gid !== undefined && operation.gid !== group.gid)
        return changed(`it is another group of that name, with gid ${group.gid} instead of ${operation.gid}`);
      const { members } = group;
      return members.length === 0 ? OPEN : changed(`it has members since: ${members.join(', ')}`);
    }
    case 'createUser':
      return host.users([operation.name]).has(operation.name) ? DONE : OPEN;
    case 'deleteUser': {
      const user = host.users([operation.name]).get(operation.name);
      if (user === undefined) return DONE;
      if (operation.uid !== undefined && operation.uid !== user.uid)
        return changed(`it is another user of that name, with uid ${user.uid} instead of ${operation.uid}`);
      if (allowsLogin(user)) return changed(`it was given a login shell since (${user.shell})`);
      if (user.home === operation.home || user.home === PARTED_HOME) return OPEN;
      return changed(`it is another user of that name, with home ${user.home}`);
    }
    case 'lockUser': {
      const user = host.users([operation.name]).get(operation.name);
      if (user === undefined) return changed('it is gone');
      if (user.uid !== operation.uid) return changed(`it is another user of that name, with uid ${user.uid}`);
      return host.lockedUsers([operation.name]).has(operation.name) ? DONE : OPEN;
    }
    case 'makeDirectory': {
      const entry = seen ?? host.entry(operation.path);
      if (entry.type === 'missing') return OPEN;
      if (entry.type !== 'directory') return changed(`a ${entry.type} is there`);
      const same = owns(host, operation.owner, entry) && entry.mode === operation.mode;
      return same ? DONE : changed(`found ${entry.uid}:${entry.gid} ${entry.mode}`);
    }
    case 'removeDirectory': {
      const entry = host.entry(operation.path);
      if (entry.type === 'missing') return DONE;
      if (entry.type !== 'directory') return changed(`a ${entry.type} is there now`);
      if (entry.entries !== 0) return HOLDS_DATA;
      const { inode, born, mode } = operation;
      if (born !== undefined) {
        if (entry.inode !== inode || entry.born !== born) return ANOTHER;
        const asLeft = owns(host, operation.owner, entry) && entry.mode === mode;
        return born !== null || asLeft
          ? OPEN
          : changed(`found ${entry.uid}:${entry.gid} ${entry.mode}, ${NO_BIRTHS}`);
      }
      // Of a record without birth times, or of a run that was killed on the way.
      if (entry.inode === inode) return OPEN;
      if (entry.uid === 0 || entry.uid === ownerIds(operation.owner, host).uid) return OPEN;
      return changed(`it is uid ${entry.uid}'s, and was not made for that user`);
    }
    case 'changeOwner': {
      const entry = seen ?? host.entry(operation.path);
      if (entry.type !== 'directory' && entry.type !== 'file') return changed('it is not there');
      if (isAnother(operation, entry)) return ANOTHER;
      if (owns(host, operation.to, entry)) return DONE;
      if (owns(host, operation.from, entry)) return whyNotKnown(operation, entry) ?? OPEN;
      const found = `${entry.uid}:${entry.gid}`;
      return changed(`want owner ${describeOwner(operation.from)}, found ${found}`);
    }
    case 'changeMode': {
      const entry = seen ?? host.entry(operation.path);
      if (entry.type !== 'directory' && entry.type !== 'file') return changed('it is not there');
      if (isAnother(operation, entry)) return ANOTHER;
      if (entry.mode === operation.to) return DONE;
      if (entry.mode === operation.from) return whyNotKnown(operation, entry) ?? OPEN;
      return changed(`want mode ${operation.from}, found ${entry.mode}`);
    }
    case 'writeFile': {
      const { path, from, to, unit } = operation;
      const entry = host.entry(path);
      if (holds(host, { path, entry }, to)) return isSettled(host, path, unit) ? DONE : OPEN;
      if (entry.type === 'missing') return from === null ? OPEN : changed('somebody has removed it');
      if (from !== null && holds(host, { path, entry }, from)) return OPEN;
      return changed(whatElse(entry));
    }
    case 'removeFile': {
      const { path, from, unit } = operation;
      const entry = host.entry(path);
      if (entry.type === 'missing') return isSettled(host, path, unit) ? DONE : OPEN;
      return holds(host, { path, entry }, from) ? OPEN : changed(whatElse(entry));
    }
    case 'enableUnit':
      return isEnabled(host, operation) ? DONE : OPEN;
    case 'disableUnit':
      return isEnabled(host, operation) ? OPEN : DONE;
    case 'startUnit':
      return isActive(host, operation.unit) ? DONE : OPEN;
    case 'stopUnit':
      return isActive(host, operation.unit) ? OPEN : DONE;
    case 'installProgram': {
      const { path, hash } = operation;
      if (host.programAt(path) === hash) return isAside(host, path) ? OPEN : DONE;
      const { type } = host.entry(path);
      return type === 'missing' || type === 'directory'
        ? OPEN
        : { state: 'changed', why: `a ${type} is there` };
    }
    case 'removeProgram': {
      const { path, hash } = operation;
      if (host.entry(path).type === 'missing') return isAside(host, path) ? OPEN : DONE;
      return host.programAt(path) === hash ? OPEN : { state: 'changed', why: 'it is not as it was copied' };
    }
    case 'switchLink':
      return effectOfSwitch(operation, host);
    default:
      return operation satisfies never;
  }
}

function effectOfSwitch(
  { path, from, to }: Extract<Operation, { type: 'switchLink' }>,
  host: HostReader,
): Effect {
  const { type } = host.entry(path);
  const found = host.link(path);
  if (found === null && type !== 'missing') return { state: 'changed', why: `a ${type} is there` };
  if (found === to) return isAside(host, path) ? OPEN : DONE;
  if (found !== from)
    return { state: 'changed', why: `want it at ${from ?? 'nothing'}, found ${found ?? 'none'}` };
  if (to === null) return OPEN;
  const target = `${path.slice(0, path.lastIndexOf('/'))}/${to}`;
  return host.entry(target).type === 'directory'
    ? OPEN
    : { state: 'changed', why: `what it led to is gone: ${target}` };
}

/** The file at a path is just this one: text, mode and owner. */
export function holds(
  host: HostReader,
  { path, entry }: { readonly path: string; readonly entry: Entry },
  want: FileState,
): boolean {
  return (
    entry.type === 'file' &&
    entry.mode === want.mode &&
    owns(host, want.owner, entry) &&
    host.text(path) === want.text
  );
}

/** Nothing of a change that was cut short is left: no other version beside it, no old one in the service manager. */
function isSettled(host: HostReader, path: string, unit: string | undefined): boolean {
  return !isAside(host, path) && (unit === undefined || !isOutdated(host, unit));
}

function isAside(host: HostReader, path: string): boolean {
  return host.entry(asidePath(path)).type !== 'missing';
}

function whatElse(entry: Entry): string {
  return entry.type === 'file' ? 'somebody has changed it' : `a ${entry.type} is there`;
}

export function isEnabled(
  host: HostReader,
  unit: { readonly unit: string; readonly wantedBy: string },
): boolean {
  return host.entry(enablingLink(unit)).type === 'link';
}

function isActive(host: HostReader, unit: string): boolean {
  return host.units([unit]).get(unit)?.active === true;
}

function isOutdated(host: HostReader, unit: string): boolean {
  return host.units([unit]).get(unit)?.outdated === true;
}

type Change = Extract<Operation, { type: 'changeOwner' | 'changeMode' }>;
type Thing = Extract<Entry, { type: 'directory' | 'file' | 'link' | 'special' }>;

/** An inode that was given again has another birth time. */
function isAnother({ inode, born }: Change, entry: Thing): boolean {
  return entry.inode !== inode || (born !== undefined && entry.born !== born);
}

/** null: it is the one that was changed, and may be changed back. */
function whyNotKnown({ born, written, onlyEmpty }: Change, entry: Thing): Effect | null {
  if (entry.type === 'directory') {
    if (entry.entries === 0) return null;
    if (onlyEmpty === true) return HOLDS_DATA;
    return born === null ? changed(`it holds something, ${NO_BIRTHS}`) : null;
  }
  if (born !== null) return null;
  const unwritten = entry.written?.bytes === written?.bytes && entry.written?.at === written?.at;
  return unwritten ? null : changed(`it was written since, ${NO_BIRTHS}`);
}

function owns(
  host: HostReader,
  owner: Owner,
  entry: { readonly uid: number; readonly gid: number },
): boolean {
  const { uid, gid } = ownerIds(owner, host);
  return uid === entry.uid && gid === entry.gid;
}
