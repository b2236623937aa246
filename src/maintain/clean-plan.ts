// Owns the plan of cleaning: each rule in each of its places, what goes and what stays, what is in the trash. Goes through each
// place twice, and holds no more of it than a report names. Reads only.
import { setImmediate } from 'node:timers/promises';
import type { Context } from '../command/context.ts';
import type { Planned } from '../command/recorded-run.ts';
import type { Step } from '../engine/resource.ts';
import { servicePath } from '../layout/layout.ts';
import type { Rule } from '../layout/rule.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { trashOf } from '../port/operations/trash.ts';
import { placesOf, rulesOf } from '../services/cleaning.ts';
import { formatCount } from '../values/count.ts';
import { formatDuration } from '../values/duration.ts';
import { startTally, type Tally } from '../values/tally.ts';
import type { Candidate, CleanPlace, KeptThing } from './clean-document.ts';
import { moveStep, trashStep } from './clean-steps.ts';
import { judge, type Listed, searchNewest, type Verdict } from './decide.ts';
import { type FoundThing, listPlace } from './listing.ts';
import { fingerprintOf } from './ran-before.ts';
import { freeStamp, NUMBERS_A_STEP, rangesOf, type Trash, trashesOf } from './trash.ts';

export interface CleanOptions {
  /** null: all of them. */
  readonly service: string | null;
  /** Agreed to: what is deleted is gone. */
  readonly deletes: boolean;
  /** All of it goes into the trash first. */
  readonly trashes: boolean;
  /** Fingerprints of rules that have taken something before. */
  readonly known: ReadonlySet<string>;
  readonly nowMs: number;
}

/** One directory, with all the rules that are for it. */
export interface PlannedPlace {
  readonly path: string;
  readonly service: string;
  /** On the same file system. */
  readonly trash: Trash;
  readonly rules: readonly Rule[];
  readonly newest: ReadonlyMap<Rule, readonly FoundThing[]>;
  /** Those of the rules that delete at once. */
  readonly deletes: ReadonlySet<Rule>;
  /** It could not be looked at. */
  readonly isPassedOver: boolean;
}

export interface CleanPlan extends Planned {
  readonly stamp: string;
  readonly places: readonly PlannedPlace[];
  readonly reports: readonly CleanPlace[];
  readonly things: Tally<Candidate>;
  readonly bytes: number;
  /** By what the disk has more: at once, and once the trash is emptied. */
  readonly freedBytes: number;
  readonly freedLaterBytes: number;
  /** How many go into the trash and stay there. */
  readonly trashedCount: number;
  readonly kept: Tally<KeptThing>;
  readonly youngCount: number;
  /** The base's first, then those of services with file systems of their own. */
  readonly trashes: readonly [Trash, ...Trash[]];
  /** Directories that a trash is made in. */
  readonly makesTrashIn: ReadonlySet<string>;
  readonly nowMs: number;
}

