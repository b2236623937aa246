// The copier on real file systems: everything that a file can be, what is changed and moved under it, full disks, stops, limits,
// many files, and a copy that is not believed after the machine broke down.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import {
  AGAIN,
  COMPARE,
  comparedIn,
  copiedIn,
  drive,
  driver,
  FIRST,
  FROM,
  listing,
  requireEqual,
  requireSame,
  sh,
  TO,
} from './copied.ts';
import { REPOSITORY } from './throwaway-host.ts';
import { AT, NEEDS, startTunedHost, type Tuned, type TunedHost } from './tuned-host.ts';

/** What is made in the second before a pass counts as changed since: the kernel's time for files is not that exact. */
const OLDER = 'sleep 1.5';

function start(more: Partial<Tuned> = {}): TunedHost {
  const on = startTunedHost({ format: 'ext4', fstab: null, size: '2G', ...more });
  sh(on.host, `mkdir -p ${FROM}; mkdir -m 0700 ${AT}/staging`);
  return on;
}

/** Everything that a file can be. */
const EVERYTHING = `cd ${FROM}
  mkdir -p a/b/c 'new
line'; echo hi > a/f; ln a/f a/b/g; ln -s ../nowhere a/l; ln a/l a/l2; mkfifo -m 620 a/pipe; ln a/pipe a/b/pipe
  truncate -s 100G sparse; echo middle | dd of=sparse bs=1 seek=53687091207 conv=notrunc status=none
  truncate -s 3M ends; echo x | dd of=ends bs=1 seek=3000000 conv=notrunc status=none; truncate -s 1M only-holes; : > empty
  head -c 5000000 /dev/urandom > a/random; echo x > "$(printf 'caf\\351')"; echo x > "$(printf '%0255d' 1)"
  mknod whiteout c 0 0; python3 -c "
import os, socket
socket.socket(socket.AF_UNIX).bind('socket')
os.setxattr('a/f', 'user.one', b'1\\\\0\\\\xff'); os.setxattr('a/f', 'user.none', b''); os.setxattr('a', 'trusted.overlay.opaque', b'y')
os.setxattr('a/l', 'trusted.of-a-link', b'1', follow_symlinks=False)
os.setxattr('a/random', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
"
  setfacl -m u:60001:rw,g:60002:r a/f; setfacl -d -m u:60001:rwx a/b; setfacl -m m::r a/random
  python3 -c "
import os
for i in range(60): os.mkdir('a directory with a long name so that the path is too long for one call'); os.chdir('a directory with a long name so that the path is too long for one call')
open('one', 'w').write('bottom'); os.link('one', 'two')
"
  chown -hR 60001:60002 a; chown 60003 empty; chmod 4711 a/f; chmod 6755 a/random; chmod 3775 a; chmod 0000 ends; chmod 1700 a/b/c
  touch -h -d '2001-02-03 04:05:06.123456789' a/f a/b/c a/l sparse; touch -d '1960-01-01 00:00:00.5' empty; touch -a -d '2010-01-01' ends
  touch -d '2030-01-01 00:00:00.999999999' a/b; chattr +i only-holes`;

for (const format of ['ext4', 'xfs'] as const)
  it(`${format}: everything that a file can be is copied, and proved`, (t) => {
    if (!requires(t, ...NEEDS, 'setfacl', 'python3')) return;
    using on = start({ format });
    sh(on.host, EVERYTHING);
    const before = listing(on.host, FROM);
    const [first, compared] = drive(on.host, [FIRST, COMPARE]);
    const { obstacles, copied } = copiedIn(first);
    assert.deepEqual(obstacles.counts, { socket: 1, flag: 1 });
    assert.ok(copied.bytes < 12e6, `${copied.bytes} bytes`);
    assert.equal(comparedIn(compared).outcome, 'equal', JSON.stringify(comparedIn(compared)));
    requireSame(listing(on.host, TO), before);
    requireSame(listing(on.host, FROM), before);
    // Holes are holes.
    const used = (top: string) =>
      Number(sh(on.host, `cd ${top}; du -s -B1 sparse ends only-holes | awk '{ n += $1 } END { print n }'`));
    assert.ok(used(TO) <= used(FROM) + 8192, `${used(TO)} of ${used(FROM)}`);
    assert.equal(requireEqual(on.host).copied.files, 0);
    requireSame(listing(on.host, TO), before);
    assert.equal(copiedIn(drive(on.host, [{ ...AGAIN, suspects: 'all' }])[0]).compared.differing, 0);
    sh(on.host, `chattr -i ${FROM}/only-holes`);
  });

