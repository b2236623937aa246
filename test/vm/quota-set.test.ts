// From a bare disk to services that are kept within their planned space, with the command that an operator types: on XFS and on ext4.
// What docs/quotas.md says is looked at here, on a kernel that has quotas.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { BASE, writeLayout } from './bare-disk.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const MIB = 1024 ** 2;
const PROJECTS = { kafka: 1_699_683, redis: 1_096_265, docker: 1_999_999 } as const;
const DOCKERS_OWN = 2_000_001;
const LIMIT_MIB = 24;

const TYPES = {
  xfs: {
    errno: /No space left on device/,
    child: (path: string) => `xfs_quota -x -c 'project -s -p ${path} ${DOCKERS_OWN}' ${BASE}`,
  },
  ext4: {
    errno: /Disk quota exceeded/,
    child: (path: string) => `chattr -p ${DOCKERS_OWN} ${path} && chattr +P ${path}`,
  },
} as const;

function layoutFor(type: keyof typeof TYPES, quota: string): string {
  const without = ['postgresql', 'clickhouse', 'mongodb', 'backup'].map((name) => `  ${name}: false\n`);
  return `services:
${without.join('')}  kafka: { planned: 64MiB }
  redis: { planned: ${LIMIT_MIB}MiB }
  docker: { planned: 1GiB }
quota: ${quota}
storage:
  device: { serial: HOT1 }
  allowFormat: HOT1
  filesystem: ${type}
`;
}

const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);

/** `PROJECT FLAGS PATH` of each: with `P` it hands its project on. */
function projectsOf(
  machine: Machine,
  ...paths: readonly string[]
): Record<string, readonly [number, boolean]> {
  const listed = mustRun(machine, ['lsattr', '-p', '-d', ...paths]);
  return Object.fromEntries(
    listed
      .trim()
      .split('\n')
      .map((line) => {
        const [project = '', flags = '', path = ''] = line.trim().split(/\s+/);
        return [path, [Number(project), flags.includes('P')]];
      }),
  );
}

