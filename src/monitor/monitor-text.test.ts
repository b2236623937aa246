// The space report in words: what a newcomer must find in it, on the screen and in the one line for logs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPaint } from '../messages/paint.ts';
import type { Forecast } from '../space/outlook-document.ts';
import { renderMonitor, renderMonitorSummary } from './monitor-text.ts';
import type { FileSystemUsage, MonitorResult, ServiceUsage, Watched } from './report-document.ts';

const AT = '2026-01-01T00:00:00Z';
const DAY = 86_400;
const UNKNOWN: Forecast = { known: false, reason: 'not enough history: want 2 days, found 5 h' };
const NEW: Watched = {
  status: 'OK',
  fired: null,
  growth: { dayBytes: null, weekBytes: null, monthBytes: null },
  forecast: UNKNOWN,
};

const DISK: FileSystemUsage = {
  ...NEW,
  mountPoint: '/data',
  source: '/dev/nvme0n1p1',
  type: 'ext4',
  sizeBytes: 4e12,
  usedBytes: 3.3e12,
  freeBytes: 4e11,
  usableBytes: 3.7e12,
  usedPercent: 89.2,
  inodes: 1000,
  inodesUsed: 10,
};

const KAFKA: ServiceUsage = {
  ...NEW,
  service: 'kafka',
  path: '/data/jts/hot/kafka',
  plannedBytes: 6e11,
  usedBytes: 5.52e11,
  usedPercent: 92,
  reachableBytes: null,
  usedPercentOfReachable: null,
  apparentBytes: 5.52e11,
  inodes: 5,
  files: 3,
  directories: [],
  mountPoints: [],
  unreadable: [],
};

const NOTHING: MonitorResult = {
  status: 'OK',
  root: '/',
  base: '/data/jts/hot',
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  source: { by: 'scan', reason: 'ext4 at /data keeps no project quotas' },
  entries: 1_234_567,
  linksBeyond: 0,
  timedOut: false,
  fileSystem: DISK,
  plans: { plannedBytes: 1.2e12, plannableBytes: 3.8e12, fit: true },
  services: [KAFKA, { ...KAFKA, service: 'redis' }],
  other: null,
  unaccountedBytes: null,
  health: [],
  backups: [],
  otherDisk: null,
  history: { recorded: false, samples: 0, since: null, notes: [] },
  alerts: { delivered: 0, waiting: 0, failures: [] },
  checks: null,
  reported: null,
};

const forecast = (earliestDays: number | null, latestDays: number | null): Forecast => {
  const seconds = (days: number | null) => (days === null ? null : days * DAY);
  const eta = {
    earliestSeconds: seconds(earliestDays),
    likelySeconds: seconds(earliestDays),
    latestSeconds: seconds(latestDays),
  };
  return {
    known: true,
    lowBytesPerDay: 1,
    likelyBytesPerDay: 2,
    highBytesPerDay: 3,
    planned: eta,
    warning: null,
    critical: null,
    full: null,
  };
};

const shown = (more: Partial<MonitorResult>) =>
  renderMonitor({ ...NOTHING, ...more }, AT, createPaint(false)).split('\n');
const summary = (more: Partial<MonitorResult>) => renderMonitorSummary({ ...NOTHING, ...more }, AT);

it('the summary says what nobody was told yet', () => {
  const alerts = { delivered: 0, waiting: 4, failures: [{ channel: 'pager', error: 'no route' }] };
  assert.match(summary({ alerts }), /; 4 alerts not delivered: see alert list$/);
  assert.doesNotMatch(summary({}), /alert/);
});

it('says what the last proof found, and nothing of one that holds', () => {
  const checks = {
    at: '2026-01-01T06:30:00.000Z',
    level: 'CRITICAL',
    since: '2026-01-01T06:30:00.000Z',
    ...{ passed: 80, failed: 4, warnings: 1, skipped: 2, notHeld: [] },
  } as const;
  const said = (more: Partial<MonitorResult>) => shown(more).filter((line) => /check|validate/.test(line));
  assert.deepEqual(said({ checks }), [
    '  6 of 87 checks did not hold, 1 warning, proved at 2026-01-01T06:30:00.000Z:',
    '    sudo jts-hot validate',
  ]);
  assert.deepEqual(said({ checks: { ...checks, level: 'OK', failed: 0, skipped: 0, warnings: 0 } }), []);
});

