// Owns space reports for tests of what renders them: one written out, and any that a host could give.
import fc from 'fast-check';
import { ROLES } from '../src/layout/role.ts';
import type { MonitorResult, ServiceUsage, Watched } from '../src/monitor/report-document.ts';
import type { Eta, Forecast } from '../src/space/outlook-document.ts';

const NO_GROWTH = { dayBytes: null, weekBytes: null, monthBytes: null };
const UNKNOWN: Forecast = { known: false, reason: 'not enough history: want 2 days, found 5 h' };

/** A disk that fills, a service above its warning, one that cannot be measured, one of which nothing is wrong. */
export const REPORT: MonitorResult = {
  status: 'WARNING',
  root: '/',
  base: '/data/jts/hot',
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  source: { by: 'scan', reason: 'no project quota' },
  entries: 1234,
  linksBeyond: 0,
  timedOut: false,
  fileSystem: {
    status: 'WARNING',
    fired: { rule: 'full-in', level: 'WARNING', value: 172_800, threshold: 259_200 },
    growth: { dayBytes: 864_000_000, weekBytes: 6_000_000_000, monthBytes: null },
    forecast: {
      known: true,
      lowBytesPerDay: 432_000_000,
      likelyBytesPerDay: 864_000_000,
      highBytesPerDay: 1_728_000_000,
      planned: null,
      warning: { earliestSeconds: 0, likelySeconds: 0, latestSeconds: 0 },
      critical: { earliestSeconds: 43_200, likelySeconds: 86_400, latestSeconds: 172_800 },
      full: { earliestSeconds: 86_400, likelySeconds: 172_800, latestSeconds: null },
    },
    mountPoint: '/data',
    source: '/dev/nvme0n1p1',
    type: 'ext4',
    sizeBytes: 4_000_000_000_000,
    usedBytes: 3_000_000_000_000,
    freeBytes: 750_000_000_000,
    usableBytes: 3_750_000_000_000,
    usedPercent: 80,
    inodes: 244_000_000,
    inodesUsed: 1_000_000,
  },
  plans: { plannedBytes: 3_500_000_000, plannableBytes: 3_750_000_000_000, fit: true },
  services: [
    {
      service: 'kafka',
      path: '/data/jts/hot/kafka',
      plannedBytes: 1_000_000_000,
      usedBytes: 850_000_000,
      apparentBytes: 900_000_000,
      inodes: 120,
      files: 100,
      directories: [
        { name: 'data', role: 'data', usedBytes: 800_000_000, apparentBytes: 800_000_000, inodes: 90 },
        { name: 'logs', role: 'log', usedBytes: 50_000_000, apparentBytes: 50_000_000, inodes: 12 },
      ],
      mountPoints: [],
      unreadable: [],
      status: 'WARNING',
      fired: { rule: 'used', level: 'WARNING', value: 85, threshold: 80 },
      growth: NO_GROWTH,
      forecast: UNKNOWN,
      usedPercent: 85,
      reachableBytes: null,
      usedPercentOfReachable: null,
    },
    {
      service: 'backup',
      path: '/data/jts/hot/backup',
      plannedBytes: 2_000_000_000,
      usedBytes: 0,
      apparentBytes: 0,
      inodes: 1,
      files: 0,
      directories: [],
      mountPoints: ['snapshots'],
      unreadable: [],
      status: 'OK',
      fired: null,
      growth: NO_GROWTH,
      forecast: UNKNOWN,
      usedPercent: 0,
      reachableBytes: null,
      usedPercentOfReachable: null,
    },
    {
      service: 'redis',
      path: '/data/jts/hot/redis',
      plannedBytes: 500_000_000,
      usedBytes: null,
      apparentBytes: 0,
      inodes: 0,
      files: 0,
      directories: [],
      mountPoints: [],
      unreadable: [{ path: '/data/jts/hot/redis', error: 'EACCES' }],
      status: 'UNKNOWN',
      fired: null,
      growth: NO_GROWTH,
      forecast: { known: false, reason: 'it could not be measured' },
      usedPercent: null,
      reachableBytes: null,
      usedPercentOfReachable: null,
    },
  ],
  other: { usedBytes: 12_288, apparentBytes: 20, inodes: 3, files: 1, mountPoints: [], unreadable: [] },
  unaccountedBytes: null,
  health: [
    {
      disk: 'nvme0n1',
      serial: 'S5GXNX0T',
      model: 'A disk of 4 TB',
      at: '2026-01-01T00:00:00.000Z',
      level: 'OK',
      causes: [],
      by: 'nvme',
      why: null,
      sparePercent: 100,
      spareThresholdPercent: 10,
      wearPercent: 15,
      mediaErrors: 0,
      unsafeShutdowns: 12,
      powerOnHours: 38_313,
      celsius: 37,
      writtenBytes: 755_183_919_616_000,
    },
  ],
  backups: [
    {
      service: 'kafka',
      level: 'OK',
      causes: [],
      lastGood: {
        name: '20251231T230000Z',
        at: '2025-12-31T23:00:00.000Z',
        bytes: 123_000_000,
        seconds: 42,
      },
      lastAttempt: {
        name: '20251231T230000Z',
        at: '2025-12-31T23:00:00.000Z',
        outcome: 'done',
        why: null,
      },
      lastVerify: { name: '20251231T230000Z', at: '2026-01-01T01:00:00.000Z', isGood: true, why: null },
      lastVerified: { name: '20251231T230000Z', at: '2026-01-01T01:00:00.000Z' },
      maxAgeSeconds: 129_600,
      verifyEverySeconds: 2_678_400,
    },
  ],
  otherDisk: null,
  history: { recorded: true, samples: 42, since: '2025-12-01T00:00:00.000Z', notes: [] },
  alerts: { delivered: 1, waiting: 2, failures: [{ channel: 'ops', error: 'timeout' }] },
  reported: null,
  checks: {
    at: '2026-01-01T06:30:00.000Z',
    level: 'CRITICAL',
    since: '2025-12-31T06:30:00.000Z',
    passed: 82,
    failed: 6,
    warnings: 1,
    skipped: 1,
    notHeld: ['directory.kafka'],
  },
};

