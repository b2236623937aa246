// Owns what validate --deep says of what the kernel counts for services: held against a scan of the same tree, and a difference
// named. How use is counted is space/source.ts.
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import type { MeasuredTree } from '../port/measure.ts';
import { directoryAddress } from '../resources/directory.ts';
import { numbersProjects } from '../services/projects.ts';
import { type Counting, countings } from '../space/source.ts';
import { formatCount } from '../values/count.ts';
import { printableName } from '../values/file-name.ts';
import { formatBytes } from '../values/size.ts';
import type { Draft } from './follow.ts';
import type { Deep } from './inside.ts';

/** Counted by the kernel. */
interface Amount {
  readonly usedBytes: number;
  readonly usedInodes: number;
}

/** A file that grows by less than this while it is scanned is no difference. */
const SLACK_BYTES = 1024 ** 2;
const SLACK_INODES = 16;
/** So many that have another project are named. */
const NAMED = 3;

/** Of services that are gone through to the end, and that the kernel counts. Nothing where the layout wants no quotas. */
export async function checkCountedUse(
  { layout, host }: { readonly layout: Layout; readonly host: HostReader },
  deep: Deep,
  onProgress: (entries: number) => void,
): Promise<readonly Draft[]> {
  if (layout.quota === undefined || deep === 'none') return [];
  const isDeep = ({ name }: Service) => deep === 'all' || deep.service === name;
  const scope = { ...layout, services: layout.services.filter(isDeep) };
  const before = countings(scope, host).filter(({ counted }) => counted !== null);
  if (before.length === 0) return [];
  const { trees, linksBeyond } = await host.measure({
    trees: before.map(({ service }) => servicePath(layout, service)),
    depth: 0,
    find: null,
    timeoutMs: null,
    onProgress,
  });
  const after = countings(scope, host);
  return before.map((counting, i): Draft => {
    const { name } = counting.service;
    const path = servicePath(layout, counting.service);
    const about = {
      id: `quota.use.${name}`,
      at: directoryAddress(path),
      service: name,
      severity: 'error',
      expected: 'the kernel counts what a scan finds',
      causes: [`quota.project.${name}`, `directory.${name}`],
    } as const;
    const tree = trees[i];
    const then = after.find(({ service }) => service.name === name)?.counted ?? null;
    const why = whyNot(tree, { linksBeyond, isStillCounted: then !== null });
    if (why !== null || tree === undefined || counting.counted === null || then === null)
      return { ...about, status: 'skip', found: why ?? 'it could not be scanned', causes: [] };
    const scanned = { usedBytes: tree.total.diskBytes, usedInodes: tree.total.inodes };
    const apart = {
      usedBytes: beyond(scanned.usedBytes, [counting.counted.usedBytes, then.usedBytes], SLACK_BYTES),
      usedInodes: beyond(scanned.usedInodes, [counting.counted.usedInodes, then.usedInodes], SLACK_INODES),
    };
    if (apart.usedBytes === 0 && apart.usedInodes === 0)
      return { ...about, status: 'pass', found: `${amountText(then)}; a scan found the same` };
    return {
      ...about,
      status: 'fail',
      found: `${differenceText(apart)} than a scan: ${amountText(then)}, not ${amountText(scanned)}`,
      hint: hintFor(host, { path, counting, apart }),
    };
  });
}

/** null: both are whole. */
function whyNot(
  tree: MeasuredTree | undefined,
  { linksBeyond, isStillCounted }: { readonly linksBeyond: number; readonly isStillCounted: boolean },
): string | null {
  if (tree === undefined) return null;
  if (tree.error !== null) return `cannot be scanned: ${tree.error}`;
  const [first] = tree.unreadable;
  if (first !== undefined) return `cannot be scanned whole: ${printableName(first.path)}: ${first.error}`;
  if (linksBeyond > 0) return 'cannot be scanned: too many files have several names';
  return isStillCounted ? null : 'its project was changed meanwhile';
}

/** How far the scan is above all that was counted meanwhile (more than 0), or below it (less). */
function beyond(scanned: number, counted: readonly number[], slack: number): number {
  const [least, most] = [Math.min(...counted), Math.max(...counted)];
  // What has changed by so much in between may have changed by more, and back.
  const play = slack + (most - least);
  if (scanned > most + play) return scanned - most;
  return scanned < least - play ? scanned - least : 0;
}

function amountText({ usedBytes, usedInodes }: Amount): string {
  return `${formatBytes(usedBytes)} in ${formatCount(usedInodes)} inodes`;
}

/** `the kernel counts 10.5 MB and 3 inodes less`. */
function differenceText({ usedBytes, usedInodes }: Amount): string {
  const [bytes, inodes] = [formatBytes(Math.abs(usedBytes)), `${formatCount(Math.abs(usedInodes))} inodes`];
  const way = (by: number) => (by > 0 ? 'less' : 'more');
  if (usedInodes === 0) return `the kernel counts ${bytes} ${way(usedBytes)}`;
  if (usedBytes === 0) return `the kernel counts ${inodes} ${way(usedInodes)}`;
  return way(usedBytes) === way(usedInodes)
    ? `the kernel counts ${bytes} and ${inodes} ${way(usedBytes)}`
    : `the kernel counts ${bytes} ${way(usedBytes)} and ${inodes} ${way(usedInodes)}`;
}

function hintFor(
  host: HostReader,
  of: { readonly path: string; readonly counting: Counting; readonly apart: Amount },
): string {
  const { path, counting, apart } = of;
  const isLess = apart.usedBytes > 0 || (apart.usedBytes === 0 && apart.usedInodes > 0);
  if (!isLess)
    return 'what clean moved into the trash counts until it is deleted (sudo jts-hot clean), and deleted files until they are closed (sudo jts-hot usage); so does what has its project elsewhere';
  const project = counting.own.state === 'off' ? 0 : counting.own.quota.project;
  const numbersItsOwn = numbersProjects(counting.service.name);
  const others = othersIn(host, path, (found) => found === project || (numbersItsOwn && found > project));
  if (others === '') return 'links, sockets and pipes that were there before the project are not counted';
  const named = `of another project, or none: ${others}`;
  return numbersItsOwn
    ? named
    : `${named}; to give them its own, with the service stopped: sudo chattr -R -p ${project} ${shellWord(path)}`;
}

/** `data/a (project 0), data/b (project 7), …`; nothing: none was found. */
function othersIn(host: HostReader, path: string, isOwn: (project: number) => boolean): string {
  const named: string[] = [];
  for (const met of host.walk(path)) {
    if (!('project' in met) || met.project === null || isOwn(met.project)) continue;
    if (named.length === NAMED) return `${named.join(', ')}, …`;
    named.push(`${met.path === '' ? '.' : printableName(met.path)} (project ${met.project})`);
  }
  return named.join(', ');
}