it('what is changed, swapped and made another thing between the passes is as it is there', (t) => {
  if (!requires(t, ...NEEDS, 'setfacl', 'python3')) return;
  using on = start();
  sh(on.host, EVERYTHING);
  sh(
    on.host,
    `cd ${FROM}; chattr -i only-holes; mkdir one two; for at in one two; do for i in 1 2 3; do echo $at > $at/$i; done; done
    touch -d '2020-01-01' one/* two/*; seq 1 200000 > log; ln log log2; mkdir -p becomes-file/x; echo x > becomes-directory`,
  );
  drive(on.host, [FIRST]);
  sh(
    on.host,
    `cd ${FROM}; mv one three; mv two one; mv three two
    seq 1 10 >> log; rm log2; cp -p log log2; rm -r becomes-file becomes-directory; echo x > becomes-file; mkdir becomes-directory
    echo changed | dd of=a/random bs=1 seek=2000000 conv=notrunc status=none; truncate -s 50G sparse
    echo x | dd of=only-holes bs=1 seek=500000 conv=notrunc status=none; fallocate -p -o 2998272 -l 4096 ends; rm -r a/b; setfacl -b a/f
    python3 -c "import os; os.removexattr('a/f', 'user.one'); os.setxattr('a/f', 'user.two', b'2')"
    rm a/l; ln -s elsewhere a/l; mv empty renamed; chmod 0751 .; setfacl -m u:60001:r .`,
  );
  requireEqual(on.host);
  requireSame(listing(on.host, TO), listing(on.host, FROM));
  assert.equal(sh(on.host, `cat ${TO}/one/1 ${TO}/two/1`), 'two\none\n');
});

it('xfs: what can be cloned takes no room and no time', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = start({ format: 'xfs' });
  sh(on.host, `head -c 900M /dev/urandom > ${FROM}/large; sync -f ${AT}`);
  const free = () => Number(sh(on.host, `df --output=avail -B1 ${AT} | tail -1`));
  const before = free();
  drive(on.host, [FIRST]);
  assert.ok(before - free() < 50e6, `${before - free()} bytes`);
  sh(
    on.host,
    `echo changed | dd of=${FROM}/large bs=1 seek=123456789 conv=notrunc status=none; truncate -s 800000001 ${FROM}/large`,
  );
  requireEqual(on.host);
  assert.ok(before - free() < 50e6, `${before - free()} bytes`);
});

it('from one file system to another, of another kind', (t) => {
  if (!requires(t, ...NEEDS, 'setfacl', 'python3')) return;
  using on = start({ format: 'xfs' });
  sh(on.host, `mkdir /srv/from; mount -t tmpfs tmpfs /srv/from; mkdir -p ${FROM}`);
  sh(on.host, `${EVERYTHING.replaceAll(FROM, '/srv/from')}`.replace('chattr +i only-holes', 'true'));
  const [first, compared] = drive(on.host, [
    { ...FIRST, from: '/srv/from' },
    { one: '/srv/from', other: TO },
  ]);
  assert.deepEqual(copiedIn(first).obstacles.counts, { socket: 1 });
  assert.equal(comparedIn(compared).outcome, 'equal', JSON.stringify(comparedIn(compared)));
  requireSame(listing(on.host, TO), listing(on.host, '/srv/from'));
});

it('a store through a mapping leaves times as they were: found by who has it mapped, and by the hashes', async (t) => {
  if (!requires(t, ...NEEDS, 'python3')) return;
  using on = start();
  sh(
    on.host,
    'mkdir /srv/from; mount -t tmpfs tmpfs /srv/from; head -c 100000 /dev/zero > /srv/from/mapped; echo x > /srv/from/other',
  );
  const program = `
import mmap, sys
file = open('/srv/from/mapped', 'r+b')
memory = mmap.mmap(file.fileno(), 0)
file.close()
memory[5000] = 65
print('mapped', flush=True)
for line in sys.stdin: pass
`;
  const stores = `${program}`.replace(
    'for line',
    "import time\nwhile True:\n    memory[5000] = 66 if __import__('os').path.exists('/srv/go') else 65\n    time.sleep(0.01)\nfor line",
  );
  const running = on.host.spawn(['python3', '-c', stores]);
  await new Promise((resolve) => running.stdout.once('data', resolve));
  const from = '/srv/from';
  sh(on.host, OLDER);
  const asks = [
    { ...FIRST, from },
    { one: from, other: TO },
  ] as const;
  assert.equal(comparedIn(drive(on.host, asks)[1]).outcome, 'equal');
  const times = () => sh(on.host, 'stat -c "%y %z %s" /srv/from/mapped');
  const before = times();
  const [writers] = drive(on.host, [{ writtenOn: from }]);
  assert.ok(writers !== undefined && 'suspects' in writers);
  assert.deepEqual(writers.suspects, [sh(on.host, 'stat -c %i /srv/from/mapped').trim()]);
  sh(on.host, 'touch /srv/go; sleep 0.5');
  running.kill('SIGKILL');
  await running.ended;
  assert.equal(times(), before);
  const [unseen, proof] = drive(on.host, [
    { ...AGAIN, from },
    { one: from, other: TO },
  ]);
  assert.equal(copiedIn(unseen).compared.files, 0);
  const found = comparedIn(proof);
  assert.ok(found.outcome === 'different');
  assert.deepEqual(found.differences, [{ path: 'mapped', what: 'content, from byte 5000 on' }]);
  const [seen, again] = drive(on.host, [
    { ...AGAIN, from, suspects: writers.suspects },
    { one: from, other: TO },
  ]);
  assert.deepEqual(copiedIn(seen).compared, { files: 1, bytes: 100_000, differing: 1 });
  assert.equal(comparedIn(again).outcome, 'equal');
});

