// The space report: thresholds at their boundaries, which status wins, per cent of what, and numbers that are bytes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryFileSystem, MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Context } from '../command/context.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { type Diagnostic, diagnostic, Problem } from '../messages/diagnostic.ts';
import { monitorCommand, recordCommand } from './monitor.ts';
import type { MonitorResult, Status, Thresholds } from './report-document.ts';

const BASE = '/data/jts/hot';
/** Each plans 1 GB. */
const LAYOUT = smallLayout('kafka', 'redis');
/** Whole blocks. */
const STEP_BYTES = 10_002_432;
const USUAL: Thresholds = { warningPercent: 80, criticalPercent: 90 };

function host(fileSystem: Partial<MemoryFileSystem> = {}): MemoryHost {
  const made = createHost({ fileSystem: { ...NVME, ...fileSystem } });
  for (const name of ['kafka', 'redis']) made.prepare.directory(`${BASE}/${name}/data`);
  return made;
}

async function monitor(
  made: MemoryHost,
  thresholds = USUAL,
): Promise<MonitorResult & { readonly exitCode: number }> {
  const options = { thresholds, record: false, timeoutMs: null };
  const { exitCode, problems, result } = await monitorCommand(contextOf(made, LAYOUT), options);
  assert.ok(result !== null);
  assert.deepEqual(problems, []);
  return { exitCode, ...result };
}

/** A disk of which this many per mille are used. */
function used(perMille: number): Partial<MemoryFileSystem> {
  return {
    sizeBytes: 1_000_000,
    freeBytes: 1_000_000 - perMille * 1000,
    availableBytes: 1_000_000 - perMille * 1000,
  };
}

