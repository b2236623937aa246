// `config --install --restart` on the host in memory: a service that comes up on the hot tier, one that does not, and what is said
// of it; before that its own program is asked, on copies of all that it would read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Context } from '../command/context.ts';
import { DEFAULT_BASE, type Layout } from '../layout/layout.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import type { Host, Restarted, Trial, Tried } from '../port/host.ts';
import { builtInServices } from '../services/index.ts';
import { setupCommand } from '../setup/setup.ts';
import type { InstallResult } from './config-document.ts';
import { renderConfig } from './config-text.ts';
import { type InstallOptions, installCommand } from './install.ts';

const BASE = DEFAULT_BASE;
const UNIT = 'redis-server.service';
const REDIS = '/etc/redis/redis.conf';
const REDIS_TEXT = 'dir /var/lib/redis\n';
const OURS = '/etc/redis/jts-hot.conf';
const CLICKHOUSE = '/etc/clickhouse-server/config.xml';

const layout: Layout = {
  base: BASE,
  services: builtInServices.filter(({ name }) => ['redis', 'clickhouse'].includes(name)),
};

/** Set up, with Redis as Debian has it, which runs in its old place. */
async function prepared(): Promise<MemoryHost> {
  const on = createHost({
    runsSystemd: true,
    tools: ['useradd', 'groupadd', 'userdel', 'groupdel', 'usermod', 'getent', 'systemctl'],
  });
  await setupCommand(contextOf(on, layout), { adopt: [], strict: false, saved: null });
  const { uid, gid } = on.users(['redis']).get('redis') ?? assert.fail();
  on.prepare.directory('/etc/redis', { uid, gid, mode: '2770' });
  on.prepare.file(REDIS, { uid, gid, mode: '0640', text: REDIS_TEXT });
  on.prepare.file(`/usr/lib/systemd/system/${UNIT}`, {
    text: '[Service]\nExecStart=/usr/bin/redis-server /etc/redis/redis.conf\n',
  });
  on.prepare.directory('/etc/systemd/system');
  on.prepare.directory('/var/lib/redis');
  return on;
}

/** What a restart of the unit comes to: it says this, and runs there; null: it does not run. */
type Comes = readonly [said: Restarted, place: string | null];
const OK: Restarted = { ok: true };
const ON_TIER: Comes = [OK, `${BASE}/redis/data`];
const NOT: Restarted = { ok: false, why: 'redis-server.service has failed' };

interface Ran {
  readonly exitCode: number;
  readonly codes: readonly string[];
  readonly details: string;
  readonly result: InstallResult;
  readonly restarted: readonly string[];
  readonly text: string;
}

/** `comes`: of each restart, in order. `trial`: what a program says of the copies. */
async function install(
  on: MemoryHost,
  comes: readonly Comes[],
  more: {
    readonly options?: Partial<InstallOptions>;
    readonly context?: Partial<Context>;
    readonly trial?: Host['tryOut'];
  } = {},
): Promise<Ran> {
  const restarted: string[] = [];
  let stop = () => {};
  let seconds = 0;
  const host: MemoryHost = {
    ...on,
    tryOut: more.trial ?? on.tryOut,
    async restartUnit(unit) {
      const [said, place] = comes[restarted.length] ?? assert.fail('one restart too many');
      restarted.push(unit);
      stop();
      const words = ['/usr/bin/redis-server 127.0.0.1:6379'];
      stop =
        place === null
          ? () => {}
          : on.prepare.start({ command: 'redis-server', directory: place, words, unit });
      return said;
    },
  };
  const context = contextOf(host, layout, {
    // Its clock goes fast: what never comes up is waited for as long.
    now() {
      seconds += 20;
      return new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString();
    },
    ...more.context,
  });
  const { exitCode, problems, result } = await installCommand(context, {
    what: 'redis',
    to: null,
    startEmpty: [],
    replace: false,
    restart: true,
    environment: 'export',
    isDry: false,
    ...more.options,
  });
  assert.ok(result !== null);
  const text = renderConfig(result, createPaint(false), 'config redis --install --restart');
  for (const line of text.split('\n')) assert.ok(line.length <= WIDTH, line);
  return {
    exitCode,
    codes: problems.map(({ code }) => code),
    details: problems.flatMap(({ detail }) => detail).join('\n'),
    result,
    restarted,
    text,
  };
}

