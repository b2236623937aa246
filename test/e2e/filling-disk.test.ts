// What an operator sees who watches a service fill its disk: the forecast comes true, each channel is told of one
// warning, one critical and one all-clear, and terminal, JSON, metrics and history say the same. Real files on a real file
// system, on a clock that is moved on (faketime) between two samples.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { MonitorResult } from '../../src/monitor/report-document.ts';
import type { Eta } from '../../src/space/outlook-document.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd', 'loop device', 'faketime'] as const;
const BASE = '/data/jts/hot';
const PORT = 39_847;

const LAYOUT = `monitoring:
  alerts:
    repeat: never
    channels:
      journal: { type: journal }
      pager: { type: command, run: [/usr/local/bin/page] }
      team: { type: webhook, url: "http://127.0.0.1:${PORT}/hook" }
      post: { type: mail, to: [ops@example.org] }
`;

/** A loop device of the kernel's, an ext4 of 300 MB on it, and somebody behind each channel. */
const PREPARE = `
mkdir -p ${BASE} /etc/jts /run/systemd/journal
truncate -s 300M /var/tmp/disk.img
mkfs.ext4 -q -O ^has_journal /var/tmp/disk.img
cat > /etc/jts/hot-storage.yaml <<'END'
${LAYOUT}END
printf '#!/bin/sh\\ncat >> /root/pager; echo >> /root/pager\\n' > /usr/local/bin/page
printf '#!/bin/sh\\ncat >> /root/mail; echo "=== end" >> /root/mail\\n' > /usr/sbin/sendmail
chmod +x /usr/local/bin/page /usr/sbin/sendmail
`;

const MOUNT = `
mknod /dev/loop-control c 10 237
for i in $(seq 0 15); do mknod /dev/loop$i b 7 $i; done
mount -o loop /var/tmp/disk.img ${BASE}
`;

const WEBHOOK = `require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    require('node:fs').appendFileSync('/root/webhook', JSON.stringify(JSON.parse(body)) + '\\n');
    response.end('ok');
  });
}).listen(${PORT}, '127.0.0.1', () => console.log('listening'));`;

const JOURNAL = `import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('/run/systemd/journal/socket')
print('listening', flush=True)
while True:
    with open('/root/journal', 'ab') as f: f.write(s.recv(65536) + b'\\n===\\n')`;

const START = Date.parse('2026-03-01T00:00:00Z') / 1000;
const STEP_SECONDS = 6 * 3600;
const STEP_BYTES = 10_000_000;

interface Seen {
  readonly at: number;
  readonly result: MonitorResult;
}