describe('monitor: the file system', () => {
  for (const [timeoutMs, seconds] of [
    [2000, 2],
    [null, 60],
  ] as const)
    it(`that does not answer is waited for ${seconds} s, which is said`, async () => {
      const made = host();
      made.faults.hang(`${BASE}/kafka/data`);
      const context = contextOf(made, smallLayout('kafka'));
      await assert.rejects(monitorCommand(context, { thresholds: null, record: false, timeoutMs }), {
        message: new RegExp(`want an answer within ${seconds} s, found none`),
      });
    });

  const table: readonly (readonly [number, Thresholds, Status, number])[] = [
    [0, USUAL, 'OK', 0],
    [799, USUAL, 'OK', 79.9],
    [800, USUAL, 'WARNING', 80],
    [899, USUAL, 'WARNING', 89.9],
    [900, USUAL, 'CRITICAL', 90],
    [1000, USUAL, 'CRITICAL', 100],
    [749, { warningPercent: 75, criticalPercent: 85 }, 'OK', 74.9],
    [750, { warningPercent: 75, criticalPercent: 85 }, 'WARNING', 75],
    [850, { warningPercent: 75, criticalPercent: 85 }, 'CRITICAL', 85],
    [805, { warningPercent: 80.5, criticalPercent: 80.5 }, 'CRITICAL', 80.5],
    [804, { warningPercent: 80.5, criticalPercent: 80.5 }, 'OK', 80.4],
    [999, { warningPercent: 100, criticalPercent: 100 }, 'OK', 99.9],
    [1000, { warningPercent: 100, criticalPercent: 100 }, 'CRITICAL', 100],
  ];
  for (const [perMille, thresholds, status, percent] of table)
    it(`${perMille / 10} % with -w ${thresholds.warningPercent} -c ${thresholds.criticalPercent}: ${status}`, async () => {
      const { fileSystem, status: overall } = await monitor(host(used(perMille)), thresholds);
      assert.deepEqual([fileSystem.status, fileSystem.usedPercent], [status, percent]);
      assert.equal(overall, status);
    });

  it('0 as a threshold warns always', async () => {
    assert.equal(
      (await monitor(host(used(0)), { warningPercent: 0, criticalPercent: 100 })).status,
      'WARNING',
    );
  });

  it("takes root's reserve for what services cannot have, as df does", async () => {
    const { fileSystem } = await monitor(host({ sizeBytes: 1000, freeBytes: 200, availableBytes: 150 }));
    // 800 used of the 950 that there are for them.
    const { sizeBytes, usedBytes, freeBytes, usedPercent, status } = fileSystem;
    assert.deepEqual(
      [sizeBytes, usedBytes, freeBytes, usedPercent, status],
      [1000, 800, 150, 84.2, 'WARNING'],
    );
  });

  it('of no size is not used', async () => {
    const none = { sizeBytes: 0, freeBytes: 0, availableBytes: 0 };
    const { fileSystem, services } = await monitor(host(none));
    assert.equal(fileSystem.usedPercent, 0);
    assert.ok(services.every(({ status }) => status === 'OK'));
  });

  it('smaller than a plan: per cent also of what it can give; a full one leaves no service OK', async () => {
    const made = host({ sizeBytes: 191e6, freeBytes: 0, availableBytes: 0 });
    made.prepare.file(`${BASE}/kafka/data/segment`, { bytes: 180_002_816 });
    const { services, plans, status } = await monitor(made);
    assert.deepEqual(
      services.map((one) => [one.service, one.usedPercent, one.usedPercentOfReachable, one.status]),
      [
        ['kafka', 18, 100, 'CRITICAL'],
        ['redis', 0, 100, 'CRITICAL'],
      ],
    );
    assert.equal(services[0]?.fired?.rule, 'of-disk');
    assert.equal(services[0]?.reachableBytes, services[0]?.usedBytes);
    assert.deepEqual(plans, { plannedBytes: 2e9, plannableBytes: 181_450_000, fit: false });
    assert.equal(status, 'CRITICAL');
  });

  it('is said with what lies beside the services, and what was not found on it', async () => {
    const made = host({ freeBytes: NVME.freeBytes });
    made.prepare.file(`${BASE}/stray`, { bytes: 8192 });
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 4096 });
    const { other, unaccountedBytes, fileSystem } = await monitor(made);
    assert.deepEqual([other?.usedBytes, other?.files], [8192, 1]);
    assert.equal(unaccountedBytes, fileSystem.usedBytes - 8192 - 4096);
  });

  it('that can give every plan: what it can give is not said', async () => {
    const { services, plans } = await monitor(host());
    assert.deepEqual(
      services.map((one) => [one.reachableBytes, one.usedPercentOfReachable]),
      [
        [null, null],
        [null, null],
      ],
    );
    assert.equal(plans.fit, true);
  });
});

describe('monitor: services', () => {
  const table: readonly (readonly [number, Status, number])[] = [
    [799_997_952, 'WARNING', 80],
    [799_408_128, 'OK', 79.9],
    [899_997_696, 'CRITICAL', 90],
    [899_407_872, 'WARNING', 89.9],
    [1_500_000_256, 'CRITICAL', 150],
  ];
  for (const [bytes, status, percent] of table)
    it(`${bytes} bytes of 1 GB: ${status}`, async () => {
      const made = host();
      made.prepare.file(`${BASE}/kafka/data/a`, { bytes });
      const { services, status: overall, fileSystem } = await monitor(made);
      assert.deepEqual(
        services.map((service) => [service.service, service.usedBytes, service.usedPercent, service.status]),
        [
          ['kafka', bytes, percent, status],
          ['redis', 0, 0, 'OK'],
        ],
      );
      // The disk has room: it is the plan that is not kept.
      assert.deepEqual([overall, fileSystem.status], [status, 'OK']);
    });

  it('come largest first, the unknown last', async () => {
    const made = host();
    made.prepare.file(`${BASE}/redis/data/a`, { bytes: 4096 });
    assert.deepEqual(
      (await monitor(made)).services.map(({ service }) => service),
      ['redis', 'kafka'],
    );
    made.prepare.remove(`${BASE}/redis`);
    assert.deepEqual(
      (await monitor(made)).services.map(({ service, usedPercent, status }) => [
        service,
        usedPercent,
        status,
      ]),
      [
        ['kafka', 0, 'OK'],
        ['redis', null, 'UNKNOWN'],
      ],
    );
  });

  it('of which a part may not be read: unknown where it would be OK, else as bad as what was counted', async () => {
    for (const [bytes, status] of [
      [4096, 'UNKNOWN'],
      [850_001_920, 'WARNING'],
      [950_001_664, 'CRITICAL'],
    ] as const) {
      const made = createHost({ effectiveUid: 1000 });
      made.prepare.file(`${BASE}/kafka/data/a`, { bytes });
      made.prepare.directory(`${BASE}/kafka/logs`, { mode: '0700' });
      made.prepare.directory(`${BASE}/redis`);
      const service = (await monitor(made)).services.find((one) => one.service === 'kafka');
      assert.deepEqual([service?.status, service?.usedBytes], [status, bytes]);
      assert.deepEqual(service?.unreadable, [{ path: 'logs', error: 'EACCES' }]);
    }
  });
});

