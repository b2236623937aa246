// Installing settings on the host in memory: what the files say afterwards, what is refused, that a crash anywhere is made good
// by the same command, and that rollback gives back each file byte for byte.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { DEFAULT_BASE, type Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { builtInServices } from '../services/index.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { initCommand } from './init.ts';
import { type InstallOptions, installCommand } from './install.ts';

const REDIS = '/etc/redis/redis.conf';
const REDIS_TEXT = '# Redis\ndir /var/lib/redis\nrequirepass hunter2\nsave 3600 1';
const REDIS_OURS = '/etc/redis/jts-hot.conf';
const REDIS_UNIT = '/usr/lib/systemd/system/redis-server.service';
const UNIT_TEXT = '[Service]\nProtectSystem=strict\nLimitNOFILE=1000\n';
const GUARD = '/etc/systemd/system/redis-server.service.d/jts-hot-mount.conf';
const DROP_IN = '/etc/systemd/system/redis-server.service.d/jts-hot.conf';
const CLUSTER = '/etc/postgresql/15/main';
const BASE = DEFAULT_BASE;

const layout: Layout = {
  base: BASE,
  services: builtInServices.filter(({ name }) =>
    ['postgresql', 'clickhouse', 'redis', 'kafka'].includes(name),
  ),
};

/** Set up, with Redis as Debian has it: its configuration in a directory of its own. */
async function host(): Promise<MemoryHost> {
  const made = createHost({
    runsSystemd: true,
    tools: ['useradd', 'groupadd', 'userdel', 'groupdel', 'usermod', 'getent', 'systemctl'],
  });
  const { exitCode } = await setupCommand(contextOf(made, layout), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
  const { uid, gid } = made.users(['redis']).get('redis') ?? assert.fail();
  made.prepare.directory('/etc/redis', { uid, gid, mode: '2770' });
  made.prepare.file(REDIS, { uid, gid, mode: '0640', text: REDIS_TEXT });
  made.prepare.file(REDIS_UNIT, { text: UNIT_TEXT });
  made.prepare.directory('/etc/systemd/system');
  return made;
}

async function install(on: MemoryHost, options: Partial<InstallOptions> = {}) {
  const all = {
    what: 'redis',
    to: null,
    startEmpty: [],
    replace: false,
    restart: false,
    environment: 'export',
    isDry: false,
    ...options,
  } as const;
  const { exitCode, problems, result } = await installCommand(contextOf(on, layout), all);
  assert.ok(result !== null);
  return { exitCode, codes: problems.map(({ code }) => code), problems, result };
}

/** What there is below /etc, without what tells a file from one that was written anew. */
function files(on: MemoryHost): string {
  return on
    .snapshot()
    .split('\n')
    .filter((line) => line.startsWith('/etc'))
    .join('\n')
    .replace(/ inode \d+ born \d+/g, '');
}

async function rollBack(on: MemoryHost): Promise<void> {
  const { result } = await rollbackCommand(contextOf(on, layout), null);
  assert.ok(result !== null && result.outcome === 'applied', JSON.stringify(result));
  assert.deepEqual(result.left, []);
}

describe('installing a drop-in', () => {
  it('writes ours, names it in the file that is read, and tells the unit; rollback gives all back', async () => {
    const on = await host();
    const before = files(on);
    const { exitCode, result } = await install(on);
    assert.deepEqual([exitCode, result.outcome, result.steps.length], [0, 'applied', 5]);
    assert.equal(on.text(REDIS), `${REDIS_TEXT}\ninclude ${REDIS_OURS}`);
    assert.match(on.text(REDIS_OURS) ?? '', new RegExp(`^dir ${BASE}/redis/data$`, 'm'));
    const drop = on.text(DROP_IN) ?? '';
    assert.match(on.text(GUARD) ?? '', new RegExp(`^RequiresMountsFor=${BASE}/redis$`, 'm'));
    assert.doesNotMatch(drop, /RequiresMountsFor/, 'it is said once');
    assert.match(drop, new RegExp(`^ReadWritePaths=${BASE}/redis$`, 'm'));
    assert.match(drop, /^LimitNOFILE=65536$/m);
    const entry = on.entry(REDIS);
    assert.ok(entry.type === 'file' && entry.mode === '0640');
    assert.deepEqual(result.services, [{ service: 'redis', file: REDIS, unit: 'redis-server.service' }]);
    await rollBack(on);
    assert.equal(files(on), before);
  });

  it('again: nothing to do', async () => {
    const on = await host();
    await install(on);
    const { exitCode, result } = await install(on);
    assert.deepEqual([exitCode, result.outcome, result.steps], [0, 'unchanged', []]);
  });

  it('a dry run changes nothing', async () => {
    const on = await host();
    const before = on.snapshot();
    const { result } = await install(on, { isDry: true });
    assert.deepEqual([result.outcome, result.steps.length, on.snapshot() === before], ['planned', 5, true]);
  });

  it('shows no value of somebody else', async () => {
    const on = await host();
    const { result } = await install(on);
    assert.doesNotMatch(JSON.stringify(result), /hunter2/);
    assert.doesNotMatch(JSON.stringify(on.journal), /hunter2/);
  });

  it('leaves a larger limit and a unit that may write everywhere as they are', async () => {
    const on = await host();
    on.prepare.remove(REDIS_UNIT);
    on.prepare.file(REDIS_UNIT, { text: '[Service]\nLimitNOFILE=infinity\n' });
    await install(on);
    assert.doesNotMatch(on.text(DROP_IN) ?? '', /LimitNOFILE|ReadWritePaths/);
  });

  it('killed anywhere, the same command makes it good', async () => {
    const start = await host();
    const whole = start.clone();
    await install(whole);
    const wanted = files(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, (one) => install(one))) {
      const { exitCode } = await install(on);
      assert.equal(exitCode, 0, at);
      assert.equal(files(on), wanted, at);
    }
  });
});

