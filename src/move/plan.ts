// Owns what is known before a move begins: what is to be copied or renamed, whether there is room, what would be written and
// stopped, and what stands in the way. Reads only.

import { type Context, measuringProgress } from '../command/context.ts';
import { filesFor, planFiles, planInstall } from '../configure/install-plan.ts';
import { isBelow, parentOf, withoutSlash } from '../configure/paths.ts';
import { othersIn } from '../configure/present.ts';
import { dataPlaceOf, type Target } from '../configure/target.ts';
import { tryOut } from '../configure/trial.ts';
import type { Step } from '../engine/resource.ts';
import { hasTreeOfItsOwn } from '../layout/layout.ts';
import { type Diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { MeasuredTree } from '../port/measure.ts';
import type { KnownDirectory } from '../port/tree-moving.ts';
import { RESERVE } from '../space/room.ts';
import { keepsProjectLimits } from '../space/source.ts';
import { configurableNamed, serviceNamed } from './named.ts';
import * as obstacle from './obstacles.ts';
import { oldPlaceOf } from './old-place.ts';
import { stagingOf } from './places.ts';
import type { MoveRecord } from './record.ts';
import { type Refused, refused, standingOfData, standingWhole } from './whereabouts.ts';

export interface MovePlan extends Pick<MoveRecord, 'how' | 'isWhole' | 'unit'> {
  readonly service: string;
  /** null: no settings are switched. */
  readonly target: Target | null;
  readonly from: KnownDirectory;
  readonly to: string;
  /** Units that run and would start it again, or are stopped with it. */
  readonly triggers: readonly string[];
  readonly bytes: number;
  readonly files: number;
  readonly entries: number;
  readonly availableBytes: number;
  readonly inodesFree: number;
  /** What would be written of settings. */
  readonly settings: readonly Step[];
  readonly warnings: readonly Diagnostic[];
}

type Planned = { readonly plan: MovePlan } | Refused;

export interface Asked {
  readonly service: string;
  readonly from: string;
  /** Its whole directory; else that of its data alone. */
  readonly isWhole: boolean;
  /** What an earlier call has come to; null: it begins. */
  readonly record: MoveRecord | null;
}

/** Throws a Problem where the layout or the service's files cannot be understood. */
export async function planMove(context: Context, asked: Asked): Promise<Planned> {
  const { layout, host } = context;
  const { isWhole } = asked;
  const service = isWhole ? serviceNamed(layout, asked.service) : configurableNamed(layout, asked.service);
  const from = withoutSlash(asked.from);
  const entry = host.entry(from);
  if (isWhole && entry.type !== 'directory') return refused(obstacle.notPlain(from, entry.type));
  const standing = await (isWhole ? standingWhole : standingOfData)(layout, host, { service, from });
  if ('refusals' in standing) return standing;
  const { target, unit, to } = standing;
  if (entry.type !== 'directory') return refused(obstacle.notPlain(from, entry.type));
  if (isBelow(to, from) || isBelow(from, to)) return refused(obstacle.nested(from, to));
  if (isWhole && host.mountedAt(from).mountPoint === from) return refused(obstacle.ownMount(from));
  const others = othersIn(layout, host, { service, to });
  if (others.length > 0) return refused(obstacle.notEmpty(to, others));

  const how = asked.record?.how ?? (isWhole && canRename(host, from, to) ? 'rename' : 'copy');
  const tree = await measured(context, from);
  const inTheWay = [...notMovable(host, tree)];
  if (how === 'copy')
    inTheWay.push(...notFitting(host, { to, tree, copied: await copiedBytes(context, asked) }));
  const { into, out } = await linksOf(host, from);
  if (into.length > 0) inTheWay.push(obstacle.linksInto(from, into));
  if (unit === null) inTheWay.push(...(await inUse(host, from)));
  const install = await settingsFor(context, target);
  // Of a whole directory only paths change, and some programs make their log file when they are asked. Where the directories are
  // not there yet, it is asked once they are.
  const isAsked = target !== null && !isWhole && isThere(host, to);
  const tries = isAsked && install.refusals.length === 0 && inTheWay.length === 0;
  const tried = tries ? await tryOut(host, target) : null;
  const refusals = [...inTheWay, ...install.refusals, ...(tried === null ? [] : [tried])];
  if (refusals.length > 0) return { refusals };
  const { availableBytes, inodesFree } = host.fileSystem(standingAt(host, to));
  return {
    plan: {
      service: service.name,
      how,
      isWhole,
      target,
      from: { path: from, inode: entry.inode, born: entry.born },
      to,
      unit,
      triggers: unit === null ? [] : stoppedWith(host, unit),
      bytes: tree.total.diskBytes,
      files: tree.files,
      entries: tree.total.inodes,
      availableBytes,
      inodesFree,
      settings: install.steps,
      // Files of Docker belong to containers, whose links are their own.
      warnings: out.length > 0 && hasTreeOfItsOwn(service) ? [obstacle.linksOut(from, out)] : [],
    },
  };
}

/** What would start it again, and what stops when it stops; in the order in which they are stopped. */
function stoppedWith(host: HostReader, unit: string): readonly string[] {
  const all = [...new Set([...host.dependents(unit).toReversed(), ...host.triggers(unit)])];
  return all.filter((name) => host.units([name]).get(name)?.active === true);
}

/** Where the directory is not there yet, what would be written is known, and cannot be tried. */
async function settingsFor({ layout, host }: Context, target: Target | null) {
  if (target === null) return { steps: [], refusals: [] };
  if (!isThere(host, dataPlaceOf(target))) return planFiles(host, [filesFor(layout, host, target)], false);
  const startEmpty = [target.service.name];
  return planInstall(layout, host, [target], { startEmpty, restart: false, replace: false });
}

async function inUse(host: HostReader, from: string): Promise<readonly Diagnostic[]> {
  const { inodes } = host.openForWriting(from);
  const { writer } = await oldPlaceOf(host, from, inodes);
  return writer === null ? [] : [obstacle.writtenBy(from, writer)];
}

function isThere(host: HostReader, path: string): boolean {
  return host.entry(path).type === 'directory';
}

/** The nearest that is there. */
function standingAt(host: HostReader, path: string): string {
  return path === '/' || isThere(host, path) ? path : standingAt(host, parentOf(path));
}

/** Both on one mount of one file system, and no quota of projects that would be passed by. */
function canRename(host: HostReader, from: string, to: string): boolean {
  const there = standingAt(host, parentOf(to));
  const [own, other] = [host.mountedAt(from), host.mountedAt(there)];
  return (
    own.mountPoint === other.mountPoint &&
    host.deviceAt(from) === host.deviceAt(there) &&
    !keepsProjectLimits(own)
  );
}

export async function measured(context: Context, path: string): Promise<MeasuredTree> {
  const { trees } = await context.host.measure({
    trees: [path],
    depth: 0,
    find: null,
    timeoutMs: null,
    onProgress: measuringProgress(context),
  });
  context.progress('');
  const [tree] = trees;
  if (tree === undefined || tree.error !== null)
    throw new Problem(EXIT.failed, [obstacle.unreadable(path, { path, error: tree?.error ?? 'no answer' })]);
  return tree;
}

async function copiedBytes(context: Context, { record }: Asked): Promise<number> {
  if (record === null) return 0;
  const { copy } = stagingOf(record);
  return context.host.entry(copy).type === 'directory' ? (await measured(context, copy)).total.diskBytes : 0;
}

/** Of a container that runs: they go when its service stops. */
const PASSING = new Set(['overlay', 'tmpfs', 'nsfs', 'proc', 'sysfs', 'fuse.fuse-overlayfs']);

function notMovable(
  host: HostReader,
  { path, mountPoints, unreadable, unreadableCount }: MeasuredTree,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const staying = mountPoints
    .map((below) => `${path}/${below}`)
    .filter((at) => !PASSING.has(host.mountedAt(at).type));
  if (staying.length > 0) found.push(obstacle.mountedIn(path, staying));
  const [first] = unreadable;
  if (unreadableCount > 0 && first !== undefined) found.push(obstacle.unreadable(path, first));
  return found;
}

/** As many inodes more as there are, and this part of them. */
const MARGIN = 1.05;

function notFitting(
  host: HostReader,
  { to, tree, copied }: { readonly to: string; readonly tree: MeasuredTree; readonly copied: number },
): readonly Diagnostic[] {
  const { sizeBytes, availableBytes, inodes, inodesFree } = host.fileSystem(standingAt(host, to));
  const wantedBytes = Math.max(0, tree.total.diskBytes - copied);
  const keptBytes = Math.round(sizeBytes * RESERVE);
  const wanted = Math.ceil(tree.total.inodes * MARGIN);
  return [
    ...(wantedBytes + keptBytes > availableBytes
      ? [obstacle.noRoom({ to, wantedBytes, keptBytes, foundBytes: availableBytes })]
      : []),
    // Some file systems make them as they are needed.
    ...(inodes > 0 && copied === 0 && wanted > inodesFree
      ? [obstacle.noInodes({ to, wanted, found: inodesFree })]
      : []),
  ];
}

interface Link {
  readonly path: string;
  readonly to: string;
}

const AT_ONCE = 5000;
/** Of one kind: nobody reads more. */
const LINKS_KEPT = 1000;

/** Symbolic links that lead by their whole path: back into the directory, or out of it. */
async function linksOf(
  host: HostReader,
  from: string,
): Promise<{ readonly into: readonly Link[]; readonly out: readonly Link[] }> {
  const into: Link[] = [];
  const out: Link[] = [];
  let entries = 0;
  for (const met of host.walk(from)) {
    entries += 1;
    if (entries % AT_ONCE === 0) await new Promise(setImmediate);
    if (met.type !== 'link') continue;
    const path = `${from}/${met.path}`;
    const to = host.link(path);
    if (to === null || !to.startsWith('/')) continue;
    const kept = isBelow(to, from) ? into : out;
    if (kept.length < LINKS_KEPT) kept.push({ path, to });
  }
  return { into, out };
}
