// Where the space is: what is named, in which order, what is left out, and what is said when not all could be measured.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { measuringProgress } from '../command/context.ts';
import type { Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { builtInLayout, builtInServices } from '../services/index.ts';
import { type UsageOptions, usageCommand } from './usage.ts';
import type { UsageResult } from './usage-document.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis', 'mongodb');
const USUAL: UsageOptions = {
  service: null,
  top: 10,
  depth: 3,
  filesOverBytes: null,
  logsOverBytes: null,
  temporaryOlderThanSeconds: null,
  timeoutSeconds: null,
};
const HOUR = 3_600_000;

function host(files: Readonly<Record<string, number>> = {}, initial = {}): MemoryHost {
  const made = createHost(initial);
  for (const { name } of LAYOUT.services)
    for (const part of ['', '/data', '/logs']) made.prepare.directory(`${BASE}/${name}${part}`);
  for (const [path, bytes] of Object.entries(files))
    made.prepare.file(`${BASE}/${path}`, { bytes, changedAt: Date.parse(AT) });
  return made;
}

async function usage(
  made: MemoryHost,
  options: Partial<UsageOptions> = {},
  layout: Layout = LAYOUT,
): Promise<UsageResult & { readonly exitCode: number }> {
  const { exitCode, problems, result } = await usageCommand(contextOf(made, layout), {
    ...USUAL,
    ...options,
  });
  assert.deepEqual(problems, []);
  assert.ok(result !== null);
  return { exitCode, ...result };
}

const below = (paths: readonly { readonly path: string }[]) =>
  paths.map(({ path }) => path.slice(BASE.length + 1));

describe('usage: services', () => {
  it('come largest first, with what they use together, and what nobody of them uses', async () => {
    const made = host({ 'redis/data/a': 8192, 'kafka/data/a': 4096, 'kafka/logs/b': 1 });
    const { services, total, elsewhereBytes, fileSystem, complete, exitCode } = await usage(made);
    assert.deepEqual(
      services.map(({ service, space }) => [service, space?.usedBytes, space?.files]),
      [
        ['kafka', 8192, 2],
        ['redis', 8192, 1],
        ['mongodb', 0, 0],
      ],
    );
    assert.deepEqual(total, { usedBytes: 16_384, apparentBytes: 8192 + 4096 + 1, inodes: 12, files: 3 });
    assert.equal(fileSystem?.usedBytes, 1e11);
    assert.equal(elsewhereBytes, 1e11 - 16_384);
    assert.deepEqual([complete, exitCode], [true, 0]);
  });

  it('what belongs to none of them has its own numbers, and its files are named', async () => {
    const made = host({ 'redis/data/a': 8192, 'stray/dump.sql': 3e9, 'stray/restore.log': 2e8 });
    const { other, elsewhereBytes, unaccountedBytes, largeFiles, largeLogs, directories } = await usage(made);
    assert.deepEqual([other?.files, other?.usedBytes], [2, 3_200_004_096]);
    assert.equal(elsewhereBytes, 1e11 - 8192);
    assert.equal(unaccountedBytes, 1e11 - 8192 - 3_200_004_096);
    assert.deepEqual(below(largeFiles.listed), ['stray/dump.sql']);
    assert.deepEqual(below(largeLogs.listed), ['stray/restore.log']);
    assert.deepEqual(directories.listed[0], {
      service: null,
      path: `${BASE}/stray`,
      usedBytes: 3_200_004_096,
      apparentBytes: 3.2e9,
      inodes: 3,
    });
  });

  it('deleted files that are open are named with their process, the largest first, of the whole disk only', async () => {
    const made = host({ 'kafka/logs/old.log': 3e9, 'redis/data/rdb': 5e9, 'redis/data/kept': 1e9 });
    made.prepare.file(`${BASE}/redis/data/empty`);
    for (const path of ['kafka/logs/old.log', 'redis/data/rdb', 'redis/data/kept', 'redis/data/empty'])
      made.prepare.hold(`${BASE}/${path}`);
    for (const path of ['kafka/logs/old.log', 'redis/data/rdb', 'redis/data/empty'])
      made.prepare.remove(`${BASE}/${path}`);
    const { deletedOpen } = await usage(made, { top: 1 });
    assert.deepEqual(deletedOpen, {
      listed: [
        {
          path: `${BASE}/redis/data/rdb`,
          usedBytes: 5_000_003_584,
          apparentBytes: 5e9,
          pid: 4242,
          command: 'holder',
          holders: 1,
        },
      ],
      more: true,
      usedBytes: 8_000_004_096,
      unseen: 0,
    });
    assert.equal((await usage(made, { service: 'redis' })).deletedOpen, null);
  });

  it('one alone: nothing is said of the others', async () => {
    const made = host({ 'redis/data/a': 8192, 'kafka/data/a': 4096 });
    const { services, total, elsewhereBytes, directories } = await usage(made, { service: 'redis' });
    assert.deepEqual(
      services.map(({ service }) => service),
      ['redis'],
    );
    assert.deepEqual([total.usedBytes, elsewhereBytes], [8192, null]);
    assert.deepEqual(below(directories.listed), ['redis/data']);
  });

  for (const [name, detail] of [
    ['kafak', /did you mean kafka/],
    ['base', /want one of kafka, redis, mongodb; found base/],
  ] as const)
    it(`unknown: ${name}`, async () => {
      await assert.rejects(usage(host(), { service: name }), (problem: unknown) => {
        assert.ok(problem instanceof Problem);
        assert.equal(problem.exitCode, 2);
        assert.equal(problem.diagnostics[0]?.code, 'E_UNKNOWN_SERVICE');
        assert.match(problem.message, detail);
        return true;
      });
    });

  it('changes nothing, also without root', async () => {
    const made = host({ 'kafka/data/a': 4096 }, { effectiveUid: 1000 });
    const before = made.snapshot();
    assert.equal((await usage(made)).exitCode, 0);
    assert.equal(made.snapshot(), before);
    assert.equal(made.faults.events(), 0);
  });
});

