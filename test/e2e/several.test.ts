// Several file systems below one base, on real ones behind loop devices: the base on ext4, Kafka on XFS, PostgreSQL on ext4.
// Everything an operator does with them, from the command that is typed; one of them away, full, or another one in its place.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { BenchResult } from '../../src/baseline/baseline-document.ts';
import type { ValidateResult } from '../../src/checks/validate-document.ts';
import { storageUuid } from '../../src/layout/storage.ts';
import type { MonitorResult } from '../../src/monitor/report-document.ts';
import type { UsageResult } from '../../src/monitor/usage-document.ts';
import { requires } from '../requirement.ts';
import { attacker } from './attacker.ts';
import { describe, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const [KAFKA, POSTGRESQL] = [`${BASE}/kafka`, `${BASE}/postgresql`];
const disk = { serial: 'SEVERAL1', namespace: 1, wwid: null };
const uuidOf = (service: string) => storageUuid({ disk }, service);

const LAYOUT = `
services:
  kafka: { planned: 100MB }
  postgresql: { planned: 20MB }
  redis: { planned: 5MB }
  clickhouse: false
  mongodb: false
  docker: false
  backup: { planned: 5MB }
clean:
  broker-logs: { service: kafka, directory: logs, pattern: "*.log.*", older: 30d }
storage:
  device: { serial: SEVERAL1 }
  volumes:
    services:
      kafka:
      postgresql: { filesystem: ext4 }
`;

const PREPARE = `
export PATH=$PATH:/usr/sbin
mkdir -p ${BASE} /etc/jts
for disk in hot postgresql foreign; do truncate -s 60M /var/tmp/$disk.img; done
mkfs.ext4 -q -O ^has_journal -U ${uuidOf('base')} /var/tmp/hot.img
mkfs.ext4 -q -O ^has_journal -U ${uuidOf('postgresql')} /var/tmp/postgresql.img
mkfs.ext4 -q -O ^has_journal /var/tmp/foreign.img
truncate -s 500M /var/tmp/kafka.img
mkfs.xfs -q -m uuid=${uuidOf('kafka')} /var/tmp/kafka.img
cat > /etc/fstab <<'END'
/var/tmp/hot.img ${BASE} ext4 loop,nofail 0 2
/var/tmp/kafka.img ${KAFKA} xfs loop,nofail 0 2
/var/tmp/postgresql.img ${POSTGRESQL} ext4 loop,nofail 0 2
END
cat > /etc/jts/hot-storage.yaml <<'END'
${LAYOUT}
END
`;

const MOUNT = `
mknod /dev/loop-control c 10 237
for i in $(seq 0 31); do mknod /dev/loop$i b 7 $i; done
mount ${BASE}
mkdir -m 0755 ${KAFKA} ${POSTGRESQL}
mount ${KAFKA}; mount ${POSTGRESQL}
`;

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

function mounted(t: TestContext): ThrowawayHost | null {
  const needs = ['root', 'overlay in a private mount namespace', 'useradd', 'loop device'] as const;
  if (!requires(t, ...needs)) return null;
  const host = startHost({ freshAccounts: true, prepare: PREPARE });
  inside(host, MOUNT);
  return host;
}

/** Its file systems are on loop devices, which have no serial number: where one of them is away, its disk is looked for in vain. */
const NO_DISK = 'disk.SEVERAL1';

function failures(host: ThrowawayHost): readonly string[] {
  const { stdout } = runJtsHot(host, ['validate', '-j'], 1);
  const { checks } = JSON.parse(stdout).result as ValidateResult;
  return checks
    .filter(({ status, because, severity }) => status !== 'pass' && because === null && severity === 'error')
    .filter(({ id }) => id !== NO_DISK)
    .map(({ id, fix }) => `${id}: ${fix}`);
}

function monitor(host: ThrowawayHost, status: number, ...args: readonly string[]): MonitorResult {
  return JSON.parse(runJtsHot(host, ['monitor', '-j', ...args], status).stdout).result as MonitorResult;
}

it('is set up, proved, watched, and undone again', (t) => {
  using host = mounted(t);
  if (host === null) return;
  const before = inside(host, `stat -c '%n %u:%g %a' ${KAFKA} ${POSTGRESQL}`);
  runJtsHot(host, ['setup']);
  assert.match(runJtsHot(host, ['setup']).stdout, /nothing|as the layout wants/i);
  runJtsHot(host, ['validate', '-q']);
  assert.match(inside(host, `stat -c '%U:%G' ${KAFKA} ${POSTGRESQL}/data`), /kafka:kafka\npostgres:postgres/);
  assert.equal(inside(host, `stat -c '%u:%g %a' ${POSTGRESQL}/lost+found`).trim(), '0:0 700');
  runJtsHot(host, ['repair', 'postgresql', '--recursive']);
  assert.equal(inside(host, `stat -c '%u:%g %a' ${POSTGRESQL}/lost+found`).trim(), '0:0 700');
  const record = JSON.parse(inside(host, 'cat /var/lib/jts-hot/bases.json'));
  assert.equal(record.schemaVersion, 2);
  assert.equal(record.bases[BASE].services.kafka.fileSystem.uuid, uuidOf('kafka'));

  inside(host, `su -s /bin/sh kafka -c 'head -c 10000000 /dev/zero > ${KAFKA}/data/segment'`);
  const report = monitor(host, 0);
  assert.deepEqual(
    report.fileSystems?.map(({ service, type, mountPoint, status }) => [service, type, mountPoint, status]),
    [
      [null, 'ext4', BASE, 'OK'],
      ['kafka', 'xfs', KAFKA, 'OK'],
      ['postgresql', 'ext4', POSTGRESQL, 'OK'],
    ],
  );
  const kafka = report.services.find(({ service }) => service === 'kafka');
  assert.ok((kafka?.usedBytes ?? 0) >= 10_000_000);
  const usage = JSON.parse(runJtsHot(host, ['usage', '-j']).stdout).result as UsageResult;
  assert.deepEqual(
    usage.fileSystems?.map(({ service }) => service),
    ['kafka', 'postgresql'],
  );
  runJtsHot(host, ['record']);
  runJtsHot(host, ['look']);
  assert.match(runJtsHot(host, ['history']).stdout, /disk\/kafka/);
  runJtsHot(host, ['clean', '--dry-run']);

  assert.match(runJtsHot(host, ['rollback', '--yes'], 0).stdout, /segment|left|kept|kafka/);
  inside(host, `rm ${KAFKA}/data/segment`);
  assert.match(before, /kafka 0:0/);
});

it('one that is away: nothing is done there, it is said once, and the others go on', (t) => {
  using host = mounted(t);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  inside(host, `umount ${KAFKA}; chmod 0700 ${BASE}/redis/data`);
  const before = inside(host, `stat -c '%i %u:%g %a %Z' ${KAFKA}; ls -A ${KAFKA}`);
  assert.deepEqual(failures(host), [
    'directory.redis/data: sudo jts-hot repair redis',
    `disk.service.kafka: sudo mount ${KAFKA}`,
  ]);
  const { stderr } = runJtsHot(host, ['repair'], 1);
  assert.equal(stderr.match(/\[E_NOT_MOUNTED\]/g)?.length, 1, stderr);
  assert.match(stderr, new RegExp(KAFKA));
  assert.notEqual(inside(host, `stat -c %a ${BASE}/redis/data`).trim(), '700');
  for (const [command, status] of [
    [['usage'], 1],
    [['clean', '--dry-run'], 1],
    [['repair', 'kafka'], 3],
    [['usage', 'kafka'], 3],
    [['rollback', '--yes'], 3],
  ] as const)
    assert.match(runJtsHot(host, command, status).stderr, /\[E_NOT_MOUNTED\]/, command.join(' '));
  for (const command of ['setup', 'plan'])
    assert.match(runJtsHot(host, [command], 3).stderr, /\[E_NO_DISK\]/, command);
  const report = monitor(host, 3);
  assert.deepEqual(
    report.services.filter(({ status }) => status !== 'OK').map(({ service, status }) => [service, status]),
    [['kafka', 'UNKNOWN']],
  );
  assert.equal(inside(host, `stat -c '%i %u:%g %a %Z' ${KAFKA}; ls -A ${KAFKA}`), before);
  inside(host, `mount ${KAFKA}`);
  runJtsHot(host, ['validate', '-q']);

  // Another one in its place.
  for (const [what, fix] of [
    // Over it. First: mounted again it may get another loop device, and no udev tells here what is on one that is hidden.
    ['true', `sudo umount ${POSTGRESQL}`],
    [`umount ${POSTGRESQL}`, `sudo sh -c 'umount ${POSTGRESQL} && mount ${POSTGRESQL}'`],
  ] as const) {
    inside(host, `${what}; mount -o loop /var/tmp/foreign.img ${POSTGRESQL}`);
    const foreign = inside(host, `stat -c '%u:%g %a %Z' ${POSTGRESQL}; ls -A ${POSTGRESQL}`);
    assert.deepEqual(failures(host), [`disk.service.postgresql: ${fix}`]);
    runJtsHot(host, ['setup'], 3);
    runJtsHot(host, ['repair', 'postgresql', '--recursive'], 3);
    assert.equal(inside(host, `stat -c '%u:%g %a %Z' ${POSTGRESQL}; ls -A ${POSTGRESQL}`), foreign);
    inside(host, fix.replace('sudo ', ''));
    runJtsHot(host, ['validate', '-q']);
  }
});

it('a full one is critical for its service, and for no other', (t) => {
  using host = mounted(t);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  host.run(['su', '-s', '/bin/sh', 'postgres', '-c', `cat /dev/zero > ${POSTGRESQL}/data/filler`]);
  const report = monitor(host, 2);
  const levels = [...report.services, ...(report.fileSystems ?? [])].map(({ service, status }) => [
    service,
    status,
  ]);
  assert.deepEqual(
    levels.filter(([, status]) => status !== 'OK'),
    [
      ['postgresql', 'CRITICAL'],
      ['postgresql', 'CRITICAL'],
    ],
  );
  assert.match(
    runJtsHot(host, ['monitor', '--nagios', '--no-record'], 2).stdout,
    /disk of postgresql 100 % used/,
  );
  assert.match(
    runJtsHot(host, ['monitor', '--prometheus', '--no-record'], 2).stdout,
    /service_filesystem_used_ratio\{[^}]*"postgresql"\} (1|0\.99\d*)\n/,
  );
});

