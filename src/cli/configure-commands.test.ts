// What flags of `config` are refused together, before anything is looked at; what each form of it does and prints.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { builtInServices } from '../services/index.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { configureCommands } from './configure-commands.ts';

const layout: Layout = {
  base: '/data/jts/hot',
  services: builtInServices.filter(({ name }) => ['redis', 'postgresql'].includes(name)),
};

interface Printed {
  readonly exitCode: number;
  readonly codes: readonly string[];
  readonly text: string;
}

async function config(on: MemoryHost, argument: string, flags: object = {}): Promise<Printed> {
  const { config: handler } = configureCommands;
  assert.ok(typeof handler === 'function');
  const given = { context: contextOf(on, layout), argument, second: null, plan: null, flags };
  const { exitCode, problems, result, text } = await handler({
    ...given,
    paint: createPaint(false),
  } as never);
  const printed = result === null ? '' : (text(result) ?? '');
  return { exitCode, codes: problems.map(({ code }) => code), text: printed };
}

const problemOf = async (act: Promise<unknown>): Promise<string> => {
  const error = await act.catch((why: unknown) => why);
  assert.ok(error instanceof Problem, `want a Problem, found ${JSON.stringify(error)}`);
  const [first] = error.diagnostics;
  return `${error.exitCode} ${first?.code} ${first?.at}: ${first?.detail.join()}`;
};

async function setUp(): Promise<MemoryHost> {
  const on = createHost({
    runsSystemd: true,
    tools: ['useradd', 'groupadd', 'userdel', 'groupdel', 'usermod', 'getent', 'systemctl'],
  });
  await setupCommand(contextOf(on, layout), { adopt: [], strict: false, saved: null });
  return on;
}

describe('flags of config', () => {
  for (const [argument, flags, want] of [
    [
      'all',
      { install: true, to: '/etc/redis/redis.conf' },
      '2 E_USAGE --to: want SERVICE with it, found none',
    ],
    ['all', { init: true, to: '/etc/redis/redis.conf' }, '2 E_USAGE --to: want SERVICE with it, found none'],
    ['all', { init: true }, '2 E_USAGE --init: want SERVICE with it, found none'],
    ['redis', { ask: true }, '2 E_USAGE --ask: want --check with it, found none'],
    ['redis', { to: '/etc/x' }, '2 E_USAGE --to: want --install with it, found none'],
    ['redis', { startEmpty: ['redis'] }, '2 E_USAGE --start-empty: want --install with it, found none'],
    ['redis', { replace: true }, '2 E_USAGE --replace: want --install with it, found none'],
    ['redis', { restart: true }, '2 E_USAGE --restart: want --install with it, found none'],
    ['redis', { dryRun: true }, '2 E_USAGE --dry-run: want --install with it, found none'],
    ['redis', { format: 'dotenv' }, '2 E_USAGE --format: want env with it, found none'],
    ['env', { format: 'fish' }, '2 E_USAGE --format: want export, dotenv, systemd; found "fish"'],
  ] as const)
    it(`${argument} ${JSON.stringify(flags)}`, async () => {
      assert.equal(await problemOf(config(createHost(), argument, flags)), want);
    });
});

describe('config that prints', () => {
  it('of one service nothing but its settings, so that they can go into a file', async () => {
    const { text, exitCode } = await config(createHost(), 'redis');
    assert.equal(exitCode, 0);
    assert.match(text, /^dir \/data\/jts\/hot\/redis\/data$/m);
    assert.doesNotMatch(text, /^==/m);
  });

  it('of all which are whose, and where they usually are', async () => {
    const { text } = await config(createHost(), 'all');
    const headings = text.split('\n').filter((line) => line.startsWith('== '));
    assert.deepEqual(headings, [
      '== postgresql: /etc/postgresql/*/*/postgresql.conf',
      '== redis: /etc/redis/redis.conf',
    ]);
  });

  it('variables in three languages', async () => {
    for (const [format, line] of [
      [undefined, "export JTS_HOT_STORAGE_ROOT='/data/jts/hot'"],
      ['dotenv', "JTS_HOT_STORAGE_ROOT='/data/jts/hot'"],
      ['systemd', 'JTS_HOT_STORAGE_ROOT="/data/jts/hot"'],
    ] as const) {
      const { text } = await config(createHost(), 'env', format === undefined ? {} : { format });
      assert.match(text, new RegExp(`^${line}$`, 'm'), format ?? 'the default');
    }
  });
});

