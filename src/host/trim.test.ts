// Real file systems on loop devices: what fstrim gives back, which mount is meant, and how XFS divides its disk; which scheduler a
// device has, and that it is chosen for the device that was meant.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, describe, it } from 'node:test';
import { inOwnNamespace, putProgram } from '../../test/own-namespace.ts';
import type { OperationOf } from '../port/operation.ts';
import { WITHOUT_QUOTA } from '../port/project-quota.ts';
import { blockQueueOf, chooseScheduler } from './block-queue.ts';
import { readDeviceNumber } from './disk.ts';
import { limitsIn, projectQuotaOf, projectsIn } from './project/quota-of.ts';
import { allocationGroupBytes, trimmedIn, trimRange } from './trim.ts';

const MIB = 1024 ** 2;

const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8' }).trim();

inOwnNamespace(import.meta.filename, ['loop device', 'XFS and mkfs.xfs'], () => {
  const made: (() => void)[] = [];
  after(() => {
    for (const undo of made.toReversed()) undo();
  });

  /** Mounted in our namespace only. */
  function mounted(type: 'xfs' | 'ext4') {
    const image = `/var/tmp/trim-test-${process.pid}-${type}`;
    writeFileSync(image, '');
    run('truncate', '-s', '400M', image);
    run(`mkfs.${type}`, '-q', image);
    const path = run('losetup', '--find', '--show', image);
    const at = `/run/${type}`;
    made.push(() => {
      run('umount', at);
      run('losetup', '--detach', path);
      rmSync(image);
    });
    run('mkdir', at);
    run('mount', path, at);
    const usedBytes = () => statSync(image).blocks * 512;
    return { at, path, name: basename(path), usedBytes, device: readDeviceNumber('/', at) ?? '' };
  }

  const [xfs, ext4] = [mounted('xfs'), mounted('ext4')];
  const WHOLE = { offset: 0, length: null };

  describe('a range of a file system', () => {
    it('that is free is given back to its disk, and how much is told', async () => {
      writeFileSync(`${ext4.at}/large`, Buffer.alloc(64 * MIB, 1));
      run('sync', '--file-system', ext4.at);
      const full = ext4.usedBytes();
      rmSync(`${ext4.at}/large`);
      run('sync', '--file-system', ext4.at);
      const said = await trimRange(ext4.at, ext4.device, WHOLE);
      assert.ok('bytes' in said && said.bytes >= 64 * MIB, JSON.stringify(said));
      assert.ok(full - ext4.usedBytes() >= 60 * MIB, `${full} before, ${ext4.usedBytes()} now`);
    });

    it('is no more than was asked for', async () => {
      const said = await trimRange(xfs.at, xfs.device, { offset: 0, length: 32 * MIB });
      assert.ok('bytes' in said && said.bytes <= 32 * MIB, JSON.stringify(said));
    });

    it('of another mount, of none, or behind a link is left alone', async () => {
      const changed = (said: string) => ({ failed: 'E_MOUNT_CHANGED', said });
      assert.deepEqual(await trimRange(ext4.at, xfs.device, WHOLE), changed('another one is mounted there'));
      assert.deepEqual(await trimRange('/run/nowhere', xfs.device, WHOLE), changed('ENOENT'));
      symlinkSync(xfs.at, '/run/link');
      assert.deepEqual(await trimRange('/run/link', xfs.device, WHOLE), changed('ELOOP'));
    });

    it('that fstrim cannot do is told in its own words, or by how it ended', async () => {
      for (const [script, said] of [
        ['echo "fstrim: /x: the discard operation is not supported" >&2; exit 1', /not supported$/],
        ['exit 32', /^exit status 32$/],
        ['echo nothing to read here', /^nothing to read here$/],
      ] as const) {
        putProgram('fstrim', script);
        const answer = await trimRange(xfs.at, xfs.device, WHOLE);
        assert.ok('failed' in answer && answer.failed === 'E_FSTRIM', JSON.stringify(answer));
        assert.match(answer.said, said);
      }
      rmSync('/usr/local/sbin/fstrim');
    });

    it('is read of what fstrim prints', () => {
      assert.equal(trimmedIn('/data: 1.2 GiB (1288490188 bytes) trimmed\n'), 1_288_490_188);
      assert.equal(trimmedIn('/data: nothing\n'), null);
    });
  });

  it('XFS is divided into groups, as its own tool says; others are not', () => {
    const [, blocks = '', bytes = ''] =
      /agsize=(\d+) blks[\s\S]*?bsize=(\d+)/.exec(run('xfs_info', xfs.at)) ?? [];
    assert.equal(allocationGroupBytes(xfs.at), Number(blocks) * Number(bytes));
    assert.equal(allocationGroupBytes(ext4.at), null);
    assert.equal(allocationGroupBytes('/run/nowhere'), null);
  });

  describe('the queue of a device', () => {
    const scheduler = () => readFileSync(`/sys/block/${xfs.name}/queue/scheduler`, 'utf8');
    const operation = (more: Partial<OperationOf<'setScheduler'>> = {}) =>
      ({
        type: 'setScheduler',
        disk: xfs.name,
        known: null,
        from: 'none',
        to: 'mq-deadline',
        ...more,
      }) as const;

    it('is told as sysfs has it; of what is no device there is none', () => {
      const queue = blockQueueOf(xfs.name) ?? assert.fail();
      assert.deepEqual([queue.name, queue.serial, queue.wwid], [xfs.name, null, null]);
      assert.ok(queue.discardBytes > 0);
      assert.ok(queue.scheduler?.offered.includes('none'));
      for (const name of ['nvme99n1', '../block', '.', 'a/b']) assert.equal(blockQueueOf(name), null, name);
    });

    it('gets the scheduler that was planned, twice too, and back', () => {
      writeFileSync(`/sys/block/${xfs.name}/queue/scheduler`, 'none');
      for (const _ of [1, 2]) {
        chooseScheduler(operation());
        assert.match(scheduler(), /\[mq-deadline\]/);
      }
      chooseScheduler(operation({ from: 'mq-deadline', to: 'none' }));
      assert.match(scheduler(), /\[none\]/);
    });

    it('is left as it is where another device has the name, or another scheduler was chosen meanwhile', () => {
      for (const wrong of [
        operation({ known: 'eui.1' }),
        operation({ from: 'kyber' }),
        operation({ disk: 'nvme99n1' }),
      ])
        assert.throws(() => chooseScheduler(wrong), /E_CHANGED|changed|want: /, JSON.stringify(wrong));
      assert.match(scheduler(), /\[none\]/);
    });
  });

  describe('a project quota', () => {
    const asked = <T>(at: string, ask: (fd: number) => T): T => {
      const fd = openSync(at, 'r');
      try {
        return ask(fd);
      } finally {
        closeSync(fd);
      }
    };

    it('that nobody mounted is off, and why is told: of the mount, of the kernel, or of the type', () => {
      for (const [type, { at, path: source }] of Object.entries({ xfs, ext4 })) {
        const mount = { type, source };
        const quota = asked(at, (fd) => projectQuotaOf(fd, mount, {}));
        assert.ok(quota.state === 'off');
        const reasons: readonly string[] = [WITHOUT_QUOTA.notMountedSo, WITHOUT_QUOTA.noKernel];
        assert.ok(reasons.includes(quota.reason), quota.reason);
        assert.deepEqual(
          asked(at, (fd) => projectsIn(fd, mount, true)),
          { state: 'off', reason: quota.reason, type },
        );
        assert.equal(
          asked(at, (fd) => limitsIn(fd, mount, 7)),
          null,
        );
      }
      const other = { type: 'btrfs', source: '/dev/null' };
      assert.deepEqual(
        asked('/run', (fd) => projectQuotaOf(fd, other, {})),
        {
          state: 'off',
          reason: 'btrfs has no project quotas',
        },
      );
      assert.equal(
        asked('/run', (fd) => limitsIn(fd, other, 7)),
        null,
      );
    });

    it('is not asked of a device that is not the one of the mount', () => {
      for (const source of [ext4.path, '/dev/no-such-disk', 'overlay', '/run'])
        assert.equal(
          asked(xfs.at, (fd) => projectQuotaOf(fd, { type: 'xfs', source }, {})).state,
          'off',
          source,
        );
    });
  });
});
