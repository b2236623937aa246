// Mail as a real program gets it on its standard input, and that nothing from a host becomes a header.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { ALERT_AT, anyEvent, eventOf } from '../../../test/alert-event.ts';
import { random } from '../../../test/random.ts';
import type { Message } from '../../history/event.ts';
import { startProgram } from '../../host/program.ts';
import { eventText, messageText } from '../text.ts';
import { type MailAddresses, mailText, toMail } from './mail.ts';
import type { Outcome } from './send.ts';

const directory = mkdtempSync(join(tmpdir(), 'mail-'));
after(() => rmSync(directory, { recursive: true }));

const message: Message = {
  event: eventOf({
    level: 'CRITICAL',
    fired: { rule: 'used', level: 'CRITICAL', value: 91.2, threshold: 90 },
  }),
  missed: [],
};
const OPS: MailAddresses = { to: ['ops@example.com', 'root'], sender: null };

/** A sendmail of its own that does as the script says; what it was given is in `argv` and `mail`. */
async function sendmail(
  script: string,
  addresses = OPS,
): Promise<{ outcome: Outcome; argv: string; mail: string }> {
  const place = mkdtempSync(join(directory, 'run-'));
  const program = join(place, 'sendmail');
  writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" >${place}/argv\ncat >${place}/mail\n${script}\n`);
  chmodSync(program, 0o755);
  const send = toMail(addresses, startProgram, program);
  const outcome = await send(message, {
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    now: ALERT_AT,
    owners: [0, process.geteuid?.() ?? 0],
    readSecret: () => assert.fail('mail has no secrets'),
  });
  const read = (name: string) => {
    const path = join(place, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  return { outcome, argv: read('argv'), mail: read('mail') };
}

describe('mail', () => {
  it('is handed to sendmail whole, with its recipients in it', async () => {
    const { outcome, argv, mail } = await sendmail('exit 0');
    assert.deepEqual(outcome, { ok: true });
    assert.equal(argv, '-t|-i|');
    assert.equal(
      mail,
      `To: ops@example.com,
 root
Subject: CRITICAL trader1 /data/jts/hot kafka: 91.2 % of its 600 GB used
 (critical from 90 %)
Date: Thu, 01 Jan 2026 12:00:00 +0000
Message-ID: <e-1.jts-hot@trader1>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

CRITICAL trader1 /data/jts/hot kafka: 91.2 % of its 600 GB used (critical from 90 %)

id: e-1
kind: change
at: 2026-01-01T12:00:00.000Z
host: trader1
base: /data/jts/hot
subject: kafka
level: CRITICAL
before: OK
rule: used
value: 91.2
threshold: 90
used bytes: 547200000000
limit bytes: 600000000000
used percent: 91.2

To look now: jts-hot monitor
`,
    );
  });

  it('has the sender that the layout names, in the envelope and in the header', async () => {
    const { argv, mail } = await sendmail('exit 0', { to: ['ops@example.com'], sender: 'jts@example.com' });
    assert.equal(argv, '-t|-i|-f|jts@example.com|');
    assert.match(mail, /^From: jts@example\.com\n/);
  });

  it('that fails is told with what sendmail says', async () => {
    const { outcome } = await sendmail("echo 'sendmail: queue: Permission denied' >&2; exit 75");
    assert.deepEqual(outcome, {
      ok: false,
      error: 'sendmail ended with exit status 75: sendmail: queue: Permission denied',
      again: true,
      waitMs: null,
    });
    const refused = (await sendmail('exit 67')).outcome;
    assert.equal(!refused.ok && refused.again, false);
  });

  it('needs a sendmail', async () => {
    const send = toMail(OPS, startProgram, '/nonexistent/sendmail');
    const outcome = await send(message, {
      timeoutMs: 1000,
      signal: new AbortController().signal,
      now: ALERT_AT,
      owners: [0, process.geteuid?.() ?? 0],
      readSecret: () => assert.fail(),
    });
    assert.equal(
      !outcome.ok && outcome.error,
      'cannot find /nonexistent/sendmail: want a mail server, or a relay such as msmtp-mta',
    );
  });

  for (const address of [
    'ops@example.com\nBcc: all@example.com',
    '-bs',
    '|/bin/sh',
    '/etc/passwd',
    'a b',
    'a,b',
    '',
  ])
    it(`is not sent to ${JSON.stringify(address)}`, async () => {
      const { outcome, mail } = await sendmail('exit 0', { to: [address], sender: null });
      assert.equal(outcome.ok, false);
      assert.equal(mail, '');
      const from = await sendmail('exit 0', { to: ['root'], sender: address });
      assert.equal(from.outcome.ok || from.mail !== '', false);
    });
});

describe('mail, whatever the event', () => {
  const HEADERS = [
    'To',
    'Subject',
    'Date',
    'Message-ID',
    'Auto-Submitted',
    'MIME-Version',
    'Content-Type',
    'Content-Transfer-Encoding',
  ];

  it('has its own headers and no others, and says the event when it is decoded', () =>
    fc.assert(
      fc.property(anyEvent, fc.array(anyEvent, { maxLength: 2 }), (event, missed) => {
        const text = mailText({ event, missed }, { ...OPS, now: event.at });
        const end = text.indexOf('\n\n');
        const head = text.slice(0, end).replaceAll('\n ', ' ').split('\n');
        assert.deepEqual(
          head.map((line) => line.slice(0, line.indexOf(':'))),
          HEADERS,
        );
        for (const line of text.split('\n')) assert.match(line, /^[\x20-\x7e]{0,998}$/);
        const value = (name: string) =>
          head.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
        assert.equal(decodeWords(value('Subject')), eventText(event));
        assert.match(value('Message-ID'), /^<[\w-]+\.jts-hot@[A-Za-z0-9.-]+>$/);
        const body = text.slice(end + 2);
        const plain =
          value('Content-Transfer-Encoding') === 'base64'
            ? Buffer.from(body, 'base64').toString('utf8')
            : body;
        assert.equal(plain.split('\n', 1)[0], messageText({ event, missed }));
      }),
      random(100),
    ));

  /** RFC 2047, 6.2: blanks between encoded words are not part of the text. */
  function decodeWords(value: string): string {
    return value
      .replace(/\?= (?==\?)/g, '?=')
      .replace(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g, (_, base64: string) => {
        assert.ok(base64.length <= 63);
        return Buffer.from(base64, 'base64').toString('utf8');
      });
  }
});