describe('a dry run', () => {
  it('names the units that would be restarted, where that is asked for', async () => {
    const on = await host();
    for (const restart of [false, true]) {
      const { result, exitCode } = await install(on, { isDry: true, restart });
      assert.equal(exitCode, 0);
      assert.deepEqual(
        result.restarts,
        restart ? [{ service: 'redis', unit: 'redis-server.service', outcome: 'planned' }] : [],
      );
    }
  });

  it('of a service that nobody knows guesses at what is meant', async () => {
    const on = await host();
    await assert.rejects(
      install(on, { what: 'postgres', isDry: true }),
      (error) =>
        error instanceof Problem &&
        error.diagnostics[0]?.detail.includes('did you mean postgresql?') === true,
    );
  });
});

describe('refused is', () => {
  const refusals: readonly (readonly [string, (on: MemoryHost) => void, Partial<InstallOptions>, string])[] =
    [
      ['a service that is not installed', () => {}, { what: 'kafka' }, 'E_NOT_INSTALLED'],
      [
        'one with several configurations',
        (on) => {
          on.prepare.file(`${CLUSTER}/postgresql.conf`, { text: '' });
          on.prepare.file('/etc/postgresql/16/main/postgresql.conf', { text: '' });
        },
        { what: 'postgresql' },
        'E_SEVERAL_FILES',
      ],
      [
        'one that would start without its data',
        (on) => on.prepare.file('/var/lib/redis/dump.rdb', { text: 'REDIS0010\udcfe', bytes: 11 }),
        {},
        'E_STARTS_EMPTY',
      ],
      ['one whose directory is not set up', (on) => on.prepare.remove(`${BASE}/redis/data`), {}, 'E_NO_TIER'],
      [
        'a file in the place of ours',
        (on) => on.prepare.file(REDIS_OURS, { text: 'maxmemory 1gb\n' }),
        {},
        'E_FOREIGN_FILE',
      ],
      [
        'a configuration that cannot be read',
        (on) => {
          on.prepare.remove(REDIS);
          on.prepare.file(REDIS, { text: 'dir "/var\n' });
        },
        {},
        'E_CONFIG_TEXT',
      ],
      [
        'one beside which ours would stand, and that cannot be read',
        (on) => on.prepare.file('/etc/clickhouse-server/config.xml', { text: '<clickhouse>' }),
        { what: 'clickhouse' },
        'E_CONFIG_TEXT',
      ],
      [
        'a link in the place of the configuration',
        (on) => {
          on.prepare.remove(REDIS);
          on.prepare.link(REDIS, '/etc/shadow');
        },
        {},
        'E_NOT_INSTALLED',
      ],
      [
        'a directory of the configuration that everybody may write',
        (on) => on.prepare.chmod('/etc/redis', '0777'),
        {},
        'E_WAY_OPEN',
      ],
    ];
  for (const [what, prepare, options, code] of refusals)
    it(what, async () => {
      const on = await host();
      prepare(on);
      const before = files(on);
      const { exitCode, codes } = await install(on, options);
      assert.deepEqual([codes[0], exitCode !== 0], [code, true]);
      if (exitCode === 3) assert.equal(files(on), before);
    });
});

