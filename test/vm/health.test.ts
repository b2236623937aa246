// What an NVMe disk says of its own health, told by the program: a real log by nvme(1), and a disk that warns.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const SERIAL = 'HEALTH1';
const SPARE = 0x01;
const READ_ONLY = 0x08;

const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);

/** An alert channel that keeps what it is told. */
const LAYOUT = `version: 1
services: { redis: { planned: 50GB } }
monitoring: { alerts: { channels: { file: { type: command, run: [/usr/local/sbin/tell] } } } }
`;

describe('the health of the disk below the base', () => {
  let machine: Machine | undefined;
  const disk = makeDisk({ serial: SERIAL });
  const on = (): Machine => {
    assert.ok(machine !== undefined);
    return machine;
  };
  const isHere = (t: TestContext) => requires(t, 'root', 'virtual machine');
  /** The health log itself is made to say so. */
  const warn = (bits: number) =>
    on().qemu('qom-set', {
      path: `/machine/peripheral/nvme-${SERIAL}`,
      property: 'smart_critical_warning',
      value: bits,
    });
  /** Events of disks, in order. */
  const told = () =>
    sh(on(), 'cat /root/told 2>/dev/null || true')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  before((t) => {
    if (!isHere(t as TestContext)) return;
    machine = startMachine({ disks: [disk] });
    putProduct(machine);
    sh(
      machine,
      `mkfs.xfs -q -K "$1" && mkdir -p /data && mount -o noatime "$1" /data
      mkdir -p /etc/jts-hot && printf '%s' "$2" >/etc/jts-hot/layout.yaml
      printf '#!/bin/sh\\ncat >>/root/told\\necho >>/root/told\\n' >/usr/local/sbin/tell && chmod 755 /usr/local/sbin/tell`,
      disk.path,
      LAYOUT,
    );
    jtsHot(machine, ['setup', '--spec', '/etc/jts-hot/layout.yaml']);
  });
  after(() => machine?.[Symbol.dispose]());

  const monitor = (status: number) =>
    jtsHot(on(), ['monitor', '--spec', '/etc/jts-hot/layout.yaml', '--json'], status);
  const health = (status: number) => JSON.parse(monitor(status).stdout).result.health;

  it('is in the report, with what the log says', (t) => {
    if (!isHere(t)) return;
    const [one, ...others] = health(0);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [one.serial, one.level, one.by, one.why, one.causes, one.wearPercent, one.mediaErrors],
      [SERIAL, 'OK', 'nvme', null, [], 0, 0],
    );
    assert.match(one.disk, /^nvme\d+n1$/);
    assert.equal(one.celsius, 50);
    assert.deepEqual(told(), []);
  });

  it('is CRITICAL when the disk takes no writes any more: reported, told once, in the metrics, kept', (t) => {
    if (!isHere(t)) return;
    warn(READ_ONLY);
    const [one] = health(2);
    assert.deepEqual([one.level, one.causes[0].cause], ['CRITICAL', 'read-only']);
    const [event, ...more] = told();
    assert.deepEqual(more, []);
    assert.equal(event.subject, `/disk/${SERIAL}`);
    assert.equal(event.level, 'CRITICAL');
    assert.match(
      event.text,
      new RegExp(`^CRITICAL machine /data/jts/hot disk ${SERIAL}: nvme\\d+n1: it takes no writes any more$`),
    );
    const words = ['monitor', '--spec', '/etc/jts-hot/layout.yaml'];
    assert.match(jtsHot(on(), words, 2).stdout, /^ {2}nvme\d+n1 CRITICAL: it takes no writes any more$/m);
    assert.equal(told().length, 1, 'told once');
    const metrics = jtsHot(on(), [...words, '--prometheus'], 2).stdout;
    assert.match(
      metrics,
      new RegExp(
        `^jts_hot_disk_health_level\\{base="/data/jts/hot",serial="${SERIAL}",level="critical"\\} 1$`,
        'm',
      ),
    );
  });

  it('is told again when that is over, and when it is something else', (t) => {
    if (!isHere(t)) return;
    warn(0);
    assert.equal(health(0)[0].level, 'OK');
    warn(SPARE);
    const [one] = health(2);
    assert.deepEqual([one.level, one.causes[0].cause], ['CRITICAL', 'spare']);
    const levels = told().map(({ level }) => level);
    assert.deepEqual(levels, ['CRITICAL', 'OK', 'CRITICAL']);
    warn(0);
  });

  it('is known to the kernel only without nvme, which is said', (t) => {
    if (!isHere(t)) return;
    const program = sh(on(), 'command -v nvme').trim();
    sh(on(), 'mv "$1" "$1.away"', program);
    const [one] = health(0);
    assert.deepEqual([one.level, one.by, one.why], ['OK', 'sysfs', 'nvme is not installed']);
    sh(on(), 'mv "$1.away" "$1"', program);
  });

  it('is UNKNOWN of a disk that does not answer, and the report comes all the same', (t) => {
    if (!isHere(t)) return;
    const program = sh(on(), 'command -v nvme').trim();
    sh(on(), 'mv "$1" "$1.away" && printf "#!/bin/sh\\nsleep 1000\\n" >"$1" && chmod 755 "$1"', program);
    const started = Date.now();
    const [one] = health(3);
    assert.deepEqual([one.level, one.why], ['UNKNOWN', 'nvme had no answer in time']);
    assert.ok(Date.now() - started < 60_000);
    sh(on(), 'mv "$1.away" "$1"', program);
  });
});