describe('usage: directories', () => {
  it('of several large ones each is named, with the one that holds them', async () => {
    const made = host({ 'kafka/data/a/x': 4096 * 50, 'kafka/data/b/x': 4096 * 40, 'redis/logs/x': 4096 });
    const { directories } = await usage(made);
    assert.deepEqual(
      directories.listed.map(({ path, usedBytes }) => [path.slice(BASE.length + 1), usedBytes / 4096]),
      [
        ['kafka/data', 90],
        ['kafka/data/a', 50],
        ['kafka/data/b', 40],
        ['redis/logs', 1],
      ],
    );
    assert.equal(directories.more, false);
  });

  it('one that holds little but another one is left out, however many there are above each other', async () => {
    const made = host({ 'kafka/data/a/b/x': 4096 * 90, 'kafka/data/a/y': 4096 * 10 });
    assert.deepEqual(below((await usage(made)).directories.listed), ['kafka/data/a/b']);
    // As deep as it is looked, the last one stands for what is below it.
    assert.deepEqual(below((await usage(made, { depth: 1 })).directories.listed), ['kafka/data']);
  });

  it('one whose largest part is below nine tenths stays', async () => {
    const made = host({ 'kafka/data/a/x': 4096 * 89, 'kafka/data/y': 4096 * 11 });
    assert.deepEqual(below((await usage(made)).directories.listed), ['kafka/data', 'kafka/data/a']);
  });

  it('no more than asked for, and whether there are', async () => {
    const files = Object.fromEntries(
      ['a', 'b', 'c'].map((name, i) => [`kafka/data/${name}/x`, 4096 * (i + 1)]),
    );
    const { directories } = await usage(host(files), { top: 2 });
    assert.deepEqual(below(directories.listed), ['kafka/data', 'kafka/data/c']);
    assert.equal(directories.more, true);
  });

  it('empty ones are none', async () => {
    assert.deepEqual((await usage(host())).directories, { listed: [], more: false });
  });
});

