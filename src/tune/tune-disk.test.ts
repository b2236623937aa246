// `tune disk` on the host in memory: where noatime is written, what it leaves alone, that a crash anywhere is made good by the same
// command, and that rollback gives back each file byte for byte.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { FSTAB } from '../disk/wanted.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import type { TuneOptions } from './run-tuning.ts';
import { tuneDisk } from './tune-disk.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka');
const LINE = `/dev/nvme0n1p1 ${BASE} xfs defaults,relatime  0 2`;
const UNIT = 'data-jts-hot.mount';
const UNIT_FILE = `/etc/systemd/system/${UNIT}`;
const UNIT_TEXT = `[Mount]\nWhat=/dev/nvme0n1p1\nWhere=${BASE}\nOptions=rw,nofail\n`;
const DROP_IN = `/etc/systemd/system/${UNIT}.d/zz-jts-hot-noatime.conf`;

function host(prepare: (on: MemoryHost) => void = () => {}): MemoryHost {
  const on = createHost({ runsSystemd: true, tools: ['findmnt', 'mount', 'systemctl'] });
  on.prepare.directory(BASE);
  on.prepare.mount(BASE);
  on.prepare.directory('/etc/systemd/system');
  prepare(on);
  return on;
}

const inFstab = (on: MemoryHost) => on.prepare.file(FSTAB, { text: `# a\n${LINE}\n` });
const asUnit = (on: MemoryHost) => on.prepare.file(UNIT_FILE, { text: UNIT_TEXT });

async function tune(on: MemoryHost, options: Partial<TuneOptions> = {}) {
  const { exitCode, problems, result } = await tuneDisk(contextOf(on, LAYOUT), {
    act: 'apply',
    isDry: false,
    replace: false,
    ...options,
  });
  assert.ok(result !== null);
  return { exitCode, codes: problems.map(({ code }) => code), result };
}

async function rollBack(on: MemoryHost): Promise<void> {
  const { result } = await rollbackCommand(contextOf(on, LAYOUT), null);
  assert.ok(result !== null && result.outcome === 'applied', JSON.stringify(result));
  assert.deepEqual(result.left, []);
}

/** What there is below /etc, without what tells a file from one that was written anew; and how the base is mounted. */
function state(on: MemoryHost): string {
  const lines = on.snapshot().split('\n');
  const files = lines
    .filter((line) => line.startsWith('/etc'))
    .map((line) => line.replace(/ inode \d+ born \d+/g, ''));
  return [...files, on.mountedAt(BASE).options.join(',')].join('\n');
}

