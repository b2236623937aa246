// `jts-hot logs --install`: has the logs rotated that nothing rotates, as steps that rollback undoes. Restarts nothing.
import { type Answer, type Context, requireRoot, toDoIt } from '../command/context.ts';
import { runRecorded, taking, type Work } from '../command/recorded-run.ts';
import { requireActing } from '../command/right-disk.ts';
import { baseOf } from '../configure/paths.ts';
import { configurable } from '../configure/settings.ts';
import type { Applied } from '../engine/apply.ts';
import { checkServiceNames } from '../engine/plan.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { builtIn } from '../services/index.ts';
import type { LogsInstalled } from './logs-document.ts';
import { type LogsPlan, planLogs } from './logs-plan.ts';

export interface LogsInstallOptions {
  /** null: all of them. */
  readonly service: string | null;
  /** Agreed to: files that somebody else wrote or changed are replaced. */
  readonly replace: boolean;
  /** Only shows what it would do. */
  readonly isDry: boolean;
}

export async function logsInstallCommand(
  context: Context,
  { service: name, replace, isDry }: LogsInstallOptions,
): Promise<Answer<LogsInstalled>> {
  const { layout, host } = context;
  if (name !== null) {
    checkServiceNames(layout, [name], 'SERVICE');
    if (!configurable(layout).some((one) => one.name === name && builtIn(name)?.logs?.rotation !== undefined))
      throw notKnown(name);
  }
  // Only root reads the servers' configuration.
  requireRoot(context);
  await requireActing(context);
  const what = name ?? 'all';
  const asked = new Map<string, Promise<Diagnostic | null>>();
  const plan = async (): Promise<LogsPlan> => {
    const planned = await planLogs(layout, host, { what, replace });
    const isOpen = planned.refusals.length === 0 && planned.steps.length > 0 && host.root === '/';
    const answers = isOpen
      ? await Promise.all([...planned.logrotate].map((one) => askOnce(host, asked, one)))
      : [];
    return { ...planned, refusals: [...planned.refusals, ...answers.flatMap((answer) => answer ?? [])] };
  };
  const work: Work<LogsPlan, Applied> = {
    command: 'logs',
    scope: `${what} --install`,
    looksFirst: true,
    isDry,
    plan,
    decisions: () => (replace ? ["may replace somebody's files (--replace)"] : []),
    act: taking(({ steps }) => steps),
    again: () => (isDry ? toDoIt(context, 'logs') : context.invocation),
  };
  const { planned, exitCode, problems, outcome, run, continues, done } = await runRecorded(context, work);
  const { steps, services } = planned;
  const result: LogsInstalled = {
    did: 'install',
    root: host.root,
    base: layout.base,
    outcome,
    run,
    continues,
    steps,
    done,
    services,
  };
  return { exitCode, problems, result };
}

function notKnown(name: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_NO_LOGS', 'cannot have logs rotated that nothing is known of', {
      at: name,
      detail: 'want a service whose logs are known',
      hint: 'all that are: sudo jts-hot logs --install',
    }),
  ]);
}

const TIMEOUT_MS = 10_000;

/** A run is planned twice. */
function askOnce(
  host: Host,
  asked: Map<string, Promise<Diagnostic | null>>,
  [path, text]: readonly [string, string],
): Promise<Diagnostic | null> {
  const key = `${path}\n${text}`;
  const answer = asked.get(key) ?? askLogrotate(host, path, text);
  asked.set(key, answer);
  return answer;
}

/** `logrotate -d` changes nothing; what is wrong it says on its standard error. */
async function askLogrotate(host: Host, path: string, text: string): Promise<Diagnostic | null> {
  const name = baseOf(path);
  const said = await host.tryOut({
    files: () => ({ [name]: text }),
    argv: (directory) => ['logrotate', '-d', '-s', `${directory}/state`, `${directory}/${name}`],
    identity: { uid: 0, gid: 0 },
    timeoutMs: TIMEOUT_MS,
    until: null,
  });
  const wrong = said.output.split('\n').filter((line) => /^(error|warning):/.test(line));
  // Its state is none yet, and it warns that it does nothing.
  const faults = wrong.filter((line) => !line.includes('/state') && !line.includes('debug mode'));
  if (said.status === 0 && faults.length === 0) return null;
  return diagnostic('E_LOGROTATE_REFUSED', 'refusing to install what logrotate does not take', {
    at: path,
    detail: [
      'want logrotate to read it without a word',
      `found ${said.status === null ? 'no end to it' : `exit status ${said.status}`}`,
      ...faults.slice(0, 5).map((line) => line.slice(0, 200)),
    ],
    hint: 'see what is in its way, with the lines that it names',
  });
}
