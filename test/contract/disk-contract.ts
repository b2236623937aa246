// What every host must do with the disk below a path: how it is mounted.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { accessTimesOf } from '../../src/disk/access-times.ts';
import type { Host } from '../../src/port/host.ts';
import { effectOf, type OperationOf } from '../../src/port/operation.ts';
import { nameOfMounted } from '../../src/port/operations/access-times.ts';
import { WITHOUT_QUOTA } from '../../src/port/project-quota.ts';
import { fails, isProblem, type OnHost } from './cases.ts';

type Remount = OperationOf<'setAccessTimes'>;

export function diskContract(name: string, on: OnHost): void {
  describe(`${name}: diskHealth`, () => {
    on('says nothing of disks that are no NVMe, and of none', async ({ host }) => {
      assert.deepEqual(await host.diskHealth([], 1000), []);
      assert.deepEqual(await host.diskHealth(['loop0', 'vda', 'sda'], 1000), []);
    });
  });

  describe(`${name}: projectQuota`, () => {
    on('says why there is none, of a directory that is there', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`);
      // Nobody mounts what these run on with prjquota: where it counts is seen on a kernel of its own.
      const state = host.projectQuota(`${base}/d`);
      assert.ok(state.state === 'off', JSON.stringify(state));
      const { type } = host.fileSystem(`${base}/d`);
      const reasons = [WITHOUT_QUOTA.notMountedSo, WITHOUT_QUOTA.noKernel, WITHOUT_QUOTA.noneOnType(type)];
      assert.ok(reasons.includes(state.reason), state.reason);
      assert.deepEqual(host.projectQuota(`${base}/d`, { withHigher: true }), state);
      prepare.link(`${base}/link`, `${base}/d`);
      prepare.file(`${base}/file`);
      for (const name of ['missing', 'link', 'file'])
        assert.throws(() => host.projectQuota(`${base}/${name}`), isProblem('E_LOOK'));
    });
  });

  describe(`${name}: setAccessTimes`, () => {
    const remount = (host: Host, mountPoint: string, to: Remount['to']): Remount => {
      const { holder } = host.disk(mountPoint);
      const fileSystem = nameOfMounted(holder);
      return { type: 'setAccessTimes', mountPoint, fileSystem, from: accessTimesOf(holder.options), to };
    };

    on('changes this option of a mount and no other, and back', ({ host, prepare }, base) => {
      // Of an image there are no mounts.
      if (host.root !== '/') return;
      prepare.directory(`${base}/d`);
      prepare.mount(`${base}/d`);
      const others = () => host.disk(`${base}/d`).holder.options.filter((option) => !/atime$/.test(option));
      const before = others();
      for (const to of ['strictatime', 'noatime', 'relatime', 'noatime', 'strictatime'] as const) {
        const operation = remount(host, `${base}/d`, to);
        if (operation.from !== to) assert.equal(effectOf(operation, host).state, 'open');
        host.perform(operation);
        assert.equal(effectOf(operation, host).state, 'done');
        assert.equal(accessTimesOf(host.disk(`${base}/d`).holder.options), to);
        assert.deepEqual(others(), before);
      }
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      if (host.root !== '/') return;
      prepare.directory(`${base}/d`);
      prepare.mount(`${base}/d`);
      host.perform(remount(host, `${base}/d`, 'relatime'));
      const operation = remount(host, `${base}/d`, 'noatime');
      for (const other of [
        { ...operation, from: 'strictatime' as const },
        { ...operation, fileSystem: 'another' },
        { ...operation, mountPoint: base },
      ]) {
        assert.equal(effectOf(other, host).state, 'changed', JSON.stringify(other));
        fails(host, other, 'E_CHANGED');
      }
      assert.equal(accessTimesOf(host.disk(`${base}/d`).holder.options), 'relatime');
    });
  });
}
