// All about mounts together, on the host in memory: what is done in which order, twice, killed anywhere, and back; what stays where a
// file system holds data.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, createHost, smallLayout } from '../../../test/cases/host.ts';
import { killedAnywhere } from '../../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../../test/memory-host/memory-host.ts';
import { FSTAB } from '../../disk/wanted.ts';
import { apply } from '../../engine/apply.ts';
import { openRun, readRuns } from '../../engine/journal/journal.ts';
import type { RunHeader } from '../../engine/journal/record.ts';
import { NO_CONSENT, planFor } from '../../engine/plan.ts';
import { rollback } from '../../engine/rollback.ts';
import type { Layout } from '../../layout/layout.ts';
import { type Storage, wantedFileSystems } from '../../layout/storage.ts';
import { guardPath } from './mount-guard.ts';
import { mountsWanted } from './mounts.ts';

const BASE = '/data/jts/hot';
const KAFKA = `${BASE}/kafka`;
const TEXT = '# mine\nUUID=aaaa / ext4 defaults 0 1';
const STORAGE: Storage = {
  disk: { serial: 'HOT1', namespace: 1, wwid: null },
  allowFormat: null,
  type: 'xfs',
  volumes: {
    group: 'jts-hot',
    keepFreePercent: 5,
    baseBytes: null,
    services: [{ service: 'kafka', type: 'ext4', sizeBytes: null }],
  },
  options: [],
  deviceTimeoutSeconds: 30,
};
const LAYOUT: Layout = { ...smallLayout('kafka', 'redis'), storage: STORAGE };
const HEADER: RunHeader = {
  command: 'setup',
  scope: '',
  program: 'test',
  root: '/',
  base: BASE,
  decisions: [],
  continues: null,
  mountPoint: '/',
  undoes: [],
};
const SEARCH = { base: BASE, limitMs: 1000, onProgress: () => {} };

function host(fstab: string | null = TEXT): MemoryHost {
  const on = createHost({ runsSystemd: true });
  if (fstab !== null) on.prepare.file(FSTAB, { text: fstab, mode: '0664' });
  on.prepare.directory('/etc/systemd/system');
  for (const { uuid, type } of wantedFileSystems(LAYOUT)) on.prepare.fileSystem(uuid, type);
  return on;
}

function plan(on: MemoryHost) {
  const disk = { serial: 'HOT1', namespace: 1, wwid: null, sizeBytes: 2 ** 40 };
  const all = wantedFileSystems(LAYOUT).map((fileSystem) => ({
    fileSystem,
    place: { disk, volume: fileSystem.volume },
    options: ['noatime'],
    needs: [`file system ${fileSystem.name}`],
  }));
  return planFor(on, mountsWanted(on, LAYOUT, { all, today: AT.slice(0, 10) }), NO_CONSENT);
}

async function mountAll(on: MemoryHost) {
  const { steps, refusals } = plan(on);
  assert.deepEqual(refusals, []);
  const run = openRun(on.journal, HEADER, () => AT);
  const { outcome, failure } = await apply(steps, on, { run, stopRequested: () => false });
  assert.equal(failure, null);
  assert.equal(outcome, 'applied');
}

async function undoAll(on: MemoryHost) {
  const runs = readRuns(on.journal)
    .filter(({ command }) => command === 'setup')
    .toReversed();
  const undoes = runs.map(({ run }) => run);
  const run = openRun(on.journal, { ...HEADER, command: 'rollback', undoes }, () => AT);
  const { failure, left } = await rollback(runs, on, { run, stopRequested: () => false, search: SEARCH });
  assert.equal(failure, null);
  return left;
}

/** A file that was written anew is another one, with the same in it. */
function stateOf(on: MemoryHost): string {
  return on.snapshot().replace(/^(\/etc\/fstab .*) inode \d+ born \d+/m, '$1');
}

