// The system's log as it really is: entries of alerts in journald, and in whatever listens at /dev/log.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MESSAGE_ID } from '../../src/alerts/channels/system-log.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { type HostProcess, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace'] as const;
const KAFKA = '/data/jts/hot/kafka';

const PREPARE = `
for service in postgresql clickhouse kafka mongodb redis docker backup; do mkdir -p /data/jts/hot/$service; done
mkdir -p /etc/jts
cat > /etc/jts/hot-storage.yaml <<'END'
services:
  kafka: { planned: 1MB }
monitoring:
  alerts:
    channels:
      log: { type: journal }
END
`;

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** A server, once it listens at this socket. */
async function listening(host: ThrowawayHost, argv: readonly string[], socket: string): Promise<HostProcess> {
  const daemon = host.spawn(argv);
  let ended: string | null = null;
  void daemon.ended.then((result) => {
    ended = describe(result);
  });
  while (host.run(['test', '-S', socket]).status !== 0) {
    assert.equal(ended, null, ended ?? '');
    await sleep(10);
  }
  return daemon;
}

interface Entry {
  readonly [field: string]: string;
}

it('journald has an alert with all that is known of it', async (t) => {
  if (!requires(t, ...NEEDS, 'systemd-journald')) return;
  using host = startHost({ prepare: PREPARE });
  // journald wants to know where control groups are.
  inside(host, 'mount -t tmpfs tmpfs /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup');
  await listening(host, ['/lib/systemd/systemd-journald'], '/run/systemd/journal/socket');
  inside(host, `head -c 950000 /dev/zero > ${KAFKA}/segment`);
  runJtsHot(host, ['record']);
  runJtsHot(host, ['record']);
  runJtsHot(host, ['alert', 'test']);
  inside(host, 'journalctl --sync || true');
  const entries = inside(host, `journalctl --no-pager -o json MESSAGE_ID=${MESSAGE_ID}`)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  const [alert = {}, test = {}] = entries;
  assert.equal(entries.length, 2);
  assert.match(
    alert['MESSAGE'] ?? '',
    /^CRITICAL \S+ \/data\/jts\/hot kafka: 9\d\.\d % of its 1\.00 MB used/,
  );
  assert.equal(alert['PRIORITY'], '2');
  assert.equal(alert['SYSLOG_IDENTIFIER'], 'jts-hot');
  assert.equal(alert['JTS_HOT_SUBJECT'], 'kafka');
  assert.equal(alert['JTS_HOT_LEVEL'], 'CRITICAL');
  assert.equal(alert['JTS_HOT_RULE'], 'used');
  assert.equal(alert['JTS_HOT_LIMIT_BYTES'], '1000000');
  assert.match(test['MESSAGE'] ?? '', /^TEST /);
  assert.equal(test['PRIORITY'], '5');
});

it('without journald syslog has it; without either that is a failure', async (t) => {
  if (!requires(t, ...NEEDS, 'python3')) return;
  using host = startHost({ prepare: PREPARE });
  inside(host, 'rm -rf /run/systemd/journal/socket /dev/log');
  const nobody = host.run(jtsHot('alert', 'test'));
  assert.equal(nobody.status, 1, describe(nobody));
  assert.match(nobody.stdout, /neither journald .* nor syslog/);
  const syslog = `import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('/dev/log')
print(s.recv(65536).decode(), flush=True)`;
  const daemon = await listening(host, ['python3', '-c', syslog], '/dev/log');
  runJtsHot(host, ['alert', 'test']);
  // 29: the daemon facility, notice (RFC 5424, 6.2.1).
  assert.match((await daemon.ended).stdout, /^<29>.* jts-hot(\[\d+\])?: TEST /);
  // The socket is there still, and nobody behind it.
  const dead = host.run(jtsHot('alert', 'test'));
  assert.equal(dead.status, 1, describe(dead));
  assert.match(dead.stdout, /logger ended with exit status 1/);
});
