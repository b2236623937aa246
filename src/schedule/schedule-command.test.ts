// Installing, changing and removing a schedule on the host in memory: what is there afterwards, what is refused, what
// rollback gives back. Crashes: test/property/schedule.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf } from '../../test/cases/host.ts';
import {
  booted,
  CRON,
  host,
  outcome,
  PROGRAMS,
  paths,
  ROTATION,
  rollBack,
  run,
  SELF,
  snapshot,
  TIMER,
  UNITS,
} from '../../test/cases/schedule.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import { noteStarted } from '../resources/program.ts';
import { listRuns } from '../setup/rollback.ts';
import { scheduleCommand } from './schedule-command.ts';

describe('a dry run', () => {
  it('of installing and of removing shows the steps, changes nothing, waits for nobody, and works without root', async () => {
    const on = booted();
    const user = host({ runsSystemd: true, effectiveUid: 1000 });
    for (const one of [on, user]) {
      const before = one.snapshot();
      one.lock('another');
      const { exitCode, result } = await run(one, { act: 'install', isDry: true });
      assert.deepEqual([exitCode, result.outcome, result.run, result.done], [0, 'planned', null, 0]);
      assert.ok(result.steps.length > 5);
      assert.deepEqual([one.snapshot(), one.journal.runs()], [before, []]);
    }
    const installed = booted();
    const { result: dry } = await run(installed, { act: 'install', isDry: true });
    const { result: done } = await run(installed, { act: 'install' });
    assert.deepEqual(dry.steps, done.steps);
    const before = installed.snapshot();
    const { result } = await run(installed, { act: 'remove', isDry: true });
    assert.equal(result.outcome, 'planned');
    assert.equal(installed.snapshot(), before);
    assert.deepEqual(result.steps, (await run(installed, { act: 'remove' })).result.steps);
  });

  it('says what is in the way, with the exit status of a refusal', async () => {
    const on = host({ tools: [...TOOLS, 'systemctl'] });
    const { exitCode, codes, result } = await run(on, { act: 'install', kind: 'systemd', isDry: true });
    assert.deepEqual([exitCode, codes, result.outcome], [3, ['E_NO_SYSTEMD'], 'refused']);
  });
});

describe('cleaning', () => {
  const cleaning = (on: MemoryHost) => paths(on).filter((path) => path.includes('clean'));

  it('is installed where it is asked for, stays until somebody says otherwise, and is undone', async () => {
    for (const kind of ['systemd', 'cron'] as const) {
      const on = booted();
      const cleans = () =>
        kind === 'cron'
          ? (on.text('/etc/cron.d/jts-hot') ?? '').includes('jts-hot clean --delete')
          : cleaning(on).length === 3;
      await run(on, { act: 'install', kind });
      assert.equal(cleans(), false, kind);
      const before = snapshot(on);
      const asked = await run(on, { act: 'install', kind, cleans: true });
      assert.deepEqual([asked.exitCode, asked.result.outcome, cleans()], [0, 'applied', true], kind);
      assert.equal((await run(on, { act: 'install', kind })).result.outcome, 'unchanged', kind);
      const never = await run(on, { act: 'install', kind, cleans: false });
      assert.deepEqual([never.exitCode, never.result.outcome, cleans()], [0, 'applied', false], kind);
      for (let i = 0; i < 2; i += 1) await rollBack(on);
      assert.equal(snapshot(on), before, kind);
    }
  });

  it('goes with the rest', async () => {
    const on = booted();
    const before = paths(on);
    await run(on, { act: 'install', cleans: true });
    assert.equal(cleaning(on).length, 3);
    await run(on, { act: 'remove' });
    assert.deepEqual([cleaning(on), paths(on)], [[], before]);
  });
});