describe('monitor: growth and time to full', () => {
  it('where nothing is known yet: one line that says why', () => {
    const lines = shown({});
    assert.ok(
      lines.includes('  growth and time to full: not enough history: want 2 days, found 5 h'),
      lines.join('\n'),
    );
    assert.doesNotMatch(lines.join('\n'), /GROWTH OF/);
  });

  it('of the disk and each service: change a day, a week, a month, and a range', () => {
    const lines = shown({
      fileSystem: {
        ...DISK,
        growth: { dayBytes: 12e9, weekBytes: 8.01e10, monthBytes: null },
        forecast: forecast(12, 19),
      },
      services: [
        {
          ...KAFKA,
          growth: { dayBytes: -1e9, weekBytes: 0, monthBytes: 5e9 },
          forecast: forecast(null, null),
        },
        { ...KAFKA, service: 'redis' },
      ],
    });
    const head = lines.findIndex((line) => line.startsWith('  GROWTH OF'));
    assert.deepEqual(lines.slice(head, head + 6), [
      '  GROWTH OF  LAST DAY  LAST WEEK  LAST MONTH  FULL IN',
      '  disk       +12.0 GB   +80.1 GB           ?  12–19 days',
      '  kafka      -1.00 GB        0 B    +5.00 GB  not in 10 years',
      '  redis             ?          ?           ?  not enough history',
      '  not enough history: want 2 days, found 5 h',
      '  FULL IN: the disk: no space left; a service: its planned space used up.',
    ]);
  });
});

