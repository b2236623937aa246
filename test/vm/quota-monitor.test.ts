// What the kernel counts, in reports: as fast for many files as for few, held against a scan, and a service at its limit.
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const BASE = '/data/jts/hot';
const FEW = 2_000;
/** Emulated, as many files a minute are made. 200,000 were tried, too. */
const MANY = 50_000;
/** The shortest of so many: a busy host makes an emulated one wait. */
const TRIES = 2;
const LIMIT_MIB = 40;

const PREPARE = `mkfs.xfs -q "$1" && mkdir -p /data /etc/jts && mount -o noatime,prjquota "$1" /data
cat >/etc/jts/hot-storage.yaml <<END
quota: { mode: enforce, soft: false }
services: { redis: { planned: ${LIMIT_MIB}MiB } }
monitoring: { levels: { each-service: { warning: { used: false }, critical: { used: false } } } }
END
cat >/root/without.yaml <<END
services: { redis: { planned: ${LIMIT_MIB}MiB } }
END`;

/** Empty files from $2 to $3 below $1, a thousand a directory. */
const MAKE = `my ($top, $from, $to) = @ARGV;
for my $i ($from .. $to - 1) {
  my $in = sprintf('%s/d%05d', $top, $i / 1000);
  mkdir $in unless $i % 1000;
  open(my $file, '>', "$in/$i") or die "$in/$i: $!";
}`;

const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);

const as = (user: string) => ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];

interface Service {
  readonly service: string;
  readonly usedBytes: number;
  readonly inodes: number;
  readonly source: { readonly by: string };
  readonly status: string;
  readonly fired: { readonly rule: string } | null;
}

function report(
  machine: Machine,
  {
    spec,
    expected = 0,
    tries = 1,
  }: { readonly spec?: string; readonly expected?: number; readonly tries?: number } = {},
) {
  const own = spec === undefined ? [] : ['--spec', spec];
  const words = ['monitor', '-j', '--no-record', ...own];
  const tried = Array.from({ length: tries }, () => {
    const began = Number(mustRun(machine, ['date', '+%s%3N']));
    const { stdout } = jtsHot(machine, words, expected);
    return { stdout, seconds: (Number(mustRun(machine, ['date', '+%s%3N'])) - began) / 1000 };
  });
  const seconds = Math.min(...tried.map((one) => one.seconds));
  const { result } = JSON.parse(tried.at(-1)?.stdout ?? '');
  const services: readonly Service[] = result.services;
  const of = (name: string) => {
    const found = services.find(({ service }) => service === name);
    assert.ok(found !== undefined);
    return found;
  };
  return { seconds, result, of };
}

