// What people read of a schedule: the very text of its files, all else within 80 columns, and the next thing to type.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import { createPaint } from '../messages/paint.ts';
import { type ScheduleOptions, scheduleCommand } from './schedule-command.ts';
import { renderSchedule } from './schedule-text.ts';

const SELF = { launcher: '/srv/jts-hot/bin/jts-hot', node: '/usr/bin/node' };

function host(): MemoryHost {
  return createHost({ runsSystemd: true, tools: [...TOOLS, 'systemctl'] });
}

async function shown(on: MemoryHost, options: Partial<ScheduleOptions> = {}) {
  const all = { kind: null, act: 'show', replace: false, self: SELF, flags: [], ...options } as const;
  const { result } = await scheduleCommand(contextOf(on), all);
  assert.ok(result !== null);
  const text = renderSchedule(result, createPaint(false));
  assert.equal(stripVTControlCharacters(renderSchedule(result, createPaint(true))), text);
  return { text, result };
}

/** All but the files' own text, which is given just as it is written. */
function wordsOf(text: string, files: readonly { readonly text: string }[]): readonly string[] {
  return files.reduce((rest, file) => rest.replace(file.text, ''), text).split('\n');
}

describe('show', () => {
  it('has every file as it would be written, and says how to install them', async () => {
    for (const kind of ['cron', 'systemd'] as const) {
      const { text, result } = await shown(host(), { kind });
      for (const file of result.files) assert.ok(text.includes(`${file.path}: not there\n${file.text}`));
      assert.match(text, new RegExp(`Install them: {2}sudo jts-hot schedule --${kind} --install$`));
    }
  });

  it('says what is installed, and how to take it away', async () => {
    const made = host();
    await shown(made, { act: 'install' });
    const { text } = await shown(made);
    assert.match(text, /^Systemd timers: installed\.$/m);
    assert.match(text, /^ {2}jts-hot-record\.timer: enabled, waiting for its time$/m);
    assert.match(text, /Take them away: {2}sudo jts-hot schedule --remove$/);
    made.prepare.remove('/etc/logrotate.d/jts-hot');
    made.prepare.file('/etc/logrotate.d/jts-hot', { text: 'edited\n' });
    const edited = await shown(made);
    assert.match(edited.text, /^\/etc\/logrotate\.d\/jts-hot: somebody else's, or edited$/m);
    assert.match(edited.text, /E_FOREIGN_FILE/);
    assert.doesNotMatch(edited.text, /Install them|Take them away/);
  });
});

it('fits 80 columns, whatever was done', async () => {
  const made = host();
  for (const options of [
    {},
    { kind: 'cron' },
    { act: 'install' },
    { act: 'install' },
    { act: 'install', kind: 'cron' },
    { act: 'remove' },
    { act: 'remove' },
    { act: 'install', flags: ['--base', '/srv/$HOME'] },
  ] as const) {
    const { text, result } = await shown(made, options);
    assert.notEqual(text, '');
    for (const line of wordsOf(text, result.files)) assert.ok(line.length <= 80, line);
  }
});
