// `plan` and `setup` of a layout with `storage:`, on a host in memory with a bare disk: from the disk to the directories and back, what
// is said without root, and where what was made is not as it should be. A real kernel: test/vm/setup.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { nvmeDisk } from '../../test/memory-host/block-devices.ts';
import type { MemoryHost, MemoryInitial } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import type { Context } from '../command/context.ts';
import { readRuns } from '../engine/journal/journal.ts';
import type { Layout } from '../layout/layout.ts';
import { storageUuid } from '../layout/storage.ts';
import { createPaint } from '../messages/paint.ts';
import { storageCommand } from '../storage/storage.ts';
import { planCommand } from './plan.ts';
import { renderPlan, renderSetup } from './plan-text.ts';
import { rollbackCommand } from './rollback.ts';
import { setupCommand } from './setup.ts';

const SMALL = smallLayout('kafka', 'redis');
const DISK = { serial: 'HOT1', namespace: 1, wwid: null };
const SHARED = {
  disk: DISK,
  allowFormat: 'HOT1',
  type: 'xfs',
  options: [],
  deviceTimeoutSeconds: 30,
} as const;
const ONE: Layout = { ...SMALL, storage: { ...SHARED, volumes: null } };
const VOLUMES: Layout = {
  ...SMALL,
  storage: {
    ...SHARED,
    volumes: {
      group: 'tier',
      keepFreePercent: 5,
      baseBytes: null,
      services: [{ service: 'kafka', type: 'ext4', sizeBytes: 6e11 }],
    },
  },
};
const CONSENTS = { confirmed: 'HOT1', backup: null, noBackup: null };
const OPTIONS = { adopt: [], strict: false, saved: null };
const PAINT = createPaint(false);

function bare({ storage }: Layout, more: MemoryInitial = {}): MemoryHost {
  const kafka = { service: 'kafka', path: `${SMALL.base}/kafka`, uuid: storageUuid({ disk: DISK }, 'kafka') };
  const host = createHost({
    tools: [...TOOLS, 'lvm'],
    devices: [nvmeDisk({ name: 'nvme1n1', serial: 'HOT1' })],
    mounts: storage?.volumes === null ? [] : [kafka],
    ...more,
  });
  host.prepare.file('/etc/fstab', { text: 'UUID=1 / ext4 defaults 0 1\n' });
  return host;
}

/** As another user than root finds it. */
function asUser(host: MemoryHost, layout: Layout, more: Partial<Context> = {}): Context {
  return contextOf({ ...host, ...host.as(1000) }, layout, { invocation: 'plan --confirm HOT1', ...more });
}

