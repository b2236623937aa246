// `jts-hot config SERVICE --init`: has a service's own tool prepare its empty data directory, as the service's user. What it makes
// is data from then on: no rollback removes it.
import { randomBytes } from 'node:crypto';
import { type Answer, type Context, requireRoot, toDoIt } from '../command/context.ts';
import { runRecorded, taking, type Work } from '../command/recorded-run.ts';
import { requireActing } from '../command/right-disk.ts';
import type { Applied } from '../engine/apply.ts';
import type { Step } from '../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { isPrepared } from '../port/operations/prepare-data.ts';
import { directoryAddress } from '../resources/directory.ts';
import type { FirstStart } from '../services/configuration.ts';
import type { InitResult } from './config-document.ts';
import { programAmong } from './find.ts';
import type { InstallPlan } from './install-plan.ts';
import { configurable, notConfigured } from './settings.ts';
import { dataPlaceOf, type Target, targetOf, toldPlace } from './target.ts';

export interface InitOptions {
  readonly what: string;
  readonly to: string | null;
  readonly isDry: boolean;
}

export async function initCommand(
  context: Context,
  { what, to, isDry }: InitOptions,
): Promise<Answer<InitResult>> {
  const { layout, host } = context;
  if (!isDry) requireRoot(context);
  await requireActing(context, what);
  const [service] = configurable(layout).filter(({ name }) => name === what);
  if (service === undefined) throw notConfigured(layout, what);
  // Planned twice, and it is one cluster.
  const id = clusterId();
  const plan = async (): Promise<InstallPlan> => {
    const target = await targetOf(layout, service, host, to);
    if ('missing' in target) return { steps: [], refusals: [target.missing] };
    if ('refusal' in target) return { steps: [], refusals: [target.refusal] };
    const { firstStart } = target.facet;
    return firstStart === null
      ? { steps: [], refusals: [] }
      : planFirstStart(host, target, { firstStart, id });
  };
  const work: Work<InstallPlan, Applied> = {
    command: 'config',
    scope: `${what} --init`,
    looksFirst: true,
    isDry,
    plan,
    decisions: () => [],
    act: taking(({ steps }) => steps),
    again: () => (isDry ? toDoIt(context, 'config') : context.invocation),
  };
  const { planned, exitCode, problems, outcome, run, done } = await runRecorded(context, work);
  return {
    exitCode,
    problems,
    result: { did: 'init', service: what, outcome, run, steps: planned.steps, done },
  };
}

function planFirstStart(
  host: HostReader,
  target: Target,
  { firstStart, id }: { readonly firstStart: FirstStart; readonly id: string },
): InstallPlan {
  const { service, file, format, wayOf } = target;
  const place = dataPlaceOf(target);
  const refuse = (refusal: Diagnostic): InstallPlan => ({ steps: [], refusals: [refusal] });
  const at = `service ${service.name}`;
  const entry = host.entry(place);
  if (entry.type !== 'directory' || wayOf === null)
    return refuse(
      diagnostic('E_NO_TIER', 'cannot prepare a data directory that is not set up', {
        at,
        detail: `want a directory ${place} of ${service.user}, found ${entry.type === 'directory' ? 'no such user' : entry.type}`,
        fix: 'sudo jts-hot setup',
      }),
    );
  if (isPrepared(host, { path: place, mark: firstStart.mark })) return { steps: [], refusals: [] };
  const names = host.names(place);
  if (names.length > 0)
    return refuse(
      diagnostic('E_NOT_EMPTY', 'refusing to prepare a data directory that is not empty', {
        at,
        detail: [`want nothing in ${place}`, `found ${names.slice(0, 3).join(', ')}`],
        hint: `look at what is in it (sudo ls -la ${place}), and move it away`,
      }),
    );
  if (firstStart.readsFile && toldPlace(host, target) !== place)
    return refuse(
      diagnostic('E_NOT_CONFIGURED', 'cannot prepare a data directory that the service is not told of', {
        at,
        detail: `want ${place} in ${file}, found ${toldPlace(host, target) ?? 'nothing'}`,
        fix: `sudo jts-hot config ${service.name} --install`,
      }),
    );
  const patterns = firstStart.programs(file);
  const program = programAmong(host, patterns);
  if (program === null)
    return refuse(
      diagnostic('E_NO_TOOL', 'cannot find the tool that prepares a data directory', {
        at,
        detail: [`want one of ${patterns.join(', ')}`, 'found none'],
        hint: 'install the server of this service on this host',
      }),
    );
  const found = host.entry(file).type === 'file' ? format.read(host.text(file) ?? '') : [];
  const owner = { user: wayOf.user, group: wayOf.group };
  const argv = [program, ...firstStart.words({ place, file, id, found })];
  const step: Step = {
    address: `data ${place}`,
    action: '+',
    summary: `${place}  prepared by ${program}`,
    reason: `${service.name} starts on a directory that its own tool has prepared`,
    do: { type: 'prepareData', path: place, mark: firstStart.mark, owner, argv },
    undo: null,
    needs: [directoryAddress(place)],
  };
  return { steps: [step], refusals: [] };
}

/** As Kafka writes 16 random bytes; it takes none that begins with a dash. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}