describe('monitor: what fired', () => {
  const fired = { rule: 'used', level: 'CRITICAL', value: 92, threshold: 90 } as const;
  const full = { rule: 'full-in', level: 'WARNING', value: 40 * 3600, threshold: 3 * DAY } as const;

  it('is named, for the disk and for a service', () => {
    const lines = shown({
      fileSystem: { ...DISK, status: 'WARNING', fired: full },
      services: [{ ...KAFKA, status: 'CRITICAL', fired }],
    });
    assert.ok(lines.includes('  disk: full in about 40 h, warning within 3 days'), lines.join('\n'));
    assert.ok(lines.includes('  kafka: used 92.0 %, critical from 90 %'), lines.join('\n'));
  });

  it('stands in the one line for logs, too, with the time to full', () => {
    assert.equal(
      summary({
        status: 'CRITICAL',
        fileSystem: { ...DISK, status: 'WARNING', fired: full, forecast: forecast(1, 2) },
        services: [{ ...KAFKA, status: 'CRITICAL', fired }],
      }),
      `CRITICAL ${AT} /data/jts/hot: 89.2 % used, 400 GB of 4.00 TB available, full in 24 h–2 days, ` +
        'full in about 40 h, warning within 3 days; kafka 92 % of its 600 GB, critical from 90 %',
    );
    assert.equal(summary({}), `OK ${AT} /data/jts/hot: 89.2 % used, 400 GB of 4.00 TB available`);
  });

  it('a service of which a part could not be read is in doubt', () => {
    const half = {
      ...KAFKA,
      status: 'UNKNOWN',
      usedPercent: 2,
      unreadable: [{ path: 'a\n\x1b[31mb', error: 'EIO' }],
    } as const;
    assert.match(summary({ services: [half] }), /; kafka 2 % of its 600 GB, not all of it could be read$/);
    const text = shown({ services: [half] }).join('\n');
    assert.match(
      text,
      /kafka: 1 could not be read: i\/o error \(EIO\): sudo jts-hot validate\n {6}a\\x0a\\x1b\[31mb/,
    );
  });
});

describe('monitor: a disk that cannot give what is planned', () => {
  const small: FileSystemUsage = {
    ...DISK,
    sizeBytes: 191e6,
    usedBytes: 191e6,
    freeBytes: 0,
    usableBytes: 191e6,
    usedPercent: 100,
    status: 'CRITICAL',
    fired: { rule: 'used', level: 'CRITICAL', value: 100, threshold: 90 },
  };
  const byDisk = { rule: 'of-disk', level: 'CRITICAL', value: 100, threshold: 90 } as const;
  const full: ServiceUsage = {
    ...KAFKA,
    plannedBytes: 8e11,
    usedBytes: 181e6,
    usedPercent: 0,
    reachableBytes: 181e6,
    usedPercentOfReachable: 100,
    status: 'CRITICAL',
    fired: byDisk,
  };
  const report = {
    status: 'CRITICAL',
    fileSystem: small,
    plans: { plannedBytes: 4e12, plannableBytes: 181e6, fit: false },
    services: [full, { ...full, service: 'redis', usedBytes: 4096, reachableBytes: 4096 }],
  } as const;

  it('says what it can give, of each plan and of all together; no row of a full one is 0.0 % OK', () => {
    const lines = shown(report);
    const at = lines.findIndex((line) => line.startsWith('  SERVICE'));
    assert.deepEqual(lines.slice(at, at + 7), [
      '  SERVICE     USED  PLANNED  OF PLAN  OF DISK                STATUS',
      '  kafka     181 MB   800 GB    0.0 %  100.0 %  ############  CRITICAL',
      '  redis    4.10 kB   800 GB    0.0 %  100.0 %  ############  CRITICAL',
      '  disk: used 100.0 %, critical from 90 %',
      '  OF DISK: of what the disk can really give it, its use and what is available.',
      '  the plans together, 4.00 TB, exceed the 181 MB that the disk can give them',
      '',
    ]);
    assert.ok(
      lines.every((line) => line.length <= 80),
      lines.join('\n'),
    );
  });

  it('is one thing in the line for logs, however many services wait for it', () => {
    assert.equal(
      summary(report),
      `CRITICAL ${AT} /data/jts/hot: 100 % used, 0 B of 191 MB available, critical from 90 %; ` +
        '2 services cannot have the planned space',
    );
  });
});

it('has a row for what belongs to no service, and for what was not found', () => {
  const other = {
    usedBytes: 8192,
    apparentBytes: 8000,
    inodes: 3,
    files: 1,
    mountPoints: [],
    unreadable: [],
  };
  const lines = shown({ services: [KAFKA], other, unaccountedBytes: 12e9 });
  const at = lines.findIndex((line) => line.startsWith('  SERVICE'));
  assert.deepEqual(lines.slice(at, at + 6), [
    '  SERVICE        USED  PLANNED  OF PLAN                        STATUS',
    '  kafka        552 GB   600 GB   92.0 %  ##################..  OK',
    '  no service  8.19 kB',
    '  elsewhere   12.0 GB',
    '  elsewhere: outside of the base, in deleted files that are still open, for the',
    '    file system itself.',
  ]);
  const unread = { ...other, unreadable: [{ path: 'lost+found', error: 'EACCES' }], mountPoints: ['old'] };
  const said = shown({ services: [KAFKA], other: unread }).join('\n');
  assert.match(said, /no service: 1 could not be read: .*sudo jts-hot monitor/s);
  assert.match(said, /no service: not counted, another file system: old/);
});

describe('monitor: where the numbers come from', () => {
  it('says how they were measured and what became of them', () => {
    const lines = shown({
      history: { recorded: true, samples: 1, since: AT, notes: ['a damaged file was set aside'] },
      alerts: { delivered: 2, waiting: 1, failures: [{ channel: 'ops\x07', error: 'HTTP 500' }] },
    });
    assert.deepEqual(lines.slice(-6), [
      '  numbers from a scan of 1,234,567 entries, since ext4 at /data keeps no project',
      '    quotas',
      '  history: 1 sample since 2026-01-01T00:00:00Z',
      '  history: a damaged file was set aside',
      '  alerts: 2 delivered, 1 still to be delivered',
      '  alerts: ops\\x07 failed, the next run tries again: HTTP 500',
    ]);
  });

  it('says what makes them wrong', () => {
    const silent = {
      ...KAFKA,
      usedBytes: null,
      usedPercent: null,
      status: 'UNKNOWN',
      unreadable: [{ path: KAFKA.path, error: 'timeout' }],
    } as const;
    const text = shown({ timedOut: true, linksBeyond: 1200, services: [KAFKA, silent] }).join('\n');
    assert.match(
      text,
      /kafka: its disk did not answer in time, nothing of it is counted:\s+sudo dmesg \| tail/,
    );
    assert.match(text, /not everything was measured: the time was up/);
    assert.match(text, /too high: of files with several names, 1,200 names more than can be\n? *remembered/);
  });

  it('does not say to set up what has been here before', () => {
    const missing: ServiceUsage = {
      ...KAFKA,
      usedBytes: null,
      usedPercent: null,
      unreadable: [{ path: '/data/jts/hot/kafka', error: 'missing' }],
    };
    const paint = createPaint(false);
    const said = (samples: number) =>
      renderMonitor({ ...NOTHING, services: [missing], history: { ...NOTHING.history, samples } }, AT, paint);
    assert.match(said(0), /nothing is set up here yet/);
    assert.match(said(1), /is the disk mounted\?/);
    assert.doesNotMatch(said(1), /setup/);
  });
});
