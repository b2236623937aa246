// The commands that watch space: each its flags, and which function answers it.
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { AlertResult } from '../alerts/alert-document.ts';
import { isTerminal } from '../host/output.ts';
import { withUsedPercent } from '../layout/monitoring.ts';
import { diagnostic, EXIT, Problem, STOP_SIGNALS } from '../messages/diagnostic.ts';
import type { HistoryResult } from '../monitor/history-document.ts';
import type { LookResult } from '../monitor/look-document.ts';
import type { MonitorResult, Thresholds } from '../monitor/report-document.ts';
import type { ServeResult } from '../monitor/serve-document.ts';
import type { UsageResult } from '../monitor/usage-document.ts';
import type { ScheduleResult } from '../schedule/schedule-command.ts';
import {
  answer,
  appendOption,
  type Common,
  command,
  complainOnlyIf,
  count,
  endAtOnce,
  exitsOf,
  MONITOR_EXITS,
  needs,
  percent,
  size,
  span,
  startMeasuring,
  tellLine,
  VERSION,
} from './command-line.ts';

const TIMEOUT = 'give up what has not answered by then (default: what stands still for a minute)';

interface MonitorFlags extends Common {
  readonly summary?: true;
  readonly warning?: number;
  readonly critical?: number;
  readonly record: boolean;
  readonly nagios?: true;
  readonly prometheus?: string | true;
  readonly watch?: number | true;
}

command(
  'monitor',
  'Show who uses how much of the hot tier, largest first, and where that leads.',
  MONITOR_EXITS,
)
  .option('-s, --summary', 'one line only')
  .option(
    '-w, --warning <percent>',
    "warn from this use on, of the disk and of each plan; not the layout's levels",
    percent,
  )
  .option('-c, --critical <percent>', 'critical from this use on', percent)
  .addOption(
    new Option('--nagios', 'one line with performance data, for a plugin runner').conflicts([
      'json',
      'summary',
    ]),
  )
  .addOption(
    new Option(
      '--prometheus [file]',
      'metrics in the text format, into a file for a textfile collector or on stdout',
    ).conflicts(['json', 'summary', 'nagios']),
  )
  .addOption(
    new Option('--watch [seconds]', 'look again and again, on a terminal (default: 5); records nothing')
      .argParser(interval)
      .conflicts(['json', 'summary', 'nagios', 'prometheus']),
  )
  .option('--timeout <span>', TIMEOUT, span)
  .option('--no-record', 'only look: no sample for the history, no alerts')
  .action(async (options: MonitorFlags) => {
    await startMeasuring();
    if (options.watch !== undefined) return watch(options, options.watch === true ? 5 : options.watch);
    return answer<MonitorResult>('monitor', options, async (context, paint) => {
      const { monitorCommand, renderMonitor, renderMonitorSummary } = await import('./engine.ts');
      const thresholds = thresholdsOf(options);
      const given = await monitorCommand(context, {
        thresholds,
        record: options.record,
        timeoutMs: milliseconds(options.timeout),
      });
      const at = context.now();
      if (options.nagios) {
        const { renderNagios } = await import('./space.ts');
        const monitoring =
          thresholds === null ? context.monitoring : withUsedPercent(context.monitoring, thresholds);
        return { ...given, text: (result) => renderNagios(result, monitoring) };
      }
      if (options.prometheus !== undefined) {
        const { writeOutput, renderPrometheus } = await import('./space.ts');
        const { prometheus } = options;
        return {
          ...given,
          text: (result) => {
            // What is there grows old, and is told of as too old; numbers of another disk would end its alerts.
            if (result.otherDisk !== null) return null;
            const metrics = renderPrometheus(result, at, VERSION);
            if (prometheus === true || prometheus === '-') return metrics.trimEnd();
            writeOutput(prometheus, { what: 'metrics', text: metrics, mode: 0o644 });
            return null;
          },
        };
      }
      return {
        ...given,
        text: (result) =>
          options.summary ? renderMonitorSummary(result, at) : renderMonitor(result, at, paint),
      };
    });
  });

