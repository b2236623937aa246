// The scan against du, on real trees and while others change them: the same numbers, nothing left open, nothing outside.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { UNREADABLE_KEPT } from '../../src/port/measure.ts';
import { requires } from '../requirement.ts';
import { attacker } from './attacker.ts';
import type { Ask, Told } from './scan-driver.ts';
import { growTrees } from './scan-tree.ts';
import { REPOSITORY, startHost } from './throwaway-host.ts';

const DRIVER = join(REPOSITORY, 'test/e2e/scan-driver.ts');
const CHURN = join(REPOSITORY, 'test/e2e/scan-churn.ts');
const ENTRIES = join(REPOSITORY, 'test/e2e/scan-entries.ts');

let top = '';
before(() => {
  top = mkdtempSync(join(tmpdir(), 'scan-'));
});
after(() => {
  // Node's own removal goes by path, which ends at PATH_MAX.
  spawnSync('rm', ['-rf', top]);
});

function fresh(name: string): string {
  const path = join(top, name);
  mkdirSync(path);
  return path;
}

/** `limit`: a shell's `ulimit` words. */
function measure(ask: Ask, limit = ''): Told {
  const argv = ['-c', `${limit === '' ? '' : `ulimit ${limit};`} exec "$@"`, 'sh', process.execPath, DRIVER];
  return toldBy(spawnSync('sh', [...argv, JSON.stringify(ask)], { encoding: 'utf8', maxBuffer: 1 << 28 }));
}

function toldBy({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): Told {
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout) as Told;
}

/** One number a path, from one du: what has names in several paths counts in the first. */
function du(options: readonly string[], paths: readonly string[]): readonly number[] {
  const { status, stdout, stderr } = spawnSync('du', ['-s', '-x', ...options, '--', ...paths], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return numbersIn(stdout);
}

function numbersIn(text: string): readonly number[] {
  return text
    .trim()
    .split('\n')
    .map((line) => Number(line.split('\t')[0]));
}

/** Lengths of files and links, each once. du would add those of directories. */
function lengthsIn(paths: readonly string[]): readonly number[] {
  const seen = new Set<number>();
  const lengthIn = (directory: Buffer): number => {
    let sum = 0;
    for (const name of readdirSync(directory, { encoding: 'buffer' })) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const stats = lstatSync(path);
      if (stats.isDirectory()) sum += lengthIn(path);
      else if (!seen.has(stats.ino) && (stats.isFile() || stats.isSymbolicLink())) sum += stats.size;
      seen.add(stats.ino);
    }
    return sum;
  };
  return paths.map((path) => lengthIn(Buffer.from(path)));
}