describe('quota: enforce', () => {
  let machine: Machine | undefined;
  after(() => machine?.[Symbol.dispose]());

  for (const [type, { errno, child }] of Object.entries(TYPES))
    it(`${type}: from a bare disk to services within their limits, and back`, (t) => {
      if (!requires(t, 'root', 'virtual machine')) return;
      if (type === 'xfs' && !isForFull(t)) return;
      machine?.cutPower();
      machine = startMachine();
      const vm = machine;
      machine.plug(makeDisk({ serial: 'HOT1', sizeBytes: 100e9 }));
      putProduct(machine);
      writeLayout(machine, layoutFor(type as keyof typeof TYPES, 'enforce'));
      const [kafka, redis, docker] = ['kafka', 'redis', 'docker'].map((name) => `${BASE}/${name}`) as [
        string,
        string,
        string,
      ];

      const done = jtsHot(machine, ['setup', '--confirm', 'HOT1'], 0, { timeoutMs: 600_000 }).stdout;
      assert.match(done, /W_QUOTA_CHANGES/);
      assert.match(
        done.replace(/\s+/g, ' '),
        type === 'ext4' ? /gets EDQUOT; root is not limited/ : /gets ENOSPC/,
      );
      assert.match(mustRun(machine, ['findmnt', '-no', 'OPTIONS', BASE]), /\bprjquota\b/);
      assert.match(mustRun(machine, ['grep', BASE, '/etc/fstab']), /\bprjquota\b/);
      assert.deepEqual(projectsOf(machine, kafka, redis, docker, `${redis}/data`), {
        [kafka]: [PROJECTS.kafka, true],
        [redis]: [PROJECTS.redis, true],
        [docker]: [PROJECTS.docker, true],
        [`${redis}/data`]: [PROJECTS.redis, true],
      });
      const again = jtsHot(machine, ['setup'], 0, { timeoutMs: 300_000 });
      assert.match(again.stdout, /^Nothing to do:/m);
      assert.doesNotMatch(again.stdout, /W_QUOTA/);

      // One is stopped at its limit, the other writes on.
      const write = (user: string, path: string, mib: number) =>
        vm.run([
          ...['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'],
          ...['dd', 'if=/dev/zero', `of=${path}`, 'bs=64k', `count=${mib * 16}`, 'conv=fsync'],
        ]);
      const full = write('redis', `${redis}/data/fill`, 2 * LIMIT_MIB);
      assert.notEqual(full.status, 0);
      assert.match(full.stderr, errno);
      const bytes = Number(mustRun(machine, ['stat', '-c', '%s', `${redis}/data/fill`]));
      assert.ok(
        bytes > (LIMIT_MIB - 1) * MIB && bytes <= LIMIT_MIB * MIB,
        `${bytes} bytes until it was stopped`,
      );
      assert.equal(write('kafka', `${kafka}/data/more`, 8).status, 0, 'the others write on');

      // What Docker numbers itself is Docker's.
      const own = `${docker}/volumes/own`;
      sh(
        machine,
        `mkdir ${own} && ${child(own)} && dd if=/dev/zero of=${own}/x bs=1M count=5 conv=fsync status=none`,
      );
      assert.deepEqual(projectsOf(machine, own)[own], [DOCKERS_OWN, true]);
      const report = JSON.parse(jtsHot(machine, ['monitor', '--no-record', '-j'], 2).stdout).result;
      const used = Object.fromEntries(
        report.services.map(({ service, usedBytes }: { service: string; usedBytes: number }) => [
          service,
          usedBytes,
        ]),
      );
      assert.ok(used['docker'] >= 5 * MIB && used['docker'] < 6 * MIB, `docker: ${used['docker']}`);
      assert.ok(used['kafka'] >= 8 * MIB && used['kafka'] < 9 * MIB, `kafka: ${used['kafka']}`);

      // Files that are there: taken back, with their projects, and given again.
      sh(
        machine,
        'rm "$1/data/fill"; cd "$1/data"; mkdir a; echo x >a/file; ln -s /etc/passwd link; mkfifo pipe; chown -hR redis:redis .',
        redis,
      );
      jtsHot(machine, ['rollback', '--yes'], 0, { timeoutMs: 300_000 });
      assert.deepEqual(projectsOf(machine, redis, `${redis}/data/a`, `${redis}/data/a/file`, own), {
        [redis]: [0, false],
        [`${redis}/data/a`]: [0, false],
        [`${redis}/data/a/file`]: [0, false],
        [own]: [DOCKERS_OWN, true],
      });
      assert.equal(write('redis', `${redis}/data/much`, 2 * LIMIT_MIB).status, 0, 'no limit holds any more');

      // More is there than would be allowed: refused, and nothing is limited.
      const refused = jtsHot(machine, ['setup'], 1, { timeoutMs: 300_000 });
      assert.match(refused.stderr, /E_LIMIT_EXCEEDED/);
      mustRun(machine, ['rm', `${redis}/data/much`]);
      jtsHot(machine, ['setup'], 0, { timeoutMs: 300_000 });
      assert.deepEqual(projectsOf(machine, redis, `${redis}/data/a`, `${redis}/data/a/file`, own), {
        [redis]: [PROJECTS.redis, true],
        [`${redis}/data/a`]: [PROJECTS.redis, true],
        [`${redis}/data/a/file`]: [PROJECTS.redis, false],
        [own]: [DOCKERS_OWN, true],
      });
      assert.notEqual(write('redis', `${redis}/data/fill`, 2 * LIMIT_MIB).status, 0);
      mustRun(machine, ['rm', `${redis}/data/fill`]);

      // To be counted alone: no limit, and the projects stay.
      writeLayout(machine, layoutFor(type as keyof typeof TYPES, 'account'));
      jtsHot(machine, ['setup'], 0, { timeoutMs: 300_000 });
      assert.equal(write('redis', `${redis}/data/much`, 2 * LIMIT_MIB).status, 0);
      assert.deepEqual(projectsOf(machine, `${redis}/data/much`), {
        [`${redis}/data/much`]: [PROJECTS.redis, false],
      });
    });
});
