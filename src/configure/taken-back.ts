// Owns what it means to take installed settings back: which services would start without what they have written on the hot tier
// since, and which units read their former settings then. Reads only; knows a run by what it wrote, not by today's layout.
import { readWhole, stepsOf } from '../engine/journal/journal.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import type { Step } from '../engine/resource.ts';
import { loadFormat } from '../formats/index.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { builtIn, builtInServices } from '../services/index.ts';
import { filesMatching } from './find.ts';
import { START_EMPTY, toldPlace } from './obstacles.ts';
import { holdsData } from './present.ts';
import { placesInUse } from './servers.ts';

export interface TakenBack {
  readonly refusals: readonly Diagnostic[];
  /** In the order in which they are to be restarted. */
  readonly units: readonly string[];
}

/** `startEmpty`: services that may start without it. */
export async function takenBack(
  host: Host,
  runs: readonly RecordedRun[],
  startEmpty: readonly string[],
): Promise<TakenBack> {
  const left: LeftData[] = [];
  const units = new Set<string>();
  for (const run of runs.filter(
    ({ command, scope }) => command === 'config' && scope.endsWith('--install'),
  )) {
    const written = filesOf(host, run);
    for (const { unit } of written) if (unit !== undefined) units.add(unit);
    const paths = new Set(written.map(({ path }) => path));
    const [meant] = run.scope.split(' ');
    for (const { name } of builtInServices)
      if (meant === 'all' || meant === name) {
        const place = startEmpty.includes(name)
          ? null
          : await placeWithData(host, name, { paths, base: run.base });
        if (place !== null) left.push({ service: name, place, run: run.run });
      }
  }
  const refusals = left.map((one) => leavesData(one, [...startEmpty, ...left.map(({ service }) => service)]));
  return { refusals, units: [...units] };
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

/** Where the service would look for its data now, if that is there, below the base, and written by the run; null: it is not. */
async function placeWithData(
  host: Host,
  name: string,
  { paths, base }: { readonly paths: ReadonlySet<string>; readonly base: string },
): Promise<string | null> {
  const known = builtIn(name);
  const facet = known?.configuration;
  if (known === undefined || facet === undefined) return null;
  const { into } = facet;
  const usual = filesMatching(host, facet.files);
  const ours = (file: string) => paths.has(file) || (into.as === 'drop-in' && paths.has(into.path(file)));
  // One that was named with --to is in no usual place.
  const files = [...new Set([...usual, ...paths])].filter(ours);
  const format = await loadFormat(facet.format);
  for (const file of files) {
    const place = toldPlace(host, { facet, format, file, service: known.layout });
    if (place === null || !place.startsWith(`${base}/`)) continue;
    if (placesInUse(host, facet.process).includes(place) || holdsData(host, place, facet.present))
      return place;
  }
  return null;
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
