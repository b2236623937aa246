// An event in words: each rule, each way, and that nothing from the host gets out of its line or breaks its document.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyEvent, eventOf } from '../../test/alert-event.ts';
import { random } from '../../test/random.ts';
import type { AlertEvent } from '../history/event.ts';
import type { Fired } from '../space/outlook-document.ts';
import { alertEvent } from './event-document.ts';
import { eventDocument, eventFields, eventText, messageText } from './text.ts';

const HOUR = 3_600_000;

function critical(fired: Partial<Fired>, more: Partial<AlertEvent> = {}): string {
  const level = 'CRITICAL';
  return eventText(
    eventOf({ level, fired: { rule: 'used', level, value: 91.24, threshold: 90, ...fired }, ...more }),
  );
}

describe('eventText', () => {
  it('says what fired', () => {
    assert.equal(
      critical({}),
      'CRITICAL trader1 /data/jts/hot kafka: 91.2 % of its 600 GB used (critical from 90 %)',
    );
    assert.equal(
      critical({ rule: 'free', value: 12e9, threshold: 20e9 }),
      'CRITICAL trader1 /data/jts/hot kafka: 12.0 GB of its 600 GB left (critical at 20.0 GB or less)',
    );
    assert.equal(
      critical({ rule: 'inodes', value: 93, threshold: 90 }),
      "CRITICAL trader1 /data/jts/hot kafka: 93.0 % of the file system's inodes used (critical from 90 %)",
    );
    assert.equal(
      critical({ rule: 'full-in', value: 72_000, threshold: 86_400 }),
      'CRITICAL trader1 /data/jts/hot kafka: at its planned size in about 20 h, 91.2 % of its 600 GB used (critical within 24 h)',
    );
  });

  it("of the disk, which is no service's own", () => {
    assert.equal(
      critical({}, { subject: '/' }),
      'CRITICAL trader1 /data/jts/hot: 91.2 % of 600 GB used (critical from 90 %)',
    );
    assert.match(critical({ rule: 'full-in', value: 72_000 }, { subject: '/' }), /: full in about 20 h, /);
  });

  it('how long it lasts, and what it was', () => {
    const at = Date.parse('2026-01-03T00:00:00Z');
    assert.equal(
      critical({}, { kind: 'repeat', before: 'CRITICAL', at, since: at - 50 * HOUR }),
      'CRITICAL trader1 /data/jts/hot kafka: 91.2 % of its 600 GB used (critical from 90 %; for 2 days now)',
    );
    assert.equal(
      eventText(eventOf({ before: 'CRITICAL', usedPercent: 71, at, since: at, beforeSince: at - 5 * HOUR })),
      'OK trader1 /data/jts/hot kafka: back to 71.0 % of its 600 GB used (was CRITICAL for 5 h)',
    );
    assert.equal(
      eventText(eventOf({ before: 'WARNING', usedPercent: 71 })),
      'OK trader1 /data/jts/hot kafka: back to 71.0 % of its 600 GB used (was WARNING)',
    );
  });

  it('of the proof of the layout: how many checks, which first, and what to type', () => {
    const checks = {
      passed: 80,
      failed: 4,
      warnings: 0,
      skipped: 2,
      notHeld: ['a', 'b', 'c', 'd', 'e', 'f'],
    };
    const event = eventOf({ subject: '/checks', level: 'CRITICAL', checks });
    assert.equal(
      eventText(event),
      'CRITICAL trader1 /data/jts/hot checks: of 86, 4 failed, 2 could not be tried: a, b, c …',
    );
    const well = { passed: 86, failed: 0, warnings: 0, skipped: 0, notHeld: [] };
    assert.equal(
      eventText(eventOf({ subject: '/checks', before: 'CRITICAL', checks: well })),
      'OK trader1 /data/jts/hot checks: all 86 hold (was CRITICAL)',
    );
    const { usedBytes, usedPercent, checks: told } = alertEvent.parse(eventDocument({ event, missed: [] }));
    assert.deepEqual([usedBytes, usedPercent, told], [null, null, checks]);
    assert.deepEqual(
      Object.entries(eventFields({ event, missed: [] })).filter(([name]) => /CHECKS|USED/.test(name)),
      [
        ['JTS_HOT_CHECKS_PASSED', '80'],
        ['JTS_HOT_CHECKS_FAILED', '4'],
        ['JTS_HOT_CHECKS_WARNINGS', '0'],
        ['JTS_HOT_CHECKS_SKIPPED', '2'],
        ['JTS_HOT_CHECKS_NOT_HELD', 'a,b,c,d,e,f'],
      ],
    );
  });

  it('a test says so first, and cannot be taken for trouble', () => {
    assert.equal(
      eventText(eventOf({ kind: 'test', subject: '/' })),
      'TEST trader1 /data/jts/hot: this tries the alert channels of jts-hot; nothing is wrong',
    );
  });

  it('what could not be delivered before is said with it', () => {
    const missed = [eventOf({ level: 'WARNING', at: Date.parse('2026-01-01T06:00:00Z') })];
    assert.match(
      messageText({ event: eventOf({ before: 'WARNING' }), missed }),
      / \[could not be delivered before: WARNING at 2026-01-01T06:00:00\.000Z\]$/,
    );
  });
});

describe('whatever the event', () => {
  it('its text is one line that a terminal, a log and a decoder take', () =>
    fc.assert(
      fc.property(anyEvent, anyEvent, (event, earlier) => {
        const text = messageText({ event, missed: [earlier] });
        assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        assert.ok(text.isWellFormed());
      }),
      random(100),
    ));

  it('its document is JSON that says the same', () =>
    fc.assert(
      fc.property(anyEvent, (event) => {
        const document = JSON.parse(JSON.stringify(eventDocument({ event, missed: [event] })));
        assert.deepEqual(alertEvent.parse(document), document);
        assert.equal(document.id, event.id);
        assert.equal(document.schemaVersion, 1);
        assert.equal(document.usedBytes, event.usedBytes);
        assert.equal(Date.parse(document.at), event.at);
        assert.equal(document.missed.length, 1);
        assert.ok(JSON.stringify(document).isWellFormed());
        assert.doesNotMatch(JSON.stringify(document), /\\ud[89a-f]/i);
      }),
      random(100),
    ));

  it('its fields are variables that a process can be given', () =>
    fc.assert(
      fc.property(anyEvent, (event) => {
        for (const [name, value] of Object.entries(eventFields({ event, missed: [] }))) {
          assert.match(name, /^JTS_HOT_[A-Z_]+$/);
          assert.doesNotMatch(value, /[\x00-\x1f]/);
        }
      }),
      random(100),
    ));
});

it('fields are named as the document, and leave out what is not known', () => {
  assert.deepEqual(eventFields({ event: eventOf({}), missed: [] }), {
    JTS_HOT_ID: 'e-1',
    JTS_HOT_KIND: 'change',
    JTS_HOT_AT: '2026-01-01T12:00:00.000Z',
    JTS_HOT_HOST: 'trader1',
    JTS_HOT_BASE: '/data/jts/hot',
    JTS_HOT_SUBJECT: 'kafka',
    JTS_HOT_LEVEL: 'OK',
    JTS_HOT_BEFORE: 'OK',
    JTS_HOT_USED_BYTES: '547200000000',
    JTS_HOT_LIMIT_BYTES: '600000000000',
    JTS_HOT_USED_PERCENT: '91.2',
  });
});
