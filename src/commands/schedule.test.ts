// Installing, changing and removing a schedule on the host in memory: what is there afterwards, what is refused, what
// rollback gives back, and that a crash anywhere is made good by the same command.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { linesOf } from '../../test/recorded.ts';
import { Crash, type CrashMoment, type MemoryHost, type MemoryInitial } from '../host/memory.ts';
import { asidePath } from '../operation.ts';
import { TOOLS } from '../preflight.ts';
import { listRuns, rollbackCommand } from './rollback.ts';
import { type ScheduleOptions, type ScheduleResult, scheduleCommand } from './schedule.ts';

const SELF = '/opt/jts-hot/bin/jts-hot';
const CRON = '/etc/cron.d/jts-hot';
const ROTATION = '/etc/logrotate.d/jts-hot';
const UNITS = '/etc/systemd/system';
const TIMER = `${UNITS}/jts-hot-record.timer`;
const ALL_TOOLS = [...TOOLS, 'systemctl', 'cron', 'logrotate'];

function host(initial: MemoryInitial = {}): MemoryHost {
  const made = createHost({ tools: ALL_TOOLS, ...initial });
  made.prepare.file(SELF, { mode: '0755' });
  made.prepare.link('/usr/local/bin/jts-hot', SELF);
  return made;
}

/** Where systemd runs. */
function booted(): MemoryHost {
  return host({ runsSystemd: true });
}

async function run(on: MemoryHost, options: Partial<ScheduleOptions>, invocation = 'schedule') {
  const all = { kind: null, act: 'show', replace: false, self: SELF, flags: [], ...options } as const;
  const { exitCode, problems, result } = await scheduleCommand(contextOf(on, undefined, { invocation }), all);
  assert.ok(result !== null);
  return { exitCode, codes: problems.map(({ code }) => code), problems, result };
}

async function outcome(
  on: MemoryHost,
  options: Partial<ScheduleOptions>,
): Promise<ScheduleResult['outcome']> {
  return (await run(on, options)).result.outcome;
}

async function rollBack(on: MemoryHost, wanted: number | null = null): Promise<readonly string[]> {
  const { result } = await rollbackCommand(contextOf(on), wanted);
  assert.ok(result !== null && result.outcome !== 'listed');
  assert.ok(result.outcome === 'applied' || result.outcome === 'unchanged');
  return result.left.map(({ address, why }) => `${address}: ${why}`);
}

/** A file that was removed and written again has another inode. */
function snapshot(on: MemoryHost): string {
  return on.snapshot().replace(/ inode \d+ born \d+/g, '');
}

function paths(on: MemoryHost): readonly string[] {
  return [...on.snapshot().matchAll(/^(\/etc\/\S+) (?:file|link)/gm)].map(([, path = '']) => path);
}

describe('show', () => {
  it('changes nothing, and says what installing would', async () => {
    const made = booted();
    const before = made.snapshot();
    const { exitCode, result } = await run(made, {});
    assert.equal(exitCode, 0);
    assert.equal(made.snapshot(), before);
    assert.deepEqual(made.journal.runs(), []);
    assert.deepEqual([result.kind, result.installed, result.outcome], ['systemd', false, 'shown']);
    // Directories, files, and two for each timer.
    assert.equal(result.steps.length, 4 + 5 + 4);
    assert.deepEqual(
      result.files.map(({ path, found }) => [path, found]),
      [
        [`${UNITS}/jts-hot-record.service`, 'missing'],
        [`${UNITS}/jts-hot-daily.service`, 'missing'],
        [TIMER, 'missing'],
        [`${UNITS}/jts-hot-daily.timer`, 'missing'],
        [ROTATION, 'missing'],
      ],
    );
  });

  it('needs no root', async () => {
    const made = host();
    const { result } = await scheduleCommand(contextOf({ ...made, ...made.as(1000) } as MemoryHost), {
      kind: 'cron',
      act: 'show',
      replace: false,
      self: SELF,
      flags: [],
    });
    assert.equal(result?.outcome, 'shown');
  });
});

