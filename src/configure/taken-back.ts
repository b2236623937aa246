// Owns what it means to take installed settings back: which services would start without what they have written on the hot tier
// since, and which units read their former settings then. Reads only; knows a run by what it wrote, not by today's layout.
import { readWhole, stepsOf } from '../engine/journal/journal.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import type { Step } from '../engine/resource.ts';
import { loadFormat } from '../formats/index.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { builtIn, builtInServices } from '../services/index.ts';
import { contentOf } from '../values/content.ts';
import { filesMatching } from './find.ts';
import { START_EMPTY } from './obstacles.ts';
import { holdsData } from './present.ts';
import { placesInUse } from './servers.ts';
import { toldPlace } from './target.ts';

export interface TakenBack {
  readonly refusals: readonly Diagnostic[];
  /** In the order in which they are to be restarted. */
  readonly units: readonly string[];
}

/** `runs`: the newest first. `startEmpty`: services that may start without it. */
export async function takenBack(
  host: Host,
  runs: readonly RecordedRun[],
  startEmpty: readonly string[],
): Promise<TakenBack> {
  const changedFiles: Diagnostic[] = [];
  const left: LeftData[] = [];
  const units = new Set<string>();
  const newer = new Set<string>();
  for (const run of runs.filter(
    ({ command, scope }) => ['config', 'logs'].includes(command) && scope.endsWith('--install'),
  )) {
    const written = filesOf(host, run);
    for (const { unit } of written) if (unit !== undefined) units.add(unit);
    const paths = new Map(
      written.flatMap(({ path, to }) => (newer.has(path) ? [] : [[path, to.hash] as const])),
    );
    for (const { path } of written) newer.add(path);
    // What has logs rotated says nothing of data.
    if (run.command === 'logs') continue;
    const [meant] = run.scope.split(' ');
    for (const { name } of builtInServices)
      if (meant === 'all' || meant === name) {
        const changed = await changedSince(host, name, { paths, base: run.base });
        if (changed !== null) {
          changedFiles.push(changedFile(changed, run.run));
          continue;
        }
        const place = startEmpty.includes(name)
          ? null
          : await placeWithData(host, name, { paths, base: run.base });
        if (place !== null) left.push({ service: name, place, run: run.run });
      }
  }
  const all = [...startEmpty, ...left.map(({ service }) => service)];
  return { refusals: [...changedFiles, ...left.map((one) => leavesData(one, all))], units: [...units] };
}

interface LeftData {
  readonly service: string;
  readonly place: string;
  readonly run: number;
}

function filesOf(host: Host, { run }: RecordedRun): readonly (Step['do'] & { type: 'writeFile' })[] {
  const found = readWhole(host.journal, run);
  if ('unreadable' in found) return [];
  return [...stepsOf(host.journal, found)].flatMap((step) => (step.do.type === 'writeFile' ? [step.do] : []));
}

interface Wrote {
  /** Each file with the hash of what the run wrote there. */
  readonly paths: ReadonlyMap<string, string>;
  readonly base: string;
}

/** Where the service would look for its data now, if that is there, below the base, and written by the run; null: it is not. */
async function placeWithData(host: Host, name: string, wrote: Wrote): Promise<string | null> {
  const facet = builtIn(name)?.configuration;
  if (facet === undefined) return null;
  const { into } = facet;
  const ours = (file: string) =>
    wrote.paths.has(file) || (into.as === 'drop-in' && wrote.paths.has(into.path(file)));
  for (const { place } of await filesTold(host, name, { wrote, isMeant: ours })) {
    if (placesInUse(host, facet.process).includes(place) || holdsData(host, place, facet.present))
      return place;
  }
  return null;
}

/**
 * A file that decides where the service keeps its data, that somebody has changed since the run wrote it, and that still says
 * the hot tier. Rollback would leave it, and remove what belongs to it: the file that it includes, what the unit may write.
 */
async function changedSince(host: Host, name: string, wrote: Wrote): Promise<string | null> {
  const into = builtIn(name)?.configuration?.into;
  if (into === undefined) return null;
  // Its own file is written where it is edited, or is to include ours.
  const decides = (file: string) => (into.as === 'drop-in' && into.include === null ? into.path(file) : file);
  const isChanged = (file: string) => {
    // Ours beside it stays where somebody has changed it: nothing reads it then.
    if (into.as === 'drop-in' && into.path(file) === file) return false;
    const path = decides(file);
    const hash = wrote.paths.get(path);
    const text = hash === undefined || host.entry(path).type !== 'file' ? null : host.text(path);
    return text !== null && contentOf(text).hash !== hash;
  };
  const files = await filesTold(host, name, { wrote, isMeant: isChanged });
  const [first] = files;
  return first === undefined ? null : decides(first.file);
}

interface Told {
  readonly file: string;
  readonly place: string;
}

/** Those of its files that are meant and that say a place below the base. */
async function filesTold(
  host: Host,
  name: string,
  { wrote, isMeant }: { readonly wrote: Wrote; readonly isMeant: (file: string) => boolean },
): Promise<readonly Told[]> {
  const known = builtIn(name);
  const facet = known?.configuration;
  if (known === undefined || facet === undefined) return [];
  // One that was named with --to is in no usual place.
  const files = [...new Set([...filesMatching(host, facet.files), ...wrote.paths.keys()])].filter(isMeant);
  if (files.length === 0) return [];
  const format = await loadFormat(facet.format);
  return files.flatMap((file) => {
    const place = toldPlace(host, { facet, format, file, service: known.layout });
    return place?.startsWith(`${wrote.base}/`) === true ? [{ file, place }] : [];
  });
}

function changedFile(path: string, run: number): Diagnostic {
  return diagnostic('E_CHANGED_SINCE', 'refusing to take back half of what keeps a service on the hot tier', {
    at: `file ${path}`,
    detail: [
      `want it as run ${run} left it, found it changed since, and still with the hot tier in it`,
      'it would be left so, without the other files that it needs then',
    ],
    hint: `put in it what the service is to read instead, then: sudo jts-hot rollback ${run}`,
  });
}

/** `all`: that have to be agreed to before the run is undone. */
function leavesData({ service, place, run }: LeftData, all: readonly string[]): Diagnostic {
  const agreed = [...new Set(all)].map((name) => `${START_EMPTY} ${name}`).join(' ');
  return diagnostic(
    'E_LEAVES_DATA',
    'refusing to take a service away from data that it has on the hot tier',
    {
      at: `service ${service}`,
      detail: [
        `want no data of it in ${place}, found some, or a server that works there`,
        'it would start on its former place without it, and look healthy',
      ],
      hint:
        'copy it to the former place first; once that is done, or if it may start without it' +
        `${all.length > 1 ? ', and so of each that is named' : ''}: sudo jts-hot rollback ${run} ${agreed}`,
    },
  );
}