for (const [name, layout] of [
  ['one file system', ONE],
  ['a volume of a service', VOLUMES],
] as const)
  describe(`storage, ${name}`, () => {
    it('is planned whole before there is anything, set up in two runs, and then as wanted', async () => {
      const host = bare(layout);
      const before = host.snapshot();
      // A file that is written anew and back has another inode.
      const known = (text: string) => text.replaceAll(/(fstab file .*) inode \d+ born \d+/g, '$1');
      const shown = await planCommand(contextOf(host, layout), { adopt: [], consents: CONSENTS });
      assert.deepEqual([shown.exitCode, host.snapshot()], [0, before]);
      const { exitCode, result } = await setupCommand(contextOf(host, layout), {
        ...OPTIONS,
        consents: CONSENTS,
      });
      assert.deepEqual([exitCode, result?.verified, result?.run], [0, true, 2]);
      const summaries = (all: readonly { readonly summary: string }[] = []) => all.map((one) => one.summary);
      assert.deepEqual(summaries(result?.storage?.steps), summaries(shown.result?.storage?.steps));
      assert.deepEqual(summaries(result?.steps), summaries(shown.result?.steps));
      const again = await setupCommand(contextOf(host, layout), OPTIONS);
      assert.deepEqual([again.exitCode, again.result?.outcome], [0, 'unchanged']);
      assert.equal(readRuns(host.journal).length, 2);
      for (const _ of [1, 2])
        assert.equal((await rollbackCommand(contextOf(host, layout), null)).exitCode, 0);
      assert.equal(known(host.snapshot()), known(before));
    });

    it('of a disk that is not well is not made, and no image is tried', async () => {
      const log = {
        text: JSON.stringify({
          critical_warning: 4,
          percent_used: 100,
          avail_spare: 100,
          spare_thresh: 10,
          media_errors: 0,
        }),
      };
      const host = bare(layout, { health: [{ name: 'nvme1n1', controller: 'live', readOnly: false, log }] });
      const before = host.snapshot();
      const { exitCode, problems } = await setupCommand(contextOf(host, layout), {
        ...OPTIONS,
        consents: CONSENTS,
      });
      assert.deepEqual(
        [exitCode, problems.map(({ code, at }) => [code, at])],
        [3, [['E_DISK_HEALTH', 'nvme1n1']]],
      );
      assert.match(problems[0]?.detail.join('\n') ?? '', /its health is CRITICAL: /);
      assert.equal(host.snapshot(), before);
    });

    it('without root: of a bare disk nothing is said but why, and what to type', async () => {
      const host = bare(layout);
      const events = host.faults.events();
      const { exitCode, problems, result } = await planCommand(asUser(host, layout), { adopt: [] });
      assert.deepEqual(
        [exitCode, problems.map(({ code, at, fix }) => [code, at, fix])],
        [3, [['E_DISK_UNSEEN', 'nvme1n1', 'sudo jts-hot plan --confirm HOT1']]],
      );
      assert.ok(result !== null);
      assert.doesNotMatch(renderPlan(result, PAINT), /Nothing to do/);
      assert.equal(host.faults.events(), events);
    });

    it('without root: of one that is set up all is told that can be seen', async () => {
      const host = bare(layout);
      await setupCommand(contextOf(host, layout), { ...OPTIONS, consents: CONSENTS });
      const whole = await planCommand(asUser(host, layout), { adopt: [] });
      assert.deepEqual([whole.exitCode, whole.problems], [0, []]);
      assert.deepEqual(
        whole.result?.storage?.warnings.map(({ code, fix }) => [code, fix]),
        [['W_STORAGE_UNSEEN', 'sudo jts-hot plan --confirm HOT1']],
      );
      assert.ok(whole.result !== null);
      assert.match(renderPlan(whole.result, PAINT), /Nothing to do as far as can be seen\./);
      host.prepare.remove('/etc/fstab');
      host.prepare.file('/etc/fstab', { text: 'UUID=1 / ext4 defaults 0 1\n' });
      const lost = await planCommand(asUser(host, layout), { adopt: [] });
      assert.deepEqual(
        lost.result?.storage?.steps.map((step) => step.do.type),
        ['writeFile'],
      );
      const asked = { ...CONSENTS, act: 'check', isDry: true, command: 'storage --apply' } as const;
      assert.equal((await storageCommand(asUser(host, layout), asked)).exitCode, 1);
    });

    it('where what was made is not as wanted: setup goes no further, and says so', async () => {
      const host = bare(layout);
      const { perform } = host;
      // Somebody else writes the file anew as soon as ours is written.
      const meddling: MemoryHost = {
        ...host,
        perform(operation) {
          perform(operation);
          if (operation.type === 'mountFileSystem') {
            host.prepare.remove('/etc/fstab');
            host.prepare.file('/etc/fstab', { text: 'UUID=1 / ext4 defaults 0 1\n' });
          }
        },
      };
      const { exitCode, problems, result } = await setupCommand(contextOf(meddling, layout), {
        ...OPTIONS,
        consents: CONSENTS,
      });
      assert.deepEqual([exitCode, problems.map(({ code }) => code)], [1, ['E_NOT_VERIFIED']]);
      assert.deepEqual([result?.outcome, result?.run, result?.verified], ['applied', null, false]);
      assert.ok(result !== null);
      const text = renderSetup(result, PAINT);
      assert.doesNotMatch(text, /null|Verified|Prove it/);
      assert.match(
        text,
        /recorded as run 1\.\n\nNothing was made in .*\n( .*\n)?Undo it: {3}sudo jts-hot rollback 1$/,
      );
      assert.equal(host.entry(`${layout.base}/redis`).type, 'missing');
    });
  });
