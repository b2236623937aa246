// The commands that keep the hot tier tidy and fast: which function answers each, and what its flags mean to it.
import { benchCommand } from '../baseline/bench.ts';
import { renderBench } from '../baseline/bench-text.ts';
import type { MAINTAIN } from '../catalogue/maintain.ts';
import { toDoIt } from '../command/context.ts';
import { keepHeapSmall } from '../host/heap.ts';
import { cleanCommand } from '../maintain/clean.ts';
import { renderClean } from '../maintain/clean-text.ts';
import { logsCommand } from '../maintain/logs.ts';
import type { LogsResult } from '../maintain/logs-document.ts';
import { logsInstallCommand } from '../maintain/logs-install.ts';
import { renderLogs } from '../maintain/logs-text.ts';
import type { TuneOptions } from '../tune/run-tuning.ts';
import { trimCommand } from '../tune/trim.ts';
import { renderTrim } from '../tune/trim-text.ts';
import { tuneBoth } from '../tune/tune-both.ts';
import { tuneDisk } from '../tune/tune-disk.ts';
import type { TuneResult } from '../tune/tune-document.ts';
import { explainSetting, tuneHost } from '../tune/tune-host.ts';
import { renderTune } from '../tune/tune-text.ts';
import { type Handlers, needs, noSuchWord, shown } from './handler.ts';

export const maintainCommands: Handlers<keyof typeof MAINTAIN> = {
  async clean({ context, flags, argument: service = null, paint }) {
    keepHeapSmall();
    const { delete: deletes = false, trash: trashes = false, trustClock: trustsClock = false } = flags;
    const isDry = flags.dryRun === true;
    const given = await cleanCommand(context, { service, deletes, trashes, trustsClock, isDry });
    return shown(given, (result) => renderClean(result, paint, toDoIt(context, 'clean')));
  },

  async logs({ context, flags, argument: service = null, paint }) {
    const { over = null, replace = false, dryRun: isDry = false } = flags;
    for (const [flag, isGiven] of [
      ['--replace', replace],
      ['--dry-run', isDry],
    ] as const)
      if (isGiven && !flags.install) throw needs(flag, '--install');
    const text = (result: LogsResult) => renderLogs(result, paint, toDoIt(context, 'logs'));
    if (flags.install)
      return shown<LogsResult>(await logsInstallCommand(context, { service, replace, isDry }), text);
    return shown<LogsResult>(await logsCommand(context, { service, overBytes: over }), text);
  },

  async bench({ context, flags, argument: service = null, paint }) {
    const given = await benchCommand(context, {
      service,
      mode: flags.full ? 'full' : 'quick',
      evenBusy: flags.now === true,
    });
    return shown(given, (result) => renderBench(result, paint));
  },

  async tune({ context, flags, argument: what = null, paint }) {
    const text = (result: TuneResult) => renderTune(result, paint);
    const { explain, replace = false, dryRun: isDry = false } = flags;
    if (what !== null && what !== 'disk' && what !== 'host')
      throw noSuchWord('cannot tune that', {
        at: 'WHAT',
        word: what,
        want: 'disk or host',
        hint: 'jts-hot tune',
      });
    if (explain !== undefined) {
      if (what === 'disk') throw needs('--explain', 'host');
      return shown<TuneResult>(await explainSetting(context, explain), text);
    }
    const act = flags.apply === true || isDry ? 'apply' : 'check';
    if (replace && act === 'check') throw needs('--replace', '--apply');
    const options: TuneOptions = { act, isDry, replace };
    if (what === 'disk') return shown<TuneResult>(await tuneDisk(context, options), text);
    if (what === 'host') return shown<TuneResult>(await tuneHost(context, options), text);
    return shown<TuneResult>(await tuneBoth(context, options), text);
  },

  async trim({ context, flags, paint }) {
    const given = await trimCommand(context, { isDry: flags.dryRun === true });
    return shown(given, (result) => renderTrim(result, paint));
  },
};