describe('the kind', () => {
  it('is systemd where it runs, else cron; in an image, where it is installed', async () => {
    assert.equal((await run(booted(), {})).result.kind, 'systemd');
    assert.equal((await run(host(), {})).result.kind, 'cron');
    const image = host({ root: '/mnt/image' });
    assert.equal((await run(image, {})).result.kind, 'cron');
    image.prepare.file('/usr/lib/systemd/systemd', { mode: '0755' });
    assert.equal((await run(image, {})).result.kind, 'systemd');
  });

  it('stays what it is when it is installed already', async () => {
    const made = booted();
    assert.equal(await outcome(made, { act: 'install', kind: 'cron' }), 'applied');
    assert.equal(await outcome(made, { act: 'install' }), 'unchanged');
    assert.equal((await run(made, {})).result.kind, 'cron');
  });

  it('systemd is refused where it does not run, and says what to do instead', async () => {
    const made = host();
    const { exitCode, problems } = await run(made, { act: 'install', kind: 'systemd' });
    assert.equal(exitCode, 3);
    assert.deepEqual(
      problems.map(({ code, hint }) => [code, hint]),
      [['E_NO_SYSTEMD', 'jts-hot schedule --cron --install']],
    );
    assert.deepEqual(paths(made), []);
  });
});

