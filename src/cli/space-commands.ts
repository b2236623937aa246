// The commands that watch space and have it watched, but for `monitor` and `record`: which function answers each, and what
// its flags mean to it.
import { alertCommand } from '../alerts/alert-command.ts';
import { renderAlert } from '../alerts/alert-text.ts';
import type { CommandName } from '../catalogue/commands.ts';
import type { CONFIGURE } from '../catalogue/configure.ts';
import type { DATA } from '../catalogue/data.ts';
import type { MAINTAIN } from '../catalogue/maintain.ts';
import type { SET_UP } from '../catalogue/set-up.ts';
import type { SHELL } from '../catalogue/shell.ts';
import type { STORAGE } from '../catalogue/storage.ts';
import { toDoIt } from '../command/context.ts';
import { doctorCommand } from '../doctor/doctor.ts';
import { renderDoctor } from '../doctor/doctor-text.ts';
import { isTerminal } from '../host/output.ts';
import { isDue } from '../host/run-notes.ts';
import { EXIT, STOP_SIGNALS } from '../messages/diagnostic.ts';
import { historyCommand } from '../monitor/history.ts';
import { renderHistory, renderHistoryCsv } from '../monitor/history-text.ts';
import { lookCommand } from '../monitor/look.ts';
import { serveCommand } from '../monitor/serve.ts';
import { usageCommand } from '../monitor/usage.ts';
import { renderUsage } from '../monitor/usage-text.ts';
import { scheduleCommand } from '../schedule/schedule-command.ts';
import { renderSchedule } from '../schedule/schedule-text.ts';
import { statusCommand } from '../status/status.ts';
import { renderStatus } from '../status/status-text.ts';
import { type Handlers, needs, noSuchWord, shown } from './handler.ts';
import { launcherOf, layoutWords, session, tellLine } from './session.ts';

/** A little less, so that a timer which starts early does not put it off. */
const A_DAY_MS = 23.9 * 3_600_000;

export const spaceCommands: Handlers<
  Exclude<
    CommandName,
    | keyof typeof SET_UP
    | keyof typeof CONFIGURE
    | keyof typeof MAINTAIN
    | keyof typeof DATA
    | keyof typeof SHELL
    | keyof typeof STORAGE
    | 'monitor'
    | 'record'
  >
> = {
  async doctor({ context, argument: service = null, paint }) {
    const given = await doctorCommand(context, service);
    return shown(given, (result) => renderDoctor(result, paint));
  },

  async status({ context, paint }) {
    const given = await statusCommand(context);
    return shown(given, (result) => renderStatus(result, context.now(), paint));
  },

  look: {
    before({ root }) {
      if (root === '/' && !isTerminal('stderr'))
        session.mayComplain = () => isDue('look-complained', A_DAY_MS);
    },
    async act({ context }) {
      return shown(await lookCommand(context), () => null);
    },
  },

  async usage({ context, flags, argument: service = null, paint }) {
    const given = await usageCommand(context, {
      service,
      top: flags.top,
      depth: flags.depth,
      filesOverBytes: flags.filesOver ?? null,
      logsOverBytes: flags.logsOver ?? null,
      temporaryOlderThanSeconds: flags.tmpOlderThan ?? null,
      timeoutSeconds: flags.timeout ?? null,
    });
    return shown(given, (result) => renderUsage(result, paint));
  },

  async history({ context, flags, argument: service = null, paint }) {
    const given = historyCommand(context, {
      service,
      sinceSeconds: flags.since ?? null,
      condensed: !flags.csv && !flags.json,
    });
    return shown(given, (result) =>
      flags.csv ? renderHistoryCsv(result) : renderHistory(result, paint, sparks()),
    );
  },

  async alert({ context, argument: what, paint }) {
    if (what !== 'test' && what !== 'list')
      throw noSuchWord('cannot do that with alerts', {
        at: 'WHAT',
        word: what,
        want: 'test or list',
        hint: 'jts-hot alert list',
      });
    const given = await alertCommand(context, what);
    return shown(given, (result) => renderAlert(result, paint));
  },

  async serve({ context, flags }) {
    const { listen, allowRemote = false, host: hosts = [] } = flags;
    const stop = stoppedBySignal();
    let heard = true;
    const announce = (line: string) => {
      heard &&= tellLine(`jts-hot: ${line}`);
      if (!heard) stop.abort();
    };
    const given = await serveCommand(context, { listen, allowRemote, hosts, announce, stop: stop.signal });
    return shown({ ...given, exitCode: heard ? given.exitCode : EXIT.failed }, () => null);
  },

  async schedule({ context, flags, paint }) {
    if (flags.replace && !flags.install && !flags.remove) throw needs('--replace', '--install or --remove');
    const { clean, backup } = flags;
    if (clean !== undefined && clean !== 'daily' && clean !== 'never')
      throw noSuchWord('cannot schedule cleaning so', {
        at: '--clean',
        word: clean,
        want: 'daily or never',
        hint: 'jts-hot schedule --clean daily',
      });
    if (backup !== undefined && backup !== 'daily' && backup !== 'never')
      throw noSuchWord('cannot schedule backups so', {
        at: '--backup',
        word: backup,
        want: 'daily or never',
        hint: 'jts-hot schedule --backup daily',
      });
    const given = await scheduleCommand(context, {
      cleans: clean === undefined ? null : clean === 'daily',
      backsUp: backup === undefined ? null : backup === 'daily',
      kind: flags.cron ? 'cron' : flags.systemd ? 'systemd' : null,
      act: flags.install ? 'install' : flags.remove ? 'remove' : 'show',
      replace: flags.replace === true,
      isDry: flags.dryRun === true,
      self: { launcher: launcherOf(process.argv[1] ?? ''), node: process.execPath },
      flags: layoutWords(flags),
    });
    return shown(given, (result) => renderSchedule(result, paint, toDoIt(context, 'schedule')));
  },
};

/** How a sparkline is drawn: on a terminal only, with blocks where it has them. */
function sparks(): 'blocks' | 'ascii' | null {
  if (!isTerminal('stdout')) return null;
  // locale(7): the first of these that is set decides.
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '') ? 'blocks' : 'ascii';
}

/** What runs until it is told to stop is told by these; to have been told is no failure. */
function stoppedBySignal(): AbortController {
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => stop.abort());
  return stop;
}
