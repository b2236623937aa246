// Owns the decision what of a place goes and what stays, by the rules for it. Pure: it is handed what is there, twice, since
// the newest must be known before the first can go. Must not look at a host, nor act.
import { namesOf, type Rule } from '../layout/rule.ts';

/** Something in a place. */
export interface Thing {
  /** Below the place; a file at any depth, or what is directly in it. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** When it, or anything below it, was last written, in milliseconds since the epoch. */
  readonly changedMs: number;
  /** As `ls` counts: of a directory all files below it. */
  readonly bytes: number;
  /** Why it cannot go, as `open by redis-server (pid 12)`; null: nothing is in the way. */
  readonly obstacle: string | null;
}

/** What is directly in a place. A directory is looked through when it is asked for, and only where a rule is about such. */
export interface Listed<T extends Thing> {
  readonly name: string;
  readonly isDirectory: boolean;
  /** All of it as one thing. */
  readonly whole: () => T;
  /** Of a directory: the files below it. */
  readonly files: () => Iterable<T>;
}

export type Reason =
  /** It goes. */
  | 'old'
  | 'young'
  /** One of the newest that stay, or part of one. */
  | 'newest'
  /** Its date is still to come. */
  | 'future'
  | 'obstacle';

export interface Verdict<T extends Thing> {
  readonly thing: T;
  readonly rule: Rule;
  readonly reason: Reason;
}

/** A date that is further ahead than this is wrong; less can be another machine's clock. */
export const AHEAD_MS = 3600_000;

/** What was found newest: it stays. */
export type Newest = ReadonlyMap<Rule, readonly Thing[]>;

/** All that the rules are about, with what becomes of it. What no rule names is not in it. */
export function* decide<T extends Thing>(
  list: () => Iterable<Listed<T>>,
  rules: readonly Rule[],
  nowMs: number,
): Generator<Verdict<T>> {
  yield* judge(list(), rules, { newest: newestOf(list(), rules, nowMs), nowMs });
}

export function newestOf<T extends Thing>(
  list: Iterable<Listed<T>>,
  rules: readonly Rule[],
  nowMs: number,
): ReadonlyMap<Rule, readonly T[]> {
  const search = searchNewest<T>(rules, nowMs);
  for (const listed of list) search.see(listed);
  return search.newest;
}

/** The first time through a place. No more is remembered of it than its rules keep. */
export function searchNewest<T extends Thing>(
  rules: readonly Rule[],
  nowMs: number,
): { readonly newest: ReadonlyMap<Rule, readonly T[]>; see(listed: Listed<T>): void } {
  const keeping = matchers(rules.filter(({ keep }) => keep > 0));
  const newest = new Map<Rule, T[]>(keeping.map(({ rule }) => [rule, []]));
  return {
    newest,
    see(listed) {
      for (const { rule, thing } of thingsOf(listed, keeping, () => true))
        if (countsAsNewest(thing, nowMs)) insert(newest.get(rule) ?? [], thing, rule.keep);
    },
  };
}

/**
 * An empty one says that something went wrong, one that is open is not complete, and one that is dated ahead would stay the
 * newest for as long as its date says: none of them may stand for the last good one.
 */
function countsAsNewest({ bytes, changedMs, obstacle }: Thing, nowMs: number): boolean {
  return bytes > 0 && changedMs <= nowMs + AHEAD_MS && obstacle === null;
}

/** Keeps the list sorted, the newest first, and no longer than `most`. */
function insert<T extends Thing>(kept: T[], thing: T, most: number): void {
  let at = kept.length;
  while (at > 0 && isNewer(thing, kept[at - 1] as T)) at -= 1;
  if (at >= most) return;
  kept.splice(at, 0, thing);
  if (kept.length > most) kept.pop();
}

/** Of two with one date the one with the later name: a name often has its date in it. */
function isNewer(one: Thing, other: Thing): boolean {
  return one.changedMs > other.changedMs || (one.changedMs === other.changedMs && one.path > other.path);
}

/** The second time through a place. */
export function* judge<T extends Thing>(
  list: Iterable<Listed<T>>,
  rules: readonly Rule[],
  { newest, nowMs }: { readonly newest: Newest; readonly nowMs: number },
): Generator<Verdict<T>> {
  const all = matchers(rules);
  const isKept = keptBy([...newest.values()].flat());
  for (const listed of list) {
    // What goes as a whole is not gone through for single files.
    let goes = false;
    for (const { rule, thing } of thingsOf(listed, all, () => !goes)) {
      if (goes) break;
      const reason = reasonFor(thing, rule, { isKept, nowMs });
      goes = reason === 'old' && thing.path === listed.name;
      yield { thing, rule, reason };
    }
  }
}

function reasonFor(
  thing: Thing,
  rule: Rule,
  { isKept, nowMs }: { readonly isKept: (thing: Thing) => boolean; readonly nowMs: number },
): Reason {
  if (thing.changedMs > nowMs + AHEAD_MS) return 'future';
  if (thing.changedMs > nowMs - rule.olderSeconds * 1000) return 'young';
  if (isKept(thing)) return 'newest';
  return thing.obstacle === null ? 'old' : 'obstacle';
}

/** What one rule keeps no other takes: not it, nothing in it, and not what it is in. */
function keptBy(kept: readonly Thing[]): (thing: Thing) => boolean {
  const paths = new Set(kept.map(({ path }) => path));
  const tops = new Set(kept.map(({ path }) => topOf(path)));
  return ({ path }) => paths.has(path) || paths.has(topOf(path)) || (topOf(path) === path && tops.has(path));
}

function topOf(path: string): string {
  const cut = path.indexOf('/');
  return cut === -1 ? path : path.slice(0, cut);
}

interface Matcher {
  readonly rule: Rule;
  readonly isNamed: (name: string) => boolean;
}

function matchers(rules: readonly Rule[]): readonly Matcher[] {
  return rules.map((rule) => ({ rule, isNamed: namesOf(rule) }));
}

/** Whole things first. */
function* thingsOf<T extends Thing>(
  listed: Listed<T>,
  all: readonly Matcher[],
  goesOn: () => boolean,
): Generator<{ readonly rule: Rule; readonly thing: T }> {
  const { name, isDirectory } = listed;
  let whole: T | null = null;
  for (const { rule, isNamed } of all) {
    if (!isNamed(name) || rule.thing === (isDirectory ? 'file' : 'directory')) continue;
    whole ??= listed.whole();
    yield { rule, thing: whole };
  }
  if (!isDirectory || !goesOn()) return;
  const ofFiles = all.filter(({ rule }) => rule.thing === 'file');
  if (ofFiles.length === 0) return;
  for (const file of listed.files())
    for (const { rule, isNamed } of ofFiles)
      if (isNamed(file.path.slice(file.path.lastIndexOf('/') + 1))) yield { rule, thing: file };
}