describe('install', () => {
  it('cron: the table and the rotation, root’s and 0644; a second time nothing', async () => {
    const made = host();
    const { result, exitCode } = await run(made, { act: 'install', kind: 'cron' });
    assert.deepEqual([exitCode, result.outcome, result.run, result.installed], [0, 'applied', 1, true]);
    assert.deepEqual(paths(made), [CRON, ROTATION]);
    for (const { path, text } of result.files) {
      assert.equal(made.text(path), text);
      const entry = made.entry(path);
      assert.ok(entry.type === 'file');
      assert.deepEqual([entry.uid, entry.gid, entry.mode], [0, 0, '0644']);
    }
    const after = made.snapshot();
    const again = await run(made, { act: 'install', kind: 'cron' });
    assert.deepEqual([again.result.outcome, again.result.run], ['unchanged', null]);
    assert.equal(made.snapshot(), after);
    assert.deepEqual(made.journal.runs(), [1]);
  });

  it('systemd: units, enabled and started; a second time nothing', async () => {
    const made = booted();
    const { result } = await run(made, { act: 'install' });
    assert.deepEqual(result.timers, [
      { unit: 'jts-hot-record.timer', enabled: true, active: true },
      { unit: 'jts-hot-daily.timer', enabled: true, active: true },
    ]);
    assert.equal(await outcome(made, { act: 'install' }), 'unchanged');
  });

  it('systemd in an image: enabled, and nothing is started', async () => {
    const made = host({ root: '/mnt/image', runsSystemd: true });
    const { result } = await run(made, { act: 'install', kind: 'systemd' });
    assert.equal(result.outcome, 'applied');
    assert.deepEqual(result.timers[0], { unit: 'jts-hot-record.timer', enabled: true, active: null });
    assert.ok(!made.snapshot().includes('active '));
  });

  it('is repaired by doing it again: a file, a link, a timer that is gone', async () => {
    const made = booted();
    await run(made, { act: 'install' });
    const wanted = snapshot(made);
    made.prepare.remove(TIMER);
    made.prepare.remove(`${UNITS}/timers.target.wants/jts-hot-daily.timer`);
    made.perform({ type: 'stopUnit', unit: 'jts-hot-daily.timer' });
    assert.equal((await run(made, {})).result.installed, false);
    assert.equal(await outcome(made, { act: 'install' }), 'applied');
    assert.equal(snapshot(made).split('\n').sort().join('\n'), wanted.split('\n').sort().join('\n'));
  });

  it('is brought up to date without asking, when our own file is of an earlier run', async () => {
    const made = host();
    await run(made, { act: 'install', flags: ['--base', '/srv/a'] });
    assert.match(made.text(CRON) ?? '', /monitor -s --base \/srv\/a >>/);
    const { result } = await run(made, {});
    assert.deepEqual(
      result.files.map(({ found }) => found),
      ['older', 'as wanted'],
    );
    assert.equal(await outcome(made, { act: 'install' }), 'applied');
    assert.match(made.text(CRON) ?? '', /monitor -s >>/);
    assert.deepEqual(await rollBack(made), []);
    assert.match(made.text(CRON) ?? '', /monitor -s --base \/srv\/a >>/);
  });

  it('takes the other kind away, and rollback brings it back', async () => {
    const made = booted();
    await run(made, { act: 'install', kind: 'cron' });
    const before = snapshot(made);
    assert.equal(await outcome(made, { act: 'install', kind: 'systemd' }), 'applied');
    assert.equal(made.entry(CRON).type, 'missing');
    assert.equal(made.entry(ROTATION).type, 'file');
    assert.deepEqual(await rollBack(made), []);
    assert.equal(snapshot(made), before);
    await run(made, { act: 'install', kind: 'systemd' });
    const units = snapshot(made);
    assert.equal(await outcome(made, { act: 'install', kind: 'cron' }), 'applied');
    assert.deepEqual(paths(made), [CRON, ROTATION]);
    assert.deepEqual(await rollBack(made), []);
    assert.equal(snapshot(made).split('\n').sort().join('\n'), units.split('\n').sort().join('\n'));
  });

  it('touches no file that somebody edited, and with consent gives it back', async () => {
    const made = host();
    await run(made, { act: 'install' });
    const edited = `${made.text(CRON)}MAILTO=ops\n`;
    made.prepare.remove(CRON);
    made.prepare.file(CRON, { text: edited, mode: '0600' });
    const before = snapshot(made);
    for (const act of ['install', 'remove'] as const) {
      const { exitCode, codes, result } = await run(made, { act });
      assert.deepEqual([exitCode, codes, result.outcome], [3, ['E_FOREIGN_FILE'], 'refused']);
      assert.equal(snapshot(made), before);
    }
    for (const act of ['install', 'remove'] as const) {
      const { result } = await run(made, { act, replace: true });
      assert.equal(result.outcome, 'applied');
      assert.deepEqual(await rollBack(made), []);
      assert.equal(snapshot(made), before);
    }
    const { result } = listRuns(contextOf(made));
    assert.ok(result?.outcome === 'listed');
    assert.deepEqual(result.runs[1]?.decisions, ["may replace and remove somebody's files (--replace)"]);
    assert.equal(result.runs[1]?.command, 'schedule');
  });

  it('leaves what was edited since when it is rolled back, and says so', async () => {
    const made = host();
    await run(made, { act: 'install' });
    made.prepare.remove(CRON);
    made.prepare.file(CRON, { text: 'edited\n' });
    assert.deepEqual(await rollBack(made), [
      `file ${CRON}: somebody has changed it`,
      'directory /etc/cron.d: file /etc/cron.d/jts-hot is still there',
      'directory /etc: directory /etc/cron.d is still there',
    ]);
    assert.deepEqual(paths(made), [CRON]);
  });
});

it('is rolled back whatever disk holds the base by then', async () => {
  const made = host();
  await run(made, { act: 'install' });
  for (const path of [CRON, '/etc/cron.d']) made.prepare.remove(path);
  made.prepare.directory('/data/jts/hot');
  made.prepare.mount('/data/jts/hot');
  assert.deepEqual(await rollBack(made), []);
  assert.deepEqual(paths(made), []);
});

