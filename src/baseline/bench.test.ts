// `bench` on a host in memory: when it refuses, what it keeps and compares, and what it says when fio does not come through.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import { fioSays } from '../../test/fio-figures.ts';
import type { MemoryHost, MemoryInitial } from '../../test/memory-host/memory-host.ts';
import type { Context } from '../command/context.ts';
import type { Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import type { ScratchEnd } from '../port/scratch.ts';
import { layout as backup } from '../services/backup/layout.ts';
import type { BenchResult } from './baseline-document.ts';
import { type BenchOptions, benchCommand } from './bench.ts';
import { latencyText, renderBench } from './bench-text.ts';
import { baselinesIn } from './kept-baselines.ts';
import { requireIdle } from './place.ts';

const LAYOUT: Layout = { ...smallLayout('kafka'), services: [...smallLayout('kafka').services, backup] };
const STAGING = '/data/jts/hot/backup/staging';
const SERIAL = { name: 'nvme0n1', serial: 'S5GX', model: 'Fast Disk', busyMs: null };
const GOOD = { bytesPerSecond: 500_000_000, p99Ns: 90_000 };

function hostWith(initial: MemoryInitial = {}): MemoryHost {
  const host = createHost({ tools: ['fio'], disks: [SERIAL], ...initial });
  host.prepare.directory(STAGING);
  host.prepare.file('/proc/sys/kernel/osrelease', { text: '6.1.0-test\n' });
  host.setRunsOnScratch(answering(GOOD));
  return host;
}

function answering(figures: typeof GOOD, slower: { readonly [rw: string]: typeof GOOD } = {}) {
  return async (argv: readonly string[]): Promise<ScratchEnd> => {
    const rw = argv.find((word) => word.startsWith('--rw='))?.slice(5) ?? '';
    return { ended: 'exit', status: 0, stdout: fioSays(argv, slower[rw] ?? figures), stderr: '' };
  };
}

function bench(host: MemoryHost, options: Partial<BenchOptions> = {}, more: Partial<Context> = {}) {
  const context = contextOf(host, LAYOUT, { invocation: 'bench', ...more });
  return benchCommand(context, { service: null, mode: 'quick', evenBusy: false, ...options });
}

async function refusal(host: MemoryHost, more: Partial<Context> = {}) {
  try {
    await bench(host, {}, more);
  } catch (error) {
    assert.ok(error instanceof Problem);
    const [{ code = '', detail = [], fix = null } = {}] = error.diagnostics;
    return { exitCode: error.exitCode, code, detail, fix };
  }
  assert.fail('want a Problem, found none');
}

function text(result: BenchResult | null): string {
  assert.ok(result !== null);
  return renderBench(result, createPaint(false)) ?? '';
}

describe('bench', () => {
  it('measures, judges, keeps, and leaves nothing', async () => {
    const host = hostWith();
    const before = host.snapshot();
    const { exitCode, problems, result } = await bench(host);
    assert.deepEqual([exitCode, problems], [0, []]);
    assert.equal(host.snapshot(), before);
    assert.ok(result?.baseline);
    const { disk, fio, kernel, file, rows } = result.baseline;
    assert.deepEqual(disk, { id: 'serial:S5GX', names: ['nvme0n1'], models: ['Fast Disk'] });
    assert.deepEqual([fio, kernel], ['3.33', '6.1.0-test']);
    assert.deepEqual(file, { directory: STAGING, bytes: 256 * 1024 * 1024, direct: true });
    assert.equal(rows.length, 9);
    assert.equal(rows.find(({ name }) => name === 'append-fdatasync')?.options.at(-1), '--direct=0');
    const history = host.history({ mode: 'read', group: null });
    assert.deepEqual(history && baselinesIn(history), [result.baseline]);
    assert.ok(
      text(result)
        .split('\n')
        .every((line) => line.length <= 80),
    );
    assert.match(text(result), /the first of this disk/);
  });

  it('measures the file system of a service’s own by its name, and compares it with its own figures only', async () => {
    const KAFKA = '/data/jts/hot/kafka';
    const uuid = '0a1b2c3d-0000-8000-8000-00000000000a';
    const host = hostWith({ mounts: [{ service: 'kafka', path: KAFKA, uuid }] });
    host.prepare.directory(KAFKA);
    host.prepare.mount(KAFKA, 'ext4', uuid);
    const before = host.snapshot();
    const ofBase = await bench(host);
    assert.deepEqual(ofBase.result?.baseline?.file.directory, STAGING);
    assert.match(text(ofBase.result), /Not measured: .*\n {2}sudo jts-hot bench kafka$/);
    const [first, second] = [
      await bench(host, { service: 'kafka' }),
      await bench(host, { service: 'kafka' }),
    ];
    assert.deepEqual(
      [first, second].map(({ result }) => [result?.baseline?.service, result?.baseline?.file.directory]),
      [
        ['kafka', KAFKA],
        ['kafka', KAFKA],
      ],
    );
    assert.match(text(first.result), /^Baseline of \/data\/jts\/hot\/kafka\n/);
    assert.deepEqual([first.result?.comparison, second.result?.comparison?.drops], [null, []]);
    assert.equal(host.snapshot(), before);
    // It is on the same file system as the base.
    const { result } = await bench(host, { service: 'backup' });
    assert.deepEqual([result?.baseline?.service, result?.baseline?.file.directory], [null, STAGING]);
    assert.deepEqual(result?.comparison?.drops, []);
    await assert.rejects(bench(host, { service: 'nobody' }), Problem);
  });

  it('measures the base itself where backups have a file system of their own', async () => {
    const BACKUP = '/data/jts/hot/backup';
    const uuid = '0a1b2c3d-0000-8000-8000-00000000000b';
    const host = hostWith({ mounts: [{ service: 'backup', path: BACKUP, uuid }] });
    host.prepare.mount(BACKUP, 'ext4', uuid);
    host.prepare.directory(STAGING);
    assert.equal((await bench(host)).result?.baseline?.file.directory, '/data/jts/hot');
    assert.equal((await bench(host, { service: 'backup' })).result?.baseline?.file.directory, STAGING);
  });

  it('warns of what trading cannot use', async () => {
    const host = hostWith();
    host.setRunsOnScratch(answering(GOOD, { randread: { ...GOOD, p99Ns: 1_200_000 } }));
    const { exitCode, problems, result } = await bench(host);
    assert.equal(exitCode, 1);
    assert.deepEqual(
      problems.map(({ code, detail }) => [code, ...detail]),
      [['W_DISK_SLOW', 'want 99 of 100 reads of 4 KiB within 1 ms, found within 1.2 ms']],
    );
    assert.deepEqual(
      result?.verdicts.map(({ isMet }) => isMet),
      [false, true],
    );
  });

  it('warns of a drop, and names the disk by its serial number, whatever it is called', async () => {
    const host = hostWith();
    await bench(host);
    const again = await bench(host);
    assert.deepEqual([again.exitCode, again.result?.comparison?.drops], [0, []]);
    assert.match(text(again.result), /ok {4}nothing is more than 20 % slower than on 2026-01-01/);
    host.setRunsOnScratch(answering(GOOD, { write: { ...GOOD, bytesPerSecond: 390_000_000 } }));
    const slow = await bench(host);
    assert.equal(slow.exitCode, 1);
    assert.deepEqual(
      slow.problems.map(({ code, detail }) => [code, ...detail]),
      [
        [
          'W_DISK_SLOWER',
          'write in order, 1 MiB: 22 % less than on 2026-01-01',
          'append 8 KiB, fdatasync: 22 % less than on 2026-01-01',
        ],
      ],
    );
    assert.match(text(slow.result), /SLOWER than on 2026-01-01\n {4}write in order, 1 MiB: 22 % less/);
  });

  for (const [what, host, code, exitCode] of [
    ['another user than root', hostWith({ effectiveUid: 1000 }), 'E_NOT_ROOT', 3],
    ['no fio', hostWith({ tools: [] }), 'E_NO_TOOL', 3],
    ['an image', hostWith({ root: '/mnt/image' }), 'E_IMAGE', 3],
    [
      'less than 5 % free beside the file',
      hostWith({ fileSystem: { ...NVME, availableBytes: 200e9 + 1e8 } }),
      'E_NO_ROOM',
      3,
    ],
    [
      'a read-only disk',
      hostWith({ fileSystem: { ...NVME, readOnly: true, options: ['ro'] } }),
      'E_READ_ONLY',
      3,
    ],
  ] as const)
    it(`refuses: ${what}`, async () => {
      const found = await refusal(host);
      assert.deepEqual([found.code, found.exitCode], [code, exitCode]);
    });

  it('takes another disk with 5 % free', async () => {
    const fits = hostWith({ fileSystem: { ...NVME, availableBytes: 200e9 + 4e8 } });
    assert.equal((await bench(fits)).exitCode, 0);
  });

  it('refuses where the layout has no place, and where another run is at work', async () => {
    const host = hostWith();
    assert.equal((await refusal(host, { layout: smallLayout('kafka') })).code, 'E_NO_STAGING');
    const release = host.lock('setup');
    assert.equal((await refusal(host)).code, 'E_LOCKED');
    release();
  });

  it('lets go of the lock and says what to type where the place is not there', async () => {
    const host = hostWith();
    host.prepare.remove(STAGING);
    assert.equal((await refusal(host)).code, 'E_SCRATCH');
    host.lock('next')();
  });

  for (const [what, end, code, detail] of [
    [
      'a failure',
      { ended: 'exit', status: 1, stdout: '', stderr: 'fio: No space left on device\n' },
      'E_FIO',
      /exit status 1/,
    ],
    ['its death', { ended: 'otherwise', how: 'killed by SIGSEGV', stderr: '' }, 'E_FIO', /killed by SIGSEGV/],
    ['words', { ended: 'exit', status: 0, stdout: 'no\n', stderr: '' }, 'E_FIO_OUTPUT', /want a JSON/],
    ['an older version', oldFio(), 'E_FIO_OUTPUT', /want fio 3.6 or newer, found "fio-2.21"/],
  ] as const)
    it(`says what fio answered: ${what}`, async () => {
      const host = hostWith();
      host.setRunsOnScratch(async () => end);
      const found = await refusal(host);
      assert.deepEqual([found.code, found.exitCode], [code, 1]);
      assert.match(found.detail.join('\n'), detail);
      host.lock('next')();
    });

  it('measures less of a disk that does not take the file in time, and none that hardly writes', async () => {
    const host = hostWith();
    const writing = (bytes: number) => async (argv: readonly string[]) => {
      const { stdout, ...end } = (await answering(GOOD)(argv)) as Extract<ScratchEnd, { ended: 'exit' }>;
      const isFill = argv.includes('--time_based=0');
      return {
        ...end,
        stdout: isFill ? stdout.replace(/"io_bytes": \d{3,}/, `"io_bytes": ${bytes}`) : stdout,
      };
    };
    host.setRunsOnScratch(writing(10_000_000));
    assert.equal((await bench(host)).result?.baseline?.file.bytes, 9 * 1024 * 1024);
    host.setRunsOnScratch(writing(4_000_000));
    assert.equal((await refusal(host)).code, 'E_SLOW');
  });

  it('keeps nothing where a signal came, and says so', async () => {
    const host = hostWith();
    let runs = 0;
    const stopRequested = () => runs > 4;
    host.setRunsOnScratch((argv) => {
      runs += 1;
      return answering(GOOD)(argv);
    });
    const { exitCode, problems, result } = await bench(host, {}, { stopRequested });
    assert.deepEqual([exitCode, result?.outcome, result?.baseline], [1, 'stopped', null]);
    assert.deepEqual(
      problems.map(({ code, fix }) => [code, fix]),
      [['E_STOPPED', 'sudo jts-hot bench']],
    );
    assert.equal(host.history({ mode: 'read', group: null })?.kept({ kind: 'baseline' }).length ?? 0, 0);
    host.lock('next')();
  });

  it('shows what it measured where it cannot be kept', async () => {
    const host = hostWith();
    const problem = new Problem(1, [
      { code: 'E_HISTORY', summary: 'cannot write', detail: [], at: null, fix: null, hint: null },
    ]);
    const { exitCode, result } = await bench(
      host,
      {},
      {
        history: () => {
          throw problem;
        },
      },
    );
    assert.deepEqual([exitCode, result?.baseline?.rows.length, result?.unkept], [1, 9, 'cannot write']);
    assert.match(text(result), /not kept/);
  });

  it('leaves out of the history what it cannot read', async () => {
    const host = hostWith();
    const history = host.history({ mode: 'write', group: null });
    history?.transaction(() => {
      for (const json of ['{}', '{"at":"2026-01-01T00:00:00Z","mode":"quick","disk":{"id":"serial:S5GX"}}'])
        history.keep({ kind: 'baseline', subject: 'serial:S5GX', at: 1, json });
    });
    history?.close();
    const { exitCode, result } = await bench(host);
    assert.deepEqual([exitCode, result?.comparison], [0, null]);
  });
});

function oldFio(): ScratchEnd {
  const stdout = fioSays(['--rw=read'], GOOD).replaceAll('clat_ns', 'clat').replace('fio-3.33', 'fio-2.21');
  return { ended: 'exit', status: 0, stdout, stderr: '' };
}

describe('requireIdle', () => {
  const look = async (before: number | null, after: number | null) => {
    const host = createHost();
    let looks = 0;
    const blockDisks = () => [{ ...SERIAL, busyMs: looks++ === 0 ? before : after }];
    const context = { host: { ...host, blockDisks }, stopRequested: () => false, invocation: 'bench' };
    try {
      await requireIdle(context, ['nvme0n1'], async () => {});
      return 'idle';
    } catch (error) {
      assert.ok(error instanceof Problem);
      return error.diagnostics[0]?.detail.join();
    }
  };
  for (const [before, after, found] of [
    [500, 500, 'idle'],
    [500, 599, 'idle'],
    [500, 600, 'want it at work for less than 10 % of a second, found 10 %'],
    [0, 1700, 'want it at work for less than 10 % of a second, found 100 %'],
    [null, null, 'idle'],
  ] as const)
    it(`${before} ms and then ${after} ms: ${found}`, async () => {
      assert.equal(await look(before, after), found);
    });
});

describe('latencyText', () => {
  it('has three digits', () => {
    const shown = [850, 999, 1000, 83_249, 999_499, 999_500, 1_210_000, 999_499_999, 2.5e9].map(latencyText);
    assert.deepEqual(
      shown.join(', '),
      '850 ns, 999 ns, 1.00 µs, 83.2 µs, 999 µs, 1.00 ms, 1.21 ms, 999 ms, 2.50 s',
    );
  });
});
