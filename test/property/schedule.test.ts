// A crash anywhere in installing, changing or removing a schedule on the host in memory is made good by the same command, and is
// rolled back without a trace.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asidePath } from '../../src/port/operations/aside.ts';
import type { ScheduleOptions } from '../../src/schedule/schedule-command.ts';
import { booted, CRON, outcome, ROTATION, rollBack, run, snapshot } from '../cases/schedule.ts';
import { killedAnywhere } from '../memory-host/crashes.ts';
import type { MemoryHost } from '../memory-host/memory-host.ts';
import { EACH } from '../random.ts';
import { linesOf } from '../recorded.ts';

describe('a crash', () => {
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
  const earlier: Start = async () => {
    const made = await installed();
    made.prepare.program('second');
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
    ['bringing the program up to date', earlier, { act: 'install', kind: 'systemd' }],
    ['changing from timers to cron', installed, { act: 'install', kind: 'cron' }],
    ['replacing an edited file', edited, { act: 'install', kind: 'systemd', replace: true }],
    ['removing', installed, { act: 'remove' }],
    ['removing an edited file', edited, { act: 'remove', replace: true }],
  ];

  const sorted = (on: MemoryHost) => snapshot(on).split('\n').sort().join('\n');

  for (const [what, start, options] of cases) {
    it(`anywhere in ${what} is made good by the same command, and rolled back without a trace`, async () => {
      const first = await start();
      first.faults.restart();
      const before = sorted(first);
      const whole = first.clone();
      assert.equal(await outcome(whole, options), 'applied');
      const wanted = sorted(whole);
      assert.notEqual(wanted, before);
      for await (const { host: one, at: about } of killedAnywhere(
        first,
        whole,
        (on) => run(on, options),
        EACH,
      )) {
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
      for await (const { host: one, at } of killedAnywhere(
        first,
        whole,
        (on) => rollBack(on, newest),
        EACH,
      )) {
        assert.deepEqual(await rollBack(one, newest), []);
        assert.equal(sorted(one), before, `after a crash ${at}`);
      }
    });
  }
});