const OLD = `touch -d '40 days ago'`;
const trashed = (host: ThrowawayHost) => inside(host, `ls -A ${KAFKA}/.jts-hot-trash | wc -l`).trim();

it('is cleaned through a trash of its own, which its user cannot make another one', async (t) => {
  using host = mounted(t);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  const [log, staging] = [`${KAFKA}/logs/server.log.1`, `${BASE}/backup/staging`];
  inside(
    host,
    `echo old > ${log}; chown kafka:kafka ${log}; ${OLD} ${log}; echo 1 > ${staging}/monday; echo 2 > ${staging}/sunday; ${OLD} ${staging}/monday; touch -d '41 days ago' ${staging}/sunday`,
  );
  assert.match(
    runJtsHot(host, ['clean', '--dry-run']).stdout,
    /kafka\/logs, rule broker-logs[^\n]*\n[^\n]*server\.log\.1/,
  );
  runJtsHot(host, ['clean']);
  assert.equal(trashed(host), '1');
  assert.equal(inside(host, `stat -c '%u:%g %a' ${KAFKA}/.jts-hot-trash`).trim(), '0:0 700');
  assert.equal(inside(host, `ls -A ${BASE}/.jts-hot-trash | wc -l`).trim(), '1');
  // Neither is a fault of the service's tree.
  runJtsHot(host, ['validate', '-q']);
  runJtsHot(host, ['repair', 'kafka', '--recursive']);
  assert.equal(inside(host, `stat -c '%u:%g %a' ${KAFKA}/.jts-hot-trash`).trim(), '0:0 700');
  runJtsHot(host, ['rollback', '--yes']);
  assert.equal(inside(host, `cat ${log}`), 'old\n');
  inside(host, `! test -e ${KAFKA}/.jts-hot-trash`);

  inside(host, 'mkdir -m 0777 /outside; echo kept > /outside/20260101T000000Z-1');
  runJtsHot(host, ['clean']);
  const user = { variant: 'link', user: 'kafka', target: '/outside' } as const;
  const running = host.spawn(attacker({ ...user, path: `${KAFKA}/.jts-hot-trash` }));
  const program = [process.execPath, new URL('../../dist/jts-hot.js', import.meta.url).pathname];
  for (let round = 2; round < 14; round += 1) {
    const one = `${KAFKA}/logs/server.log.${round}`;
    inside(host, `echo ${round} > ${one}; chown kafka:kafka ${one}; ${OLD} ${one}`);
    const result = host.run([...program, 'clean', '--delete']);
    assert.doesNotMatch(result.stderr, /E_UNEXPECTED/, describe(result));
  }
  running.kill('SIGTERM');
  t.diagnostic((await running.ended).stdout.trim().replaceAll('\n', ' '));
  assert.equal(inside(host, 'ls -A /outside; cat /outside/*'), '20260101T000000Z-1\nkept\n');
});

