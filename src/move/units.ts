// Owns stopping and starting the service that is moved, with what would start it meanwhile, and waiting until it is seen where it
// is to be.
import type { Context } from '../command/context.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { Restarted } from '../port/host.ts';
import type { Process } from '../services/configuration.ts';
import { type Places, type RunsAt, runsAt } from './where.ts';

/** A start may read gigabytes first. */
export const START_MS = 15 * 60_000;
/** Some say that they are ready before they have opened their files. */
const SETTLE_MS = 30_000;
const LOOK_AGAIN_MS = 100;

export interface Subject extends Places {
  readonly service: string;
  readonly triggers: readonly string[];
  readonly process: Process | null;
}

/** Nothing of it runs afterwards. Throws a Problem where it does; it may go on stopping then. */
export async function stopAll(context: Context, subject: Subject, limitMs: number): Promise<void> {
  const { unit, triggers, service } = subject;
  if (unit === null) return;
  // Those first that would start it again.
  const done = await context.host.stopUnits([...triggers, unit], limitMs);
  const at = runsAt(context.host, subject.process, subject);
  if (done.ok && at === 'nowhere') return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NOT_STOPPED', 'cannot stop a service', {
      at: `service ${service}`,
      detail: [
        `want ${unit} stopped within ${limitMs / 1000} s`,
        `found: ${done.ok ? `a process of it runs, ${at}` : done.why}`,
      ],
      hint: `see what it waits for (sudo journalctl --unit ${shellWord(unit)} --lines 30); give it longer with --stop-limit`,
    }),
  ]);
}

/** null: it runs there, by what it has open. Else why not. */
export async function startAt(
  context: Context,
  subject: Subject,
  { where, limitMs = START_MS }: { readonly where: RunsAt; readonly limitMs?: number },
): Promise<string | null> {
  const { unit, triggers, process } = subject;
  if (unit === null) return null;
  const done: Restarted = await context.host.startUnits([unit, ...triggers], limitMs);
  const at = await settled(context, { process, places: subject, wanted: where });
  if (at === where) return null;
  return done.ok ? `it runs ${at === 'unseen' ? 'with nothing open that says where' : at}` : done.why;
}

/** Looks until it is there, or the time is up. */
export async function settled(
  { host, now }: Pick<Context, 'host' | 'now'>,
  {
    process,
    places,
    wanted,
  }: { readonly process: Process | null; readonly places: Places; readonly wanted: RunsAt | null },
): Promise<RunsAt> {
  const end = Date.parse(now()) + SETTLE_MS;
  for (;;) {
    const at = runsAt(host, process, places);
    // A unit that failed is not waited for.
    const isFinal =
      at === wanted || (wanted === null && at !== 'unseen') || (at === 'nowhere' && !isActive(host, places));
    if (isFinal || Date.parse(now()) > end) return at;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Not so while it is being stopped. */
export function isActive(host: Context['host'], { unit }: Places): boolean {
  return unit !== null && host.units([unit]).get(unit)?.active === true;
}
