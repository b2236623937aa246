// `alert test` and `alert list` from outside: exit status, what is shown of each channel, and that it fits the terminal.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { eventOf } from '../../test/alert-event.ts';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Answer } from '../command/context.ts';
import { builtInMonitoring, type Channel } from '../layout/monitoring.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { alertCommand } from './alert-command.ts';
import type { AlertResult } from './alert-document.ts';
import { renderAlert } from './alert-text.ts';

const directory = mkdtempSync(join(tmpdir(), 'alert-'));
after(() => rmSync(directory, { recursive: true }));

function program(name: string, script: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function alert(
  what: 'test' | 'list',
  channels: readonly Channel[],
  { host = createHost(), stopped = false }: { host?: MemoryHost; stopped?: boolean } = {},
): Promise<Answer<AlertResult>> {
  const alerts = { ...builtInMonitoring.alerts, channels };
  return alertCommand(
    contextOf(host, smallLayout('kafka'), {
      monitoring: { ...builtInMonitoring, alerts },
      stopRequested: () => stopped,
    }),
    what,
  );
}

const paint = createPaint(false);

function shown({ result }: Answer<AlertResult>): string {
  assert.ok(result !== null);
  const text = renderAlert(result, paint);
  for (const line of text.split('\n')) assert.ok(line.length <= WIDTH, line);
  return text;
}

const ok = (): Channel => ({
  name: 'page',
  type: 'command',
  from: 'CRITICAL',
  argv: [program('ok', `exec cat >${directory}/told`)],
});
const broken = (): Channel => ({
  name: 'broken',
  type: 'command',
  from: 'WARNING',
  argv: [program('broken', 'echo no route to the pager >&2; exit 9')],
});

describe('alert test', () => {
  it('goes through every channel, whatever it is told from, and is marked', async () => {
    const answer = await alert('test', [ok()]);
    assert.equal(answer.exitCode, 0);
    assert.deepEqual(answer.problems, []);
    const told = JSON.parse(readFileSync(join(directory, 'told'), 'utf8'));
    assert.equal(told.kind, 'test');
    assert.match(told.text, /^TEST trader1 \/data\/jts\/hot: /);
    assert.equal(told.usedBytes, 100_000_000_000);
    assert.match(
      shown(answer),
      /^A test through every channel\n\n {2}ok {2}page {2}command {2}\d+ ms\n\nDelivered: 1 channel\.$/,
    );
  });

  it('one that fails is told with its reason, and makes it fail', async () => {
    const answer = await alert('test', [ok(), broken()]);
    assert.equal(answer.exitCode, 1);
    assert.ok(answer.result?.what === 'test');
    assert.deepEqual(
      answer.result.outcomes.map(({ channel, error }) => [channel, error]),
      [
        ['page', null],
        ['broken', `${join(directory, 'broken')} ended with exit status 9: no route to the pager`],
      ],
    );
    assert.match(shown(answer), /\n {2}FAIL {2}broken {2}command {2}.*ms\n/);
    assert.match(shown(answer), /\nNot delivered: 1 of 2 channels\.$/);
  });

  it('runs no program that others could change, and says how to mend it', async () => {
    const open = program('open', `cat >${directory}/taken`);
    chmodSync(open, 0o777);
    const script = program('script', 'true');
    chmodSync(script, 0o666);
    const interpreted = program('interpreted', 'true');
    writeFileSync(interpreted, `#!${open}\n`);
    const channel = (name: string, ...argv: readonly string[]): Channel => ({
      name,
      type: 'command',
      from: 'WARNING',
      argv: argv as [string],
    });
    const channels = [
      channel('itself', open),
      channel('its-script', '/bin/sh', script),
      channel('its-interpreter', interpreted),
    ];
    const answer = await alert('test', channels);
    assert.equal(answer.exitCode, EXIT.refused);
    assert.deepEqual(
      answer.problems.map(({ code, at, fix }) => [code, at, fix]),
      [
        ['E_CHANGEABLE', open, `sudo chmod go-w ${open}`],
        ['E_CHANGEABLE', '/bin/sh', `sudo chmod go-w ${script}`],
        ['E_CHANGEABLE', interpreted, `sudo chmod go-w ${open}`],
      ],
    );
    assert.ok(answer.result?.what === 'test');
    for (const { error } of answer.result.outcomes)
      assert.match(error ?? '', /^refused: others than root can change/);
    assert.equal(existsSync(join(directory, 'taken')), false);
  });

  it('delivers nothing for an image', async () => {
    rmSync(join(directory, 'told'), { force: true });
    await assert.rejects(
      alert('test', [ok()], { host: createHost({ root: '/mnt/image' }) }),
      (error) => error instanceof Problem && error.exitCode === EXIT.refused,
    );
    assert.equal(existsSync(join(directory, 'told')), false);
  });

  it('leaves no trace in the history: a test must not come hours later', async () => {
    const host = createHost();
    await alert('test', [broken()], { host });
    assert.equal(host.history({ mode: 'read', group: null }), null);
  });

  it('is stopped by a signal', async () => {
    const slow: Channel = { ...ok(), argv: [program('slow', 'exec sleep 600')] } as Channel;
    const answer = await alert('test', [slow], { stopped: true });
    assert.equal(answer.exitCode, 1);
    assert.match(shown(answer), /slow was stopped with this run/);
  });

  it('without a channel there is nothing to try, and it is said what to write', async () => {
    const answer = await alert('test', []);
    assert.equal(answer.exitCode, 2);
    assert.equal(answer.problems[0]?.code, 'E_NO_CHANNELS');
    assert.match(shown(answer), /monitoring:\n {4}alerts:\n {6}channels:\n/);
  });
});

describe('alert list', () => {
  const channels: readonly Channel[] = [
    { name: 'log', type: 'journal', from: 'WARNING' },
    { name: 'chat', type: 'webhook', from: 'WARNING', url: { file: '/etc/jts/chat-url' }, token: null },
    {
      name: 'bus',
      type: 'webhook',
      from: 'CRITICAL',
      url: 'https://user:hunter2@bus.example.com:8443/alerts?key=hunter2',
      token: { environment: 'BUS_TOKEN' },
    },
    { name: 'ops', type: 'mail', from: 'WARNING', to: ['ops@example.com', 'root'], sender: null },
    { name: 'page', type: 'command', from: 'CRITICAL', argv: ['/usr/local/bin/page', 'a b'] },
  ];

  it('names each channel and where it leads, and no secret', async () => {
    const answer = await alert('list', channels);
    assert.equal(answer.exitCode, 0);
    assert.doesNotMatch(JSON.stringify(answer), /hunter2/);
    assert.equal(
      shown(answer),
      `Alert channels

  CHANNEL  TYPE     FROM      TO
  log      journal  WARNING   journald, or syslog
  chat     webhook  WARNING   the address in /etc/jts/chat-url
  bus      webhook  CRITICAL  https://bus.example.com:8443/alerts
  ops      mail     WARNING   ops@example.com, root
  page     command  CRITICAL  /usr/local/bin/page 'a b'

  What lasts is told again every 24 h.

  There was nothing to tell so far.`,
    );
  });

  it('shows what waits and why, and what was delivered last', async () => {
    const host = createHost();
    const history = host.history({ mode: 'write', group: null });
    assert.ok(history !== null);
    const at = Date.parse('2026-01-01T12:00:00Z');
    history.transaction(() => {
      history.enqueue(eventOf({ id: '1', before: 'WARNING' }), ['ops']);
      history.enqueue(eventOf({ id: '2', subject: '/', before: 'WARNING' }), ['chat']);
    });
    const [waiting, sent] = history.deliveries(2);
    history.failed(waiting?.id ?? 0, 'answered 500', at);
    history.delivered(sent?.id ?? 0, at + 2000);
    const answer = await alert('list', channels, { host });
    assert.ok(answer.result?.what === 'list');
    assert.deepEqual(
      answer.result.waiting.map(({ channel, eventId, attempts, error }) => ({
        channel,
        eventId,
        attempts,
        error,
      })),
      [{ channel: 'chat', eventId: '2', attempts: 1, error: 'answered 500' }],
    );
    const text = shown(answer);
    assert.ok(
      text.endsWith(`
Waiting, for the next run

  2026-01-01T12:00:00.000Z  chat
    OK trader1 /data/jts/hot: back to 91.2 % of 600 GB used (was WARNING)
    1 attempt: answered 500

Told last, each by itself or with a later one

  2026-01-01T12:00:02.000Z  ops
    OK trader1 /data/jts/hot kafka: back to 91.2 % of its 600 GB used (was
      WARNING)`),
      text,
    );
  });

  it('a user who may not read the history still sees the channels', async () => {
    const denied = diagnostic('E_HISTORY', 'cannot read the history', { detail: 'found EACCES' });
    const host: MemoryHost = {
      ...createHost(),
      history: () => {
        throw new Problem(EXIT.failed, [denied]);
      },
    };
    const answer = await alert('list', channels, { host });
    assert.equal(answer.exitCode, 0);
    assert.match(shown(answer), /\n {2}cannot read the history: found EACCES$/);
  });

  it('fits the terminal however long an address is', async () => {
    const url = `https://hooks.example.com/${'long/'.repeat(30)}`;
    const to = Array.from({ length: 9 }, (_, i) => `operator-${i}@example.com`);
    const text = renderAlert(
      (
        await alert('list', [
          { name: 'chat', type: 'webhook', from: 'WARNING', url, token: null },
          { name: 'ops', type: 'mail', from: 'WARNING', to, sender: null },
        ])
      ).result ?? assert.fail(),
      paint,
    );
    // Text for copying stays whole.
    assert.ok(text.includes(url));
    for (const line of text.split('\n')) assert.ok(line.length <= WIDTH || line.trim() === url, line);
  });

  it('without a channel it says what to write', async () => {
    const answer = await alert('list', []);
    assert.equal(answer.exitCode, 0);
    assert.match(shown(answer), /^Nobody is told: /);
  });
});