describe('config for the trading platform', () => {
  const ENV = '/etc/profile.d/jts-hot.sh';

  it('installs variables where a shell reads them, once, and rollback takes them away', async () => {
    const on = await setUp();
    assert.equal((await config(on, 'env', { install: true })).exitCode, 0);
    assert.match(on.text(ENV) ?? '', /JTS_HOT_STORAGE_ROOT/);
    assert.match(
      (await config(on, 'env', { install: true })).text,
      /^Nothing to do: the file says it already\./,
    );
    await rollbackCommand(contextOf(on, layout), null);
    assert.equal(on.entry(ENV).type, 'missing');
  });

  it('replaces no file of somebody else, unless that is agreed to', async () => {
    const on = await setUp();
    on.prepare.file(ENV, { text: 'export MINE=1\n' });
    assert.deepEqual((await config(on, 'env', { install: true })).codes, ['E_FOREIGN_FILE']);
    assert.equal(on.text(ENV), 'export MINE=1\n');
    assert.equal((await config(on, 'env', { install: true, replace: true })).exitCode, 0);
    assert.match(on.text(ENV) ?? '', /JTS_HOT_STORAGE_ROOT/);
  });

  it('edits jts-config.yaml, and leaves the rest of it as it was', async () => {
    const on = await setUp();
    const text = '# the platform\ntrading:\n  mode: paper\n';
    on.prepare.file('/srv/jts/jts-config.yaml', { text });
    const { exitCode } = await config(on, 'jts', { install: true, to: '/srv/jts/jts-config.yaml' });
    assert.equal(exitCode, 0);
    const now = on.text('/srv/jts/jts-config.yaml') ?? '';
    assert.ok(now.startsWith(text) && now.length > text.length, now);
  });

  it('has to be told which file that is, where there is no usual one', async () => {
    const on = await setUp();
    const none = '2 E_USAGE --to: want the file that the platform reads, found no --to';
    assert.equal(await problemOf(config(on, 'jts', { install: true })), none);
    assert.equal(await problemOf(config(on, 'env', { install: true, format: 'dotenv' })), none);
  });
});

describe('config --init', () => {
  const INITDB = '/usr/lib/postgresql/15/bin/initdb';

  it('shows what it would do, does it, and has nothing more to do', async () => {
    const on = await setUp();
    on.prepare.file('/etc/postgresql/15/main/postgresql.conf', {
      text: "data_directory = '/var/lib/postgresql/15/main'\n",
    });
    on.prepare.file(INITDB, { mode: '0755', text: '' });
    const planned = await config(on, 'postgresql', { init: true, dryRun: true });
    assert.match(planned.text, /Nothing has been changed\.\nDo it: {2}sudo /);
    const done = await config(on, 'postgresql', { init: true });
    assert.match(done.text, /Prepared, recorded as run 2\. No rollback removes it: it is data now\.$/);
    for (const line of `${planned.text}\n${done.text}`.split('\n')) assert.ok(line.length <= WIDTH, line);
    for (const dryRun of [false, true])
      assert.equal(
        (await config(on, 'postgresql', { init: true, dryRun })).text,
        'Nothing to do: postgresql needs no preparation, or has it.',
      );
  });

  it('that is refused says that nothing was changed', async () => {
    const on = await setUp();
    on.prepare.file('/etc/postgresql/15/main/postgresql.conf', { text: '' });
    const { text, codes } = await config(on, 'postgresql', { init: true });
    assert.deepEqual([text, codes], ['Nothing has been changed.', ['E_NO_TOOL']]);
  });
});

it('config --check tells of each service where it is', async () => {
  const { text, exitCode } = await config(await setUp(), 'all', { check: true });
  assert.equal(exitCode, 0);
  assert.match(text, /redis.*not installed/s);
});