it('a limit is held by pauses, a stop comes soon, and the same call goes on', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = start();
  sh(
    on.host,
    `cd ${FROM}; for i in 1 2 3 4; do head -c 4000000 /dev/urandom > $i; done; touch -d '2020-01-01' *; ${OLDER}`,
  );
  const [stopped] = drive(on.host, [{ ...FIRST, bytesPerSecond: 4_000_000, stopAfterMs: 2500 }]);
  assert.ok(stopped !== undefined && 'copied' in stopped);
  assert.equal(stopped.copied.outcome, 'stopped');
  assert.ok(stopped.seconds < 10, `${stopped.seconds} s`);
  assert.ok(stopped.last.readBytes < 4_000_000 * stopped.seconds + 2_000_000, JSON.stringify(stopped));
  const whole = () => sh(on.host, `cd ${TO}; find . -type f -perm /777 -printf '%P %i\\n' | sort`);
  const before = whole();
  const [rest] = drive(on.host, [{ ...FIRST, bytesPerSecond: 4_000_000 }]);
  assert.ok(rest !== undefined && 'copied' in rest);
  const { copied, compared } = rest.copied;
  assert.ok(copied.files + compared.files < 4 || before === '', JSON.stringify(rest));
  assert.ok(rest.seconds > (copied.bytes + compared.bytes) / 4_000_000 - 0.5, JSON.stringify(rest));
  // In whatever order they were copied.
  const after = new Set(whole().split('\n'));
  assert.deepEqual(
    before.split('\n').filter((line) => !after.has(line)),
    [],
    'what was whole is what it was',
  );
  requireEqual(on.host);
});

it('a full disk is told, and once there is room the same call goes on', (t) => {
  if (!requires(t, ...NEEDS)) return;
  for (const what of ['bytes', 'inodes'] as const) {
    using on = start({ size: '200M' });
    if (what === 'bytes')
      sh(on.host, `head -c 100M /dev/urandom > ${FROM}/large; head -c 20M /dev/urandom > ${AT}/other`);
    else
      sh(
        on.host,
        `mkdir -p ${FROM}/d; cd ${FROM}/d; n=$(df --output=iavail . | tail -1); seq 1 $((n * 2 / 3)) | xargs touch; mkdir ${AT}/other; cd ${AT}/other; seq 1 $((n / 4)) | xargs touch`,
      );
    const [full] = drive(on.host, [FIRST]);
    assert.ok(full !== undefined && 'problem' in full, JSON.stringify(full));
    assert.match(
      full.problem,
      /^cannot write the copy\n {2}want it written, found no space left on device \(ENOSPC\) in \w+$/,
    );
    sh(
      on.host,
      `rm -r ${AT}/other; ${what === 'bytes' ? `truncate -s 60M ${FROM}/large` : `cd ${FROM}/d; ls | head -n $(($(ls | wc -l) / 2)) | xargs rm`}`,
    );
    requireEqual(on.host);
  }
});