describe('on random trees the scan counts what du counts', () => {
  for (const seed of [1, 2, 3])
    it(`seed ${seed}`, () => {
      const base = fresh(`random-${seed}`);
      const names = ['a', 'b', 'c'];
      growTrees(base, { trees: names, entries: 1500, seed });
      for (const order of [names, names.toReversed()]) {
        const trees = order.map((name) => join(base, name));
        const { measured, fds } = measure({ base, trees, depth: 2, times: 2 });
        for (const { trees: found, entries, linksBeyond, timedOut } of measured) {
          assert.deepEqual(
            found.map(({ total }) => total.diskBytes),
            du(['--block-size=1'], trees),
          );
          assert.deepEqual(
            found.map(({ total }) => total.inodes),
            du(['--inodes'], trees),
          );
          assert.deepEqual(
            found.map(({ total }) => total.apparentBytes),
            lengthsIn(trees),
          );
          assert.deepEqual([linksBeyond, timedOut], [0, false]);
          assert.ok(entries >= found.reduce((sum, { total }) => sum + total.inodes, 0));
          assert.deepEqual(
            found.flatMap(({ unreadable, mountPoints }) => [unreadable, mountPoints]).flat(),
            [],
          );
        }
        // Which directory counts what has names in several of them does not depend on which thread was faster.
        assert.deepEqual(measured[1], measured[0]);
        assert.equal(fds[1], fds[0]);
      }
    });

  it('for each directory', () => {
    const base = fresh('directories');
    mkdirSync(join(base, 'd'));
    for (const a of ['x', 'y', 'z'])
      for (const b of ['1', '2', '3'])
        for (const c of ['p', 'q']) {
          mkdirSync(join(base, 'd', a, b, c, 'deeper/still'), { recursive: true });
          writeFileSync(
            join(base, 'd', a, b, c, 'deeper/still/file'),
            Buffer.alloc(10_000 * (a.charCodeAt(0) - 119)),
          );
        }
    const { measured } = measure({ base, trees: [join(base, 'd')], depth: 3 });
    const { stdout } = spawnSync('du', ['-x', '--max-depth=3', '--block-size=1', '.'], {
      cwd: join(base, 'd'),
      encoding: 'utf8',
    });
    const wanted = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([bytes, path = '']) => [path === '.' ? '' : path.slice(2), Number(bytes)] as const);
    const found = measured[0]?.trees[0]?.directories ?? [];
    assert.deepEqual(new Map(found.map(({ path, diskBytes }) => [path, diskBytes])), new Map(wanted));
    assert.deepEqual(
      found.map(({ diskBytes }) => diskBytes),
      found.map(({ diskBytes }) => diskBytes).toSorted((a, b) => b - a),
    );
  });

  it('with a socket in it', async () => {
    const base = fresh('socket');
    mkdirSync(join(base, 'd'));
    const server = createServer().listen(join(base, 'd/socket'));
    await once(server, 'listening');
    try {
      const { measured } = measure({ base, trees: [join(base, 'd')] });
      assert.deepEqual(
        [
          measured[0]?.trees[0]?.total.diskBytes,
          measured[0]?.trees[0]?.total.inodes,
          measured[0]?.trees[0]?.files,
        ],
        [...du(['--block-size=1'], [join(base, 'd')]), 2, 0],
      );
    } finally {
      server.close();
    }
  });
});