it('of several configurations the one that was named before is meant from then on', async () => {
  const on = await host();
  const files = [15, 16].map((version) => `/etc/postgresql/${version}/main/postgresql.conf`);
  for (const file of files) on.prepare.file(file, { text: "data_directory = '/srv/pg'\n" });
  const [, meant = ''] = files;
  assert.equal((await install(on, { what: 'postgresql', to: meant })).exitCode, 0);
  const { exitCode, result } = await install(on, { what: 'all' });
  assert.deepEqual([exitCode, result.services[0]?.file], [0, meant]);
  assert.equal((await install(on, { what: 'postgresql' })).result.outcome, 'unchanged');
});

describe('agreed to', () => {
  it('a service starts without its data: recorded, and the data stays', async () => {
    const on = await host();
    on.prepare.file('/var/lib/redis/dump.rdb', { text: 'REDIS0010\udcfe' });
    const { exitCode } = await install(on, { startEmpty: ['redis'] });
    assert.equal(exitCode, 0);
    assert.equal(on.entry('/var/lib/redis/dump.rdb').type, 'file');
  });

  it('a snapshot without keys is no data', async () => {
    const on = await host();
    // As Redis 7 writes it: what wrote it, and the end.
    on.prepare.file('/var/lib/redis/dump.rdb', {
      text: 'REDIS0010\udcfa\tredis-ver\u00067.0.15\udcfa\nredis-bits\udcc0@\udcff12345678',
    });
    const { exitCode } = await install(on);
    assert.equal(exitCode, 0);
  });

  it('somebody’s file in the place of ours is replaced, and given back', async () => {
    const on = await host();
    on.prepare.file(REDIS_OURS, { text: 'maxmemory 1gb\n' });
    const before = files(on);
    assert.equal((await install(on, { replace: true })).exitCode, 0);
    await rollBack(on);
    assert.equal(files(on), before);
  });
});

describe('rollback', () => {
  const back = (on: MemoryHost, startEmpty: readonly string[] = []) =>
    rollbackCommand(contextOf(on, layout), null, { startEmpty });

  it('is refused once there is data on the hot tier, and names the consent; with it the data stays', async () => {
    const on = await host();
    await install(on);
    const written = files(on);
    on.prepare.file(`${BASE}/redis/data/dump.rdb`, { text: 'REDIS0010\udcfe' });
    const { exitCode, problems, result } = await back(on);
    assert.deepEqual([exitCode, problems.map(({ code }) => code), result], [3, ['E_LEAVES_DATA'], null]);
    assert.match(problems[0]?.hint ?? '', /sudo jts-hot rollback 2 --start-empty redis$/);
    assert.equal(files(on), written);
    const agreed = await back(on, ['redis']);
    assert.ok(agreed.result !== null && agreed.result.outcome === 'applied');
    assert.deepEqual(agreed.result.restart, ['redis-server.service']);
    assert.equal(on.entry(`${BASE}/redis/data/dump.rdb`).type, 'file');
  });

  it('of several services names the consent to all of them, what was agreed to as well', async () => {
    const on = await host();
    on.prepare.file(`${CLUSTER}/postgresql.conf`, { text: "data_directory = '/srv/pg'\n" });
    on.prepare.file('/etc/clickhouse-server/config.xml', { text: '<clickhouse/>' });
    await install(on, { what: 'all' });
    on.prepare.file(`${BASE}/redis/data/dump.rdb`, { text: 'REDIS0010\udcfe' });
    on.prepare.file(`${BASE}/postgresql/data/PG_VERSION`, { text: '15\n' });
    on.prepare.directory(`${BASE}/clickhouse/data/metadata`);
    on.prepare.directory(`${BASE}/clickhouse/data/metadata/trades`);
    const { problems } = await back(on, ['clickhouse']);
    const wanted = /rollback 2 --start-empty clickhouse --start-empty postgresql --start-empty redis$/;
    assert.equal(problems.length, 2);
    for (const { hint } of problems) assert.match(hint ?? '', wanted);
    assert.equal((await back(on, ['clickhouse', 'postgresql', 'redis'])).exitCode, 0);
  });

  it('is refused where a file that was changed since would be left with half of them', async () => {
    const on = await host();
    await install(on);
    const { uid, gid } = on.users(['redis']).get('redis') ?? assert.fail();
    const as = { uid, gid, mode: '0640' };
    const written = on.text(REDIS);
    // As CONFIG REWRITE does.
    on.prepare.remove(REDIS);
    on.prepare.file(REDIS, { ...as, text: `${written}\nmaxmemory 100mb\n` });
    for (const startEmpty of [[], ['redis']]) {
      const { exitCode, problems } = await back(on, startEmpty);
      assert.deepEqual(
        [exitCode, problems.map(({ code, at }) => [code, at])],
        [3, [['E_CHANGED_SINCE', `file ${REDIS}`]]],
      );
    }
    assert.equal(on.entry(REDIS_OURS).type, 'file');
    on.prepare.remove(REDIS);
    on.prepare.file(REDIS, { ...as, text: written ?? '' });
    assert.equal((await back(on)).exitCode, 0);
    assert.equal(on.text(REDIS), REDIS_TEXT);
  });

  it('of settings that were changed by hand since leaves them, and says so', async () => {
    const on = await host();
    await install(on);
    const { uid, gid } = on.users(['redis']).get('redis') ?? assert.fail();
    on.prepare.remove(REDIS);
    on.prepare.file(REDIS, { uid, gid, mode: '0640', text: 'dir /srv\n' });
    const { result } = await back(on);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual(
      result.left.map(({ address }) => address),
      [`file ${REDIS}`],
    );
    assert.equal(on.text(REDIS), 'dir /srv\n');
  });
});