it('under a service that makes, moves and removes without end, nothing fails; then both are equal', async (t) => {
  if (!requires(t, ...NEEDS, 'python3')) return;
  using on = start();
  const busy = `
import os, random, shutil
os.chdir('${FROM}')
random.seed(1)
print('ready', flush=True)
i = 0
while True:
    i += 1
    top = random.choice('defg')
    path = f'{top}/{random.randrange(30)}/{random.randrange(30)}'
    try:
        what = random.randrange(9)
        if what < 4:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'a' if what < 2 else 'w') as file: file.write(str(i) * random.choice([1, 1000, 30000]))
        elif what == 4: os.unlink(path)
        elif what == 5: os.rename(os.path.dirname(path), f'{random.choice("defg")}/{random.randrange(30)}')
        elif what == 6: os.link(path, f'{top}/link{random.randrange(9)}')
        elif what == 7 and i % 10 == 0: shutil.rmtree(os.path.dirname(path))
        elif what == 8 and i % 100 == 0: os.rename(top, 'x'); os.rename(random.choice('defg'), top); os.rename('x', random.choice('hdefg'))
    except OSError: pass
`;
  const running = on.host.spawn(['python3', '-c', busy]);
  await new Promise((resolve) => running.stdout.once('data', resolve));
  let vanished = 0;
  for (let round = 0; round < 4; round += 1) {
    const told = drive(
      on.host,
      Array.from({ length: 10 }, () => FIRST),
    );
    for (const one of told) {
      const { outcome, obstacles, vanished: gone } = copiedIn(one);
      assert.deepEqual([outcome, obstacles.counts['unreadable']], ['done', undefined], JSON.stringify(one));
      vanished += gone;
    }
  }
  running.kill('SIGKILL');
  await running.ended;
  t.diagnostic(`${vanished} vanished`);
  const { compared, copied } = requireEqual(on.host);
  t.diagnostic(
    `at the end ${copied.files} copied, ${compared.files} compared, ${compared.differing} different`,
  );
  requireSame(listing(on.host, TO), listing(on.host, FROM));
});

it('after the machine broke down, what was not complete is not believed by its times', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using on = start();
  sh(
    on.host,
    `cd ${FROM}; mkdir d; for i in 1 2 3; do echo content > d/$i; done; touch -d '2020-01-01' d/*; ${OLDER}`,
  );
  /** As a disk that lost what was in a file, and kept its length and times. */
  const lose = `cd ${TO}/d; cp -p 2 /tmp/like; printf '\\0\\0\\0' | dd of=2 conv=notrunc status=none; touch -r /tmp/like 2`;
  const asOf = (from: string, to: string) => sh(on.host, `sed -i 's/${from}/${to}/' ${TO}.copied`);
  drive(on.host, [FIRST]);
  sh(on.host, lose);
  // Complete: all of it was on the disk before anything was lost.
  asOf('"boot":"....', '"boot":"0000');
  assert.equal(copiedIn(drive(on.host, [FIRST])[0]).compared.files, 0);
  asOf('"isComplete":true} ', '"isComplete":false}');
  asOf('"boot":"....', '"boot":"0000');
  assert.deepEqual(copiedIn(drive(on.host, [FIRST])[0]).compared, { files: 3, bytes: 24, differing: 1 });
  // A record that cannot be read, or is of another tree, is none.
  for (const spoil of [
    `truncate -s 300 ${TO}.copied`,
    `rm ${TO}.copied`,
    `sed -i 's/"of":"[0-9]/"of":"x/' ${TO}.copied`,
  ]) {
    sh(on.host, `${lose}; ${spoil}`);
    assert.equal(copiedIn(drive(on.host, [FIRST])[0]).compared.differing, 1, spoil);
  }
  requireEqual(on.host);
});

/** COPY_FILES=1000000 takes some minutes. */
const FILES = Number(process.env['COPY_FILES'] ?? 50_000);
const A_DIRECTORY = 1000;

it(`${FILES} small files take next to no memory, and of 50,000 less than a minute`, (t) => {
  if (!requires(t, ...NEEDS, 'python3')) return;
  using on = start({ format: 'xfs', size: FILES > 100_000 ? '20G' : '2G' });
  sh(
    on.host,
    `python3 - <<'END'
import os
for i in range(${FILES / A_DIRECTORY}):
    os.mkdir(f'${FROM}/{i}')
    for j in range(${A_DIRECTORY}):
        with open(f'${FROM}/{i}/{j}', 'w') as file: file.write(f'{i} {j}')
END`,
  );
  const result = on.host.run(driver(FIRST, AGAIN, COMPARE), { cwd: REPOSITORY, timeoutMs: 900_000 });
  const { told, maxRssBytes } = JSON.parse(result.stdout);
  const [first, again, compared] = told;
  assert.deepEqual(
    [first.copied.entries, again.copied.copied.files, compared.compared.outcome],
    [FILES + FILES / A_DIRECTORY + 1, 0, 'equal'],
  );
  t.diagnostic(
    `${told.map(({ seconds, cpuSeconds }: { seconds: number; cpuSeconds: number }) => `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor)`).join(', ')}; ${maxRssBytes >> 20} MiB`,
  );
  assert.ok(first.seconds + again.seconds < (60 * FILES) / 50_000, JSON.stringify(told));
  assert.ok(maxRssBytes < 300 * 2 ** 20, `${maxRssBytes}`);
});