describe('mounts', () => {
  it('are made in order: each place, its line before its mount, what lies on it after it, guards at the end', () => {
    const { steps, refusals } = plan(host());
    assert.deepEqual(refusals, []);
    assert.deepEqual(
      steps.map(({ do: { type }, address }) => `${type} ${address}`),
      [
        'makeDirectory directory /data',
        'makeDirectory directory /data/jts',
        `makeMountPoint mount point ${BASE}`,
        `writeFile file ${FSTAB}.2026-01-01.jts-hot`,
        `writeFile file ${FSTAB}`,
        `mountFileSystem mount ${BASE}`,
        `makeMountPoint mount point ${KAFKA}`,
        `mountFileSystem mount ${KAFKA}`,
        ...['kafka', 'redis-server', 'redis', 'valkey-server', 'valkey']
          .map((unit) => `makeDirectory directory /etc/systemd/system/${unit}.service.d`)
          .toSorted(),
        ...['kafka', 'redis-server', 'redis', 'valkey-server', 'valkey'].map(
          (unit) => `writeFile file ${guardPath(`${unit}.service`)}`,
        ),
      ],
    );
  });

  it('are there afterwards, twice is once, and rollback gives back each byte', async () => {
    for (const fstab of [TEXT, `${TEXT}\r\n`, '', null]) {
      const on = host(fstab);
      const before = stateOf(on);
      await mountAll(on);
      for (const { mountPoint, uuid } of wantedFileSystems(LAYOUT))
        assert.deepEqual(
          [on.disk(mountPoint).holder.mountPoint, on.disk(mountPoint).holder.uuid],
          [mountPoint, uuid],
        );
      assert.deepEqual(plan(on).steps, []);
      assert.equal(on.text(FSTAB)?.split('UUID=').length, fstab?.includes('UUID') ? 4 : 3);
      assert.match(
        on.text(guardPath('redis.service')) ?? '',
        new RegExp(`^RequiresMountsFor=${BASE}/redis$`, 'm'),
      );
      assert.deepEqual(await undoAll(on), []);
      assert.equal(stateOf(on), before);
    }
  });

  it('killed anywhere, the same again completes it, and rollback gives all back', async () => {
    const start = host();
    const before = stateOf(start);
    const whole = start.clone();
    await mountAll(whole);
    const after = whole.text(FSTAB);
    for await (const { host: on, at } of killedAnywhere(start, whole, mountAll)) {
      await mountAll(on);
      assert.deepEqual(plan(on).steps, [], at);
      assert.equal(on.text(FSTAB), after, at);
      assert.deepEqual(await undoAll(on), [], at);
      assert.equal(stateOf(on), before, at);
    }
  });

  it('with data on it a mount stays, with all that it stands on and its line', async () => {
    const on = host();
    await mountAll(on);
    on.prepare.file(`${KAFKA}/segment`, { bytes: 1 });
    const fstab = on.text(FSTAB);
    const left = await undoAll(on);
    assert.deepEqual(
      left.map(({ address }) => address),
      [
        `mount ${KAFKA}`,
        `mount point ${KAFKA}`,
        `mount ${BASE}`,
        `file ${FSTAB}`,
        `mount point ${BASE}`,
        'directory /data/jts',
        'directory /data',
      ],
    );
    assert.equal(on.text(FSTAB), fstab);
    assert.equal(on.disk(KAFKA).holder.mountPoint, KAFKA);
  });

  it('are not made over data, nor where fstab names another disk, or is no plain file', () => {
    const table: readonly (readonly [(on: MemoryHost) => void, string])[] = [
      [(on) => on.prepare.file(`${BASE}/data`, { bytes: 1 }), 'E_WOULD_HIDE'],
      [(on) => on.prepare.write(FSTAB, `/dev/sdb ${BASE} xfs defaults 0 0\n`), 'E_FSTAB_OTHER'],
      [(on) => on.prepare.write(FSTAB, '# a\r# b\n'), 'E_FSTAB_TEXT'],
      [
        (on) => {
          on.prepare.remove(FSTAB);
          on.prepare.link(FSTAB, '/etc/other');
        },
        'E_NOT_A_FILE',
      ],
      [
        (on) => {
          on.prepare.directory(BASE);
          on.prepare.mount(BASE);
        },
        'E_OTHER_MOUNTED',
      ],
    ];
    for (const [prepare, code] of table) {
      const on = host();
      prepare(on);
      assert.ok(
        plan(on).refusals.some((one) => one.code === code),
        code,
      );
    }
  });

  it('begin no new fstab where an earlier one is kept, and name the newest copy', () => {
    const on = host(null);
    assert.deepEqual(plan(on).refusals, [], 'one that was never there is made');
    for (const name of ['2026-11-09', '2026-11-10.2', '2026-11-10.10', '2026-11-10'])
      on.prepare.file(`${FSTAB}.${name}.jts-hot`, { text: TEXT, mode: '0644' });
    assert.deepEqual(
      plan(on).refusals.map(({ code, fix }) => [code, fix]),
      [['E_FSTAB_LOST', 'sudo cp -p /etc/fstab.2026-11-10.10.jts-hot /etc/fstab']],
    );
  });

  it('keep what somebody added to the line, and take back what is against ours', async () => {
    const on = host();
    await mountAll(on);
    const ours = on.text(FSTAB) ?? '';
    on.prepare.write(FSTAB, ours.replaceAll('noatime,', 'noatime,discard,'));
    assert.deepEqual(plan(on).steps, []);
    on.prepare.write(FSTAB, ours.replaceAll('noatime,', 'relatime,discard,'));
    await mountAll(on);
    assert.equal(on.text(FSTAB), ours.replaceAll('noatime,', 'noatime,discard,'));
    on.prepare.write(FSTAB, TEXT);
    await mountAll(on);
    assert.equal(on.text(FSTAB), ours);
  });
});