describe('however deep', () => {
  /** 1500 levels of 12 bytes each, with a file in each and a sister for every hundredth. No path leads to the end. */
  const CHAIN = `
    const { mkdirSync, writeFileSync } = require('node:fs');
    for (let i = 0; i < 1500; i += 1) {
      if (i % 100 === 0) mkdirSync('sister');
      mkdirSync('deep-level-x');
      writeFileSync('file', '');
      process.chdir('deep-level-x');
    }
    writeFileSync('at-the-end', Buffer.alloc(8192));
    mkdirSync('closed', { mode: 0 });`;

  it('it counts below PATH_MAX, tells where with a mark for what no path can say, and holds few open', (t) => {
    if (!requires(t, 'root')) return;
    const base = fresh('deep');
    mkdirSync(join(base, 'd'), { mode: 0o755 });
    const made = spawnSync(process.execPath, ['-e', CHAIN], { cwd: join(base, 'd'), encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const nothing = { logsOverBytes: null, notLogs: [], dataPlaces: [], temporaryBefore: null };
    const find = { ...nothing, filesOverBytes: 8192, most: 5 };
    const { measured, fds } = measure({ base, trees: [join(base, 'd')], depth: 1, find }, '-n 64');
    const tree = measured[0]?.trees[0];
    assert.deepEqual([tree?.error, tree?.files, tree?.unreadable], [null, 1501, []]);
    assert.deepEqual([tree?.total.diskBytes], du(['--block-size=1'], [join(base, 'd')]));
    assert.deepEqual([tree?.total.inodes], du(['--inodes'], [join(base, 'd')]));
    assert.equal(fds[1], fds[0]);
    const path = tree?.found[0]?.path ?? '';
    assert.match(path, /^deep-level-x\/(deep-level-x\/)+…\/at-the-end$/);
    assert.ok(path.length < 4096);
    spawnSync('chmod', ['755', top, base]);
    const other = measure({ base, trees: [join(base, 'd')], uid: 65_534 }).measured[0]?.trees[0];
    assert.equal(other?.unreadableCount, 1);
    assert.match(other?.unreadable[0]?.path ?? '', /^deep-level-x\/(deep-level-x\/)+…\/closed$/);
  });
});

describe('a tree that is not what it was a moment ago', () => {
  it('counts what stays exactly, while files and directories beside it come, move and go', async () => {
    const base = fresh('churn');
    for (const name of ['d/stable', 'd/churn', 'd/other']) mkdirSync(join(base, name), { recursive: true });
    for (let i = 0; i < 40; i += 1) {
      mkdirSync(join(base, 'd/stable', `${i}`));
      for (let j = 0; j < 50; j += 1)
        writeFileSync(join(base, 'd/stable', `${i}`, `${j}`), Buffer.alloc(100 * j));
    }
    const [stable] = du(['--block-size=1'], [join(base, 'd/stable')]);
    const churn = spawn(process.execPath, [CHURN, join(base, 'd/churn'), join(base, 'd/other')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(churn.stdout, 'data');
      const looks = Array.from({ length: 50 }, () => join(base, 'd'));
      const { measured, fds } = measure({ base, trees: looks, depth: 1 });
      const found = measured[0]?.trees ?? [];
      assert.equal(found.length, looks.length);
      for (const { error, unreadable, directories } of found) {
        assert.deepEqual([error, unreadable], [null, []]);
        const { diskBytes, inodes } = directories.find(({ path }) => path === 'stable') ?? {};
        assert.deepEqual([diskBytes, inodes], [stable, 1 + 40 + 40 * 50]);
      }
      const totals = new Set(found.map(({ total }) => total.inodes));
      assert.ok(totals.size > 1, 'nothing changed meanwhile: this proved nothing');
      assert.equal(fds[1], fds[0]);
    } finally {
      churn.stdin.end();
      await once(churn, 'exit');
    }
  });

  it('never counts what is outside, while its owner swaps a directory for a link to there', async (t) => {
    if (!requires(t, 'root')) return;
    const base = fresh('attack');
    mkdirSync(join(base, 'outside'));
    for (let i = 0; i < 50; i += 1) writeFileSync(join(base, 'outside', `${i}`), Buffer.alloc(100_000));
    for (const name of ['d', 'd/inner', 'd/inner/below']) mkdirSync(join(base, name));
    for (const name of ['d', 'd/inner']) spawnSync('chown', ['nobody', join(base, name)]);
    spawnSync('chmod', ['755', top, base]);
    const argv = attacker({
      variant: 'link',
      user: 'nobody',
      path: join(base, 'd/inner'),
      target: join(base, 'outside'),
    });
    const [command = '', ...rest] = argv;
    const attack = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(attack.stdout, 'data');
      const looks = Array.from({ length: 500 }, () => join(base, 'd'));
      const totals = new Set<number>();
      // The attacker needs its turn on a processor, too.
      for (let round = 0; round < 30 && totals.size < 2; round += 1) {
        const { measured, fds } = measure({ base, trees: looks, depth: 1 });
        const found = measured[0]?.trees ?? [];
        assert.equal(found.length, looks.length);
        for (const { error, files, total, unreadable } of found) {
          assert.deepEqual([error, files, unreadable], [null, 0, []]);
          assert.ok(total.diskBytes < 100_000);
          totals.add(total.inodes);
        }
        assert.equal(fds[1], fds[0]);
      }
      assert.ok(totals.size > 1, 'it was never swapped at the moment of a look: this proved nothing');
    } finally {
      attack.kill('SIGTERM');
      await once(attack, 'exit');
    }
  });
});

describe('what cannot be read', () => {
  it('is counted itself, named with its error, the first hundred of them, and the rest is measured', (t) => {
    if (!requires(t, 'root')) return;
    const base = fresh('closed');
    mkdirSync(join(base, 'd/open'), { recursive: true });
    writeFileSync(join(base, 'd/open/file'), Buffer.alloc(5000));
    for (let i = 0; i < UNREADABLE_KEPT + 20; i += 1)
      mkdirSync(join(base, 'd', `closed ${i}`, 'in'), { recursive: true });
    mkdirSync(join(base, 'd/listed/in'), { recursive: true });
    spawnSync('sh', [
      '-c',
      'chmod 755 "$1" "$2"; chmod 0 "$2"/d/closed*; chmod 744 "$2/d/listed"',
      'sh',
      top,
      base,
    ]);
    const { measured, fds } = measure({ base, trees: [join(base, 'd')], depth: 1, uid: 65_534 });
    const tree = measured[0]?.trees[0];
    assert.deepEqual([tree?.error, tree?.files, tree?.unreadableCount], [null, 1, UNREADABLE_KEPT + 21]);
    assert.equal(tree?.unreadable.length, UNREADABLE_KEPT);
    for (const { path, error } of tree?.unreadable ?? []) {
      assert.match(path, /^(closed \d+|listed)$/);
      assert.equal(error, 'EACCES');
    }
    assert.equal(tree?.total.inodes, 1 + 2 + UNREADABLE_KEPT + 20 + 1);
    assert.equal(fds[1], fds[0]);
  });

  it('for want of descriptors is told, and ends nothing', () => {
    const base = fresh('few');
    // 100 levels with a sister each: every level on the way must stay open.
    let at = join(base, 'd');
    for (let i = 0; i < 100; i += 1) {
      mkdirSync(join(at, 'a'), { recursive: true });
      mkdirSync(join(at, 'z'));
      at = join(at, i % 2 === 0 ? 'a' : 'z');
      mkdirSync(at, { recursive: true });
    }
    const { measured, fds } = measure({ base, trees: [join(base, 'd')] }, '-n 64');
    const tree = measured[0]?.trees[0];
    assert.equal(tree?.error, null);
    for (const { error } of tree?.unreadable ?? []) assert.equal(error, 'EMFILE');
    assert.equal(
      tree?.unreadable.length === 0,
      tree?.total.inodes === du(['--inodes'], [join(base, 'd')])[0],
    );
    assert.equal(fds[1], fds[0]);
  });
});

describe('on another file system', () => {
  const base = '/data/hot';

  it('nothing is counted: not the mount point, not what is below, be it a disk, a directory or a file', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
    using host = startHost({
      disks: [
        { at: base, size: '16m' },
        { at: '/elsewhere', size: '16m' },
      ],
    });
    const script = `
      cd ${base}; mkdir -p d/disk d/same/x d/bound; echo 1 > d/file; echo 2 > d/same/file; echo 3 > d/plain
      mount -t tmpfs tmpfs d/disk; echo 4 > d/disk/file
      mount --bind d/same d/bound
      echo 5 > /elsewhere/file; mount --bind /elsewhere/file d/plain
      du -s -x --block-size=1 d`;
    const { stdout, stderr, status } = host.run(['sh', '-euc', script]);
    assert.equal(status, 0, stderr);
    const [tree] =
      toldBy(host.run([process.execPath, DRIVER, JSON.stringify({ base, trees: [`${base}/d`] })])).measured[0]
        ?.trees ?? [];
    assert.deepEqual(tree?.mountPoints, ['bound', 'disk', 'plain']);
    assert.deepEqual([tree?.files, tree?.total.inodes, tree?.unreadable], [2, 5, []]);
    // du knows devices, not mounts: what is bound from the same disk it counts twice.
    assert.deepEqual(numbersIn(stdout), [4096 + (tree?.total.diskBytes ?? 0)]);
  });

  it('a million files in one directory are as many as du says, in little memory', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
    using host = startHost({ disks: [{ at: base, size: '2g' }] });
    const made = host.run([process.execPath, ENTRIES, `${base}/d`, '1000000'], { timeoutMs: 120_000 });
    assert.equal(made.status, 0, made.stderr);
    const ask = JSON.stringify({ base, trees: [`${base}/d`] });
    const { measured, maxRssBytes, fds } = toldBy(host.run([process.execPath, DRIVER, ask]));
    const tree = measured[0]?.trees[0];
    assert.deepEqual(
      [tree?.files, tree?.total.inodes, measured[0]?.entries],
      [1_000_000, 1_000_001, 1_000_001],
    );
    assert.deepEqual(
      [tree?.total.diskBytes],
      numbersIn(host.run(['du', '-s', '-x', '--block-size=1', `${base}/d`]).stdout),
    );
    assert.equal(fds[1], fds[0]);
    // From sources, whose types are stripped by a compiler that alone takes 60 MB.
    assert.ok(maxRssBytes < 220 * 1024 * 1024, `${maxRssBytes} bytes`);
  });
});

