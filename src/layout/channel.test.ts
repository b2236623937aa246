// What alert channels may be called and where they may lead: nothing that a program would take for something else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CHANNEL_PATTERN,
  checkArgument,
  checkChannelName,
  checkFile,
  checkMailAddress,
  checkProgram,
  checkUrl,
  checkVariable,
  hasCredentials,
  isReadableOnTheWay,
  isSecretAddress,
  MAIL_PATTERN,
  VARIABLE_PATTERN,
} from './channel.ts';

/** Names and addresses that are taken, and such that are not. */
function decides(
  check: (text: string) => string | null,
  { good, bad, pattern }: { good: readonly string[]; bad: readonly string[]; pattern?: string },
): void {
  for (const text of good)
    it(`takes ${JSON.stringify(text).slice(0, 50)}`, () => {
      assert.equal(check(text), null);
      if (pattern !== undefined) assert.match(text, new RegExp(pattern));
    });
  for (const text of bad)
    it(`does not take ${JSON.stringify(text).slice(0, 50)}`, () => {
      assert.match(check(text) ?? '', /^want /);
    });
}

describe('a channel’s name', () => {
  decides(checkChannelName, {
    pattern: CHANNEL_PATTERN,
    good: ['log', 'Slack', 'on-call_2.eu', 'x'.repeat(32)],
    bad: ['', '-x', '.x', '_x', '7', 'a b', 'a/b', 'a"b', 'a\nb', 'a\n', 'é', '__proto__', 'x'.repeat(33)],
  });
});

describe('a program', () => {
  decides(checkProgram, {
    good: ['/usr/local/bin/page', '/opt/page here'],
    bad: ['', 'page', './page', '~/page', '/', '/bin/', '/a/../b', '//bin/page', '/a\0b', '/a\nb', '/-x/-y'],
  });
});

describe('an argument', () => {
  decides(checkArgument, {
    good: ['', '--team', 'a b', '$(id); `id` | *', 'größe', '%'],
    bad: ['a\0b', 'a\nb', 'a\x1b[31m', 'a\u2028b', '\ud800', '\x7f', '\x9b'],
  });
});

describe('a file of a secret', () => {
  decides(checkFile, {
    good: ['/etc/jts/slack-url', '/run/credentials/jts-hot.service/token'],
    bad: ['', 'token', '/etc/../root/x', '/', '/etc/jts/', 'xoxb-1234'],
  });
});

describe('an environment variable', () => {
  decides(checkVariable, {
    pattern: VARIABLE_PATTERN,
    good: ['JTS_TOKEN', '_x', 'a1'],
    bad: ['', '1A', 'A=B', 'A B', '$A', 'A\n', 'A-B', 'A'.repeat(129)],
  });
});

describe('an address', () => {
  decides(checkUrl, {
    good: [
      'https://example.org/hook',
      'http://127.0.0.1:9093/api/v2/alerts?x=1&y=2',
      'HTTPS://EXAMPLE.ORG',
      'https://[::1]:8443/',
    ],
    bad: [
      '',
      'example.org/hook',
      'ftp://example.org',
      'file:///etc/shadow',
      'javascript:alert(1)',
      'unix:///run/docker.sock',
      'https:/example.org',
      'https:example.org',
      'https://',
      'https:///hook',
      'https://?x',
      'https://exam ple.org',
      'https://example.org/a\nHost: other',
      'https://example.org/a\tb',
      'https://example.org/ü',
      'https://example.org:99999/',
      'https://[::1/',
      'https://example.org/#fragment',
      `https://example.org/${'x'.repeat(2048)}`,
    ],
  });

  it('has credentials only before its host', () => {
    for (const url of ['https://user:word@example.org/', 'https://user@example.org', 'HTTP://:w@x/'])
      assert.ok(hasCredentials(url), url);
    for (const url of ['https://example.org/@x', 'https://example.org?to=a@b', 'https://example.org'])
      assert.ok(!hasCredentials(url), url);
  });

  it('is a secret itself where nothing else is asked for', () => {
    for (const url of [
      'https://hooks.slack.com/services/T0/B0/x',
      'https://discord.com/api/webhooks/1/x',
      'https://acme.webhook.office.com/webhookb2/x',
      'https://chat.googleapis.com/v1/spaces/x',
    ])
      assert.ok(isSecretAddress(url), url);
    for (const url of ['https://example.org/hooks.slack.com/', 'https://hooks.slack.com.example.org/x'])
      assert.ok(!isSecretAddress(url), url);
  });

  it('can be read on its way only without encryption and on the way to another machine', () => {
    for (const url of ['http://example.org/', 'http://10.0.0.1/', 'http://127.example.org/', 'HTTP://[::2]/'])
      assert.ok(isReadableOnTheWay(url), url);
    for (const url of ['https://example.org/', 'http://localhost:1/', 'http://127.1.2.3/', 'http://[::1]/'])
      assert.ok(!isReadableOnTheWay(url), url);
  });
});

describe('a mail address', () => {
  decides(checkMailAddress, {
    pattern: MAIL_PATTERN,
    good: ['ops@example.org', 'root', "o'brien+jts@mail.example.org", 'a_b.c-d=e%f~@x', '1@2'],
    bad: [
      '',
      '-oQ/tmp',
      '|/bin/sh',
      '/dev/null',
      'a b@c',
      'a@b@c',
      '@b',
      'a@',
      'a@-b',
      'a@b-',
      'a@b..c',
      'a..b@c',
      'a@b\nBcc: c@d',
      'a@b,c@d',
      'a@b;c@d',
      'Ops <ops@example.org>',
      '"a"@b',
      'ops@exämple.org',
      `${'x'.repeat(65)}@b`,
      `a@${'x'.repeat(255)}`,
    ],
  });
});
