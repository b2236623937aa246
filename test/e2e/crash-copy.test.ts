// Kills the copier with SIGKILL before system calls of every kind that it changes a disk with, in both passes. The same call then goes
// on: what was whole is not written again, and both sides become equal.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { AGAIN, drive, driver, FIRST, FROM, listing, requireEqual, requireSame, sh, TO } from './copied.ts';
import type { CopyAsk } from './copy-driver.ts';
import { describe } from './product.ts';
import { REPOSITORY } from './throwaway-host.ts';
import { AT, NEEDS, startTunedHost, type TunedHost } from './tuned-host.ts';

/** Of the thread that copies, by their names; each at its first call and at a later one. */
const CALLS = {
  first: [
    ...[
      'mkdirat',
      'openat2',

      'pwrite64',
      'copy_file_range',
      'ftruncate',
      'fchown',
      'fchownat',
      'fchmod',
    ],
    ...['fsetxattr', 'utimensat', 'symlinkat', 'mknodat', 'linkat', 'sync_file_range', 'syncfs', 'fdatasync'],
  ],
  again: [
    'openat2',
    'pwrite64',
    'ftruncate',
    'fallocate',
    'unlinkat',
    'linkat',
    'fchmod',
    'utimensat',
    'syncfs',
    'fdatasync',
  ],
} as const;
const TIMES = [1, 3];

const TREE = `rm -rf ${FROM} ${TO} ${TO}.copied; mkdir -p ${FROM}; cd ${FROM}
  mkdir -p a/b c; for i in 1 2 3 4 5; do echo $i > a/$i; done; ln a/1 a/b/1; ln a/1 c/1; ln -s x a/l; ln -s y a/l2; mkfifo a/p c/p
  head -c 3000000 /dev/urandom > large; head -c 12000000 /dev/urandom > larger; truncate -s 10M holes
  for at in 1 5 9; do echo x | dd of=holes bs=1 seek=$((at * 1000000)) conv=notrunc status=none; done
  python3 -c "
import os
for path in ('a/2', 'a/3', 'large'): os.setxattr(path, 'user.x', b'1')"
  chown -R 60001:60002 a; chmod 0640 a/[0-9]; touch -d '2020-01-01' a/2 a/3; ls -R > before`;

const CHANGE = `cd ${FROM}; echo more >> larger; echo x | dd of=large bs=1 seek=2000000 conv=notrunc status=none
  echo shorter > a/5; rm a/4 c/1; rm -r a/b; echo new > c/1; ln a/2 c/2; fallocate -p -o 4194304 -l 2097152 holes; mkdir d; echo x > d/x`;

/** Regular files that have their mode, by inode: those are whole. */
function whole({ host }: TunedHost): string {
  const script = `[ -d ${TO} ] || exit 0; cd ${TO}; find . -type f -perm /777 -printf '%p %i %s\\n' | sort`;
  return sh(host, script);
}

function isKilled(on: TunedHost, ask: CopyAsk, call: string, n: number): boolean {
  const argv = [
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=KILL:when=${n}`,
  ];
  const result = on.host.run([...argv, '--', ...driver(ask)], { cwd: REPOSITORY, timeoutMs: 120_000 });
  if (result.signal !== 'SIGKILL') assert.equal(result.status, 0, describe(result));
  return result.signal === 'SIGKILL';
}

for (const pass of ['first', 'again'] as const)
  it(`killed at calls of every kind in the pass ${pass}, the same call goes on`, (t) => {
    if (!requires(t, ...NEEDS, 'strace', 'python3')) return;
    using on = startTunedHost({ format: 'ext4', fstab: null, size: '300M' });
    sh(on.host, `mkdir -m 0700 ${AT}/staging`);
    const met: string[] = [];
    for (const call of CALLS[pass]) {
      let killed = 0;
      for (const n of TIMES) {
        sh(on.host, TREE);
        if (pass === 'again') {
          drive(on.host, [FIRST]);
          sh(on.host, CHANGE);
        }
        const ask = pass === 'first' ? FIRST : AGAIN;
        if (!isKilled(on, ask, call, n)) break;
        killed += 1;
        const before = whole(on);
        if (pass === 'first') {
          drive(on.host, [ask]);
          const after = new Set(whole(on).split('\n'));
          // A name more makes no other file of it.
          const lost = before.split('\n').filter((line) => !after.has(line));
          assert.deepEqual(lost, [], `${call} ${n}`);
        }
        requireEqual(on.host);
        requireSame(listing(on.host, TO), listing(on.host, FROM));
      }
      if (killed > 0) met.push(`${call} ${killed}`);
    }
    t.diagnostic(met.join(', '));
    const missed = CALLS[pass].filter((call) => !met.some((one) => one.startsWith(`${call} `)));
    assert.deepEqual(missed, []);
  });