const outcomes = ({ result }: Ran) => result.restarts.map(({ service, outcome }) => [service, outcome]);

describe('a service that is restarted', () => {
  it('comes up on the hot tier, and is not restarted again', async () => {
    const on = await prepared();
    const first = await install(on, [ON_TIER]);
    assert.deepEqual([first.exitCode, outcomes(first)], [0, [['redis', 'running on the hot tier']]]);
    assert.match(first.text, /redis-server\.service restarted: redis runs on the hot tier/);
    assert.match(first.text, /Undo it: {3}sudo jts-hot rollback 2/);
    assert.doesNotMatch(first.text, /Restart them/);
    const again = await install(on, []);
    assert.deepEqual([again.exitCode, again.restarted, again.result.outcome], [0, [], 'unchanged']);
  });

  it('with its settings in place, in its old place still, is restarted without a run', async () => {
    const on = await prepared();
    await install(on, [], { options: { restart: false } });
    const then = await install(on, [ON_TIER]);
    assert.deepEqual([then.result.run, outcomes(then)], [null, [['redis', 'running on the hot tier']]]);
  });

  it('is not tried once a signal has come', async () => {
    const on = await prepared();
    await install(on, [], { options: { restart: false } });
    const then = await install(on, [], { context: { stopRequested: () => true } });
    assert.deepEqual([then.exitCode, outcomes(then)], [1, [['redis', 'not tried']]]);
  });
});

describe('a service that does not come up', () => {
  it('has its former settings again, and runs with them', async () => {
    const on = await prepared();
    const ran = await install(on, [
      [NOT, null],
      [OK, '/var/lib/redis'],
    ]);
    assert.deepEqual([ran.exitCode, ran.codes, outcomes(ran)], [1, ['E_NOT_UP'], [['redis', 'taken back']]]);
    assert.deepEqual([on.text(REDIS), on.entry(OURS).type], [REDIS_TEXT, 'missing']);
    assert.match(ran.details, /found: redis-server\.service has failed/);
    assert.match(ran.details, /taken back \(run 3\), and it was restarted with the former ones/);
    assert.match(ran.text, /redis did not come up there; its former settings\s+are back/);
    assert.doesNotMatch(ran.text, /Undo it/, 'nothing is left to be undone');
  });

  it('not with them either: that is said, too', async () => {
    const on = await prepared();
    const ran = await install(on, [
      [NOT, null],
      [{ ok: false, why: 'no such user' }, null],
    ]);
    assert.match(ran.details, /with the former ones it does not start either: no such user/);
    assert.equal(on.text(REDIS), REDIS_TEXT);
  });

  it('where it should: it runs elsewhere after all patience, and its settings are taken back', async () => {
    const on = await prepared();
    const ran = await install(on, [
      [OK, '/var/lib/redis'],
      [OK, '/var/lib/redis'],
    ]);
    assert.deepEqual(outcomes(ran), [['redis', 'taken back']]);
    assert.match(ran.details, /found: it is running$/m);
  });

  it('with settings of an earlier run keeps them: they are not of this one', async () => {
    const on = await prepared();
    await install(on, [], { options: { restart: false } });
    const ran = await install(on, [[NOT, null]]);
    assert.deepEqual([ran.codes, outcomes(ran)], [['E_NOT_UP'], [['redis', 'failed']]]);
    assert.match(ran.details, /its settings stay as they are/);
    assert.equal(on.entry(OURS).type, 'file');
  });

  it('has only its own settings taken back, where the run wrote for others', async () => {
    const on = await prepared();
    on.prepare.file(CLICKHOUSE, { text: '<clickhouse/>\n' });
    const ran = await install(
      on,
      [
        [NOT, null],
        [OK, '/var/lib/redis'],
      ],
      { options: { what: 'all' } },
    );
    assert.deepEqual(outcomes(ran), [['redis', 'taken back']]);
    assert.equal(on.text(REDIS), REDIS_TEXT);
    assert.equal(on.entry('/etc/clickhouse-server/config.d/jts-hot.xml').type, 'file');
    // No unit of systemd runs that one here.
    assert.match(ran.text, /Restart these by yourself.*: clickhouse/s);
  });
});