export async function planClean(context: Context, options: CleanOptions): Promise<CleanPlan> {
  const { host, layout } = context;
  const { nowMs } = options;
  const trashes = trashesOf(host, layout, nowMs);
  const [ofBase] = trashes;
  const { wrong } = ofBase;
  const stamp = freeStamp(
    nowMs,
    trashes.flatMap(({ stamped }) => stamped),
  );
  const makesTrashIn = new Set<string>();
  const turns = takeTurns(context);
  const planned: PlannedPlace[] = [];
  const reports: CleanPlace[] = [];
  const things = startTally<Candidate>();
  const kept = startTally<KeptThing>();
  const steps: Step[] = [];
  let [bytes, freedBytes, freedLaterBytes, youngCount] = [0, 0, 0, 0];
  let [number, deleted] = [0, 0];
  for (const { path, service, directory, rules } of placesFor(context, options)) {
    const trash = trashes.find((one) => one.service === service) ?? ofBase;
    const { surroundings, at } = trash;
    const error = whyNotLooked(context, path, trash);
    const search = searchNewest<FoundThing>(rules, nowMs);
    if (error === null)
      for (const listed of listPlace(host, path, surroundings)) {
        search.see(listed);
        if (await turns.take()) break;
      }
    const deletes = new Set(rules.filter((rule) => deletesAtOnce(rule, { service, directory }, options)));
    const place = {
      path,
      service,
      trash,
      rules,
      newest: search.newest,
      deletes,
      isPassedOver: error !== null,
    };
    planned.push(place);
    const sums = new Map(rules.map((rule) => [rule, { things: 0, bytes: 0 }]));
    const list = error === null && !turns.stopped() ? listPlace(host, path, surroundings) : [];
    for (const verdict of judge(counted(list, turns), rules, { newest: search.newest, nowMs })) {
      const { thing, rule, reason } = verdict;
      const how = deletes.has(rule) ? 'delete' : 'trash';
      if (reason === 'young') youngCount += 1;
      else if (reason !== 'old')
        kept.add({ path: `${path}/${thing.path}`, rule: rule.name, why: whyKept(verdict, nowMs) });
      else {
        number += 1;
        things.add(candidateOf(verdict, { path, how, nowMs }));
        if (host.entry(trashOf(at)).type === 'missing' && !makesTrashIn.has(at)) {
          makesTrashIn.add(at);
          steps.push(trashStep(at));
        }
        if (steps.length < STEPS_SHOWN)
          steps.push(moveStep(verdict, { path, at, stamp, number, deletes: how === 'delete', nowMs }));
        const sum = sums.get(rule) ?? { things: 0, bytes: 0 };
        sum.things += 1;
        sum.bytes += thing.bytes;
        bytes += thing.bytes;
        if (how === 'delete') {
          freedBytes += thing.whole.freedBytes;
          deleted += 1;
        } else freedLaterBytes += thing.whole.freedBytes;
      }
      if (turns.isDue() && (await turns.take())) break;
    }
    reports.push(
      ...rules.map((rule) => {
        const { name, service: _, directory: __, ...what } = rule;
        const sum = sums.get(rule) ?? { things: 0, bytes: 0 };
        const how = deletes.has(rule) ? ('delete' as const) : ('trash' as const);
        return { service, directory, path, rule: name, ...what, how, ...sum, error };
      }),
    );
  }
  const due = trashes.flatMap(({ stamped }) => stamped).filter(({ isDue }) => isDue);
  const ranges = due.reduce((all, stamped) => all + [...rangesOf(stamped)].length, 0);
  const emptied = options.deletes ? ranges + Math.ceil(deleted / NUMBERS_A_STEP) : 0;
  if (options.deletes) freedBytes += due.reduce((all, { bytes: of, bytesInUse }) => all + of - bytesInUse, 0);
  return {
    steps,
    stepCount: makesTrashIn.size + number + emptied,
    refusals: [...(wrong === null ? [] : [wrong]), ...unseenProcesses(context, ofBase)],
    stopped: turns.stopped(),
    stamp,
    places: planned,
    reports,
    things,
    bytes,
    freedBytes,
    freedLaterBytes,
    trashedCount: number - deleted,
    kept,
    youngCount,
    trashes,
    makesTrashIn,
    nowMs,
  };
}

const STEPS_SHOWN = 1000;

/** What they have open cannot be known, and must not go. Without root a dry run shows what it can. */
function unseenProcesses({ host, layout }: Context, { surroundings }: Trash): readonly Diagnostic[] {
  if (surroundings.device === '' || host.root !== '/' || host.surroundings().effectiveUid !== 0) return [];
  const { unseen } = host.deletedOpen(layout.base);
  if (unseen === 0) return [];
  return [
    diagnostic('E_UNSEEN', 'refusing to clean where it cannot be seen what processes have open', {
      detail: `want to look into every process, found ${unseen} that root may not look into here`,
      hint: 'run it on the host itself, not in a container, and with CAP_SYS_PTRACE',
    }),
  ];
}