const bytes = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const signed = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
const eta: fc.Arbitrary<Eta> = fc.record({
  earliestSeconds: orNull(fc.nat()),
  likelySeconds: orNull(fc.nat()),
  latestSeconds: orNull(fc.nat()),
});
const forecast: fc.Arbitrary<Forecast> = fc.oneof(
  fc.constant(UNKNOWN),
  fc.record({
    known: fc.constant(true as const),
    lowBytesPerDay: fc.double({ noNaN: true, noDefaultInfinity: true }),
    likelyBytesPerDay: signed,
    highBytesPerDay: signed,
    planned: orNull(eta),
    warning: orNull(eta),
    critical: orNull(eta),
    full: orNull(eta),
  }),
);
const level = fc.constantFrom('WARNING' as const, 'CRITICAL' as const);
const watched: fc.Arbitrary<Watched> = fc.record({
  status: fc.constantFrom('OK', 'WARNING', 'CRITICAL', 'UNKNOWN'),
  fired: orNull(
    fc.record({
      rule: fc.constantFrom('used', 'free', 'inodes', 'full-in', 'of-disk'),
      level,
      value: fc.double({ min: 0, max: 1e15, noNaN: true }),
      threshold: fc.nat(),
    }),
  ),
  growth: fc.record({ dayBytes: orNull(signed), weekBytes: orNull(signed), monthBytes: orNull(signed) }),
  forecast,
});
/** With what formats have a meaning for, and with bytes that are no UTF-8 (values/file-name.ts). */
const name = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
      fc.constantFrom('\\', '"', '\n', '{', '}', ',', '=', "'", '|', ';', ' ', '\udcff', '\udc80', '#'),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const unreadable = fc.array(fc.record({ path: name, error: fc.constantFrom('EACCES', 'EIO') }), {
  maxLength: 3,
});
const service: fc.Arbitrary<ServiceUsage> = fc
  .tuple(
    watched,
    fc.record({
      service: name,
      path: name,
      plannedBytes: bytes,
      usedBytes: orNull(bytes),
      apparentBytes: bytes,
      inodes: fc.nat(),
      files: fc.nat(),
      directories: fc.uniqueArray(
        fc.record({
          name,
          role: fc.constantFrom(...ROLES),
          usedBytes: bytes,
          apparentBytes: bytes,
          inodes: fc.nat(),
        }),
        {
          maxLength: 3,
          selector: (directory) => directory.name,
        },
      ),
      mountPoints: fc.array(name, { maxLength: 2 }),
      unreadable,
      usedPercent: fc.constant(0),
      reachableBytes: orNull(bytes),
      usedPercentOfReachable: orNull(fc.nat(100)),
    }),
  )
  .map(([common, usage]) => ({ ...common, ...usage, usedPercent: usage.usedBytes === null ? null : 50 }));

/** Names are odd, numbers large, and no two services have one name. */
export const anyReport: fc.Arbitrary<MonitorResult> = fc
  .record({
    status: fc.constantFrom('OK' as const, 'WARNING' as const, 'CRITICAL' as const, 'UNKNOWN' as const),
    base: name,
    thresholds: fc.record({ warningPercent: orNull(fc.nat(100)), criticalPercent: orNull(fc.nat(100)) }),
    timedOut: fc.boolean(),
    disk: watched,
    mountPoint: name.map((text) => `/${text}`),
    usedBytes: bytes,
    freeBytes: bytes,
    inodes: fc.nat(),
    services: fc.uniqueArray(service, { maxLength: 5, selector: (usage) => usage.service }),
  })
  .map(({ disk, mountPoint, usedBytes, freeBytes, inodes, ...rest }) => ({
    ...REPORT,
    ...rest,
    fileSystem: { ...REPORT.fileSystem, ...disk, mountPoint, usedBytes, freeBytes, inodes },
  }));
