// `setup --rehearse`: what is asked for, what is told of it, and what holds. The host is in memory, the stage a real one, where a few
// lines of shell stand for this program. The whole of it on a real host: test/e2e/rehearse.test.ts.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import { nvmeDisk } from '../../test/memory-host/block-devices.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { requires } from '../../test/requirement.ts';
import type { Context } from '../command/context.ts';
import { REHEARSED_SERIAL } from '../host/rehearsal/rehearsed-disk.ts';
import { hasVolumes } from '../host/rehearsal/run-stage.ts';
import type { Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import type { RehearsalResult } from './rehearsal-document.ts';
import { renderRehearsal } from './rehearsal-text.ts';
import { onRehearsedDisk, rehearseCommand, STAGE_VARIABLE, TELLS } from './rehearse.ts';
import { playParts } from './rehearsed-parts.ts';

const SMALL = smallLayout('redis');
const DISK = { serial: 'HOT1', namespace: 1, wwid: null };
const ON_DISK: Layout = {
  ...SMALL,
  mount: 'required',
  storage: {
    disk: DISK,
    allowFormat: 'HOT1',
    type: 'xfs',
    options: [],
    deviceTimeoutSeconds: 30,
    volumes: { group: 'tier', keepFreePercent: 5, baseBytes: null, services: [] },
  },
};
const HOT1 = nvmeDisk({ name: 'nvme1n1', serial: 'HOT1', sizeBytes: 2 ** 31 });

const ANSWER: RehearsalResult = {
  base: SMALL.base,
  disk: null,
  group: null,
  parts: [{ part: 'plan', held: true, steps: 3, found: '3 steps', problems: [] }],
  notRehearsed: [{ what: 'the weather', why: 'it is outside' }],
};
const answering = (result: RehearsalResult) =>
  `cat <<'END'\n${JSON.stringify({ exitCode: 0, problems: [], result })}\nEND`;

function rehearse(
  script: string,
  { layout = SMALL, ...more }: Partial<Context> & { readonly layout?: Layout } = {},
) {
  // What is written on a stage has as much room as the host has: of a large one it takes seconds to make.
  const fileSystem = { ...NVME, sizeBytes: 2 ** 33 };
  const context = contextOf(createHost({ devices: [HOT1], fileSystem }), layout, more);
  const { PATH } = process.env;
  return rehearseCommand(context, { argv: ['sh', '-c', script], environment: { PATH }, cwd: '/' });
}

async function refused(act: Promise<unknown>): Promise<Problem> {
  const error = await act.then(
    () => null,
    (why: unknown) => why,
  );
  assert.ok(error instanceof Problem, `want a Problem, found ${error}`);
  return error;
}

const canStage = (t: TestContext) =>
  requires(t, 'root', 'overlay in a private mount namespace', 'loop device');
const told = (result: RehearsalResult | null) => result?.notRehearsed.map(({ what }) => what);
const volumes = hasVolumes() ? [] : ['volumes'];

describe('a rehearsal is refused', () => {
  const none = () => assert.fail('nothing is to be started');
  const TABLE: readonly (readonly [what: string, Partial<Context> & { layout?: Layout }, code: string])[] = [
    ['on an image', { host: { ...createHost(), root: '/image' } }, 'E_IMAGE'],
    ['to all but root', { host: { ...createHost(), ...createHost().as(1000) } as MemoryHost }, 'E_NOT_ROOT'],
    [
      'where two disks have one serial number',
      {
        layout: ON_DISK,
        host: createHost({ devices: [HOT1, { ...HOT1, name: 'nvme2n1', wwid: 'eui.2' }] }),
      },
      'E_TWO_DISKS',
    ],
    [
      'where its disk has another WWID',
      {
        layout: {
          ...ON_DISK,
          storage: { ...(ON_DISK.storage ?? assert.fail()), disk: { ...DISK, wwid: 'eui.9' } },
        },
      },
      'E_DISK_WWID',
    ],
  ];
  for (const [what, more, code] of TABLE)
    it(what, async () => {
      const { exitCode, diagnostics } = await refused(rehearse('exit 1', { ...more, progress: none }));
      assert.deepEqual([exitCode, diagnostics[0]?.code], [3, code]);
    });

  it('where it could fill a file system: the log of an XFS file system is written', async () => {
    const host = createHost({ devices: [HOT1] });
    const small = (availableBytes: number): MemoryHost => ({
      ...host,
      fileSystem: (path) => ({ ...host.fileSystem(path), availableBytes }),
    });
    const at = (bytes: number, layout: Layout) =>
      refused(rehearse('exit 1', { layout, host: small(bytes), progress: none }));
    for (const [bytes, layout] of [
      [0.4 * 1024 ** 3, SMALL],
      [2 * 1024 ** 3, ON_DISK],
    ] as const) {
      const { diagnostics } = await at(bytes, layout);
      assert.deepEqual([diagnostics[0]?.code, diagnostics[0]?.at], ['E_NO_ROOM', '/var/tmp']);
    }
  });
});

describe('a rehearsal', () => {
  it('tells what the program on the stage found, what it said meanwhile, and what was not tried', async (t) => {
    if (!canStage(t)) return;
    const said: string[] = [];
    const script = `echo '${TELLS}plan' >&2; echo other >&2; ${answering(ANSWER)}`;
    const { exitCode, problems, result } = await rehearse(script, { progress: (line) => said.push(line) });
    assert.deepEqual([exitCode, problems], [0, []]);
    assert.deepEqual(said, ['building a copy of this host', `${TELLS}plan`, '']);
    assert.deepEqual(
      result?.parts.map(({ part, held }) => [part, held]),
      [
        ['plan', true],
        ['taken away', true],
      ],
    );
    assert.deepEqual(told(result), ['the disk', 'systemd', 'the next start', 'the weather']);
    assert.equal(result?.disk, null);
  });

  it('has a disk of the size of the real one, and none of this host', async (t) => {
    if (!canStage(t)) return;
    const found =
      'ls /dev >&2; blockdev --getsize64 /dev/$(echo "$S" | sed "s/.*\\(loop[0-9]*\\).*/\\1/") >&2';
    const lines: string[] = [];
    const script = `S=$${STAGE_VARIABLE}; { ${found}; } 2>&1 | sed 's/^/${TELLS}/' >&2; ${answering(ANSWER)}`;
    const { result } = await rehearse(script, { layout: ON_DISK, progress: (line) => lines.push(line) });
    assert.ok(lines.includes(`${TELLS}${HOT1.sizeBytes}`), lines.join('\n'));
    assert.ok(!lines.some((line) => /nvme|sd[a-z]$/.test(line)));
    assert.deepEqual(result?.disk, { called: 'disk HOT1', sizeBytes: HOT1.sizeBytes, sectorBytes: 4096 });
    assert.deepEqual(told(result), [
      'what is on the disk',
      ...volumes,
      'systemd',
      'the next start',
      'udev',
      'the weather',
    ]);
  });

  it('of a disk that has not come takes another size, and says so', async (t) => {
    if (!canStage(t)) return;
    const { exitCode, result } = await rehearse(answering(ANSWER), { layout: ON_DISK, host: createHost() });
    assert.equal(exitCode, 0);
    assert.equal(told(result)?.[0], 'this very disk');
    assert.match(result?.notRehearsed[0]?.why ?? '', /disk HOT1 is not in this machine: 4\.00 TB/);
  });

  it('whose parts did not all hold ends with 1, and hands on what was found', async (t) => {
    if (!canStage(t)) return;
    const problem = { code: 'E_X', summary: 'cannot do it', detail: [], at: null, fix: null, hint: null };
    const parts = [{ part: 'plan', held: false, steps: 0, found: 'refused', problems: [problem] }] as const;
    const { exitCode, problems, result } = await rehearse(answering({ ...ANSWER, parts: [...parts] }));
    assert.deepEqual([exitCode, problems.map(({ code }) => code)], [1, ['E_X']]);
    assert.equal(result?.parts.length, 2);
  });

  it('that was cut short says what was said last, without what was told on the way', async (t) => {
    if (!canStage(t)) return;
    const { exitCode, problems, result } = await rehearse(
      `echo half an answer; echo '${TELLS}setup' >&2; echo 'out of memory' >&2; kill -9 $$`,
    );
    assert.deepEqual([exitCode, result, problems.map(({ code }) => code)], [1, null, ['E_REHEARSAL']]);
    assert.ok(problems[0]?.detail.includes('out of memory'));
    assert.ok(!problems[0]?.detail.some((line) => line.startsWith(TELLS)));
  });

  it('whose program has no result hands on its own words', async (t) => {
    if (!canStage(t)) return;
    const problem = {
      code: 'E_LAYOUT',
      summary: 'cannot read it',
      detail: [],
      at: null,
      fix: null,
      hint: null,
    };
    const { exitCode, problems } = await rehearse(
      `echo '${JSON.stringify({ exitCode: 2, problems: [problem], result: null })}'`,
    );
    assert.deepEqual([exitCode, problems], [1, [problem]]);
  });

  it('that cannot be started at all says where it stopped', async (t) => {
    if (!canStage(t)) return;
    const { diagnostics } = await refused(rehearse('echo no such thing >&2; exit 1'));
    assert.equal(diagnostics[0]?.code, 'E_NO_STAGE');
    assert.match(diagnostics[0].detail.join(), /found: no such thing/);
  });
});

describe('the layout on a stage', () => {
  const stage = { disk: { name: 'loop7', number: '7:7' }, group: 'jts-hot-rehearsal-9' };

  it('has the disk of the stage, and a volume group that nothing else has', () => {
    const { storage, mount } = onRehearsedDisk(ON_DISK, stage, true);
    assert.deepEqual(
      [storage?.disk, storage?.allowFormat, storage?.volumes?.group, mount],
      [{ serial: REHEARSED_SERIAL, namespace: 1, wwid: null }, REHEARSED_SERIAL, stage.group, undefined],
    );
  });

  it('has no volumes where the kernel has none, and no disk where it describes none', () => {
    assert.equal(onRehearsedDisk(ON_DISK, stage, false).storage?.volumes, null);
    assert.equal(onRehearsedDisk(SMALL, stage, true).storage, undefined);
    assert.equal(onRehearsedDisk(ON_DISK, { ...stage, disk: null }, true).storage, undefined);
  });
});

describe('what is played on a stage', () => {
  async function played(host: MemoryHost, layout: Layout = SMALL) {
    const parts: string[] = [];
    const answer = await playParts(contextOf(host, layout), [], (part) => parts.push(part));
    assert.ok(answer.result !== null);
    const text = renderRehearsal(answer.result, createPaint(false));
    for (const line of text.split('\n')) assert.ok(line.length <= WIDTH, line);
    return { ...answer, result: answer.result, told: parts, text };
  }
  const PARTS = ['plan', 'setup', 'validate', 'setup again', 'rollback', 'plan again'];

  it('is the whole way there and back, and leaves nothing', async () => {
    const host = createHost();
    const before = host.snapshot();
    const { exitCode, result, told: names, text } = await played(host);
    assert.deepEqual(
      result.parts.map(({ part, held, problems }) => [part, held, problems]),
      PARTS.map((part) => [part, true, []]),
    );
    assert.deepEqual([exitCode, names], [0, PARTS]);
    const steps = new Map(result.parts.map((part) => [part.part, part.steps]));
    assert.equal(steps.get('plan'), steps.get('setup'));
    assert.equal(steps.get('rollback'), steps.get('setup'));
    assert.equal(host.snapshot(), before);
    assert.match(text, /^ {2}ok {2}setup again +nothing to do$/m);
    assert.match(text, /Nothing of this host was changed\.\nDo it: {2}sudo jts-hot setup$/);
  });

  it('ends at what is refused: what comes after is not reached', async () => {
    const host = createHost();
    host.prepare.file(`${SMALL.base}/redis`);
    const { exitCode, result, told: names, text } = await played(host);
    assert.deepEqual([exitCode, names], [1, ['plan']]);
    assert.deepEqual(
      result.parts.map(({ held }) => held),
      [false, ...PARTS.slice(1).map(() => null)],
    );
    assert.ok((result.parts[0]?.problems.length ?? 0) > 0);
    assert.match(text, /^ {2}- {3}setup +not reached$/m);
    assert.match(text, /Not all of it held/);
    assert.doesNotMatch(text, /Do it:/);
  });

  it('tells checks that do not hold by their names, and what was made is not taken for good', async () => {
    const host = createHost();
    const probeWrites: MemoryHost['probeWrites'] = (paths) =>
      paths.map(() => ({ ok: false, error: 'ENOSPC' }));
    const { exitCode, result } = await played({ ...host, probeWrites });
    assert.equal(exitCode, 1);
    const validate = result.parts.find(({ part }) => part === 'validate');
    assert.equal(validate?.held, false);
    assert.match(validate.found, /^\d+ checks failed$/);
    assert.deepEqual([...new Set(validate.problems.map(({ code }) => code))], ['E_CHECK']);
    assert.equal(result.parts.at(-1)?.held, null);
  });

  it('tells what a rollback had to leave', async () => {
    const host = createHost();
    const place = `${SMALL.base}/redis/data`;
    const openHost = () => host;
    let isPut = false;
    const answer = await playParts(contextOf(host, SMALL, { openHost }), [], (part) => {
      if (part !== 'rollback' || isPut) return;
      isPut = true;
      host.prepare.file(`${place}/dump.rdb`, { bytes: 10 });
    });
    const parts = new Map(answer.result?.parts.map((part) => [part.part, part]));
    assert.equal(parts.get('rollback')?.held, false);
    assert.deepEqual(
      parts.get('rollback')?.problems.map(({ code }) => code),
      ['E_LEFT'],
    );
    assert.match(parts.get('rollback')?.problems[0]?.detail.join() ?? '', new RegExp(place));
    assert.equal(parts.get('plan again')?.held, null);
  });
});