/** A rule that has taken nothing yet may be wrong: what it takes first can be had back. */
function deletesAtOnce(
  rule: Rule,
  place: { readonly service: string; readonly directory: string },
  { deletes, trashes, known }: CleanOptions,
): boolean {
  return deletes && !trashes && known.has(fingerprintOf(rule, place));
}

function placesFor({ layout }: Context, { service }: CleanOptions) {
  const all = rulesOf(layout).flatMap((rule) => placesOf(layout, rule).map((place) => ({ rule, ...place })));
  const byPath = Map.groupBy(
    all.filter((one) => service === null || one.service.name === service),
    (one) => `${servicePath(layout, one.service)}/${one.directory.name}`,
  );
  return [...byPath].flatMap(([path, some]) => {
    const [first] = some;
    if (first === undefined) return [];
    const rules = some.map(({ rule }) => rule);
    return [{ path, service: first.service.name, directory: first.directory.name, rules }];
  });
}

/** Is there, a directory, and on the file system that it should be on. */
function whyNotLooked({ host }: Context, path: string, trash: Trash): string | null {
  if (trash.wrong !== null && trash.service !== null)
    return 'what is called the trash of its file system is none';
  const { type } = host.entry(path);
  if (type === 'missing') return 'it is not there';
  if (type !== 'directory') return type === 'hidden' ? 'only root can see it' : `a ${type} is in the way`;
  for (const met of host.walk(path, 'here')) {
    if (met.type === 'unreadable') return `it cannot be looked through: ${met.error}`;
    if (met.type === 'mount point' || met.device !== trash.surroundings.device)
      return 'it is on another file system';
    break;
  }
  return null;
}

function candidateOf(
  { thing, rule }: Verdict<FoundThing>,
  { path, how, nowMs }: { readonly path: string; readonly how: 'trash' | 'delete'; readonly nowMs: number },
): Candidate {
  return {
    path: `${path}/${thing.path}`,
    rule: rule.name,
    kind: thing.kind,
    bytes: thing.bytes,
    changed: timeText(thing.changedMs),
    ageSeconds: Math.round((nowMs - thing.changedMs) / 1000),
    how,
  };
}

function whyKept({ thing, rule, reason }: Verdict<FoundThing>, nowMs: number): string {
  const age = formatDuration((nowMs - thing.changedMs) / 1000);
  switch (reason) {
    case 'newest':
      return rule.keep > 1 ? `one of the newest ${rule.keep}, ${age} old` : `the newest, ${age} old`;
    case 'future':
      return `dated ahead: ${timeText(thing.changedMs).slice(0, 10)}`;
    case 'obstacle':
      return thing.obstacle ?? '';
    default:
      return reason;
  }
}

/** Dates that nobody can write in four digits are cut. */
function timeText(ms: number): string {
  const most = Date.UTC(9999, 11, 31);
  return new Date(Math.max(-62_135_596_800_000, Math.min(most, ms))).toISOString();
}

interface Turns {
  isDue(): boolean;
  /** Lets signals be heard now and then; true: the run ends here. */
  take(): Promise<boolean>;
  count(): void;
  stopped(): boolean;
}

function takeTurns(context: Context): Turns {
  let seen = 0;
  let next = EVERY;
  let stopped = false;
  return {
    isDue: () => seen >= next,
    count: () => {
      seen += 1;
    },
    async take() {
      seen += 1;
      if (seen < next) return stopped;
      next = seen + EVERY;
      context.progress(`looking through places: ${formatCount(seen)} things`);
      await setImmediate();
      stopped ||= context.stopRequested();
      return stopped;
    },
    stopped: () => stopped,
  };
}

const EVERY = 5000;

function* counted<T>(
  list: Iterable<Listed<T & FoundThing>>,
  turns: Turns,
): Generator<Listed<T & FoundThing>> {
  for (const listed of list) {
    turns.count();
    yield listed;
  }
}

/** Of a refusal that is no refusal of the plan: the clock. */
export function withRefusal(plan: CleanPlan, more: Diagnostic | null): CleanPlan {
  return more === null ? plan : { ...plan, refusals: [more, ...plan.refusals] };
}