describe('what is called', () => {
  const called = async (made: MemoryHost, more: Partial<ScheduleOptions> = {}) =>
    (await run(made, { kind: 'cron', ...more })).result.program;

  it('is the link that stays when the checkout moves, where it leads to this program', async () => {
    const made = host();
    assert.equal(await called(made), '/usr/local/bin/jts-hot');
    made.prepare.remove('/usr/local/bin/jts-hot');
    assert.equal(await called(made), SELF);
    made.prepare.link('/usr/bin/jts-hot', '../../opt/jts-hot/bin/jts-hot');
    assert.equal(await called(made), '/usr/bin/jts-hot');
    made.prepare.file('/srv/other/bin/jts-hot', { mode: '0755' });
    assert.equal(await called(made, { self: '/srv/other/bin/jts-hot' }), '/srv/other/bin/jts-hot');
  });

  it('must be there, and need no quoting', async () => {
    for (const [self, flags, code] of [
      ['/nowhere/jts-hot', [], 'E_SCHEDULE_PROGRAM'],
      ['bin/jts-hot', [], 'E_SCHEDULE_WORD'],
      ['/srv/my tools/bin/jts-hot', [], 'E_SCHEDULE_WORD'],
      ['/srv/50%/bin/jts-hot', [], 'E_SCHEDULE_WORD'],
      [SELF, ['--base', '/srv/$HOME'], 'E_SCHEDULE_WORD'],
    ] as const) {
      const made = host();
      if (self.startsWith('/srv/')) made.prepare.file(self, { mode: '0755' });
      const { exitCode, codes } = await run(made, { act: 'install', self, flags });
      assert.deepEqual([exitCode, codes], [3, [code]], self);
      assert.deepEqual(paths(made), []);
    }
  });

  it('is warned of where others can change it', async () => {
    const made = host();
    made.prepare.chown('/opt/jts-hot', 1000, 1000);
    const { result, exitCode } = await run(made, { act: 'install' });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      result.warnings.map(({ code, detail }) => [code, detail[0]]),
      [
        [
          'W_SCHEDULE_PROGRAM',
          'want only root to be able to change it, found that others can change /opt/jts-hot',
        ],
      ],
    );
    const { result: list } = listRuns(contextOf(made));
    assert.ok(list?.outcome === 'listed');
    assert.match(list.runs[0]?.decisions[0] ?? '', /went on although root will run a program/);
  });

  it('takes no layout file that an image may not have', async () => {
    const image = host({ root: '/mnt/image' });
    await assert.rejects(
      run(image, { act: 'install', flags: ['--spec', '/tmp/a.yaml'] }),
      /cannot schedule for a layout file/,
    );
  });
});

describe('what is missing on the host', () => {
  it('is warned of: cron, logrotate', async () => {
    const made = host({ tools: TOOLS });
    const { result } = await run(made, { act: 'install', kind: 'cron' });
    assert.deepEqual(
      result.warnings.map(({ code }) => code),
      ['W_NO_CRON', 'W_NO_LOGROTATE'],
    );
    assert.equal(result.outcome, 'applied');
  });

  it('is refused where nothing works without it: systemctl for an image', async () => {
    const image = host({ root: '/mnt/image', tools: TOOLS });
    assert.deepEqual((await run(image, { act: 'install', kind: 'systemd' })).codes, ['E_NO_SYSTEMCTL']);
  });
});

describe('remove', () => {
  it('takes away what is there, whichever kind; a second time nothing', async () => {
    for (const kind of ['cron', 'systemd'] as const) {
      const made = booted();
      await run(made, { act: 'install', kind });
      const before = snapshot(made).split('\n').sort().join('\n');
      const { result } = await run(made, { act: 'remove' });
      assert.deepEqual([result.outcome, result.installed], ['applied', false]);
      assert.deepEqual(paths(made), []);
      assert.equal(await outcome(made, { act: 'remove' }), 'unchanged');
      assert.deepEqual(await rollBack(made), []);
      assert.equal(snapshot(made).split('\n').sort().join('\n'), before);
    }
  });

  it('of one kind leaves the other, and the rotation that both share', async () => {
    const made = booted();
    await run(made, { act: 'install', kind: 'cron' });
    assert.equal(await outcome(made, { act: 'remove', kind: 'systemd' }), 'unchanged');
    assert.deepEqual(paths(made), [CRON, ROTATION]);
    assert.equal(await outcome(made, { act: 'remove', kind: 'cron' }), 'applied');
    assert.deepEqual(paths(made), []);
  });

  it('works where the program itself is gone', async () => {
    const made = host();
    await run(made, { act: 'install' });
    made.prepare.remove(SELF);
    assert.equal(await outcome(made, { act: 'remove' }), 'applied');
    assert.deepEqual(paths(made), []);
  });

  it('needs root, as installing does', async () => {
    for (const act of ['install', 'remove'] as const)
      await assert.rejects(run(host({ effectiveUid: 1000 }), { act }), /refusing to run without root/);
  });
});

