// Owns the rule of the right disk for services that have file systems of their own: where one is missing, or another one is
// there, nothing is done below it, it is said once, and the other services go on. disk/judge.ts decides which is right.
import { type BaseDisk, diskOf, parseBases } from '../disk/base-disk.ts';
import { type Judgement, judgeDisk, type Wrong, wrongDiagnostic } from '../disk/judge.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import { type Diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { DeclaredMount } from '../port/declared-mount.ts';
import type { HostReader } from '../port/host.ts';
import { STANDSTILL_MS } from '../port/measure.ts';
import { mountsIn } from '../space/holders.ts';
import type { Context } from './context.ts';

export type Comparing = Pick<Context, 'host' | 'layout' | 'newDisk'>;

/** The base's disk on record; null: none is. */
export function recordOf(host: HostReader, base: string): BaseDisk | null {
  return parseBases(host.bases()).get(base) ?? null;
}

export interface ServiceJudgement extends Pick<Judgement, 'wrong' | 'readOnly'> {
  readonly mount: DeclaredMount;
}

/** Of each service that has a file system of its own. The base's own disk has been compared, and is the right one. */
export async function compareServices(
  { host, layout, newDisk }: Comparing,
  timeoutMs: number | null = null,
): Promise<readonly ServiceJudgement[]> {
  const mounts = mountsIn(layout, host);
  if (host.root !== '/' || mounts.length === 0) return [];
  return judgeAll(host, mounts, { record: recordOf(host, layout.base), newDisk }, timeoutMs);
}

async function judgeAll(
  host: HostReader,
  mounts: readonly DeclaredMount[],
  known: { readonly record: BaseDisk | null; readonly newDisk: boolean },
  timeoutMs: number | null,
): Promise<readonly ServiceJudgement[]> {
  // All asked at once: each of them may hang.
  const answers = await Promise.all(mounts.map(({ path }) => host.answers(path, timeoutMs ?? STANDSTILL_MS)));
  return mounts.map((mount, i) => {
    if (answers[i] !== true) return { mount, wrong: silent(mount), readOnly: null };
    const { wrong, readOnly } = judge(host, mount, known);
    return { mount, wrong, readOnly };
  });
}

function judge(
  host: HostReader,
  { service, path, uuid }: DeclaredMount,
  { record, newDisk }: { readonly record: BaseDisk | null; readonly newDisk: boolean },
): Judgement {
  const known = record?.services?.[service];
  const judgement = judgeDisk(host.disk(path), {
    // What the layout declares anew was at another place before.
    record: known?.path === path ? { fileSystem: known.fileSystem, directory: null } : null,
    demand: `UUID=${uuid}`,
    at: path,
    agreed: newDisk,
    beside: () => null,
  });
  const { wrong } = judgement;
  // Without it there is nothing that could be meant.
  return wrong?.code === 'E_NOT_MOUNTED'
    ? { ...judgement, wrong: { ...wrong, maySayMeant: false } }
    : judgement;
}

function silent({ path }: DeclaredMount): Wrong {
  return {
    code: 'E_NO_ANSWER',
    expected: `an answer of the file system mounted at ${path}`,
    found: 'none',
    fix: null,
    hint: 'see what the disk says (sudo dmesg | tail)',
    maySayMeant: false,
  };
}

/** What a command goes on with: without the services whose own file system is not the right one, and what is said of them. */
export interface OnRight<C> {
  readonly context: C;
  readonly problems: readonly Diagnostic[];
}

/** Refuses where one of `named` is among them. */
export async function rightServices<C extends Comparing>(
  context: C,
  { rule, named }: { readonly rule: 'acts' | 'looks'; readonly named: readonly string[] },
): Promise<OnRight<C>> {
  const wrong = wrongServices(await compareServices(context), rule);
  const asked = wrong.filter(({ service }) => named.includes(service));
  if (asked.length > 0) throw refused(asked);
  return { context: without(context, wrong), problems: wrong.map(({ problem }) => problem) };
}

/** Nothing of what is left in the layout, or of the one service that it is about, may have become wrong since. */
export async function requireServices(context: Comparing, about: string | null = null): Promise<void> {
  const wrong = wrongServices(await compareServices(context), 'acts');
  const asked = about === null ? wrong : wrong.filter(({ service }) => service === about);
  if (asked.length > 0) throw refused(asked);
}

export interface WrongService {
  readonly service: string;
  readonly wrong: Wrong;
  readonly problem: Diagnostic;
}

export function wrongServices(
  all: readonly ServiceJudgement[],
  rule: 'acts' | 'looks',
): readonly WrongService[] {
  return all.flatMap(({ mount: { service, path }, ...judged }) => {
    const wrong = judged.wrong ?? (rule === 'acts' ? judged.readOnly : null);
    return wrong === null ? [] : [{ service, wrong, problem: wrongDiagnostic(wrong, path, 'service') }];
  });
}

export function without<C extends Pick<Context, 'layout'>>(
  context: C,
  wrong: readonly Pick<WrongService, 'service'>[],
): C {
  if (wrong.length === 0) return context;
  const { layout } = context;
  const services = layout.services.filter(({ name }) => !wrong.some(({ service }) => service === name));
  return { ...context, layout: { ...layout, services } };
}

function refused(wrong: readonly WrongService[]): Problem {
  return new Problem(
    EXIT.refused,
    wrong.map(({ problem }) => problem),
  );
}

/** What is mounted for them now, to be put on record. Of the others of the host stays what is there. */
export function servicesRecord({
  host,
  layout,
}: Pick<Context, 'host' | 'layout'>): Pick<BaseDisk, 'services'> {
  if (host.root !== '/' || host.mounts.length === 0) return {};
  const before = recordOf(host, layout.base)?.services ?? {};
  const right = mountsIn(layout, host);
  const services = host.mounts.flatMap((mount) => {
    const { service, path } = mount;
    const { fileSystem } = diskOf(host.disk(path));
    const kept = before[service];
    // Whatever happened meanwhile: only what is declared is put on record.
    if (right.includes(mount) && fileSystem.uuid?.toLowerCase() === mount.uuid)
      return [[service, { path, fileSystem }] as const];
    return kept === undefined ? [] : [[service, kept] as const];
  });
  return services.length === 0 ? {} : { services: Object.fromEntries(services) };
}

/** What was declared for runs when they were done, whatever the layout says today. */
export function mountsOfRuns(runs: readonly Pick<RecordedRun, 'disk'>[]): readonly DeclaredMount[] {
  const found = new Map<string, DeclaredMount>();
  for (const { disk } of runs)
    for (const [service, { path, fileSystem }] of Object.entries(disk?.services ?? {}))
      if (fileSystem.uuid !== null && !found.has(path))
        found.set(path, { service, path, uuid: fileSystem.uuid.toLowerCase() });
  return [...found.values()];
}

/** Runs are undone where all that they worked on is there: an account goes only with its directories. */
export async function requireRunsServices(
  host: HostReader,
  runs: readonly Pick<RecordedRun, 'disk'>[],
): Promise<void> {
  const judged = await judgeAll(host, mountsOfRuns(runs), { record: null, newDisk: false }, null);
  const wrong = wrongServices(judged, 'looks');
  if (wrong.length > 0) throw refused(wrong);
}
