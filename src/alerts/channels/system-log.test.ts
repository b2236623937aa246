// Entries of the journal: a field a line, whatever the event. What journald gets of them is test/e2e/alert-log.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ALERT_AT, anyEvent, eventOf } from '../../../test/alert-event.ts';
import { random } from '../../../test/random.ts';
import type { AlertEvent } from '../../history/event.ts';
import type { ProgramRequest } from '../../host/program.ts';
import type { LogSocket } from '../../host/system-log.ts';
import { messageText } from '../text.ts';
import type { Outcome } from './send.ts';
import { journalEntry, MESSAGE_ID, toSystemLog } from './system-log.ts';

async function logged(
  event: AlertEvent,
  socket: LogSocket | null,
): Promise<{ readonly outcome: Outcome; readonly started: readonly ProgramRequest[] }> {
  const started: ProgramRequest[] = [];
  const send = toSystemLog(
    async (request) => {
      started.push(request);
      return { ended: 'exit', status: 0, stderr: '' };
    },
    () => socket,
  );
  const attempt = {
    timeoutMs: 1000,
    signal: new AbortController().signal,
    now: ALERT_AT,
    owners: [0, process.geteuid?.() ?? 0],
    readSecret: () => assert.fail('a log has no secrets'),
  };
  return { outcome: await send({ event, missed: [] }, attempt), started };
}

describe('system log', () => {
  it('a journal gets the text and each field', async () => {
    const { outcome, started } = await logged(eventOf({ level: 'CRITICAL', kind: 'repeat' }), 'journald');
    assert.deepEqual(outcome, { ok: true });
    assert.deepEqual(started[0]?.argv, ['logger', '--journald']);
    const lines = started[0]?.input.split('\n') ?? [];
    assert.deepEqual(lines.slice(1, 4), [
      `MESSAGE_ID=${MESSAGE_ID}`,
      'PRIORITY=2',
      'SYSLOG_IDENTIFIER=jts-hot',
    ]);
    assert.ok(lines[0]?.startsWith('MESSAGE=CRITICAL trader1 /data/jts/hot kafka: '));
    assert.ok(lines.includes('JTS_HOT_SUBJECT=kafka'));
    assert.ok(lines.includes('JTS_HOT_KIND=repeat'));
  });

  it('a syslog gets the text, as loud as it is bad', async () => {
    for (const [level, priority] of [
      ['CRITICAL', 'daemon.crit'],
      ['WARNING', 'daemon.warning'],
      ['OK', 'daemon.notice'],
    ] as const) {
      const { started } = await logged(eventOf({ level }), 'syslog');
      const [{ argv, input }] = started as [ProgramRequest];
      assert.equal(argv[argv.indexOf('--priority') + 1], priority);
      assert.equal(argv[argv.indexOf('--tag') + 1], 'jts-hot');
      assert.ok(argv.includes('--socket-errors=on'));
      assert.equal(input, `${messageText({ event: eventOf({ level }), missed: [] })}\n`);
    }
  });

  it('where nothing keeps a log, nothing is taken for delivered', async () => {
    const { outcome, started } = await logged(eventOf({}), null);
    assert.deepEqual(outcome, {
      ok: false,
      error: 'neither journald (/run/systemd/journal/socket) nor syslog (/dev/log) runs',
      again: false,
      waitMs: null,
    });
    assert.deepEqual(started, []);
  });

  it('no event adds a field or an entry', () =>
    fc.assert(
      fc.property(anyEvent, anyEvent, (event, earlier) => {
        const entry = journalEntry({ event, missed: [earlier] });
        assert.ok(entry.endsWith('\n'));
        const names = entry
          .slice(0, -1)
          .split('\n')
          .map((line) => /^([A-Z_]+)=[^\x00-\x1f]*$/.exec(line)?.[1]);
        assert.ok(!names.includes(undefined), entry);
        assert.equal(new Set(names).size, names.length);
      }),
      random(100),
    ));
});
