// Alerts of the built program on a host with somebody behind each channel: told once, also by runs at the same time, is
// killed, or hangs; and no secret is anywhere but where it was put.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertFacts } from '../../src/alerts/deliver-document.ts';
import { alertEvent, type EventDocument } from '../../src/alerts/event-document.ts';
import type { MonitorResult } from '../../src/monitor/report-document.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace'] as const;
const KAFKA = '/data/jts/hot/kafka';
const SECRET = 'hunter2-of-the-channel';

/** Kafka may have 1 MB; everybody else is there, with room. The programs write what they are told into /told. */
function prepare(channels: string, timeout = '30s'): string {
  return `
for service in postgresql clickhouse kafka mongodb redis docker backup; do mkdir -p /data/jts/hot/$service; done
mkdir -p /etc/jts /told
cat > /etc/jts/hot-storage.yaml <<'END'
services:
  kafka: { planned: 1MB }
monitoring:
  alerts:
    timeout: ${timeout}
    attempts: 1
    channels:
${channels}
END
cat > /usr/local/bin/page <<'END'
#!/bin/sh
# What every process of this host shows of itself to everybody.
cat /proc/[0-9]*/cmdline | tr '\\0' ' ' >> /told/processes
cat >> /told/page
END
cat > /usr/sbin/sendmail <<'END'
#!/bin/sh
cat >> /told/mail
echo >> /told/mail
END
chmod +x /usr/local/bin/page /usr/sbin/sendmail
`;
}

interface Receiver {
  readonly port: number;
  readonly told: (EventDocument & { readonly authorization: string | undefined })[];
  close(): Promise<void>;
}

/** Behind a webhook. `answer` may keep the caller waiting. */
async function receiver(
  answer: RequestListener = (_, response) => response.writeHead(200).end('ok'),
  make: (listener: RequestListener) => Server = createServer,
): Promise<Receiver> {
  const told: Receiver['told'] = [];
  const server = make(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    told.push({ ...alertEvent.parse(JSON.parse(body)), authorization: request.headers.authorization });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    told,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fill(host: ThrowawayHost, kilobytes: number): void {
  const grow = host.run([
    'sh',
    '-ec',
    `rm -f ${KAFKA}/segment; head -c ${kilobytes}000 /dev/zero > ${KAFKA}/segment`,
  ]);
  assert.equal(grow.status, 0, describe(grow));
}

/** In the background, so that a server of this process can answer. */
async function record(host: ThrowawayHost, clock: readonly string[] = []): Promise<AlertFacts> {
  const result = await host.spawn([...clock, ...jtsHot('record', '-j')]).ended;
  assert.equal(result.status, 0, describe(result));
  const { alerts } = JSON.parse(result.stdout).result as MonitorResult;
  return alerts;
}

function read(host: ThrowawayHost, path: string): string {
  return host.run(['cat', path]).stdout;
}

function levels(documents: readonly EventDocument[]): readonly string[] {
  return documents.map(({ subject, level }) => `${subject} ${level}`);
}

function paged(host: ThrowawayHost): readonly EventDocument[] {
  return read(host, '/told/page')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => alertEvent.parse(JSON.parse(line)));
}

it('of runs at the same time one tells each channel, once; no secret is seen by anybody', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  const chat = await receiver();
  using host = startHost({
    prepare: `${prepare(`
      page: { type: command, run: [/usr/local/bin/page] }
      chat: { type: webhook, url-file: /etc/jts/chat-url, token-file: /etc/jts/chat-token }
      ops: { type: mail, to: [ops@example.com] }
      urgent: { type: command, from: critical, run: [/usr/local/bin/urgent] }`)}
printf '#!/bin/sh\\ncat >> /told/urgent\\n' > /usr/local/bin/urgent
chmod +x /usr/local/bin/urgent
umask 077
echo http://127.0.0.1:${chat.port}/${SECRET}-address > /etc/jts/chat-url
echo ${SECRET}-token > /etc/jts/chat-token
`,
  });
  let said = '';
  try {
    for (const kilobytes of [850, 950, 100]) {
      fill(host, kilobytes);
      const runs = Array.from({ length: 3 }, () => host.spawn(jtsHot('record', '-j')));
      for (const { ended } of runs) {
        const result = await ended;
        assert.equal(result.status, 0, describe(result));
        said += result.stdout + result.stderr;
      }
    }
    said += (await host.spawn(jtsHot('alert', 'test')).ended).stdout;
    said += runJtsHot(host, ['alert', 'list', '-j']).stdout + runJtsHot(host, ['spec', 'show']).stdout;
  } finally {
    await chat.close();
  }

  const once = ['kafka WARNING', 'kafka CRITICAL', 'kafka OK'];
  assert.deepEqual(levels(chat.told.filter(({ kind }) => kind === 'change')), once);
  assert.deepEqual(levels(paged(host).filter(({ kind }) => kind === 'change')), once);
  assert.deepEqual(read(host, '/told/mail').match(/^Subject: \w+/gm), [
    'Subject: WARNING',
    'Subject: CRITICAL',
    'Subject: OK',
    'Subject: TEST',
  ]);
  const urgent = read(host, '/told/urgent').match(/"level":"\w+","before"/g);
  assert.deepEqual(urgent?.slice(0, 2), ['"level":"CRITICAL","before"', '"level":"OK","before"']);
  assert.deepEqual(
    chat.told.map(({ kind }) => kind),
    ['change', 'change', 'change', 'test'],
  );

  for (const { authorization } of chat.told) assert.equal(authorization, `Bearer ${SECRET}-token`);
  assert.match(said, /chat-url/);
  assert.ok(!said.includes(SECRET));
  const written = host
    .changes()
    .filter((change) => !change.startsWith('deleted'))
    .map((change) => change.slice(change.indexOf('/')));
  assert.ok(written.some((path) => path.endsWith('/history.db')));
  assert.match(read(host, '/told/processes'), /jts-hot\.js record/);
  const found = host.run(['grep', '-rl', '--', SECRET, ...written]);
  assert.equal(found.stdout, '');
});

