// The live view on screens of every size: never a line too long or one too many, whatever is in it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { createPaint } from '../messages/paint.ts';
import { renderWatch, type WatchFrame, type WatchMeasured, type WatchRow } from './watch-text.ts';
import { FIRST_VIEW, inOrder, ORDERS, pressed, type View } from './watch-view.ts';

const DAY = 86_400;
const DISK: WatchRow = {
  name: 'disk',
  status: 'WARNING',
  usedBytes: 3.3e12,
  limitBytes: 3.7e12,
  grownBytes: 1.2e9,
  bytesPerSecond: 2e7,
  forecast: { earliestSeconds: 12 * DAY, likelySeconds: 15 * DAY, latestSeconds: 19 * DAY },
};
const KAFKA: WatchRow = {
  ...DISK,
  name: 'kafka',
  status: 'OK',
  usedBytes: 1e11,
  limitBytes: 6e11,
  forecast: null,
};
const MEASURED: WatchMeasured = {
  status: 'WARNING',
  ageSeconds: 3,
  rateSeconds: 60,
  timedOut: false,
  fileSystem: { mountPoint: '/data', source: '/dev/nvme0n1p1', type: 'ext4', freeBytes: 4e11 },
  rows: [DISK, KAFKA],
  backups: [],
};
const FRAME: WatchFrame = {
  base: '/data/jts/hot',
  view: FIRST_VIEW,
  measured: MEASURED,
  watchedSeconds: 300,
  measuring: null,
  nextSeconds: 2,
};

const lines = (frame: WatchFrame, columns: number, rows: number) =>
  renderWatch(frame, { columns, rows }, createPaint(false)).split('\n');

describe('the live view', () => {
  it('on a wide terminal has all columns', () => {
    assert.deepEqual(lines(FRAME, 100, 12), [
      'Hot storage /data/jts/hot  WARNING                                                 watched for 5 min',
      'ext4 on /dev/nvme0n1p1, mounted at /data, 400 GB available',
      '',
      '                                OF PLAN     USED     GROWN        RATE  FULL IN  FORECAST    STATUS',
      'disk   #####################..     89 %  3.30 TB  +1.20 GB  +20.0 MB/s      6 h  12–19 days  WARNING',
      'kafka  ####...................     16 %   100 GB  +1.20 GB  +20.0 MB/s      7 h  ?           OK',
      '',
      'OF PLAN: of the disk, or of the planned space. GROWN: since this view began.',
      'FORECAST: full in, by the recorded history. RATE, FULL IN: by the last 60 s.',
      '',
      '',
      'q leaves | ? keys | measured 3 s ago | next in 2 s',
    ]);
  });

  it('has the backups below the table: what is wrong, a line each, and those that are well', () => {
    const backups = [
      { service: 'kafka', status: 'CRITICAL', found: ['there is no good backup'] },
      { service: 'redis', status: 'OK', found: [] },
      { service: 'postgresql', status: 'OK', found: [] },
    ] as const;
    const frame = { ...FRAME, measured: { ...MEASURED, backups } };
    assert.deepEqual(lines(frame, 100, 16).slice(5, 10), [
      'kafka  ####...................     16 %   100 GB  +1.20 GB  +20.0 MB/s      7 h  ?           OK',
      '',
      'backups of kafka: there is no good backup',
      'backups of redis, postgresql: OK',
      '',
    ]);
    assert.ok(lines(frame, 100, 9).includes('backups of kafka: there is no good backup'));
  });

  it('on a usual one says the forecast below the table', () => {
    const shown = lines(FRAME, 80, 24);
    assert.ok(shown.includes('full by the history in: disk 12–19 days'), shown.join('\n'));
    assert.match(shown[4] ?? '', /^disk +#+\.* +89 % +3\.30 TB +\+1\.20 GB +\+20\.0 MB\/s +6 h +WARNING$/);
  });

  it('on a narrow one keeps the status, and explains the columns that are there', () => {
    const shown = lines(FRAME, 60, 14);
    assert.deepEqual(shown.slice(3, 12), [
      '                       OF PLAN        RATE  FULL IN  STATUS',
      'disk   ############..     89 %  +20.0 MB/s      6 h  WARNING',
      'kafka  ##............     16 %  +20.0 MB/s      7 h  OK',
      '',
      'full by the history in: disk 12–19 days',
      'OF PLAN: of the disk, or of the planned space.',
      'RATE, FULL IN: by the last 60 s.',
      '',
      '',
    ]);
  });

  it('explains no column that is not there, and every one that needs it, at every width', () => {
    for (let columns = 24; columns <= 220; columns += 1) {
      const shown = lines(FRAME, columns, 24);
      const head = shown.find((line) => line.includes('OF PLAN')) ?? '';
      assert.match(head, /STATUS$/);
      const legend = shown
        .filter((line) => /: (?:of the disk|since|full in|by the last)/.test(line))
        .join(' ');
      for (const name of ['OF PLAN', 'GROWN', 'RATE', 'FULL IN', 'FORECAST'])
        assert.equal(legend.includes(name), head.includes(name), `${columns}: ${name}`);
    }
  });

  it('shows its keys and all columns when asked, and goes back', () => {
    const shown = lines({ ...FRAME, view: { ...FIRST_VIEW, help: true } }, 80, 24).join('\n');
    for (const text of [
      /^ {2}q {2}leave; Ctrl-C too$/m,
      /^ {2}s {2}sort by the next of: use, share of plan, rate, name$/m,
      /^ {2}p {2}pause: /m,
      /^ {2}OF PLAN: /m,
      /^ {2}GROWN: /m,
      /^ {2}FORECAST: /m,
      /^ {2}RATE, FULL IN: /m,
      /^q leaves \| \? goes back \| measured 3 s ago/m,
    ])
      assert.match(shown, text);
  });

  it('says that it is paused, and by what it is sorted', () => {
    const view = { ...FIRST_VIEW, paused: true, order: 'rate' } as const;
    assert.equal(
      lines({ ...FRAME, view }, 80, 24).at(-1),
      'q leaves | ? keys | paused: p goes on | measured 3 s ago | by rate',
    );
  });

  it('before the first measurement says how far it is', () => {
    const shown = lines(
      { ...FRAME, measured: null, measuring: 'measuring: 12 entries', nextSeconds: null },
      80,
      4,
    );
    assert.deepEqual(shown, [
      'Hot storage /data/jts/hot                                      watched for 5 min',
      '',
      '',
      'q leaves | ? keys | measuring: 12 entries',
    ]);
  });

  it('on a low one leaves out the smallest services, and says so', () => {
    const rows = [DISK, ...Array.from({ length: 9 }, (_, i) => ({ ...KAFKA, name: `kafka${i}` }))];
    const shown = lines({ ...FRAME, measured: { ...MEASURED, rows } }, 80, 7);
    assert.match(shown[4] ?? '', /^kafka1 /);
    assert.deepEqual(shown.slice(5), ['… and 7 more', 'q leaves | ? keys | measured 3 s ago | next in 2 s']);
  });

  it('says when something did not answer', () => {
    const shown = lines({ ...FRAME, measured: { ...MEASURED, timedOut: true } }, 80, 24);
    assert.match(shown.at(-1) ?? '', /\| not everything answered \|/);
  });

  it('fits every screen, with every number and every name', () => {
    const bytes = fc.oneof(fc.constant(null), fc.integer({ min: -1e15, max: 1e15 }));
    const seconds = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 4e8 }));
    const row = fc.record({
      name: fc.string({ unit: 'binary', maxLength: 40 }),
      status: fc.constantFrom('OK', 'WARNING', 'CRITICAL', 'UNKNOWN' as const),
      usedBytes: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 1e15 })),
      limitBytes: fc.integer({ min: 0, max: 1e15 }),
      grownBytes: bytes,
      bytesPerSecond: bytes,
      forecast: fc.oneof(
        fc.constant(null),
        fc.record({ earliestSeconds: seconds, likelySeconds: seconds, latestSeconds: seconds }),
      ),
    });
    const frame = fc.record({
      base: fc.string({ unit: 'binary', maxLength: 100 }),
      rows: fc.array(row, { minLength: 1, maxLength: 12 }),
      measuring: fc.oneof(fc.constant(null), fc.string({ unit: 'binary', maxLength: 60 })),
    });
    const size = fc.record({
      columns: fc.integer({ min: 1, max: 160 }),
      rows: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(frame, size, ({ base, rows, measuring }, screen) => {
        const all = {
          ...FRAME,
          base,
          measuring,
          measured: { ...MEASURED, rows: rows as readonly WatchRow[] },
        };
        const text = renderWatch(all, screen, createPaint(false));
        const shown = text.split('\n');
        assert.equal(shown.length, screen.rows);
        for (const line of shown) {
          assert.ok(Array.from(line).length <= screen.columns, `${line.length}: ${line}`);
          assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        }
        assert.equal(stripVTControlCharacters(renderWatch(all, screen, createPaint(true))), text);
      }),
      random(300, 42),
    );
  });
});

