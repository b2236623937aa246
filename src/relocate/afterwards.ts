// Owns what else names a base, and is written anew when that is elsewhere: the history, the regular runs, the rotation of logs. By
// the commands that made it, each a recorded run of its own.
import type { Context } from '../command/context.ts';
import { newestFirst, startUndone } from '../engine/journal/journal.ts';
import { logsInstallCommand } from '../maintain/logs-install.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { JournalStore } from '../port/journal-store.ts';
import type { ProgramSource } from '../port/operations/words.ts';
import { installedHere } from '../schedule/schedule-checks.ts';
import { scheduleCommand } from '../schedule/schedule-command.ts';

export interface Bases {
  readonly from: string;
  readonly to: string;
}

/** `context`: as it is before the layout file says the new base. */
export function takeHistoryAlong(context: Context, { to }: Bases): 'taken along' | 'nothing' | 'beside' {
  if (context.layout.base === to) return 'nothing';
  const group = context.monitoring.group;
  const there = context.history({ mode: 'read', group });
  if (there === null) return 'nothing';
  there.close();
  const history = context.history({ mode: 'write', group });
  if (history === null) return 'nothing';
  try {
    const done = history.goOnAs(to);
    if (done === 'taken along') history.publish();
    return done;
  } finally {
    history.close();
  }
}

export function historyBeside({ from, to }: Bases): Diagnostic {
  return diagnostic('W_TWO_HISTORIES', 'cannot take the history along: the new base has one already', {
    at: to,
    detail: `samples of ${from} stay on record; forecasts of ${to} begin with what was recorded of it`,
  });
}

/** What has to be written anew, as a person says it. Reads only. */
export function namingBase(context: Context, { from }: Bases): readonly string[] {
  const installed = installedHere(context);
  return [
    ...(installed === null ? [] : [RUNS]),
    ...rotatedOn(context.host.journal, from).map((scope) => `logs of ${scope}`),
  ];
}

const RUNS = 'regular runs';

/** `there`: with the layout and the host of the new base. What cannot be written is a note: services run on. */
export async function writeAnew(
  there: Context,
  bases: Bases,
  self: ProgramSource,
): Promise<{ readonly rewritten: readonly string[]; readonly notes: readonly Diagnostic[] }> {
  const rewritten: string[] = [];
  const notes: Diagnostic[] = [];
  const installed = installedHere(there);
  if (installed !== null) {
    const flags = installed.flags.map((word) => (word === bases.from ? bases.to : word));
    const act = () =>
      scheduleCommand(there, { kind: installed.kind, act: 'install', replace: false, self, flags });
    notes.push(...(await noted(RUNS, `schedule --${installed.kind} --install`, act)));
    if (notes.length === 0) rewritten.push(RUNS);
  }
  for (const scope of rotatedOn(there.host.journal, bases.from)) {
    const service = scope === 'all' ? null : scope;
    const act = () => logsInstallCommand(there, { service, replace: false, isDry: false });
    const words = service === null ? 'logs --install' : `logs ${service} --install`;
    const problems = await noted(`logs of ${scope}`, words, act);
    notes.push(...problems);
    if (problems.length === 0) rewritten.push(`logs of ${scope}`);
  }
  return { rewritten, notes };
}

/** Scopes of `logs --install` below a base that are not undone: `all`, or a service. */
function rotatedOn(journal: JournalStore, base: string): readonly string[] {
  const found = new Set<string>();
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    if (run.command !== 'logs' || run.base !== base || undone.stateOf(run) === 'rolled back') continue;
    const [, scope] = /^(\S+) --install$/.exec(run.scope) ?? [];
    if (scope !== undefined) found.add(scope);
  }
  return [...found];
}

async function noted(
  what: string,
  words: string,
  act: () => Promise<{ readonly exitCode: number; readonly problems: readonly Diagnostic[] }>,
): Promise<readonly Diagnostic[]> {
  try {
    const { exitCode, problems } = await act();
    return exitCode === EXIT.ok ? [] : [notWritten(what, words, problems)];
  } catch (error) {
    if (error instanceof Problem) return [notWritten(what, words, error.diagnostics)];
    throw error;
  }
}

function notWritten(what: string, words: string, problems: readonly Diagnostic[]): Diagnostic {
  return diagnostic('W_NAMES_OLD_BASE', 'cannot write anew what names the old base', {
    at: what,
    detail: problems.flatMap(({ summary, detail }) => [summary, ...detail]).slice(0, 5),
    fix: `sudo jts-hot ${words}`,
  });
}