describe('what is shown without doing it', () => {
  it('names what would be restarted, and how it is done', async () => {
    const { text } = await install(await prepared(), [], { options: { isDry: true } });
    assert.match(text, /redis-server\.service would be restarted, until redis runs on the hot tier/);
    assert.match(text, /Nothing has been changed\.\nDo it: {2}sudo jts-hot config redis --install --restart/);
  });

  it('without --restart units are left to people, in order', async () => {
    const { text } = await install(await prepared(), [], { options: { restart: false } });
    assert.match(text, /Restart them, in this order:\n {2}sudo systemctl restart redis-server\.service\n/);
  });
});

describe('the program that will read the settings', () => {
  /** Hands out what it was given, and says this. */
  function asking(
    said: Tried,
    given: { files: Record<string, string>; argv: readonly string[]; trial?: Trial },
  ) {
    return async (trial: Trial): Promise<Tried> => {
      Object.assign(given, { files: trial.files('/run/try'), argv: trial.argv('/run/try'), trial });
      return said;
    };
  }
  const nothing = () => ({ files: {}, argv: [] }) as Parameters<typeof asking>[1];
  const options = { restart: false };

  it('is asked as the service’s user, on copies: its own file, and ours, of which it speaks', async () => {
    const on = await prepared();
    on.prepare.file('/usr/bin/redis-server', { mode: '0755' });
    const given = nothing();
    const ran = await install(on, [], { options, trial: asking({ status: 0, output: '' }, given) });
    assert.equal(ran.exitCode, 0);
    assert.deepEqual(Object.keys(given.files), ['redis.conf', 'jts-hot.conf']);
    assert.equal(given.files['redis.conf'], `${REDIS_TEXT}include /run/try/jts-hot.conf\n`);
    assert.match(given.files['jts-hot.conf'] ?? '', new RegExp(`^dir ${BASE}/redis/data$`, 'm'));
    assert.deepEqual(given.argv.slice(0, 2), ['/usr/bin/redis-server', '/run/try/redis.conf']);
    assert.equal(given.trial?.identity.uid, on.users(['redis']).get('redis')?.uid);
  });

  it('with a directory of drop-ins is given those of others, too', async () => {
    const on = await prepared();
    const { gid } = on.users(['clickhouse']).get('clickhouse') ?? assert.fail();
    on.prepare.file(CLICKHOUSE, { text: '<clickhouse/>\n' });
    on.prepare.file('/etc/clickhouse-server/config.d/ours.xml', {
      text: '<clickhouse><a>1</a></clickhouse>\n',
    });
    on.prepare.file('/etc/clickhouse-server/config.d/secret.xml', { gid, mode: '0600', text: 'password' });
    on.prepare.file('/usr/bin/clickhouse', { mode: '0755' });
    const given = nothing();
    const data = `${BASE}/clickhouse/data/`;
    const said = { status: 0, output: `${data}\n` };
    const ran = await install(on, [], {
      options: { ...options, what: 'clickhouse' },
      trial: asking(said, given),
    });
    assert.deepEqual(ran.codes, []);
    assert.equal(given.files['config.d/ours.xml'], '<clickhouse><a>1</a></clickhouse>\n');
    assert.equal(given.files['config.d/secret.xml'], '', 'what its user cannot read is not shown to it');
    assert.match(given.files['config.d/jts-hot.xml'] ?? '', new RegExp(data));
  });

  const REFUSALS: readonly (readonly [what: string, Tried, found: RegExp])[] = [
    ['ends with a failure', { status: 1, output: 'Bad directive\n' }, /found exit status 1\nBad directive/],
    ['does not end', { status: null, output: '' }, /found no end to it/],
    [
      'quotes what may be a secret',
      { status: 1, output: `>>> 'requirepass "hunter2"'\nin line 2\n` },
      /^>>> …\nin line 2$/m,
    ],
  ];
  for (const [what, said, found] of REFUSALS)
    it(`${what}: nothing is installed`, async () => {
      const on = await prepared();
      on.prepare.file('/usr/bin/redis-server', { mode: '0755' });
      const ran = await install(on, [], { trial: asking(said, nothing()) });
      assert.deepEqual([ran.exitCode, ran.codes, ran.restarted], [3, ['E_CONFIG_REFUSED'], []]);
      assert.match(ran.details, found);
      assert.doesNotMatch(ran.details, /hunter2/);
      assert.equal(on.text(REDIS), REDIS_TEXT);
      assert.equal(ran.text, 'Nothing has been changed.');
    });
});