describe('backups', () => {
  const backing = (on: MemoryHost) => paths(on).filter((path) => path.includes('backup'));

  it('are installed where that is asked for, stay until somebody says otherwise, and are undone', async () => {
    for (const kind of ['systemd', 'cron'] as const) {
      const on = booted();
      const backsUp = () =>
        kind === 'cron'
          ? (on.text('/etc/cron.d/jts-hot') ?? '').includes('jts-hot backup run')
          : backing(on).length === 3;
      await run(on, { act: 'install', kind });
      assert.equal(backsUp(), false, kind);
      const before = snapshot(on);
      const asked = await run(on, { act: 'install', kind, backsUp: true });
      assert.deepEqual([asked.exitCode, asked.result.outcome, backsUp()], [0, 'applied', true], kind);
      assert.equal((await run(on, { act: 'install', kind })).result.outcome, 'unchanged', kind);
      const never = await run(on, { act: 'install', kind, backsUp: false });
      assert.deepEqual([never.exitCode, never.result.outcome, backsUp()], [0, 'applied', false], kind);
      for (let i = 0; i < 2; i += 1) await rollBack(on);
      assert.equal(snapshot(on), before, kind);
    }
  });

  it('go with the rest', async () => {
    const on = booted();
    const before = paths(on);
    await run(on, { act: 'install', backsUp: true });
    assert.equal(backing(on).length, 3);
    await run(on, { act: 'remove' });
    assert.deepEqual([backing(on), paths(on)], [[], before]);
  });
});