/** What one sample says, taken at this moment. */
function record(host: ThrowawayHost, at: number): Seen {
  const argv = ['faketime', '-f', `@${stamp(at)}`, ...jtsHot('record', '-j')];
  const answer = host.run(argv, { env: { TZ: 'UTC', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
  assert.equal(answer.status, 0, describe(answer));
  return { at, result: JSON.parse(answer.stdout).result as MonitorResult };
}

function stamp(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

async function listening(host: ThrowawayHost, argv: readonly string[]): Promise<void> {
  const { stdout, ended } = host.spawn(argv);
  await Promise.race([
    new Promise((resolve) => stdout.once('data', resolve)),
    ended.then((result) => assert.fail(describe(result))),
  ]);
}

/** Each forecast against the moment in which it came true: between two samples, of which the later one saw it. */
function requireTrue(
  seen: readonly Seen[],
  mark: 'warning' | 'critical' | 'full',
  cameTrueAt: number,
): number {
  let forecasts = 0;
  for (const { at, result } of seen.filter((one) => one.at < cameTrueAt - STEP_SECONDS)) {
    const { forecast } = result.fileSystem;
    if (!forecast.known) continue;
    const { earliestSeconds, latestSeconds } = forecast[mark] as Eta;
    const said = `${mark}, said ${stamp(at)}: ${earliestSeconds}–${latestSeconds} s, came true after ${cameTrueAt - at} s`;
    assert.ok(earliestSeconds !== null && latestSeconds !== null, said);
    assert.ok(at + earliestSeconds <= cameTrueAt && cameTrueAt - STEP_SECONDS <= at + latestSeconds, said);
    forecasts += 1;
  }
  return forecasts;
}

/** What each channel was told of the disk, in order. */
function told(host: ThrowawayHost): Record<string, readonly string[]> {
  const levels = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, level]) => level ?? '');
  const read = (path: string) => inside(host, `cat ${path} 2>/dev/null || true`);
  return {
    journal: levels(read('/root/journal'), /^MESSAGE=.*?\b(OK|WARNING|CRITICAL)\b/gm),
    pager: levels(read('/root/pager'), /"level":"(\w+)"/g),
    team: levels(read('/root/webhook'), /"level":"(\w+)"/g),
    post: levels(read('/root/mail'), /^Subject: .*?\b(OK|WARNING|CRITICAL)\b/gm),
  };
}

it('a service fills the disk: the forecast comes true, every channel is told once of each level', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true, prepare: PREPARE });
  inside(host, MOUNT);
  await listening(host, [process.execPath, '-e', WEBHOOK]);
  await listening(host, ['python3', '-c', JOURNAL]);
  runJtsHot(host, ['setup']);

  const seen: Seen[] = [];
  let full = false;
  for (let step = 0; !full; step += 1) {
    assert.ok(step < 60, 'the disk does not fill');
    const grow = `head -c ${STEP_BYTES} /dev/zero > ${BASE}/kafka/data/segment-${step}`;
    full = host.run(['sh', '-c', grow], { asUser: 'kafka' }).status !== 0;
    seen.push(record(host, START + step * STEP_SECONDS));
  }
  const firstAt = (level: string) => seen.find(({ result }) => result.fileSystem.status === level)?.at;
  const crossed = (percent: number) =>
    seen.find(({ result }) => result.fileSystem.usedPercent >= percent)?.at ?? assert.fail(`${percent} %`);
  assert.ok(firstAt('WARNING') !== undefined && firstAt('CRITICAL') !== undefined);
  assert.equal(seen[0]?.result.fileSystem.forecast.known, false);
  assert.ok(requireTrue(seen, 'warning', crossed(80)) >= 10);
  assert.ok(requireTrue(seen, 'critical', crossed(90)) >= 10);
  assert.ok(requireTrue(seen, 'full', seen.at(-1)?.at ?? 0) >= 10);

  inside(host, `rm ${BASE}/kafka/data/segment-*`);
  const after = record(host, START + seen.length * STEP_SECONDS);
  assert.equal(after.result.fileSystem.status, 'OK');
  // Nothing more is told of what stays as it is.
  record(host, START + (seen.length + 1) * STEP_SECONDS);
  const once = ['WARNING', 'CRITICAL', 'OK'];
  assert.deepEqual(told(host), { journal: once, pager: once, team: once, post: once });

  // The same facts everywhere, of the same moment.
  const now = START + (seen.length + 2) * STEP_SECONDS;
  const { result } = record(host, now);
  const { usedBytes } = result.fileSystem;
  const kafka = result.services.find(({ service }) => service === 'kafka');
  const show = (...args: readonly string[]) => {
    const argv = ['faketime', '-f', `@${stamp(now + 60)}`, ...jtsHot(...args)];
    return host.run(argv, { env: { TZ: 'UTC', FAKETIME_DONT_FAKE_MONOTONIC: '1' } }).stdout;
  };
  const json = JSON.parse(show('monitor', '-j', '--no-record')).result as MonitorResult;
  assert.equal(json.fileSystem.usedBytes, usedBytes);
  assert.equal(json.services.find(({ service }) => service === 'kafka')?.usedBytes, kafka?.usedBytes);
  const metrics = show('monitor', '--prometheus', '--no-record');
  assert.match(metrics, new RegExp(`^jts_hot_filesystem_used_bytes(\\{[^}]*\\})? ${usedBytes}$`, 'm'));
  assert.match(
    metrics,
    new RegExp(`^jts_hot_service_used_bytes\\{[^}]*kafka[^}]*\\} ${kafka?.usedBytes}$`, 'm'),
  );
  assert.match(show('history', 'kafka', '--csv'), new RegExp(`\\b${kafka?.usedBytes}\\b.*\\s*$`));
  assert.match(show('monitor', '--no-record'), /kafka +[\d.]+ \w+ +600 GB/);
});