describe('a crash', () => {
  const MOMENTS: readonly CrashMoment[] = ['before', 'after', 'torn'];
  type Start = () => Promise<MemoryHost>;

  const fresh: Start = async () => booted();
  const installed: Start = async () => {
    const made = booted();
    await run(made, { act: 'install', kind: 'systemd' });
    return made;
  };
  const older: Start = async () => {
    const made = booted();
    await run(made, { act: 'install', kind: 'systemd', flags: ['--base', '/srv/a'] });
    return made;
  };
  const edited: Start = async () => {
    const made = await installed();
    made.prepare.remove(ROTATION);
    made.prepare.file(ROTATION, { text: 'edited\n', mode: '0600' });
    return made;
  };
  const cases: readonly (readonly [string, Start, Partial<ScheduleOptions>])[] = [
    ['installing timers', fresh, { act: 'install', kind: 'systemd' }],
    ['installing a cron table', fresh, { act: 'install', kind: 'cron' }],
    ['bringing timers up to date', older, { act: 'install', kind: 'systemd' }],
    ['changing from timers to cron', installed, { act: 'install', kind: 'cron' }],
    ['replacing an edited file', edited, { act: 'install', kind: 'systemd', replace: true }],
    ['removing', installed, { act: 'remove' }],
    ['removing an edited file', edited, { act: 'remove', replace: true }],
  ];

  async function dies(on: MemoryHost, act: () => Promise<unknown>): Promise<void> {
    await assert.rejects(act, Crash);
    on.faults.restart();
  }

  const sorted = (on: MemoryHost) => snapshot(on).split('\n').sort().join('\n');
  const ways = (on: MemoryHost) =>
    Array.from({ length: on.faults.events() }, (_, i) =>
      MOMENTS.map((moment) => ({ moment, n: i + 1 })),
    ).flat();

  for (const [what, start, options] of cases) {
    it(`anywhere in ${what} is made good by the same command, and rolled back without a trace`, async () => {
      const first = await start();
      first.faults.restart();
      const before = sorted(first);
      const whole = first.clone();
      assert.equal(await outcome(whole, options), 'applied');
      const wanted = sorted(whole);
      assert.notEqual(wanted, before);
      for (const { moment, n } of ways(whole)) {
        const about = `${moment} event ${n}`;
        const one = first.clone();
        one.faults.crash(moment, n);
        await dies(one, () => run(one, options));
        const undone = one.clone();
        await run(one, options);
        assert.equal(sorted(one), wanted, `again after a crash ${about}`);
        assert.equal(await outcome(one, options), 'unchanged');
        // Killed before its first record, it was no run.
        for (const [state, way] of [
          [one, 'of all'],
          [undone, 'at once'],
        ] as const) {
          if (sorted(state) === before && state.journal.runs().length === first.journal.runs().length)
            continue;
          const [newest] = state.journal.runs().slice(-1);
          if (newest === undefined || linesOf(state.journal, newest).length === 0) continue;
          assert.deepEqual(await rollBack(state), [], `${way} after a crash ${about}`);
          assert.equal(sorted(state), before, `rollback ${way} after a crash ${about}`);
        }
        assert.equal(undone.entry(asidePath(CRON)).type, 'missing');
      }
    });

    it(`anywhere in rolling back ${what} is made good by the same command`, async () => {
      const first = await start();
      const before = sorted(first);
      await run(first, options);
      first.faults.restart();
      const [newest = 0] = first.journal.runs().slice(-1);
      const whole = first.clone();
      assert.deepEqual(await rollBack(whole, newest), []);
      assert.equal(sorted(whole), before);
      for (const { moment, n } of ways(whole)) {
        const one = first.clone();
        one.faults.crash(moment, n);
        await dies(one, () => rollBack(one, newest));
        assert.deepEqual(await rollBack(one, newest), []);
        assert.equal(sorted(one), before, `after a crash ${moment} event ${n}`);
      }
    });
  }
});