/** As fio, with a tenth of the time for each measurement. */
const SHORT_FIO = `#!/bin/sh
for word; do shift; [ "$word" = --runtime=1 ] && word=--runtime=100ms; set -- "$@" "$word"; done
exec /usr/bin/fio "$@"
`;

it('is measured by its name, with nothing left on it', (t) => {
  if (!requires(t, 'fio')) return;
  using host = mounted(t);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  inside(
    host,
    `cat > /usr/local/sbin/fio; chmod 0755 /usr/local/sbin/fio`.replace(';', ` <<'END'\n${SHORT_FIO}END\n`),
  );
  const before = inside(host, `ls -laR --time-style=+ ${KAFKA}; df --output=used ${BASE}`);
  const measured = host.run([
    process.execPath,
    new URL('../../dist/jts-hot.js', import.meta.url).pathname,
    ...['bench', 'kafka', '--now', '-j'],
  ]);
  const { baseline, others } = JSON.parse(measured.stdout).result as BenchResult;
  assert.deepEqual(
    [baseline?.service, baseline?.fileSystem.mountPoint, baseline?.fileSystem.type],
    ['kafka', KAFKA, 'xfs'],
  );
  assert.deepEqual([baseline?.file.directory, others], [KAFKA, ['postgresql']]);
  assert.ok(baseline?.rows.every(({ bytesPerSecond }) => bytesPerSecond > 0));
  assert.equal(inside(host, `ls -laR --time-style=+ ${KAFKA}; df --output=used ${BASE}`), before);
});

