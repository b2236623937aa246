// `monitor` and `record`: apart from the other commands that watch space, because they run often and start faster so.

import type { FlagsOf } from '../catalogue/commands.ts';
import { withUsedPercent } from '../layout/monitoring.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { monitorCommand, recordCommand } from '../monitor/monitor.ts';
import { renderMonitor, renderMonitorSummary } from '../monitor/monitor-text.ts';
import type { Thresholds } from '../monitor/report-document.ts';
import { type Call, type Handlers, type Shown, shown } from './handler.ts';

type Monitor = Call<'monitor'>;

export const monitorCommands: Handlers<'monitor' | 'record'> = {
  async monitor(call) {
    const { context, flags, paint } = call;
    if (flags.watch !== undefined) return watch(call, flags.watch === true ? 5 : flags.watch);
    const thresholds = thresholdsOf(flags);
    const given = await monitorCommand(context, {
      thresholds,
      record: flags.record,
      timeoutMs: milliseconds(flags.timeout),
      orReport: true,
    });
    const at = given.result?.reported?.at ?? context.now();
    if (flags.nagios) {
      const { renderNagios } = await import('./space.ts');
      const monitoring =
        thresholds === null ? context.monitoring : withUsedPercent(context.monitoring, thresholds);
      return shown(given, (result) => renderNagios(result, monitoring));
    }
    if (flags.prometheus !== undefined) {
      const { writeOutput, renderPrometheus } = await import('./space.ts');
      const { prometheus } = flags;
      return shown(given, (result) => {
        // Keep the old file: the staleness alert then fires. Numbers of another disk would end its alerts.
        if (result.otherDisk !== null) return null;
        const metrics = renderPrometheus(result, at, context.program);
        if (prometheus === true || prometheus === '-') return metrics.trimEnd();
        writeOutput(prometheus, { what: 'metrics', text: metrics, mode: 0o644 });
        return null;
      });
    }
    return shown(given, (result) =>
      flags.summary ? renderMonitorSummary(result, at) : renderMonitor(result, at, paint),
    );
  },

  async record({ context, flags }) {
    const given = await recordCommand(context, { timeoutMs: milliseconds(flags.timeout) });
    const at = context.now();
    return shown(given, (result) => renderMonitorSummary(result, at));
  },
};

/** Until somebody leaves it: there is no answer to show. */
async function watch({ context, flags, paint }: Monitor, seconds: number): Promise<Shown> {
  const { openTerminal, watchCommand } = await import('./space.ts');
  const terminal = openTerminal({ input: process.stdin, output: process.stdout });
  const given = await watchCommand(context, {
    intervalSeconds: seconds,
    thresholds: thresholdsOf(flags),
    timeoutMs: milliseconds(flags.timeout),
    terminal,
    paint,
  });
  return shown(given, () => null);
}

/** With one of -w and -c the other has its usual value. */
function thresholdsOf({ warning, critical }: FlagsOf<'monitor'>): Thresholds | null {
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
