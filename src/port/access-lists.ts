// Owns access control lists (acl(5)) as text, in the way that setfacl takes them, with numbers for names: what they let
// in, and what is left when only the mode is to count. Knows nothing of how a kernel keeps them.

import { type Mode, permissionText } from '../values/mode.ts';
import type { Owners } from './owner-search.ts';

/** `user::rwx,user:1001:r-x,group::r-x,mask::r-x,other::---`; null: none beyond the mode, or none that is inherited. */
export interface AccessLists {
  readonly access: string | null;
  /** What is made in the directory begins with it. */
  readonly inherited: string | null;
}

export const NO_LISTS: AccessLists = { access: null, inherited: null };

export interface ListEntry {
  readonly tag: 'user' | 'group' | 'mask' | 'other';
  /** null: of the owner, the owning group, the mask, all others. */
  readonly id: number | null;
  readonly bits: number;
}

export const LIST_PATTERN =
  '^((user|group):\\d*|mask:|other:):[r-][w-][x-](,((user|group):\\d*|mask:|other:):[r-][w-][x-])*$';

export function parseList(text: string): readonly ListEntry[] {
  return text.split(',').map((entry) => {
    const [tag, id = '', letters = ''] = entry.split(':');
    const bits = (letters[0] === 'r' ? 4 : 0) | (letters[1] === 'w' ? 2 : 0) | (letters[2] === 'x' ? 1 : 0);
    return { tag: tag as ListEntry['tag'], id: id === '' ? null : Number(id), bits };
  });
}

export function formatList(entries: readonly ListEntry[]): string {
  return entries.map(({ tag, id, bits }) => `${tag}:${id ?? ''}:${permissionText(bits)}`).join(',');
}

/** The list that a mode is. */
export function listOfMode(mode: number): string {
  return formatList([
    { tag: 'user', id: null, bits: (mode >> 6) & 7 },
    { tag: 'group', id: null, bits: (mode >> 3) & 7 },
    { tag: 'other', id: null, bits: mode & 7 },
  ]);
}

/** With the list that the mode is, where there is no other. */
export type FullLists = AccessLists & { readonly access: string };

export function fullLists({ access, inherited }: AccessLists, mode: Mode): FullLists {
  return { access: access ?? listOfMode(Number.parseInt(mode, 8)), inherited };
}

/** Of a list what the mode alone can say: the owner, the owning group as it was before the mask, all others. */
export function modeOfList(text: string): number {
  const entries = parseList(text);
  const of = (tag: ListEntry['tag']) =>
    entries.find((entry) => entry.tag === tag && entry.id === null)?.bits ?? 0;
  return (of('user') << 6) | (of('group') << 3) | of('other');
}

/** Who gets in by lists, beyond the mode; null: nobody. `grave`: to write, or another service. */
export function letsIn(
  lists: AccessLists,
  own: { readonly uid: number; readonly gid: number },
  services: Owners,
): { readonly grave: boolean; readonly found: string } | null {
  const all = [...grants(lists.access), ...grants(lists.inherited)];
  return judged(all, { list: lists.inherited, own, services });
}

/** The same of a tree's own directory: what its access list gives to services is for the proof of their isolation. */
export function letsIntoTop(
  lists: AccessLists,
  own: { readonly uid: number; readonly gid: number },
  services: Owners,
): ReturnType<typeof letsIn> {
  const ofOthers = grants(lists.access).filter(({ tag, id }) => !isOf(services, tag, id ?? -1));
  const all = [...ofOthers, ...grants(lists.inherited)];
  return judged(all, { list: lists.inherited, own, services });
}

interface Judging {
  /** The one that is inherited. */
  readonly list: string | null;
  readonly own: { readonly uid: number; readonly gid: number };
  readonly services: Owners;
}

function judged(
  all: readonly ListEntry[],
  { list, own, services }: Judging,
): { readonly grave: boolean; readonly found: string } | null {
  const granted = all.filter(({ tag, id }) => id !== (tag === 'user' ? own.uid : own.gid));
  if (granted.length === 0 && list === null) return null;
  const openToAll = list !== null && (modeOfList(list) & 0o002) !== 0;
  const grave = granted.some(({ tag, id, bits }) => (bits & 2) !== 0 || isOf(services, tag, id ?? -1));
  const named = granted.slice(0, NAMED).map(({ tag, id, bits }) => `${tag} ${id} ${permissionText(bits)}`);
  const more = granted.length > NAMED ? [`${granted.length - NAMED} more`] : [];
  const inherited = list === null ? [] : ['inherited by what is made in it'];
  return { grave: grave || openToAll, found: [...named, ...more, ...inherited].join(', ') };
}

const NAMED = 2;

function grants(list: string | null): readonly ListEntry[] {
  if (list === null) return [];
  const entries = parseList(list);
  const mask = entries.find(({ tag }) => tag === 'mask')?.bits ?? 7;
  return entries.flatMap((entry) => {
    const bits = entry.bits & mask;
    return entry.id === null || bits === 0 ? [] : [{ ...entry, bits }];
  });
}

function isOf({ uids, gids }: Owners, tag: ListEntry['tag'], id: number): boolean {
  return (tag === 'user' ? uids : gids).includes(id);
}