it('a channel that hangs or fails holds up no other, nor the report, and is told by the next run', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  let well = false;
  const hanging = await receiver((_, response) => {
    if (well) response.writeHead(204).end();
  });
  const failing = await receiver((_, response) => response.writeHead(well ? 200 : 500).end('out of order'));
  using host = startHost({
    prepare: prepare(
      `
      hangs: { type: webhook, url: "http://127.0.0.1:${hanging.port}/" }
      fails: { type: webhook, url: "http://127.0.0.1:${failing.port}/" }
      nobody: { type: webhook, url: "http://127.0.0.1:9/" }
      stuck: { type: command, run: [/usr/local/bin/stuck] }
      page: { type: command, run: [/usr/local/bin/page] }`,
      '4s',
    ),
  });
  const stuck = host.path('/usr/local/bin/stuck');
  const script = (body: string) =>
    host.run([
      'sh',
      '-c',
      `printf '#!/bin/sh\\n${body}\\n' > /usr/local/bin/stuck; chmod +x /usr/local/bin/stuck`,
    ]);
  try {
    script('sleep 600');
    assert.ok(readFileSync(stuck).length > 0);
    fill(host, 850);
    const facts = await record(host);
    assert.deepEqual(levels(paged(host)), ['kafka WARNING']);
    assert.equal(facts.delivered, 1);
    assert.equal(facts.waiting, 4);
    const errors = Object.fromEntries(facts.failures.map(({ channel, error }) => [channel, error]));
    assert.match(errors['hangs'] ?? '', /^no answer within [\d.]+ s$/);
    assert.equal(errors['fails'], 'answered 500: out of order');
    assert.equal(errors['nobody'], 'cannot send it: connection refused (ECONNREFUSED)');
    assert.equal(errors['stuck'], '/usr/local/bin/stuck did not end in time and was killed');
    const left = host.run(['sh', '-c', 'cat /proc/[0-9]*/comm']).stdout;
    assert.doesNotMatch(left, /sleep|stuck/);
    const waiting = runJtsHot(host, ['alert', 'list']).stdout;
    assert.match(waiting, /Waiting, for the next run\n[\s\S]*answered 500: out of order/);

    well = true;
    script('cat > /told/stuck');
    fill(host, 950);
    const next = await record(host);
    assert.equal(next.delivered, 4);
    assert.deepEqual(
      next.failures.map(({ channel }) => channel),
      ['nobody'],
    );
    for (const { told } of [hanging, failing]) {
      const newest = told.at(-1);
      assert.equal(newest?.level, 'CRITICAL');
      assert.deepEqual(
        newest?.missed.map(({ level }) => level),
        ['WARNING'],
      );
      assert.match(newest?.text ?? '', /could not be delivered before: WARNING at /);
    }
    assert.deepEqual(levels(paged(host)), ['kafka WARNING', 'kafka CRITICAL']);
  } finally {
    await Promise.all([hanging.close(), failing.close()]);
  }
});