describe('usage: files', () => {
  it('large ones and large logs, of all services together, largest first', async () => {
    const made = host({
      'kafka/data/a': 2e9,
      'redis/data/b': 3e9,
      'redis/data/small': 9e8,
      'kafka/logs/server.log': 2e8,
      'mongodb/logs/mongod.log': 4e8,
      'mongodb/logs/small.log': 9e7,
    });
    const { largeFiles, largeLogs, oldTemporaryFiles } = await usage(made);
    assert.deepEqual(below(largeFiles.listed), ['redis/data/b', 'kafka/data/a']);
    assert.deepEqual(below(largeLogs.listed), ['mongodb/logs/mongod.log', 'kafka/logs/server.log']);
    assert.deepEqual(oldTemporaryFiles.listed, []);
    const one = await usage(made, { top: 1, filesOverBytes: 1, logsOverBytes: 5e8 });
    assert.deepEqual(one.asked, {
      top: 1,
      depth: 3,
      filesOverBytes: 1,
      logsOverBytes: 5e8,
      temporaryOlderThanSeconds: 86_400,
    });
    assert.deepEqual([below(one.largeFiles.listed), one.largeFiles.more], [['redis/data/b'], true]);
    assert.deepEqual(one.largeLogs, { listed: [], more: false });
  });

  it("logs are not Kafka's segments, which are its data", async () => {
    const made = host({
      'kafka/data/trades-0/00000000000000000042.log': 1e9,
      // Whatever they are called there.
      'kafka/data/trades-0/00000000000000000042.index.log': 2e8,
      'kafka/data/leader-epoch.log': 3e8,
      // A second log directory, which no layout names.
      'kafka/data2/trades-0/00000000000000000042.log': 4e8,
      'kafka/data2/0000000000000000004.log': 2e8,
      'kafka/logs/server.log': 5e8,
      'kafka/kafka.log': 6e8,
    });
    const { largeLogs, largeFiles } = await usage(made);
    assert.deepEqual(below(largeLogs.listed), [
      'kafka/kafka.log',
      'kafka/logs/server.log',
      'kafka/data2/0000000000000000004.log',
    ]);
    assert.deepEqual(below(largeFiles.listed), ['kafka/data/trades-0/00000000000000000042.log']);
  });

  it('logs are found where services keep them among their data, and where the layout says so', async () => {
    const services = builtInServices.filter(({ name }) => ['docker', 'postgresql', 'redis'].includes(name));
    const layout = {
      ...builtInLayout,
      services: services.map((service) =>
        service.name === 'redis'
          ? { ...service, directories: service.directories.map((one) => ({ ...one, role: 'log' as const })) }
          : service,
      ),
    };
    const made = host({
      'docker/containers/3f/3f-json.log': 5e8,
      'docker/volumes/app/_data/app.log': 4e8,
      'postgresql/data/log/postgresql-Mon.log': 3e8,
      'postgresql/data/base/1.log': 2e8,
      'redis/data/a.log': 15e7,
    });
    const { largeLogs } = await usage(made, {}, layout);
    assert.deepEqual(below(largeLogs.listed), [
      'docker/containers/3f/3f-json.log',
      'postgresql/data/log/postgresql-Mon.log',
      'redis/data/a.log',
    ]);
  });

  it('old temporary ones, with their size and age', async () => {
    const made = host();
    const old = (name: string, hours: number) =>
      made.prepare.file(`${BASE}/redis/data/${name}`, {
        bytes: 4096,
        changedAt: Date.parse(AT) - hours * HOUR,
      });
    old('old.tmp', 25);
    old('new.tmp', 23);
    old('old', 25);
    const { oldTemporaryFiles } = await usage(made);
    assert.deepEqual(oldTemporaryFiles.listed, [
      {
        service: 'redis',
        path: `${BASE}/redis/data/old.tmp`,
        usedBytes: 4096,
        apparentBytes: 4096,
        changedAt: '2025-12-30T23:00:00.000Z',
        ageSeconds: 25 * 3600,
      },
    ]);
    const younger = await usage(made, { temporaryOlderThanSeconds: 3600 });
    assert.deepEqual(below(younger.oldTemporaryFiles.listed), ['redis/data/new.tmp', 'redis/data/old.tmp']);
  });

  it('with a time that no date has', async () => {
    const made = host();
    for (const [name, changedAt] of Object.entries({ past: -9e15, future: 9e15 }))
      made.prepare.file(`${BASE}/redis/data/${name}`, { bytes: 2e9, changedAt });
    const { largeFiles } = await usage(made);
    assert.deepEqual(
      largeFiles.listed.map(({ changedAt, ageSeconds }) => [changedAt, ageSeconds < 0]),
      [
        ['9999-12-31T23:59:59.000Z', true],
        ['0000-01-01T00:00:00.000Z', false],
      ],
    );
  });
});