describe('what the kernel counts', () => {
  let machine: Machine | undefined;
  after(() => machine?.[Symbol.dispose]());

  function started(t: TestContext): Machine | null {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return null;
    if (machine !== undefined) return machine;
    machine = startMachine({ disks: [] });
    const disk = makeDisk({ serial: 'COUNTED' });
    machine.plug(disk);
    putProduct(machine);
    sh(machine, PREPARE, disk.path);
    jtsHot(machine, ['setup'], 0, { timeoutMs: 600_000 });
    return machine;
  }

  it('is reported as fast for many files as for few, and as a scan finds it', (t) => {
    const on = started(t);
    if (on === null) return;
    const make = (from: number, to: number) =>
      mustRun(on, [...as('kafka'), 'perl', '-e', MAKE, `${BASE}/kafka/data`, `${from}`, `${to}`], {
        timeoutMs: 900_000,
      });
    const nothing = report(on);
    assert.equal(nothing.result.source.by, 'project quota', nothing.result.source.reason);
    make(0, FEW);
    const few = report(on, { tries: TRIES });
    make(FEW, MANY);
    mustRun(on, ['sync']);
    const many = report(on, { tries: TRIES });
    const scanned = report(on, { spec: '/root/without.yaml', tries: TRIES });
    for (const [{ result, of }, files] of [
      [few, FEW],
      [many, MANY],
    ] as const) {
      assert.equal(result.entries, 0, 'nothing is walked through');
      assert.equal(of('kafka').source.by, 'project quota');
      assert.equal(of('kafka').inodes - nothing.of('kafka').inodes, files + Math.ceil(files / 1000));
    }
    assert.equal(scanned.of('kafka').source.by, 'scan');
    assert.ok(scanned.result.entries > MANY);
    for (const name of ['kafka', 'redis', 'docker', 'postgresql'])
      assert.deepEqual(
        [many.of(name).usedBytes, many.of(name).inodes],
        [scanned.of(name).usedBytes, scanned.of(name).inodes],
        name,
      );
    const start = Math.min(nothing.seconds, few.seconds);
    t.diagnostic(
      `monitor -j by quota: ${few.seconds} s with ${FEW} files, ${many.seconds} s with ${MANY} (${(many.seconds / few.seconds).toFixed(2)} of it); by a scan of the same: ${scanned.seconds} s (${(scanned.seconds / many.seconds).toFixed(1)} times); beyond a report of nothing: ${(scanned.seconds - start).toFixed(1)} s against ${(many.seconds - start).toFixed(1)} s`,
    );
  });

  it('is held against a scan by validate --deep, which names what is in another project', (t) => {
    const on = started(t);
    if (on === null) return;
    const use = (expected: number) => {
      const { stdout } = jtsHot(on, ['validate', '--deep', '-j'], expected, { timeoutMs: 600_000 });
      const checks: readonly { id: string; status: string; found: string; hint: string }[] =
        JSON.parse(stdout).result.checks;
      return checks.filter(({ id }) => id.startsWith('quota.use.'));
    };
    const right = use(0);
    assert.equal(right.length, 7);
    assert.deepEqual(
      right.filter(({ status }) => status !== 'pass'),
      [],
    );
    // As the owner of a file may.
    sh(
      on,
      `dd if=/dev/zero of="$1/planted" bs=1M count=8 status=none
      chown redis:redis "$1/planted"
      setpriv --reuid=redis --regid=redis --clear-groups chattr -p 4711 "$1/planted"
      sync`,
      `${BASE}/redis/data`,
    );
    const redis = use(1).find(({ id }) => id === 'quota.use.redis');
    assert.equal(redis?.status, 'fail');
    assert.match(redis?.found ?? '', /^the kernel counts 8\.\d+ MB less than a scan: /);
    assert.match(redis?.hint ?? '', /^of another project, or none: data\/planted \(project 4711\); /);
    mustRun(on, ['rm', `${BASE}/redis/data/planted`]);
    t.diagnostic(redis?.found ?? '');
  });

  it('has a service at its hard limit CRITICAL, the others write on', (t) => {
    const on = started(t);
    if (on === null) return;
    const fill = (user: string, where: string, count: number) =>
      on.run([
        ...as(user),
        ...['sh', '-c'],
        'for size in 1M 64k 4k; do dd if=/dev/zero of="$1/fill" bs=$size count=$2 oflag=append conv=notrunc,fsync || exit 1; done',
        ...['sh', `${BASE}/${where}`, `${count}`],
      ]);
    assert.match(fill('redis', 'redis/data', LIMIT_MIB * 2).stderr, /No space left on device/);
    fill('redis', 'redis/data', 1);
    assert.equal(fill('kafka', 'kafka/data', LIMIT_MIB * 2).status, 0);
    const { result, of } = report(on, { expected: 2 });
    const redis = of('redis');
    assert.deepEqual(
      [redis.status, redis.fired?.rule, result.status],
      ['CRITICAL', 'hard-limit', 'CRITICAL'],
    );
    assert.equal(of('kafka').status, 'OK');
    assert.equal(result.entries, 0);
    const text = jtsHot(on, ['monitor', '--no-record'], 2).stdout.replace(/\s+/g, ' ');
    assert.match(text, / redis: free some space: sudo jts-hot usage redis, or raise its limit /);
    // Between two samples, too.
    jtsHot(on, ['record']);
    mustRun(on, ['rm', `${BASE}/redis/data/fill`]);
    const seen = JSON.parse(jtsHot(on, ['look', '-j']).stdout).result.services;
    assert.equal(seen.find(({ service }: Service) => service === 'redis').status, 'OK');
    fill('redis', 'redis/data', LIMIT_MIB * 2);
    const again = JSON.parse(jtsHot(on, ['look', '-j']).stdout).result.services;
    assert.equal(again.find(({ service }: Service) => service === 'redis').status, 'CRITICAL');
  });
});
