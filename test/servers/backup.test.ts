// Backups as a whole, with a real Redis as the cheapest server: taken, proved, restored beside and over live data, and what
// must not happen: a half one, a damaged one that is called good, live data that is gone.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe as group, it } from 'node:test';
import { jtsHot, runJtsHot } from '../e2e/product.ts';
import type { ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { redis } from './redis.ts';
import { runInside, start, writeInside } from './server.ts';

const CONFIGURATION = '/etc/redis/redis.conf';
const DATA = '/data/jts/hot/redis/data';
const DAILY = '/data/jts/hot/backup/daily/redis';
const STAGING = '/data/jts/hot/backup/staging';
const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers'] as const;

const OPTIONS = { server: redis(), user: 'redis', configFile: CONFIGURATION };

/** A host with a Redis that the layout wants as it is, and that does not wait before it gives a snapshot. */
function startRedisHost(): ThrowawayHost {
  const host = startServerHost({ disks: [{ at: '/data/jts/hot', size: '100m' }] });
  writeInside(host, CONFIGURATION, [
    `dir ${DATA}`,
    'appendonly no',
    'save ""',
    'repl-diskless-sync-delay 0',
    'port 6379',
  ]);
  runJtsHot(host, ['setup']);
  return host;
}

interface Answer {
  readonly problems: readonly { readonly code: string; readonly detail: readonly string[] }[];
  readonly result: {
    readonly outcome: string;
    readonly path?: string;
    readonly aside?: string | null;
    readonly run?: number | null;
    readonly removed?: readonly string[];
    readonly services?: readonly {
      readonly service: string;
      readonly outcome: string;
      readonly name: string | null;
    }[];
    readonly backups?: readonly { readonly outcome: string }[];
  };
}

function answer(host: ThrowawayHost, args: readonly string[], expected = 0): Answer {
  return JSON.parse(runJtsHot(host, [...args, '--json'], expected).stdout) as Answer;
}

group('backup', () => {
  it('is taken, proved, restored in an empty place and over live data, and rolled back', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using host = startRedisHost();
    const server = start({ ...OPTIONS, host });
    server.write(['bought', 'sold']);

    const planned = answer(host, ['backup', 'redis', 'run', '--dry-run']);
    assert.equal(planned.result.outcome, 'planned');
    assert.deepEqual(readdirSync(host.path('/data/jts/hot/backup/daily')), []);

    const taken = answer(host, ['backup', 'run', 'redis']).result.services?.[0];
    assert.equal(taken?.outcome, 'done');
    assert.deepEqual(readdirSync(host.path(STAGING)), []);
    // It can be checked without this program.
    runInside(host, ['sh', '-c', `cd ${DAILY}/${taken?.name} && sha256sum --check --strict SHA256SUMS`]);
    server.write(['later']);

    assert.deepEqual(
      answer(host, ['backup', 'verify']).result.backups?.map(({ outcome }) => outcome),
      ['good'],
    );
    assert.deepEqual(readdirSync(host.path(STAGING)), []);

    const { path = '' } = answer(host, ['backup', 'restore', 'redis']).result;
    assert.equal(runInside(host, ['stat', '--format=%U:%G %a', path]), 'redis:redis 700\n');
    assert.ok(
      answer(host, ['backup', 'restore', 'redis'], 3).problems.some(({ code }) => code === 'E_NOT_EMPTY'),
    );

    // Over live data only while it is stopped, and the old data is kept.
    const live = ['backup', 'restore', 'redis', '--replace-live'];
    assert.ok(answer(host, live, 3).problems.some(({ code }) => code === 'E_RUNNING'));
    assert.deepEqual(server.read(), ['bought', 'sold', 'later']);
    runInside(host, ['redis-cli', 'SAVE']);
    server.stop();
    const mode = runInside(host, ['stat', '--format=%U:%G %a', DATA]);
    const over = answer(host, live).result;
    assert.equal(over.path, DATA);
    assert.equal(runInside(host, ['stat', '--format=%U:%G %a', DATA]), mode);
    const restored = start({ ...OPTIONS, host });
    assert.deepEqual(restored.read(), ['bought', 'sold']);
    // Nothing is moved below a server that runs.
    assert.match(runJtsHot(host, ['rollback', '--yes']).stdout, /what a process has open[\s\S]*rollback 2/);
    assert.deepEqual(restored.read(), ['bought', 'sold']);
    restored.stop();
    runJtsHot(host, ['rollback', '2', '--yes']);
    const before = start({ ...OPTIONS, host });
    assert.deepEqual(before.read(), ['bought', 'sold', 'later']);
    before.stop();
  });

  it('is found damaged by one bit in any of its files', (t) => {
    if (!requires(t, ...NEEDS)) return;
    using host = startRedisHost();
    const server = start({ ...OPTIONS, host });
    server.write(['bought']);
    const [taken] = answer(host, ['backup', 'run', 'redis']).result.services ?? [];
    const directory = host.path(`${DAILY}/${taken?.name}`);
    const files = readdirSync(directory);
    assert.deepEqual(files, ['SHA256SUMS', 'manifest.json', 'snapshot.rdb.zst']);
    for (const file of files) {
      const path = `${directory}/${file}`;
      const good = readFileSync(path);
      for (const at of [0, Math.floor(good.length / 2), good.length - 1]) {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ 0x01;
        writeFileSync(path, bad);
        const { result, problems } = answer(host, ['backup', 'verify', 'redis'], 1);
        assert.equal(result.outcome, 'bad', `${file} at ${at}`);
        assert.ok(problems.some(({ code }) => code === 'E_BAD_BACKUP'));
        // What is damaged is not laid out.
        answer(host, ['backup', 'restore', 'redis'], 1);
        assert.deepEqual(readdirSync(host.path(STAGING)), []);
      }
      writeFileSync(path, good);
    }
    assert.equal(answer(host, ['backup', 'verify', 'redis']).result.outcome, 'good');
    server.stop();
  });

  it('is refused without room, beside another one, and without root; nothing half done is left', async (t) => {
    if (!requires(t, ...NEEDS)) return;
    using host = startRedisHost();
    const server = start({ ...OPTIONS, host });
    // 30 MB that does not compress, so that there is time to look.
    runInside(host, ['redis-cli', 'EVAL', FILL, '0']);
    const slow = host.spawn(jtsHot('backup', 'run', 'redis', '--rate', '1MB', '--json'));
    await until(() => readdirSync(host.path(STAGING)).length > 0);
    const { problems } = answer(host, ['backup', 'verify'], 3);
    assert.ok(problems.some(({ code }) => code === 'E_LOCKED'));
    // Ordinary runs are not held up.
    runJtsHot(host, ['setup']);
    slow.kill('SIGTERM');
    const stopped = await slow.ended;
    assert.equal(stopped.status, 143, stopped.stderr);
    assert.deepEqual(readdirSync(host.path(STAGING)), []);

    // Killed for good: nobody cleans up, and what is left counts for nothing.
    const killed = host.spawn(jtsHot('backup', 'run', 'redis', '--rate', '1MB'));
    await until(() => readdirSync(host.path(STAGING)).length > 0);
    killed.kill('SIGKILL');
    await killed.ended;
    assert.equal(readdirSync(host.path(STAGING)).length, 1);
    // The program that it had started died with it.
    await until(() => host.run(['pgrep', '-f', 'redis-cli']).status === 1);

    // Less than 30 MB are left.
    runInside(host, ['dd', 'if=/dev/zero', `of=${DATA}/filler`, 'bs=1M', 'count=75', 'status=none']);
    const refused = answer(host, ['backup', 'run', 'redis'], 3);
    assert.ok(
      refused.problems.some(({ code }) => code === 'E_NO_ROOM'),
      JSON.stringify(refused.problems),
    );
    assert.deepEqual(readdirSync(host.path(STAGING)), []);
    // It does not compress, and the room is never passed.
    const failed = answer(host, ['backup', 'run', 'redis', '--trust-compression'], 1);
    assert.ok(
      failed.problems.some(({ code }) => code === 'E_NO_ROOM'),
      JSON.stringify(failed.problems),
    );
    assert.deepEqual(readdirSync(host.path(STAGING)), []);
    runInside(host, ['rm', `${DATA}/filler`]);
    assert.equal(answer(host, ['backup', 'run', 'redis']).result.outcome, 'done');

    // Left out by the layout, but for who names it.
    runInside(host, ['mkdir', '-p', '/etc/jts']);
    writeInside(host, '/etc/jts/hot-storage.yaml', ['backups: { services: { redis: false } }']);
    assert.ok(
      !answer(host, ['backup', 'run', '--dry-run']).result.services?.some(
        ({ service }) => service === 'redis',
      ),
    );
    assert.equal(answer(host, ['backup', 'run', 'redis']).result.outcome, 'done');

    const asUser = host.run(jtsHot('backup', 'run', 'redis', '--json'), { asUser: 'redis' });
    assert.equal(asUser.status, 3);
    assert.match(asUser.stdout, /E_NOT_ROOT/);
    server.stop();
  });
});

/** Lua: 30 values of a million bytes that look random. */
const FILL = `
math.randomseed(1)
for i = 1, 30 do
  local words = {}
  for j = 1, 100000 do words[j] = string.char(math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255), math.random(0, 255)) end
  redis.call('SET', 'k' .. i, table.concat(words))
end`;

async function until(holds: () => boolean): Promise<void> {
  for (let looks = 0; !holds(); looks += 1) {
    assert.ok(looks < 600, 'it does not come to hold within a minute');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