describe('usage: what cannot be measured', () => {
  it('a service whose directory is missing is named last, and the exit status says so', async () => {
    const made = host({ 'kafka/data/a': 4096 });
    for (const part of ['/data', '/logs', '']) made.prepare.remove(`${BASE}/redis${part}`);
    const { services, exitCode, complete, elsewhereBytes } = await usage(made);
    assert.deepEqual([exitCode, complete, elsewhereBytes], [1, false, null]);
    const last = services.at(-1);
    assert.deepEqual([last?.service, last?.space, last?.error], ['redis', null, 'missing']);
  });

  it('a directory that may not be read', async () => {
    const made = host({ 'kafka/data/a': 4096 }, { effectiveUid: 1000 });
    made.prepare.chmod(`${BASE}/kafka/logs`, '0700');
    const { services, exitCode } = await usage(made);
    const kafka = services.find(({ service }) => service === 'kafka');
    assert.equal(exitCode, 1);
    assert.deepEqual([kafka?.space?.usedBytes, kafka?.unreadableCount], [4096, 1]);
    assert.deepEqual(kafka?.unreadable, [{ path: 'logs', error: 'EACCES' }]);
  });

  it('another file system below is not counted, which is no failure', async () => {
    const made = host({ 'kafka/data/a': 4096 });
    made.prepare.mount(`${BASE}/kafka/logs`);
    const { services, exitCode } = await usage(made);
    assert.equal(exitCode, 0);
    assert.deepEqual(services[0]?.mountPoints, ['logs']);
  });

  it('a service that does not answer costs its own numbers only', async () => {
    const made = host({ 'kafka/data/a': 4096 });
    made.faults.hang(`${BASE}/redis`);
    const { services, exitCode, timedOut, fileSystem } = await usage(made, { timeoutSeconds: 1 });
    assert.deepEqual([exitCode, timedOut, services.at(-1)?.error], [1, true, 'timeout']);
    assert.equal(services[0]?.space?.usedBytes, 4096);
    assert.notEqual(fileSystem, null);
  });

  it('a disk that does not answer is not asked again', async () => {
    const made = host();
    made.faults.hang(`${BASE}/redis`);
    const deaf = Object.assign(made, { fileSystem: () => assert.fail('a call that would hang') });
    const { fileSystem, exitCode, total } = await usage(deaf, { service: 'redis', timeoutSeconds: 1 });
    assert.deepEqual([fileSystem, exitCode, total.usedBytes], [null, 1, 0]);
  });
});

it('says how far it is, and how fast', () => {
  const said: string[] = [];
  let at = Date.parse(AT);
  const onProgress = measuringProgress({
    now: () => new Date(at).toISOString(),
    progress: (text) => said.push(text),
  });
  onProgress(0);
  at += 500;
  onProgress(1_234_567);
  assert.deepEqual(said, ['measuring: 0 entries', 'measuring: 1,234,567 entries, 2,469,134 a second']);
});