describe('the keys of the live view', () => {
  const after = (...keys: readonly string[]) =>
    keys.reduce<View | 'leave' | null>((view, key) => pressed(view as View, key), FIRST_VIEW);

  it('q and Ctrl-C leave, ? and p turn something on and off, s goes round, others mean nothing', () => {
    for (const key of ['q', 'Q', '\x03']) assert.equal(after(key), 'leave');
    assert.deepEqual(after('?'), { ...FIRST_VIEW, help: true });
    assert.deepEqual(after('p'), { ...FIRST_VIEW, paused: true });
    for (const key of ['?', 'p']) assert.deepEqual(after(key, key), FIRST_VIEW);
    const round = ORDERS.map((_, i) => (after(...Array.from({ length: i }, () => 's')) as View).order);
    assert.deepEqual(round, ORDERS);
    assert.deepEqual(after(...ORDERS.map(() => 's')), FIRST_VIEW);
    assert.equal(after('x'), null);
  });

  it('each order keeps the disk first and what is not known last', () => {
    const row = (
      name: string,
      usedBytes: number | null,
      limitBytes: number,
      bytesPerSecond: number | null,
    ) => ({
      ...KAFKA,
      name,
      usedBytes,
      limitBytes,
      bytesPerSecond,
    });
    const rows = [
      DISK,
      row('b', 10, 100, null),
      row('c', null, 10, null),
      row('a', 5, 10, 1),
      row('d', 7, 20, 9),
    ];
    const names = Object.fromEntries(
      ORDERS.map((order) => [
        order,
        inOrder(rows, order)
          .map(({ name }) => name)
          .join(' '),
      ]),
    );
    assert.deepEqual(names, {
      use: 'disk b d a c',
      'share of plan': 'disk a d b c',
      rate: 'disk d a b c',
      name: 'disk a b c d',
    });
  });
});