describe('monitor: the worst counts', () => {
  const FREE = {};
  const table: readonly (readonly [string, Partial<MemoryFileSystem>, number, boolean, Status, number])[] = [
    ['all OK', FREE, 0, false, 'OK', 0],
    ['a service above its plan', FREE, 850_001_920, false, 'WARNING', 1],
    ['a service far above it', FREE, 950_001_664, false, 'CRITICAL', 2],
    ['one that cannot be measured', FREE, 0, true, 'UNKNOWN', 3],
    ['one unknown, one warning: the warning', FREE, 850_001_920, true, 'WARNING', 1],
    ['one unknown, the disk critical', used(950), 0, true, 'CRITICAL', 2],
    ['a service critical, the disk at a warning', used(850), 950_001_664, false, 'CRITICAL', 2],
  ];
  for (const [what, fileSystem, bytes, missing, status, exitCode] of table)
    it(`${what}: ${status}`, async () => {
      const made = host(fileSystem);
      if (bytes > 0) made.prepare.file(`${BASE}/kafka/data/a`, { bytes });
      if (missing) made.prepare.remove(`${BASE}/redis`);
      const result = await monitor(made);
      assert.deepEqual([result.status, result.exitCode], [status, exitCode]);
    });
});

describe('monitor: JSON', () => {
  it('has whole bytes for every size, and per cent as a number', async () => {
    const made = host({
      sizeBytes: 3_999_999_999_999,
      freeBytes: 1_234_567_890_123,
      availableBytes: 1_034_567_890_123,
    });
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 1 });
    const seen: string[] = [];
    JSON.parse(JSON.stringify(await monitor(made)), (key, value) => {
      // What is not known of growth is null.
      if (key.endsWith('Bytes') && value !== null) {
        assert.ok(Number.isSafeInteger(value), `${key} ${value}`);
        seen.push(key);
      }
      if (key.endsWith('Percent')) assert.equal(typeof value, 'number');
      return value;
    });
    assert.deepEqual(seen.toSorted(), [
      ...Array(7).fill('apparentBytes'),
      'freeBytes',
      'plannableBytes',
      ...Array(3).fill('plannedBytes'),
      'sizeBytes',
      'unaccountedBytes',
      'usableBytes',
      ...Array(8).fill('usedBytes'),
    ]);
  });

  it('changes nothing and needs no root, also where nothing is set up', async () => {
    const made = createHost({ effectiveUid: 1000 });
    const before = made.snapshot();
    const { status, exitCode } = await monitor(made);
    assert.deepEqual([status, exitCode], ['UNKNOWN', 3]);
    assert.equal(made.snapshot(), before);
    assert.equal(made.faults.events(), 0);
  });
});

/** Tells a program that takes whatever it is told. */
const TOLD: Monitoring = {
  ...builtInMonitoring,
  alerts: {
    ...builtInMonitoring.alerts,
    channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv: ['/bin/true'] }],
  },
};