const HANGING = join(REPOSITORY, 'test/e2e/hanging-disk.ts');

describe('what is mounted inside of a tree, and what only looks so', () => {
  it('a file by FUSE, which even root may not look at: named, and all around it is measured', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', '/dev/fuse')) return;
    const base = fresh('denied');
    const tree = join(base, 'kafka');
    mkdirSync(join(tree, 'logs'), { recursive: true });
    const mounted = join(tree, 'mounted');
    for (const path of ['a', 'mounted', 'z', 'logs/b'])
      writeFileSync(join(tree, path), Buffer.alloc(100_000, 1));
    const without = du(['--block-size=1', `--exclude=${mounted}`], [tree]);
    const behind = (argv: readonly string[]) => {
      const namespace = ['--mount', '--propagation', 'private', process.execPath, HANGING, 'denied', mounted];
      const options = { encoding: 'utf8', timeout: 60_000 } as const;
      const result = spawnSync('unshare', [...namespace, process.execPath, ...argv], options);
      assert.equal(result.status, 0, result.stderr);
      return JSON.parse(result.stdout);
    };
    const { measured } = behind([DRIVER, JSON.stringify({ base, trees: [tree] })]) as Told;
    const [found] = measured[0]?.trees ?? [];
    assert.deepEqual([found?.mountPoints, found?.unreadable, found?.files], [['mounted'], [], 3]);
    assert.deepEqual([found?.total.diskBytes], without);

    const walk = `
      import { openLinuxHost } from '${REPOSITORY}/src/host/linux.ts';
      const paths = [];
      const met = openLinuxHost({ root: '/', base: '/' }).walk('${tree}');
      for (const one of met) paths.push(one.type === 'entry' ? one.path : one);
      console.log(JSON.stringify(paths));`;
    const walked: readonly unknown[] = behind(['--input-type=module', '-e', walk]);
    const unreadable = { type: 'unreadable', path: 'mounted', error: 'EACCES' };
    assert.deepEqual(
      walked.filter((one) => typeof one === 'object' && one !== null && !('inode' in one)),
      [unreadable],
    );
    assert.equal(walked.length, 6);
  });

  it('a btrfs subvolume that a service made: is on the same disk, and counts', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'loop device', 'btrfs and mkfs.btrfs'))
      return;
    const base = fresh('btrfs');
    // Inode numbers begin anew in each subvolume; one is below another.
    const script = `
      PATH=$PATH:/usr/sbin
      truncate -s 256M "$0.image"; mkfs.btrfs -q "$0.image" > /dev/null; mount -o loop "$0.image" "$0"
      mkdir "$0/kafka"; head -c 3M /dev/urandom > "$0/kafka/a"
      for volume in kafka/one kafka/one/two; do
        btrfs subvolume create "$0/$volume" > /dev/null
        mkdir -p "$0/$volume/data/deep"; head -c 5M /dev/urandom > "$0/$volume/data/deep/file"
      done
      btrfs subvolume create "$0/kafka/three" > /dev/null
      head -c 1M /dev/urandom > "$0/kafka/three/file"
      sync -f "$0"; du -s --block-size=1 "$0/kafka" >&2; find "$0/kafka" | wc -l >&2
      exec "$@"`;
    const ask = { base, trees: [join(base, 'kafka')], depth: 1 };
    const argv = ['sh', '-ec', script, base, process.execPath, DRIVER, JSON.stringify(ask)];
    const result = spawnSync('unshare', ['--mount', '--propagation', 'private', ...argv], {
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stderr);
    const [diskBytes, entries] = numbersIn(result.stderr);
    const [found] = (JSON.parse(result.stdout) as Told).measured[0]?.trees ?? [];
    assert.deepEqual([found?.mountPoints, found?.unreadable], [[], []]);
    assert.deepEqual([found?.total.diskBytes, found?.total.inodes], [diskBytes, entries]);
    assert.ok((diskBytes ?? 0) > 14e6);
  });
});

