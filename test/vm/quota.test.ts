// A full project quota, on a disk of 4 TB: what the commands say of a service that cannot write any more.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const LIMIT_MIB = 24;
const PROJECT = 7;
const OWN = '/data/jts/hot/redis';

interface Kind {
  /** Formats $1 and mounts it at /data. Discards nothing: of thousands QEMU 7.2 now and then forgets one, and the kernel waits. */
  readonly prepare: string;
  /** Gives the directory $1 a project, $2, with a limit of $3 MiB. */
  readonly limit: string;
  /** What a write beyond it is refused with. */
  readonly errno: string;
  readonly listed: RegExp;
}

const KINDS: { readonly [type: string]: Kind } = {
  xfs: {
    prepare: 'mkfs.xfs -q -K "$1" && mkdir -p /data && mount -o noatime,prjquota "$1" /data',
    limit: `xfs_quota -x -c "project -s -p $1 $2" /data
      xfs_quota -x -c "limit -p bhard=$3m $2" /data`,
    errno: 'ENOSPC',
    listed: /xfs_quota -x -c 'report -p -bi' \/data/,
  },
  ext4: {
    prepare: `mkfs.ext4 -q -O project,quota -E quotatype=prjquota,nodiscard,lazy_itable_init=1,lazy_journal_init=1 "$1"
      mkdir -p /data && mount -o noatime,prjquota "$1" /data`,
    limit: `chattr -R -p "$2" "$1"
      find "$1" -type d -exec chattr +P {} +
      setquota -P "$2" 0 "$(($3 * 1024))" 0 0 /data`,
    errno: 'EDQUOT',
    listed: /repquota -P \/data/,
  },
};

const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);

describe('a full project quota', () => {
  let machine: Machine | undefined;
  after(() => machine?.[Symbol.dispose]());

  for (const [type, { prepare, limit, errno, listed }] of Object.entries(KINDS))
    it(`on ${type} is named by config --check, validate and monitor, with what to do`, (t) => {
      if (!requires(t, 'root', 'virtual machine')) return;
      machine?.cutPower();
      machine = startMachine({ disks: [] });
      const disk = makeDisk({ serial: `QUOTA${type.toUpperCase()}` });
      machine.plug(disk);
      putProduct(machine);
      sh(machine, prepare, disk.path);
      jtsHot(machine, ['setup']);
      jtsHot(machine, ['config', 'redis', '--install', '--restart']);
      sh(machine, limit, OWN, `${PROJECT}`, `${LIMIT_MIB}`);

      // A limit that is not reached is nobody's worry.
      const before = jtsHot(machine, ['config', 'redis', '--check']).stdout;
      assert.match(before, /^redis +running on the hot tier/m);
      assert.doesNotMatch(before, /E_NO_ROOM/);

      // To its end, byte by byte, as its own user: root is not limited on ext4.
      const full = machine.run([
        ...['setpriv', '--reuid=redis', '--regid=redis', '--clear-groups', 'sh', '-c'],
        'for size in 1M 64k 4k 1k; do dd if=/dev/zero of="$1/data/fill" bs=$size oflag=append conv=notrunc,fsync; done',
        ...['sh', OWN],
      ]);
      assert.match(full.stderr, errno === 'ENOSPC' ? /No space left on device/ : /Disk quota exceeded/);
      assert.notEqual(machine.run(['redis-cli', '-e', 'save']).status, 0, 'Redis cannot save');

      const check = jtsHot(machine, ['config', 'redis', '--check'], 1).stdout;
      assert.match(check, /^redis +running on the hot tier/m);
      assert.match(check, /no room to write\s+\[E_NO_ROOM\]/);
      assert.match(check.replace(/\s+/g, ' '), /its project quota full, [\d.]+ k?B of 25\.2 MB available/);
      assert.match(check.replace(/\s+/g, ' '), listed);

      const validated = JSON.parse(jtsHot(machine, ['validate', '--json'], 1).stdout);
      const checks: readonly {
        id: string;
        status: string;
        found: string;
        because: string | null;
        hint: string;
      }[] = validated.result.checks;
      const quota = checks.find(({ id }) => id === 'space.quota.redis');
      assert.match(quota?.found ?? '', /^a full project quota: [\d.]+ k?B of 25\.2 MB available$/);
      assert.match(quota?.hint ?? '', listed);
      // What follows from it is told below it.
      const writes = checks.filter(({ id, status }) => id.startsWith('write.redis') && status === 'fail');
      assert.ok(writes.length > 0);
      for (const write of writes) {
        assert.match(write.found, new RegExp(errno));
        assert.equal(write.because, 'space.quota.redis');
      }
      const failed = checks.filter(({ status, because }) => status === 'fail' && because === null);
      assert.deepEqual(
        failed
          .map(({ id }) => id)
          .filter((id) => !id.startsWith('service.') && !id.startsWith('space.device')),
        ['space.quota.redis'],
      );

      // Of the disk nearly nothing is used, and of the plan; the service cannot write all the same.
      const report = JSON.parse(jtsHot(machine, ['monitor', '--json'], 2).stdout).result;
      assert.equal(report.status, 'CRITICAL');
      assert.equal(report.fileSystem.status, 'OK');
      const redis = report.services.find(({ service }: { service: string }) => service === 'redis');
      assert.equal(redis.status, 'CRITICAL');
      assert.equal(redis.fired.rule, 'hard-limit');
      assert.ok(redis.reachableBytes <= LIMIT_MIB * 2 ** 20, `${redis.reachableBytes} bytes it can have`);
      assert.match(
        jtsHot(machine, ['monitor'], 2).stdout.replace(/\s+/g, ' '),
        / redis: [\d.]+ MB used, its quota lets it write no more, critical at 25\.2 MB redis: free some space: /,
      );

      // Mended as it says: the limit is raised.
      sh(machine, limit, OWN, `${PROJECT}`, `${LIMIT_MIB * 4}`);
      mustRun(machine, ['redis-cli', '-e', 'save']);
      assert.doesNotMatch(jtsHot(machine, ['config', 'redis', '--check']).stdout, /E_NO_ROOM/);
    });
});