it('a service user cannot get a link or an undeclared mount entered from its own file system', async (t) => {
  using host = mounted(t);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  inside(
    host,
    `mkdir -m 0755 /outside; mkdir /outside/data; mkdir -p ${KAFKA}/logs/mounted; mount -t tmpfs none ${KAFKA}/logs/mounted; touch ${KAFKA}/logs/mounted/theirs`,
  );
  const outside = () =>
    inside(
      host,
      `stat -c '%n %u:%g %a %Z' /outside /outside/data ${KAFKA}/logs/mounted ${KAFKA}/logs/mounted/theirs; ls -A /outside`,
    );
  const before = outside();
  const user = { variant: 'link', user: 'kafka', target: '/outside' } as const;
  const attacks = [`${KAFKA}/data`, `${KAFKA}/metadata`].filter(
    (path) => host.run(['test', '-d', path]).status === 0,
  );
  const running = attacks.map((path) => host.spawn(attacker({ ...user, path })));
  for (let round = 0; round < 12; round += 1)
    for (const words of [['repair', 'kafka'], ['repair', 'kafka', '--recursive'], ['setup']]) {
      const result = host.run([
        process.execPath,
        new URL('../../dist/jts-hot.js', import.meta.url).pathname,
        ...words,
      ]);
      assert.doesNotMatch(result.stderr, /E_UNEXPECTED/, describe(result));
    }
  for (const one of running) one.kill('SIGTERM');
  for (const one of running) t.diagnostic((await one.ended).stdout.trim().replaceAll('\n', ' '));
  assert.equal(outside(), before);
});
