// Backups of the volumes of a real Docker 20.10: a container that writes is paused and resumed, or the way there is named; what was
// restored has all of it, with owners, links, holes and attributes; a flipped bit in any file is found.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { sleep } from '../e2e/holder.ts';
import { describe as described, jtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { docker, IMAGE, makeImage } from './docker.ts';
import { directoryOf } from './parts.ts';
import { asUserOn, runInside, startUnit } from './server.ts';

const BASE = '/data/jts/hot';
const VOLUMES = `${BASE}/docker/volumes`;
const BACKUPS = `${BASE}/backup/daily/docker`;
const OTHERS = 'systemctl disable postgresql redis-server clickhouse-server 2>/dev/null || true';

function backup(host: BootedHost, words: readonly string[], expected = 0) {
  const result = host.run(jtsHot('backup', ...words), { timeoutMs: 120_000 });
  assert.equal(result.status, expected, described({ ...result, signal: null }));
  return result;
}

/** The tree has no setfattr. */
const PYTHON = ['python3', '-c', 'import os, sys; exec(sys.argv.pop(1))'] as const;

const SET_ATTRIBUTES = `os.setxattr(sys.argv[1], "user.of", b"trades")
os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000200040000" + 24 * "0"))`;
const GET_ATTRIBUTES =
  'print([(name, os.getxattr(sys.argv[1], name)) for name in sorted(os.listxattr(sys.argv[1]))])';

const isPaused = (host: BootedHost, name: string) =>
  runInside(host, ['docker', 'inspect', '--format', '{{.State.Paused}}', name]).trim() === 'true';

const FILL = `set -e
cd /words
mkdir -p deep/er
echo owned >deep/er/owned
chown 1234:5678 deep/er/owned
chmod 640 deep/er/owned
ln deep/er/owned linked
ln -s /etc/passwd outside
dd if=/dev/zero of=holes bs=1 count=1 seek=50000000 2>/dev/null
mkfifo pipe`;

const IDLE = 'while :; do sleep 1; done';
/** One line at a time, each with its number. */
const WRITE = 'i=0; while :; do i=$((i+1)); echo $i >>/busy/log; done';

it('Docker 20.10: volumes in use are refused, or paused and resumed; proved and restored they are as they were', async (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: BASE, size: '2G' }],
    prepare: OTHERS,
  });
  runInside(host, ['systemctl', 'stop', 'docker.service', 'docker.socket']);
  runInside(host, jtsHot('setup'));
  runInside(host, jtsHot('config', 'docker', '--install'));
  runInside(host, ['systemctl', 'daemon-reload']);
  const dockerd = startUnit(
    { host, server: docker(), user: 'root', configFile: '/etc/docker/daemon.json' },
    'docker.service',
  );
  makeImage({ asUser: asUserOn(host, 'root') });
  const run = (...words: readonly string[]) =>
    runInside(host, ['docker', 'run', '--network', 'none', ...words]);
  runInside(host, ['docker', 'volume', 'create', '--label', 'of=trades', 'words']);
  runInside(host, ['docker', 'volume', 'create', '--label', 'jts-hot.backup=no', 'scratch']);
  run('--rm', '-v', 'words:/words', IMAGE, '/bin/sh', '-c', FILL);
  runInside(host, [...PYTHON, SET_ATTRIBUTES, `${VOLUMES}/words/_data/linked`]);

  await t.test('one that anybody writes to is refused, with its name and what to do', () => {
    run('-d', '--name', 'unasked', '-v', 'busy:/busy', IMAGE, '/bin/sh', '-c', IDLE);
    const { stderr } = backup(host, ['run', 'docker'], 3);
    assert.match(stderr, /refusing to read volumes that running containers write to/);
    assert.match(stderr, /container unasked on busy/);
    assert.match(stderr, /sudo docker stop unasked/);
    assert.equal(backup(host, ['run', 'docker', '--dry-run'], 3).status, 3);
    runInside(host, ['docker', 'rm', '--force', 'unasked']);
  });

  await t.test('one whose container consents is read while that is paused', () => {
    run(
      '-d',
      '--name',
      'writer',
      '--label',
      'jts-hot.backup=pause',
      '-v',
      'busy:/busy',
      IMAGE,
      '/bin/sh',
      '-c',
      WRITE,
    );
    run(
      '-d',
      '--name',
      'reader',
      '-v',
      'words:/words:ro',
      IMAGE,
      '/bin/sh',
      '-c',
      'while :; do sleep 1; done',
    );
    sleep(500);
    assert.match(backup(host, ['run', 'docker', '--dry-run']).stdout, /pauses writer/);
    backup(host, ['run', 'docker']);
    assert.equal(isPaused(host, 'writer'), false);
    const lines = () => Number(runInside(host, ['tail', '-n', '1', `${VOLUMES}/busy/_data/log`]));
    const at = lines();
    sleep(300);
    assert.ok(lines() > at, 'it does not go on');
    const { taken, files } = JSON.parse(runInside(host, ['sh', '-c', `cat ${BACKUPS}/*/manifest.json`])) as {
      taken: { limits: string[]; before: unknown; after: unknown };
      files: { name: string }[];
    };
    assert.deepEqual(
      files.map(({ name }) => name),
      [
        'containers.json',
        'images.txt',
        'metadata.tar.zst',
        'volumes.json',
        'volumes/busy.tar.zst',
        'volumes/words.tar.zst',
      ],
    );
    assert.deepEqual(taken.before, taken.after);
    assert.match(taken.limits.join('\n'), /without volume scratch: its label jts-hot.backup=no/);
  });

  await t.test('it is proved by a dockerd of its own, and Docker here does not notice', () => {
    const known = runInside(host, ['docker', 'volume', 'ls']);
    const { stdout } = backup(host, ['verify', 'docker']);
    assert.match(stdout, /good/);
    assert.equal(runInside(host, ['docker', 'volume', 'ls']), known);
    assert.equal(isPaused(host, 'writer'), false);
    assert.equal(runInside(host, ['sh', '-c', 'pgrep -c dockerd']).trim(), '1');
    assert.deepEqual(readdirSync(host.path(`${BASE}/backup/staging`)), []);
  });

  await t.test('restored it is as it was, and can be put into a volume', () => {
    backup(host, ['restore', 'docker', '--to', `${BASE}/restored`]);
    const of = (root: string) =>
      runInside(host, [
        'sh',
        '-c',
        `cd ${root}/words/_data && find . -printf '%p %y %m %U %G %s %n %l\\n' | sort`,
      ]);
    assert.equal(of(`${BASE}/restored/volumes`), of(VOLUMES));
    const inode = (name: string) =>
      runInside(host, ['stat', '-c', '%i', `${BASE}/restored/volumes/words/_data/${name}`]);
    assert.equal(inode('linked'), inode('deep/er/owned'));
    const at = `${BASE}/restored/volumes/words/_data`;
    assert.ok(Number(runInside(host, ['stat', '-c', '%b', `${at}/holes`])) < 100, 'holes were filled');
    const attributes = (path: string) => runInside(host, [...PYTHON, GET_ATTRIBUTES, path]);
    assert.match(attributes(`${at}/linked`), /security\.capability.*trades/);
    assert.equal(attributes(`${at}/linked`), attributes(`${VOLUMES}/words/_data/linked`));
    // Each line is whole, and none is missing.
    const log = runInside(host, ['cat', `${BASE}/restored/volumes/busy/_data/log`]).split('\n');
    assert.equal(log.pop(), '');
    assert.ok(log.every((line, i) => line === `${i + 1}`));
    const MOVE = `docker volume create again >/dev/null
cp -a --sparse=always ${at}/. "$(docker volume inspect --format '{{.Mountpoint}}' again)"/`;
    runInside(host, ['sh', '-ec', MOVE]);
    assert.equal(run('--rm', '-v', 'again:/words', IMAGE, '/bin/busybox', 'cat', '/words/linked'), 'owned\n');
  });

  await t.test('killed for good while a container is paused: it goes on by itself', async () => {
    runInside(host, ['sh', '-c', `head -c 30000000 /dev/urandom >${VOLUMES}/busy/_data/large`]);
    const kill = `set -m
${jtsHot('backup', 'run', 'docker', '--rate', '1MB').join(' ')} >/tmp/out 2>&1 &
until [ "$(docker inspect --format '{{.State.Paused}}' writer)" = true ]; do sleep 0.1; done
sleep 1
kill -KILL -- -$!
wait`;
    host.run(['bash', '-c', kill]);
    for (let looks = 0; isPaused(host, 'writer'); looks += 1) {
      assert.ok(looks < 50, 'it stays paused');
      sleep(100);
    }
    assert.equal(host.run(['test', '-e', `${BASE}/docker/jts-hot-paused`]).status, 1);
    assert.equal(readdirSync(host.path(BACKUPS)).length, 1);
  });

  await t.test('all of its processes killed, a note says what is paused, and the next run resumes it', () => {
    const slow = [
      'systemd-run',
      '--quiet',
      '--unit=slow',
      ...jtsHot('backup', 'run', 'docker', '--rate', '1MB'),
    ];
    runInside(host, slow);
    for (let looks = 0; !isPaused(host, 'writer'); looks += 1) {
      assert.ok(looks < 200, 'it is never paused');
      sleep(100);
    }
    runInside(host, ['systemctl', 'kill', '--signal=KILL', 'slow']);
    sleep(1500);
    assert.equal(isPaused(host, 'writer'), true);
    assert.equal(host.run(['test', '-e', `${BASE}/docker/jts-hot-paused`]).status, 0);
    backup(host, ['run', 'docker']);
    assert.equal(isPaused(host, 'writer'), false);
    assert.equal(host.run(['test', '-e', `${BASE}/docker/jts-hot-paused`]).status, 1);
  });

  await t.test('by its timer, confined, it is backed up as well', () => {
    const before = readdirSync(host.path(BACKUPS)).length;
    runInside(host, jtsHot('schedule', '--install', '--systemd', '--backup', 'daily'));
    // What does not run and has to fails the unit; the others are backed up all the same.
    host.run(['systemctl', 'start', 'jts-hot-backup.service'], { timeoutMs: 120_000 });
    assert.equal(readdirSync(host.path(BACKUPS)).length, before + 1);
    assert.equal(isPaused(host, 'writer'), false);
    assert.match(runInside(host, ['cat', '/var/log/jts-storage-backup.log']), /^docker +backed up/m);
  });

  await t.test('a flipped bit in any file is found', () => {
    const [name = ''] = readdirSync(host.path(BACKUPS));
    const root = host.path(`${BACKUPS}/${name}`);
    const all = readdirSync(root, { recursive: true, withFileTypes: true });
    for (const file of all.filter((one) => one.isFile() && one.name !== 'verification.json')) {
      const path = join(file.parentPath, file.name);
      const good = readFileSync(path);
      const bad = Buffer.from(good);
      const at = Math.floor(bad.length / 2);
      bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
      writeFileSync(path, bad);
      assert.match(backup(host, ['verify', 'docker', '--at', name], 1).stderr, /E_BAD_BACKUP/, file.name);
      writeFileSync(path, good);
    }
  });

  await t.test('without dockerd it is backed up as it is; without its programs the package is named', () => {
    runInside(host, ['docker', 'rm', '--force', 'writer', 'reader']);
    dockerd.stop();
    runInside(host, ['systemctl', 'stop', 'docker.socket']);
    backup(host, ['run', 'docker']);
    runInside(host, ['mv', '/usr/sbin/dockerd', '/usr/sbin/dockerd.away']);
    const { stderr } = backup(host, ['verify', 'docker'], 1);
    assert.match(stderr, /install it: docker.io/);
    runInside(host, ['mv', '/usr/sbin/dockerd.away', '/usr/sbin/dockerd']);
    assert.match(backup(host, ['verify', 'docker']).stdout, /good/);
  });
});