describe('noatime', () => {
  it('is written into fstab, with a copy beside it, and taken back', async () => {
    const on = host(inFstab);
    const before = state(on);
    assert.equal((await tune(on, { act: 'check' })).exitCode, 1);
    assert.equal(state(on), before);
    const { exitCode, result } = await tune(on);
    assert.equal(exitCode, 0);
    assert.equal(on.text(FSTAB), `# a\n${LINE.replace('relatime', 'noatime ')}\n`);
    assert.equal(on.text(`${FSTAB}.2026-01-01.jts-hot`), `# a\n${LINE}\n`);
    assert.ok(on.mountedAt(BASE).options.includes('noatime'));
    assert.deepEqual(
      result.rows.map(({ now, isNow, forGood, isForGood }) => ({ now, isNow, forGood, isForGood })),
      [{ now: 'noatime', isNow: true, forGood: FSTAB, isForGood: true }],
    );
    assert.equal((await tune(on, { act: 'check' })).exitCode, 0);
    assert.equal((await tune(on)).result.outcome, 'unchanged');
    await rollBack(on);
    assert.equal(state(on), before);
  });

  it('of a service with a file system of its own, too: one change of fstab, and both are taken back', async () => {
    const at = `${BASE}/kafka`;
    const uuid = '0a1b2c3d-0000-8000-8000-00000000000a';
    const own = `UUID=${uuid} ${at} xfs defaults,relatime  0 2`;
    const on = createHost({
      runsSystemd: true,
      tools: ['findmnt', 'mount', 'systemctl'],
      mounts: [{ service: 'kafka', path: at, uuid }],
    });
    on.prepare.directory(BASE);
    on.prepare.mount(BASE);
    on.prepare.directory(at);
    on.prepare.mount(at, 'ext4', uuid);
    on.prepare.directory('/etc/systemd/system');
    on.prepare.file(FSTAB, { text: `# a\n${LINE}\n${own}\n` });
    const before = [state(on), on.mountedAt(at).options.join(',')];
    const { exitCode, result } = await tune(on);
    assert.equal(exitCode, 0);
    assert.equal(on.text(FSTAB), `# a\n${LINE}\n${own}\n`.replaceAll('relatime', 'noatime '));
    assert.deepEqual(
      [BASE, at].map((path) => on.mountedAt(path).options.includes('noatime')),
      [true, true],
    );
    assert.deepEqual(
      result.rows.map(({ subject, isNow, isForGood }) => ({ subject, isNow, isForGood })),
      [BASE, at].map((subject) => ({ subject, isNow: true, isForGood: true })),
    );
    assert.equal((await tune(on)).result.outcome, 'unchanged');
    await rollBack(on);
    assert.deepEqual([state(on), on.mountedAt(at).options.join(',')], before);
  });

  it('shows of fstab the options that change, and no password', async () => {
    const on = host((one) =>
      one.prepare.file(FSTAB, { text: `//nas ${BASE} cifs rw,password=hunter2 0 0\n` }),
    );
    const { result } = await tune(on, { isDry: true });
    const text = JSON.stringify(result.steps);
    assert.match(text, /rw,password=\*{8},noatime/);
    assert.doesNotMatch(text, /hunter2/);
  });

  it('is written into a drop-in, with the options that the unit has', async () => {
    const on = host(asUnit);
    const before = state(on);
    assert.equal((await tune(on)).exitCode, 0);
    assert.match(on.text(DROP_IN) ?? '', /\nOptions=rw,nofail,noatime\n$/);
    assert.equal(on.text(UNIT_FILE), UNIT_TEXT);
    assert.equal((await tune(on, { act: 'check' })).exitCode, 0);
    await rollBack(on);
    assert.equal(state(on), before);
  });

  it('of a unit whose options change later the drop-in follows', async () => {
    const on = host(asUnit);
    await tune(on);
    on.prepare.remove(UNIT_FILE);
    on.prepare.file(UNIT_FILE, { text: UNIT_TEXT.replace('nofail', 'nofail,nodev') });
    assert.equal((await tune(on, { act: 'check' })).exitCode, 1);
    assert.equal((await tune(on)).exitCode, 0);
    assert.match(on.text(DROP_IN) ?? '', /\nOptions=rw,nofail,nodev,noatime\n$/);
  });

  it('the last drop-in that sets options counts, one that sets them to nothing does not', async () => {
    const on = host(asUnit);
    on.prepare.file(`/etc/systemd/system/${UNIT}.d/50.conf`, {
      text: '[Mount]\nOptions=ro\nOptions=nodev, \\\n  noexec\n',
    });
    on.prepare.file(`/usr/lib/systemd/system/${UNIT}.d/60.conf`, { text: '[Mount]\nOptions=\n' });
    await tune(on);
    assert.match(on.text(DROP_IN) ?? '', /\nOptions=nodev, {4}noexec,noatime\n$/);
  });

  it('a unit that has it already needs none', async () => {
    const on = host((one) => one.prepare.file(UNIT_FILE, { text: UNIT_TEXT.replace('nofail', 'noatime') }));
    assert.equal((await tune(on)).exitCode, 0);
    assert.equal(on.entry(DROP_IN).type, 'missing');
  });

  it('both are written where fstab and a unit mount it', async () => {
    const on = host((one) => {
      inFstab(one);
      asUnit(one);
    });
    assert.equal((await tune(on)).exitCode, 0);
    assert.match(on.text(FSTAB) ?? '', /defaults,noatime/);
    assert.match(on.text(DROP_IN) ?? '', /noatime/);
  });

  it("somebody else's file in the place of the drop-in is refused", async () => {
    const on = host(asUnit);
    on.prepare.file(DROP_IN, { text: '[Mount]\nOptions=rw\n' });
    const { exitCode, codes } = await tune(on);
    assert.deepEqual([exitCode, codes], [3, ['E_FOREIGN_FILE']]);
  });

  it('a second copy of one day has another name', async () => {
    const on = host(inFstab);
    on.prepare.file(`${FSTAB}.2026-01-01.jts-hot`, { text: 'of this morning\n' });
    await tune(on);
    assert.equal(on.text(`${FSTAB}.2026-01-01.2.jts-hot`), `# a\n${LINE}\n`);
    assert.equal(on.text(`${FSTAB}.2026-01-01.jts-hot`), 'of this morning\n');
  });

  for (const [what, prepare] of [
    ['in fstab', inFstab],
    ['as a unit', asUnit],
  ] as const)
    it(`${what}: killed anywhere, the same command completes it, and rollback gives all back`, async () => {
      const start = host(prepare);
      const before = state(start);
      const whole = start.clone();
      await tune(whole);
      const wanted = state(whole);
      for await (const { host: on, at } of killedAnywhere(start, whole, (one) => tune(one))) {
        const back = on.clone();
        assert.equal((await tune(on)).exitCode, 0, at);
        assert.equal(state(on), wanted, at);
        await rollBack(on);
        assert.equal(state(on), before, at);
        const { result } = await rollbackCommand(contextOf(back, LAYOUT), null).catch(() => ({
          result: null,
        }));
        if (result?.outcome === 'applied') assert.equal(state(back), before, `${at}, and back at once`);
      }
    });

  it('killed anywhere in its rollback, rollback again gives all back', async () => {
    const clean = host(inFstab);
    const before = state(clean);
    const start = clean.clone();
    await tune(start);
    const whole = start.clone();
    await rollBack(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, (one) =>
      rollbackCommand(contextOf(one, LAYOUT), null),
    )) {
      await rollbackCommand(contextOf(on, LAYOUT), null).catch(() => null);
      assert.equal(state(on), before, at);
    }
  });
});