describe('a disk that does not answer', () => {
  function onHangingDisk(how: string, base: string, argv: readonly string[]) {
    const namespace = ['--mount', '--propagation', 'private', process.execPath, HANGING, how, base];
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    return spawnSync('unshare', [...namespace, process.execPath, ...argv], options);
  }

  function measuredOn(how: string, ask: Omit<Ask, 'base' | 'trees'>) {
    const base = fresh(how);
    const request = { base, trees: [join(base, 'stuck'), join(base, 'fine')], ...ask };
    const result = onHangingDisk(how, base, [DRIVER, JSON.stringify(request)]);
    assert.equal(result.status, 0, result.stderr);
    return result;
  }

  const table = [
    ['list-killed', { timeoutMs: 6000 }],
    ['find-killed', { standstillMs: 6000 }],
    ['list', { timeoutMs: 6000 }],
  ] as const;
  for (const [how, ask] of table)
    it(`is said so of what is on it, the rest is measured, and the report ends: ${how}`, (t) => {
      if (!requires(t, 'root', 'overlay in a private mount namespace', '/dev/fuse')) return;
      const { stdout, stderr } = measuredOn(how, ask);
      assert.equal(stderr, '');
      const [json = '', rest = ''] = stdout.split('\n', 2);
      const { measured } = JSON.parse(json) as Told;
      const [stuck, fine] = measured[0]?.trees ?? [];
      assert.deepEqual([stuck?.error, stuck?.total.inodes, measured[0]?.timedOut], ['timeout', 0, true]);
      assert.deepEqual([fine?.error, fine?.files, fine?.total.apparentBytes], [null, 1, 5000]);
      // Even where the kernel lets nobody go, the output is whole and has an end.
      assert.equal(rest, how.endsWith('-killed') ? '' : 'still there');
    });

  for (const command of ['monitor', 'usage'])
    it(`is said so by ${command}, also where it answers nothing at all`, (t) => {
      if (!requires(t, 'root', 'overlay in a private mount namespace', '/dev/fuse')) return;
      const program = join(REPOSITORY, 'dist/jts-hot.js');
      const base = fresh(`all-${command}`);
      const silent = command === 'monitor' ? ['--no-record'] : [];
      const argv = [program, command, '--base', base, '--timeout', '2s', '-j', ...silent];
      const { status, stdout } = onHangingDisk('all-killed', base, argv);
      const { exitCode, problems, result } = JSON.parse(stdout);
      assert.equal(exitCode, command === 'monitor' ? 3 : 1);
      assert.equal(status, exitCode);
      assert.deepEqual([problems[0].code, result], ['E_NO_ANSWER', null]);
    });
});