it('killed while it delivers: told by a later run, once its time is over', async (t) => {
  if (!requires(t, ...NEEDS, 'faketime')) return;
  let well = false;
  const slow = await receiver((_, response) => {
    if (well) response.writeHead(200).end();
  });
  using host = startHost({
    prepare: prepare(`      slow: { type: webhook, url: "http://127.0.0.1:${slow.port}/" }`),
  });
  try {
    fill(host, 950);
    const running = host.spawn(jtsHot('record'));
    while (slow.told.length === 0) await sleep(5);
    running.kill('SIGKILL');
    await running.ended;
    well = true;
    // It may still be at work, for all that the next run can know.
    assert.deepEqual(await record(host), { delivered: 0, waiting: 1, failures: [] });
    assert.equal(slow.told.length, 1);
    // The machine's own clock as it is: faketime would have it begin in 1970.
    const later = ['env', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'faketime', '-f', '+10m'];
    assert.deepEqual(await record(host, later), { delivered: 1, waiting: 0, failures: [] });
    assert.deepEqual(await record(host, later), { delivered: 0, waiting: 0, failures: [] });
    const [first, second] = slow.told;
    assert.equal(slow.told.length, 2);
    // By this a receiver knows that it heard this before.
    assert.equal(first?.id, second?.id);
  } finally {
    await slow.close();
  }
});

it('a signal ends the delivery, not the report', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  const slow = await receiver(() => {});
  using host = startHost({
    prepare: prepare(`      slow: { type: webhook, url: "http://127.0.0.1:${slow.port}/" }`),
  });
  try {
    fill(host, 950);
    const running = host.spawn(jtsHot('record', '-j'));
    while (slow.told.length === 0) await sleep(5);
    running.kill('SIGTERM');
    const { stdout } = await running.ended;
    const { alerts } = JSON.parse(stdout).result as MonitorResult;
    assert.deepEqual(alerts.failures, [{ channel: 'slow', error: 'stopped with this run' }]);
  } finally {
    await slow.close();
  }
});

it('trusts the certificates that this machine trusts, and no others', async (t) => {
  if (!requires(t, ...NEEDS, 'openssl')) return;
  const directory = mkdtempSync(join(tmpdir(), 'alert-certificate-'));
  try {
    const [key, certificate] = [join(directory, 'key'), join(directory, 'certificate')];
    const made = spawnSync('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', key, '-out', certificate],
    ]);
    assert.equal(made.status, 0, made.stderr.toString());
    const options = { key: readFileSync(key), cert: readFileSync(certificate) };
    const chat = await receiver(undefined, (listener) => createSecureServer(options, listener));
    using host = startHost({
      prepare: prepare(`      chat: { type: webhook, url: "https://localhost:${chat.port}/" }`),
    });
    try {
      const unknown = await host.spawn(jtsHot('alert', 'test')).ended;
      assert.equal(unknown.status, 1, describe(unknown));
      assert.match(unknown.stdout, /signed by nobody known/);
      const trust = `cat >> "$(readlink -f /etc/ssl/certs/ca-certificates.crt)"; hash=$(openssl x509 -hash -noout -in /etc/jts/own.crt); cp /etc/jts/own.crt /etc/ssl/certs/$hash.0`;
      const added = host.run(['sh', '-ec', `tee /etc/jts/own.crt | { ${trust}; }`], {
        input: options.cert.toString(),
      });
      assert.equal(added.status, 0, describe(added));
      const known = await host.spawn(jtsHot('alert', 'test')).ended;
      assert.equal(known.status, 0, describe(known));
      assert.deepEqual(levels(chat.told), ['/ OK']);
    } finally {
      await chat.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
