// Real file systems on real loop devices of the kernel that runs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { requires } from '../../../test/requirement.ts';
import type { FileSystemTrial, FileSystemTrialRequest } from '../../port/file-system-on.ts';
import { openScratch } from '../scratch.ts';
import { openTree } from '../tree.ts';
import { judge, TRIAL_BYTES, TRIAL_PLACE, tryFileSystemOn } from './trial.ts';

async function tryOut(request: FileSystemTrialRequest): Promise<FileSystemTrial> {
  const scratch = openScratch(openTree('/', '/data/jts/hot'), TRIAL_PLACE, TRIAL_BYTES);
  try {
    return await tryFileSystemOn(scratch, request);
  } finally {
    scratch.close();
  }
}

const XFS = ['-m', 'crc=1,reflink=1'];
const EXT4 = ['-O', 'none,has_journal,filetype,extent,64bit,metadata_csum', '-b', '4096'];
const NO_JOURNAL = ['-O', 'none,filetype,extent', '-b', '4096'];

/** Loop devices that show a file without a name in our place. */
function loopsLeft(): readonly string[] {
  return readdirSync('/sys/block')
    .filter((name) => /^loop\d/.test(name))
    .flatMap((name) => {
      try {
        const file = readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8');
        return file.startsWith(`${TRIAL_PLACE}/#`) ? [name] : [];
      } catch {
        return [];
      }
    });
}

async function requireNothingLeft(): Promise<void> {
  for (let i = 0; i < 100 && loopsLeft().length > 0; i += 1) await setTimeout(50);
  assert.deepEqual(loopsLeft(), []);
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(`${TRIAL_PLACE}/#`));
}

describe('what is tried before it is written', () => {
  it('works, with all options as they are shown in the table of mounts', async (t) => {
    if (!requires(t, 'root', 'loop device', 'XFS and mkfs.xfs')) return;
    assert.deepEqual(
      await tryOut({ type: 'xfs', words: XFS, mountOptions: ['noatime', 'logbsize=256k', 'inode64'] }),
      { ok: true },
    );
    assert.deepEqual(
      await tryOut({ type: 'ext4', words: EXT4, mountOptions: ['noatime', 'data=ordered', 'commit=5'] }),
      { ok: true },
    );
    // In other words than it was given.
    assert.deepEqual(await tryOut({ type: 'xfs', words: XFS, mountOptions: ['logbsize=262144'] }), {
      ok: true,
    });
    await requireNothingLeft();
  });

  for (const [name, request, options] of [
    [
      'data=writeback without a journal',
      { type: 'ext4', words: NO_JOURNAL, mountOptions: ['noatime', 'data=writeback'] },
      ['data=writeback'],
    ],
    ['nobarrier on XFS', { type: 'xfs', words: XFS, mountOptions: ['noatime', 'nobarrier'] }, ['nobarrier']],
    ['largeio on ext4', { type: 'ext4', words: EXT4, mountOptions: ['noatime', 'largeio'] }, ['largeio']],
    [
      'noatime and relatime together',
      { type: 'xfs', words: XFS, mountOptions: ['noatime', 'relatime'] },
      ['relatime'],
    ],
  ] as const)
    it(`does not: ${name}`, async (t) => {
      if (!requires(t, 'root', 'loop device', 'XFS and mkfs.xfs')) return;
      const trial = await tryOut(request);
      assert.ok(!trial.ok);
      assert.deepEqual(trial.options, options);
      assert.match(trial.said, /mount/);
      await requireNothingLeft();
    });

  it('cannot be made', async (t) => {
    if (!requires(t, 'root', 'loop device', 'XFS and mkfs.xfs')) return;
    const trial = await tryOut({ type: 'xfs', words: ['-m', 'flux=1'], mountOptions: ['noatime'] });
    assert.ok(!trial.ok);
    assert.deepEqual(trial.options, []);
    assert.match(trial.said, /flux/);
  });

  it('leaves nothing when it is killed at any time', async (t) => {
    if (!requires(t, 'root', 'loop device', 'XFS and mkfs.xfs')) return;
    const script = `
      import { openScratch } from ${JSON.stringify(import.meta.resolve('../scratch.ts'))};
      import { openTree } from ${JSON.stringify(import.meta.resolve('../tree.ts'))};
      import { tryFileSystemOn } from ${JSON.stringify(import.meta.resolve('./trial.ts'))};
      const scratch = openScratch(openTree('/', '/data/jts/hot'), '${TRIAL_PLACE}', ${TRIAL_BYTES});
      console.log('begun');
      for (;;) await tryFileSystemOn(scratch, { type: 'xfs', words: ['-f'], mountOptions: ['noatime', 'relatime'] });`;
    for (let i = 0; i < 4; i += 1) {
      const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      while (loopsLeft().length === 0) {
        assert.equal(child.exitCode, null);
        await setTimeout(1);
      }
      await setTimeout(i * 40);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      await requireNothingLeft();
    }
  });
});

test('of what is shown: in other words, not at all, or by another in its place', () => {
  const none = { shown: ['rw', 'relatime', 'logbsize=32k'] };
  const alone = (...shown: readonly string[]) => ({ shown: ['rw', ...shown] });
  const all = { shown: ['rw', 'noatime', 'logbsize=256k'] };
  assert.deepEqual(
    judge({ options: ['logbsize=262144'], all, none, each: [alone('relatime', 'logbsize=256k')] }),
    { ok: true },
  );
  assert.deepEqual(
    judge({ options: ['data=ordered'], all, none, each: [alone('relatime', 'logbsize=32k')] }),
    {
      ok: true,
    },
  );
  const lost = judge({ options: ['relatime'], all, none, each: [alone('relatime', 'logbsize=32k')] });
  assert.ok(!lost.ok && lost.options.join() === 'relatime');
});