command(
  'record',
  'Measure, add a sample to the history, tell of changed levels. For timers.',
  exitsOf('a sample was recorded, however full the disk is', 'none was'),
)
  .option('--timeout <span>', TIMEOUT, span)
  .action(async (options: Common) => {
    await startMeasuring();
    return answer<MonitorResult>('record', options, async (context) => {
      const { recordCommand, renderMonitorSummary } = await import('./engine.ts');
      const given = await recordCommand(context, { timeoutMs: milliseconds(options.timeout) });
      const at = context.now();
      return { ...given, text: (result) => renderMonitorSummary(result, at) };
    });
  });

command(
  'look',
  'Look at the disk alone, for a timer of five minutes: its level, alerts. Says nothing of what it finds.',
  exitsOf(
    'the disk was looked at, however full it is',
    'it does not answer, or what was seen cannot be kept',
  ),
).action(async (options: Common) => {
  endAtOnce();
  const { isDue } = await import('./space.ts');
  if (options.root === '/' && !isTerminal('stderr')) complainOnlyIf(() => isDue('look-complained', A_DAY_MS));
  return answer<LookResult>('look', options, async (context) => {
    const { lookCommand } = await import('./space.ts');
    return { ...(await lookCommand(context)), text: () => null };
  });
});

/** A little less, so that a timer which starts early does not put it off. */
const A_DAY_MS = 23.9 * 3_600_000;

interface UsageFlags extends Common {
  readonly top: number;
  readonly depth: number;
  readonly filesOver?: number;
  readonly logsOver?: number;
  readonly tmpOlderThan?: number;
}

command(
  'usage',
  'Find what takes the space: the largest directories and files, large logs, old temporary files.',
  exitsOf('all of it was measured', 'a part could not be'),
)
  .argument('[service]', 'only this one')
  .option('--top <n>', 'so many of each kind', count, 10)
  .option('--depth <n>', 'directories down to this many levels below a service', count, 3)
  .option('--files-over <size>', 'files of at least this size (default: 1GB)', size)
  .option('--logs-over <size>', '*.log of at least this size (default: 100MB)', size)
  .option('--tmp-older-than <span>', '*.tmp last changed longer ago than this (default: 1d)', span)
  .option('--timeout <span>', TIMEOUT, span)
  .action(async (service: string | undefined, options: UsageFlags) => {
    await startMeasuring();
    return answer<UsageResult>('usage', options, async (context, paint) => {
      const { usageCommand, renderUsage } = await import('./space.ts');
      const given = await usageCommand(context, {
        service: service ?? null,
        top: options.top,
        depth: options.depth,
        filesOverBytes: options.filesOver ?? null,
        logsOverBytes: options.logsOver ?? null,
        temporaryOlderThanSeconds: options.tmpOlderThan ?? null,
        timeoutSeconds: options.timeout ?? null,
      });
      return { ...given, text: (result) => renderUsage(result, paint) };
    });
  });

command(
  'history',
  'Show how the use of the disk and of each service has grown.',
  exitsOf('shown', 'nothing was recorded yet, or it cannot be read'),
)
  .argument('[service]', 'every sample of this one; disk: of the whole disk')
  .option('--since <span>', 'only so far back, for example 7d', span)
  .addOption(new Option('--csv', 'as comma-separated values').conflicts('json'))
  .action((service: string | undefined, options: Common & { since?: number; csv?: true }) =>
    answer<HistoryResult>('history', options, async (context, paint) => {
      const { historyCommand, renderHistory, renderHistoryCsv } = await import('./space.ts');
      const given = historyCommand(context, {
        service: service ?? null,
        sinceSeconds: options.since ?? null,
        condensed: !options.csv && !options.json,
      });
      return {
        ...given,
        text: (result) => (options.csv ? renderHistoryCsv(result) : renderHistory(result, paint, sparks())),
      };
    }),
  );

command(
  'alert',
  'Try the channels that alerts go through, or list them and what they delivered.',
  exitsOf('every channel has delivered the test; listed', 'one has not'),
)
  .argument('[what]', 'test or list', 'list')
  .action((what: string, options: Common) =>
    answer<AlertResult>('alert', options, async (context, paint) => {
      if (what !== 'test' && what !== 'list')
        throw new Problem(EXIT.usage, [
          diagnostic('E_USAGE', 'cannot do that with alerts', {
            at: 'WHAT',
            detail: `want test or list; found ${JSON.stringify(what)}`,
            hint: 'jts-hot alert list',
          }),
        ]);
      const { alertCommand, renderAlert } = await import('./space.ts');
      const given = await alertCommand(context, what);
      return { ...given, text: (result) => renderAlert(result, paint) };
    }),
  );