describe('show', () => {
  it('changes nothing, and says what installing would', async () => {
    const made = booted();
    const before = made.snapshot();
    const { exitCode, result } = await run(made, {});
    assert.equal(exitCode, 0);
    assert.equal(made.snapshot(), before);
    assert.deepEqual(made.journal.runs(), []);
    assert.deepEqual([result.kind, result.installed, result.outcome], ['systemd', false, 'shown']);
    // Directories, program and link, files, and two for each timer.
    assert.equal(result.steps.length, 8 + 2 + 9 + 8);
    assert.deepEqual(
      result.files.map(({ path, found }) => [path, found]),
      [
        [`${UNITS}/jts-hot-record.service`, 'missing'],
        [`${UNITS}/jts-hot-daily.service`, 'missing'],
        [`${UNITS}/jts-hot-validate.service`, 'missing'],
        [`${UNITS}/jts-hot-look.service`, 'missing'],
        [TIMER, 'missing'],
        [`${UNITS}/jts-hot-daily.timer`, 'missing'],
        [`${UNITS}/jts-hot-validate.timer`, 'missing'],
        [`${UNITS}/jts-hot-look.timer`, 'missing'],
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
      problems.map(({ code, fix }) => [code, fix]),
      [['E_NO_SYSTEMD', 'sudo jts-hot schedule --cron --install']],
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
      { unit: 'jts-hot-validate.timer', enabled: true, active: true },
      { unit: 'jts-hot-look.timer', enabled: true, active: true },
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
    assert.deepEqual(result.runs[1]?.decisions, [
      'what runs is a copy of /opt/jts-hot/bin/jts-hot',
      "may replace and remove somebody's files (--replace)",
    ]);
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

describe('the program that runs', () => {
  /** Which program is called, and which are there. */
  const standing = (made: MemoryHost) => ({
    current: made.link(`${PROGRAMS}/current`),
    there: made.names(PROGRAMS).filter((name) => name !== 'current'),
  });
  const nameOf = (made: MemoryHost) => {
    const { version, hash } = made.programFrom(SELF);
    return `${version}-${hash.slice(0, 16)}`;
  };
  /** As after `git pull` and a start. */
  const update = (made: MemoryHost, content: string): string => {
    made.prepare.program(content);
    return nameOf(made);
  };
  const install = (made: MemoryHost) => run(made, { act: 'install', kind: 'cron' });
  /** A regular run of the program that is called. */
  const starts = (made: MemoryHost) => {
    if (made.entry('/var/lib/jts-hot').type === 'missing') made.prepare.directory('/var/lib/jts-hot');
    noteStarted(made, `${PROGRAMS}/${standing(made).current}/dist/jts-hot.js`);
  };

  it('is a copy of root’s, by a path that stays; what calls it is not written anew', async () => {
    const made = host();
    const first = nameOf(made);
    const { result } = await install(made);
    assert.equal(result.program, `${PROGRAMS}/current/bin/jts-hot`);
    assert.match(made.text(CRON) ?? '', /root \/usr\/local\/libexec\/jts-hot\/current\/bin\/jts-hot monitor/);
    assert.deepEqual(standing(made), { current: first, there: [first] });
    const second = update(made, 'second');
    assert.equal((await run(made, {})).result.installed, false, 'the checkout is newer');
    const { result: updated } = await install(made);
    assert.deepEqual(
      updated.steps.map(({ do: { type } }) => type),
      ['installProgram', 'switchLink'],
    );
    assert.deepEqual(standing(made), { current: second, there: [first, second].sort() });
    assert.equal(await outcome(made, { act: 'install', kind: 'cron' }), 'unchanged');
  });

  it('is taken back by rollback, and the one before runs again', async () => {
    const made = host();
    const fresh = snapshot(made);
    const first = nameOf(made);
    await install(made);
    const before = snapshot(made);
    update(made, 'second');
    await install(made);
    assert.deepEqual(await rollBack(made), []);
    assert.equal(snapshot(made), before);
    assert.deepEqual(standing(made), { current: first, there: [first] });
    assert.deepEqual(await rollBack(made), []);
    assert.equal(snapshot(made), fresh);
  });

  it('keeps the last one that has started, until a newer one has', async () => {
    const made = host();
    const first = nameOf(made);
    await install(made);
    starts(made);
    const second = update(made, 'second');
    await install(made);
    const third = update(made, 'third');
    await install(made);
    assert.deepEqual(standing(made).there, [first, second, third].sort(), 'the second has never started');
    starts(made);
    const fourth = update(made, 'fourth');
    await install(made);
    assert.deepEqual(standing(made), { current: fourth, there: [third, fourth].sort() });
    // What made room is gone for good, and in nobody's way.
    assert.deepEqual(await rollBack(made), []);
    assert.deepEqual(standing(made), { current: third, there: [third] });
    assert.deepEqual(await rollBack(made), [
      `link ${PROGRAMS}/current: what it led to is gone: ${PROGRAMS}/${second}`,
      `program ${PROGRAMS}/${third}: link ${PROGRAMS}/current is still there`,
    ]);
  });

  it('is not switched to when it does not start', async () => {
    const made = host();
    const first = nameOf(made);
    await install(made);
    update(made, 'broken');
    const { exitCode, codes } = await install(made);
    assert.deepEqual([exitCode, codes], [1, ['E_PROGRAM_BROKEN', 'E_INCOMPLETE']]);
    assert.deepEqual(standing(made), { current: first, there: [first] });
  });

  it('is mended where somebody changed the copy, and what is not ours is left', async () => {
    const made = host();
    const first = nameOf(made);
    await install(made);
    made.prepare.remove(`${PROGRAMS}/${first}/program`);
    made.prepare.directory(`${PROGRAMS}/of-the-administrator`);
    const { result } = await install(made);
    assert.deepEqual(
      result.steps.map(({ do: { type } }) => type),
      ['installProgram'],
    );
    assert.deepEqual(await rollBack(made), []);
    assert.deepEqual(standing(made), { current: first, there: [first, 'of-the-administrator'] });
  });

  it('stays when the schedule is removed, so that rollback brings a schedule back that runs', async () => {
    const made = host();
    const first = nameOf(made);
    await install(made);
    const before = snapshot(made);
    await run(made, { act: 'remove' });
    assert.deepEqual(standing(made), { current: first, there: [first] });
    assert.deepEqual(await rollBack(made), []);
    assert.equal(snapshot(made), before);
  });

  it('takes nothing else’s place, and no place that others can change', async () => {
    for (const [spoil, code] of [
      [(made: MemoryHost) => made.prepare.file(`${PROGRAMS}/current`), 'E_PROGRAM_PLACE'],
      [(made: MemoryHost) => made.prepare.link(PROGRAMS, '/srv'), 'E_PROGRAM_PLACE'],
      [(made: MemoryHost) => made.prepare.directory('/usr/local', { mode: '2775' }), 'E_WAY_OPEN'],
    ] as const) {
      const made = host();
      spoil(made);
      const { exitCode, codes } = await install(made);
      assert.deepEqual([exitCode, codes[0]], [3, code]);
      assert.deepEqual(paths(made), []);
    }
  });
});

describe('the layout that is meant', () => {
  it('needs no quoting', async () => {
    const made = host();
    const { exitCode, codes } = await run(made, { act: 'install', flags: ['--base', '/srv/$HOME'] });
    assert.deepEqual([exitCode, codes], [3, ['E_SCHEDULE_WORD']]);
    assert.deepEqual(paths(made), []);
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
    made.prepare.remove(`${PROGRAMS}/current`);
    assert.equal(await outcome(made, { act: 'remove' }), 'applied');
    assert.deepEqual(paths(made), []);
  });

  it('needs root, as installing does', async () => {
    for (const act of ['install', 'remove'] as const)
      await assert.rejects(run(host({ effectiveUid: 1000 }), { act }), /refusing to run without root/);
  });
});