describe('the first start', () => {
  const INITDB = '/usr/lib/postgresql/15/bin/initdb';
  const prepare = async () => {
    const on = await host();
    on.prepare.file(`${CLUSTER}/postgresql.conf`, {
      text: "data_directory = '/var/lib/postgresql/15/main'\n",
    });
    on.prepare.file(INITDB, { mode: '0755', text: '' });
    on.prepare.file('/usr/lib/postgresql/9.6/bin/initdb', { mode: '0755', text: '' });
    return on;
  };
  const init = async (on: MemoryHost, what = 'postgresql', isDry = false) => {
    const given = await initCommand(contextOf(on, layout), { what, to: null, isDry });
    return { ...given, codes: given.problems.map(({ code }) => code) };
  };

  it('is made by the tool of the cluster’s version, as its user; once, and no rollback removes it', async () => {
    const on = await prepare();
    const { exitCode, result } = await init(on);
    assert.deepEqual([exitCode, result?.outcome], [0, 'applied']);
    const [step] = result?.steps ?? [];
    assert.ok(step?.do.type === 'prepareData');
    assert.deepEqual(step.do.argv.slice(0, 2), [INITDB, `--pgdata=${BASE}/postgresql/data`]);
    assert.equal(on.entry(`${BASE}/postgresql/data/PG_VERSION`).type, 'file');
    assert.equal((await init(on)).result?.outcome, 'unchanged');
    const undone = await rollbackCommand(contextOf(on, layout), null);
    assert.ok(undone.result !== null && undone.result.outcome === 'applied');
    assert.deepEqual(undone.result.left, []);
    assert.equal(on.entry(`${BASE}/postgresql/data/PG_VERSION`).type, 'file');
  });

  it('is not needed by a service that makes all by itself', async () => {
    assert.equal((await init(await prepare(), 'redis')).result?.outcome, 'unchanged');
  });

  it('is refused where something is, where the tool is missing, and before Kafka is told', async () => {
    const full = await prepare();
    full.prepare.file(`${BASE}/postgresql/data/lost+found`, { text: '' });
    assert.deepEqual((await init(full)).codes, ['E_NOT_EMPTY']);
    const without = await prepare();
    without.prepare.remove(INITDB);
    assert.deepEqual((await init(without)).codes, ['E_NO_TOOL']);
    const kafka = await prepare();
    kafka.prepare.file('/opt/kafka/config/server.properties', { text: 'log.dirs=/tmp/kafka-logs\n' });
    assert.deepEqual((await init(kafka, 'kafka')).codes, ['E_NOT_CONFIGURED']);
  });
});