command(
  'serve',
  'Answer scrapes with the last recorded report. Never measures by itself.',
  exitsOf('was told to end, by a signal too', 'cannot listen there'),
)
  .requiredOption('--metrics', 'for Prometheus, at /metrics')
  .option('--listen <address>', 'address and port', '127.0.0.1:9847')
  .option('--allow-remote', 'agree to answer other machines too')
  .option(
    '--host <name>',
    'a name it may be asked by, beside addresses and localhost; repeatable',
    appendOption,
  )
  .action((options: Common & { listen: string; allowRemote?: true; host?: readonly string[] }) =>
    answer<ServeResult>('serve', options, async (context) => {
      const { serveCommand } = await import('./space.ts');
      const { listen, allowRemote = false, host: hosts = [] } = options;
      const stop = stoppedBySignal();
      let heard = true;
      const announce = (line: string) => {
        heard &&= tellLine(`jts-hot: ${line}`);
        if (!heard) stop.abort();
      };
      const given = await serveCommand(context, { listen, allowRemote, hosts, announce, stop: stop.signal });
      return { ...given, exitCode: heard ? given.exitCode : EXIT.failed, text: () => null };
    }),
  );

interface ScheduleFlags extends Common {
  readonly cron?: true;
  readonly systemd?: true;
  readonly install?: true;
  readonly remove?: true;
  readonly replace?: true;
}

command(
  'schedule',
  'Show, install or remove the regular runs of the monitor. Recorded, and undone by rollback.',
)
  .option('--cron', 'as /etc/cron.d/jts-hot')
  .addOption(new Option('--systemd', 'as systemd timers (default where systemd runs)').conflicts('cron'))
  .option('--install', 'put them there')
  .addOption(new Option('--remove', 'take them away').conflicts('install'))
  .option('--replace', 'agree to replace and remove files that somebody else wrote or changed')
  .action((options: ScheduleFlags) =>
    answer<ScheduleResult>('schedule', options, async (context, paint) => {
      if (options.replace && !options.install && !options.remove)
        throw needs('--replace', '--install or --remove');
      const { scheduleCommand, renderSchedule } = await import('./space.ts');
      const given = await scheduleCommand(context, {
        kind: options.cron ? 'cron' : options.systemd ? 'systemd' : null,
        act: options.install ? 'install' : options.remove ? 'remove' : 'show',
        replace: options.replace === true,
        // The launcher stands beside the program, wherever that is.
        self: { launcher: resolve(process.argv[1] ?? '', '../../bin/jts-hot'), node: process.execPath },
        flags: [
          ...(options.spec === undefined ? [] : ['--spec', resolve(options.spec)]),
          ...(options.base === undefined ? [] : ['--base', options.base]),
        ],
      });
      return { ...given, text: (result) => renderSchedule(result, paint) };
    }),
  );

/** Until somebody leaves it: there is no answer to show. */
async function watch(options: MonitorFlags, seconds: number): Promise<void> {
  await answer<null>('monitor', options, async (context, paint) => {
    const { openTerminal, watchCommand } = await import('./space.ts');
    const terminal = openTerminal({ input: process.stdin, output: process.stdout });
    const given = await watchCommand(context, {
      intervalSeconds: seconds,
      thresholds: thresholdsOf(options),
      timeoutMs: milliseconds(options.timeout),
      terminal,
      paint,
    });
    return { ...given, text: () => null };
  });
}

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

/** With one of -w and -c the other has its usual value. */
function thresholdsOf({ warning, critical }: MonitorFlags): Thresholds | null {
  if (warning === undefined && critical === undefined) return null;
  const warningPercent = warning ?? 80;
  const criticalPercent = critical ?? 90;
  if (warningPercent <= criticalPercent) return { warningPercent, criticalPercent };
  throw new Problem(EXIT.usage, [
    diagnostic('E_THRESHOLDS', 'cannot warn later than critical', {
      at: '-w, -c',
      detail: `want -w at most -c, found -w ${warningPercent} -c ${criticalPercent}`,
      hint: 'for example: jts-hot monitor -w 75 -c 85',
    }),
  ]);
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000;
}

function interval(value: string): number {
  const seconds = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || seconds < 1 || seconds > 3600)
    throw new InvalidArgumentError('want a number of seconds from 1 to 3600.');
  return seconds;
}