/** Recorded at this hour, with the clock moved on. */
async function record(
  made: MemoryHost,
  hour: number,
  more: Partial<Context> = {},
): Promise<MonitorResult & { readonly exitCode: number; readonly problems: readonly Diagnostic[] }> {
  const now = () => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  const context = contextOf(made, LAYOUT, { now, ...more });
  const { exitCode, problems, result } = await monitorCommand(context, {
    thresholds: null,
    record: true,
    timeoutMs: null,
  });
  assert.ok(result !== null);
  return { ...result, exitCode, problems };
}

describe('monitor: what is remembered', () => {
  it('is a sample a run, of the disk and of each service that could be measured', async () => {
    const made = host();
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 4096 });
    made.prepare.remove(`${BASE}/redis`);
    const { history } = await record(made, 0);
    assert.deepEqual(history, { recorded: true, samples: 1, since: '2026-01-01T00:00:00.000Z', notes: [] });
    const kept = made.history({ mode: 'read', group: null });
    const [sample] = kept?.samples({ since: 0 }) ?? [];
    assert.deepEqual([...(sample?.uses.keys() ?? [])].toSorted(), ['/', 'kafka']);
    assert.deepEqual(sample?.uses.get('kafka'), { usedBytes: 4096, inodes: 3, limitBytes: 1e9 });
    kept?.close();
  });

  it('leads to growth and a forecast', async () => {
    const made = host();
    for (let hour = 0; hour <= 96; hour += 6) {
      made.prepare.file(`${BASE}/kafka/data/${hour}`, { bytes: STEP_BYTES });
      await record(made, hour);
    }
    const { services } = await record(made, 102);
    const kafka = services.find(({ service }) => service === 'kafka');
    assert.ok(kafka?.forecast.known);
    assert.equal(kafka.growth.dayBytes, 3 * STEP_BYTES);
    assert.equal(kafka.growth.monthBytes, null);
    const { planned } = kafka.forecast;
    // 830 MB at 40 MB a day.
    assert.ok(Math.abs((planned?.likelySeconds ?? 0) / 86_400 - 20.75) < 2, `${planned?.likelySeconds}`);
  });

  it('is the level: it ends only below its margin', async () => {
    const made = host();
    const level = async (hour: number, bytes: number) => {
      if (hour > 0) made.prepare.remove(`${BASE}/kafka/data/a`);
      made.prepare.file(`${BASE}/kafka/data/a`, { bytes });
      const { services } = await record(made, hour);
      return services.find(({ service }) => service === 'kafka')?.status;
    };
    const levels = [];
    for (const [hour, bytes] of [799e6, 801e6, 799e6, 785e6, 770e6, 799e6].entries())
      levels.push(await level(hour, bytes));
    assert.deepEqual(levels, ['OK', 'WARNING', 'WARNING', 'WARNING', 'OK', 'OK']);
  });

  it('is not what -w and -c say: that is for one run', async () => {
    const made = host();
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 500e6 });
    const thresholds = { warningPercent: 10, criticalPercent: 20 };
    const options = { thresholds, record: true, timeoutMs: null };
    const { result } = await monitorCommand(contextOf(made, LAYOUT), options);
    assert.equal(result?.status, 'CRITICAL');
    assert.equal(result?.history.recorded, true);
    const scraped = () => made.history({ mode: 'read', group: null })?.report();
    assert.equal(scraped(), null);
    assert.equal((await record(made, 1)).status, 'OK');
    assert.equal(JSON.parse(scraped()?.json ?? '').status, 'OK');
    await monitorCommand(contextOf(made, LAYOUT), options);
    assert.equal(JSON.parse(scraped()?.json ?? '').status, 'OK');
  });

  it('is nothing of the disk that shows where its own is not mounted', async () => {
    const made = host(used(950));
    const levels = async (hour: number) => {
      const told = await record(made, hour, { monitoring: TOLD });
      const kept = made.history({ mode: 'read', group: null });
      return [told.history.notes, kept?.deliveries(9).map(({ event }) => `${event.subject} ${event.level}`)];
    };
    assert.deepEqual(await levels(0), [[], ['/ CRITICAL']]);
    const other = ['ext4 from /dev/nvme0n1p1', '(UUID=00000000-0000-4000-8000-00000000000'];
    made.prepare.mount(BASE);
    const hidden = `want ${other[0]} ${other[1]}1), mounted at /, found ${BASE} on ${other[0]} ${other[1]}2), mounted at ${BASE}, which hides it`;
    assert.deepEqual(await levels(1), [[`not recorded: ${hidden}`], ['/ CRITICAL']]);
    // A program that does not wait for the mount writes below it.
    made.prepare.directory(`${BASE}/redis`);
    assert.deepEqual(await levels(2), [[`not recorded: ${hidden}`], ['/ UNKNOWN', '/ CRITICAL']]);
    const { exitCode, problems } = await recordCommand(contextOf(made, LAYOUT), { timeoutMs: null });
    assert.deepEqual(
      [exitCode, problems.map(({ code, fix, hint }) => [code, fix, hint])],
      [1, [['E_DISK_HIDDEN', `sudo umount ${BASE}`, 'where this is meant: sudo jts-hot setup --new-disk']]],
    );
    // Nothing is measured on another disk.
    const { fileSystem, status, otherDisk, entries, services } = await record(made, 2);
    assert.deepEqual([fileSystem.status, status, otherDisk, entries], ['UNKNOWN', 'UNKNOWN', hidden, 0]);
    assert.deepEqual([...new Set(services.map(({ usedBytes }) => usedBytes))], [null]);
    made.prepare.unmount(BASE);
    assert.deepEqual((await levels(3))[0], []);
  });

  it('begins a level by what was counted in part, and ends none', async () => {
    const made = host();
    const asked = async (hour: number, bytes: number, error: string | null) => {
      if (hour > 0) made.prepare.remove(`${BASE}/kafka/data/a`);
      made.prepare.file(`${BASE}/kafka/data/a`, { bytes });
      const unreadable = error === null ? [] : [{ path: 'logs', error }];
      const failing: MemoryHost = {
        ...made,
        measure: async (request) => {
          const measured = await made.measure(request);
          return { ...measured, trees: measured.trees.map((tree) => ({ ...tree, unreadable })) };
        },
      };
      await record(failing, hour, { monitoring: TOLD });
      const kept = made.history({ mode: 'read', group: null });
      const told = (kept?.deliveries(9) ?? [])
        .filter(({ event }) => event.subject === 'kafka')
        .map(({ event }) => event.level);
      return [kept?.levels().get('kafka')?.level, told.toReversed()];
    };
    assert.deepEqual(await asked(0, 850e6, 'EIO'), ['WARNING', ['WARNING']]);
    assert.deepEqual(await asked(1, 4096, 'EIO'), ['WARNING', ['WARNING']]);
    assert.deepEqual(await asked(2, 950e6, 'EIO'), ['CRITICAL', ['WARNING', 'CRITICAL']]);
    assert.deepEqual(await asked(3, 850e6, 'EIO'), ['CRITICAL', ['WARNING', 'CRITICAL']]);
    assert.deepEqual(await asked(4, 4096, null), ['OK', ['WARNING', 'CRITICAL', 'OK']]);
  });

  it('is told also where it cannot be recorded, by every run until it can', async () => {
    const log = join(mkdtempSync(join(tmpdir(), 'monitor-')), 'told');
    const argv = ['/bin/sh', '-c', 'echo $JTS_HOT_SUBJECT $JTS_HOT_LEVEL >> "$0"', log];
    const monitoring: Monitoring = {
      ...TOLD,
      alerts: { ...TOLD.alerts, channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv }] },
    };
    const told = () => readFileSync(log, 'utf8').trim().split('\n');
    const made = host(used(950));
    const full = new Problem(1, [diagnostic('E_HISTORY', 'cannot write the history', { detail: 'full' })]);
    const fullHost = (read: boolean): MemoryHost => ({
      ...made,
      history: (access) => {
        if (access.mode === 'write' || !read) throw full;
        return made.history(access);
      },
    });
    const first = await record(fullHost(true), 0, { monitoring });
    assert.deepEqual([first.status, first.exitCode, first.problems], ['CRITICAL', 2, full.diagnostics]);
    assert.deepEqual(first.alerts, { delivered: 1, waiting: 0, failures: [] });
    assert.deepEqual(told(), ['/ CRITICAL']);
    await record(made, 1, { monitoring });
    // Known by now, and recorded.
    await record(fullHost(true), 2, { monitoring });
    assert.deepEqual(told(), ['/ CRITICAL', '/ CRITICAL']);
    made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 850e6 });
    await record(fullHost(true), 3, { monitoring });
    assert.deepEqual(told().slice(2), ['kafka WARNING']);
    // Nothing is known of what was told before.
    await record(fullHost(false), 4, { monitoring });
    assert.deepEqual(told().slice(3), ['/ CRITICAL', 'kafka WARNING']);
    // Nor is anything told of a disk that is not the hot tier's, or by levels of one's own.
    const thresholds = { warningPercent: 1, criticalPercent: 2 };
    const options = { thresholds, record: true, timeoutMs: null };
    await monitorCommand(contextOf(fullHost(true), LAYOUT, { monitoring }), options);
    made.prepare.mount(BASE);
    await record(fullHost(true), 5, { monitoring });
    assert.equal(told().length, 5);
    rmSync(dirname(log), { recursive: true });
  });

  it('is not in the way of the report, where it cannot be read', async () => {
    const made = host();
    await record(made, 0);
    const torn: MemoryHost = {
      ...made,
      history: (access) => {
        const history = made.history(access);
        if (history === null) return null;
        const thinned = () => {
          throw new Problem(1, [
            diagnostic('E_HISTORY_DAMAGED', 'cannot read the history', { detail: 'torn' }),
          ]);
        };
        return { ...history, thinned };
      },
    };
    const { status, history } = await monitor(torn);
    assert.deepEqual([status, history.notes], ['OK', ['cannot read the history: torn']]);
  });

  it('fits, whatever a file system claims to be', async () => {
    for (const claim of [
      { sizeBytes: 2 ** 63, freeBytes: 2 ** 62, availableBytes: 2 ** 62, inodes: 2 ** 64, inodesFree: 0 },
      { sizeBytes: 0, freeBytes: 4096, availableBytes: 0, inodes: 0, inodesFree: 1 },
    ]) {
      const made = host(claim);
      assert.equal((await record(made, 0)).history.recorded, true);
      const [sample] = made.history({ mode: 'read', group: null })?.samples({ since: 0 }) ?? [];
      for (const count of Object.values(sample?.uses.get('/') ?? {}))
        assert.ok(Number.isSafeInteger(count) && count >= 0, `${count}`);
    }
  });

  it('is nothing without root, without a base, and where it is only to look', async () => {
    const user = createHost({ effectiveUid: 1000 });
    for (const name of ['kafka', 'redis']) user.prepare.directory(`${BASE}/${name}/data`);
    assert.deepEqual((await record(user, 0)).history.notes, ['not recorded: only root adds to the history']);
    assert.deepEqual((await record(createHost(), 0)).history.notes, [`not recorded: there is no ${BASE}`]);
    const made = host();
    assert.equal((await monitor(made)).history.recorded, false);
    assert.equal(made.history({ mode: 'read', group: null }), null);
  });
});

describe('record', () => {
  it('says with its exit status whether there is a sample, not how full the disk is', async () => {
    const made = host(used(950));
    const { exitCode, result } = await recordCommand(contextOf(made, LAYOUT), { timeoutMs: null });
    assert.deepEqual([exitCode, result?.status], [0, 'CRITICAL']);
    const bare = await recordCommand(contextOf(createHost(), LAYOUT), { timeoutMs: null });
    assert.equal(bare.exitCode, 1);
  });

  it('wants root', async () => {
    const context = contextOf(createHost({ effectiveUid: 1000 }), LAYOUT);
    await assert.rejects(recordCommand(context, { timeoutMs: null }), /refusing to run without root/);
  });
});
