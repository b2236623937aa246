// Prune and list on real disks, of real backups of a Redis: a month of nights of which fifteen fail in a row, two at once, killed
// anywhere, and what somebody else put where backups are.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { startServerHost } from '../servers/parts.ts';
import { redis } from '../servers/redis.ts';
import { type RunningServer, runInside, start, writeInside } from '../servers/server.ts';
import { sleep } from './holder.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import type { RunResult, ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers', 'faketime'] as const;
const BASE = '/data/jts/hot';
const DAILY = `${BASE}/backup/daily/redis`;
const STAGING = `${BASE}/backup/staging`;
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime';
const DAY_MS = 86_400_000;

/** All but the newest that is an hour old. */
const PRUNE = ['backup', 'prune', '--delete', '--keep', '1', '--older', '1h'] as const;

interface Started extends Disposable {
  readonly host: ThrowawayHost;
  readonly server: RunningServer;
}

/** With a Redis that has its data on the hot tier, and answers. */
function started(): Started {
  const host = startServerHost({
    disks: [{ at: BASE, size: '256m' }],
    binds: { '/opt/faketime': FAKETIME },
  });
  const configFile = '/etc/redis/redis.conf';
  runInside(host, ['mkdir', '-p', '/etc/redis']);
  writeInside(host, configFile, ['save 3600 1', 'appendonly no', 'repl-diskless-sync-delay 0']);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'redis', '--install']);
  const server = start({ host, server: redis(), user: 'redis', configFile });
  return {
    host,
    server,
    [Symbol.dispose]() {
      host.stop();
    },
  };
}

/** Argv of the program on a clock that is so many days behind. */
function daysAgo(days: number, args: readonly string[]): readonly string[] {
  const clock = `FAKETIME=-${Math.round(days * 86_400)}`;
  return [
    'env',
    `LD_PRELOAD=/opt/faketime/libfaketime.so.1`,
    clock,
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ...jtsHot(...args),
  ];
}

function at(host: ThrowawayHost, days: number, args: readonly string[], expected = 0): RunResult {
  const result = host.run(daysAgo(days, args));
  assert.equal(result.status, expected, `${days} days ago, ${args.join(' ')}: ${describe(result)}`);
  assert.doesNotMatch(result.stderr, /E_UNEXPECTED/);
  return result;
}

const namesIn = (host: ThrowawayHost): readonly string[] => readdirSync(host.path(DAILY)).toSorted();
const nameAt = (days: number) =>
  new Date(Date.now() - days * DAY_MS).toISOString().replace(/[-:]|\.\d+/g, '');

/** A backup as the core leaves one: the first real one under another name. Its name. */
function plant(host: ThrowawayHost, days: number, more: { readonly parent?: string } = {}): string {
  const first = namesIn(host).findLast((name) => /^\d/.test(name)) ?? '';
  const name = nameAt(days);
  const to = host.path(`${DAILY}/${name}`);
  cpSync(host.path(`${DAILY}/${first}`), to, { recursive: true });
  const manifest = JSON.parse(readFileSync(`${to}/manifest.json`, 'utf8'));
  const begun = new Date(Date.now() - days * DAY_MS).toISOString();
  const taken = { ...manifest.taken, parent: more.parent ?? null };
  writeFileSync(`${to}/manifest.json`, JSON.stringify({ ...manifest, name, begun, ended: begun, taken }));
  return name;
}

it('a month of nights, fifteen of which fail in a row: the last good one, and the last that was proved, stay', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host, server } = machine;
  server.write(Array.from({ length: 400 }, (_, i) => `${i} ${Math.random()}`.repeat(40)));
  const prune = ['backup', 'prune', 'redis', '--keep', '2', '--older', '4d', '--delete'];
  const NIGHTS = 30;
  let lastGood = '';
  let proved = '';
  let refused = 0;
  for (let night = 0; night < NIGHTS; night += 1) {
    const days = NIGHTS - night;
    const fails = night >= 8 && night < 23;
    const before = namesIn0(host);
    if (!fails) {
      at(host, days, ['backup', 'run', 'redis']);
      lastGood = namesIn(host).findLast((name) => !name.startsWith('.')) ?? '';
      assert.ok(!before.includes(lastGood));
      if (night === 4) {
        at(host, days - 0.1, ['backup', 'verify', 'redis']);
        proved = lastGood;
      }
    } else if (night % 5 === 0) {
      // Killed while it is at work: what is read is held to a rate.
      const running = host.spawn(daysAgo(days, ['backup', 'run', 'redis', '--rate', '2kB']));
      for (
        let waited = 0;
        !readdirSync(host.path(STAGING)).some((name) => name.includes('backup-redis'));
        waited += 1
      ) {
        assert.ok(waited < 600, 'it never began');
        await sleep(50);
      }
      running.kill('SIGKILL');
      await running.ended;
    } else {
      runInside(host, ['mv', '/usr/bin/redis-cli', '/usr/bin/redis-cli.away']);
      at(host, days, ['backup', 'run', 'redis'], 3);
      runInside(host, ['mv', '/usr/bin/redis-cli.away', '/usr/bin/redis-cli']);
    }
    const made = namesIn(host);
    // In the morning, as a timer would.
    const { stderr } = at(host, days - 0.3, prune, fails ? 3 : 0);
    const left = namesIn(host);
    if (fails) {
      refused += 1;
      assert.match(stderr, /E_LAST_FAILED/);
      assert.deepEqual(left, made);
    }
    assert.ok(left.includes(lastGood), `night ${night}: the last good one is gone`);
    if (proved !== '') assert.ok(left.includes(proved), `night ${night}: the proved one is gone`);
    at(host, days - 0.3, prune, fails ? 3 : 0);
    assert.deepEqual(namesIn(host), left, 'a second time there is nothing to do');
  }
  assert.equal(refused, 15);
  const names = namesIn(host);
  // Those of the last days, and the one that was proved before the failures.
  assert.ok(names.length <= 7 && names[0] === proved, names.join(' '));
  const { stdout } = at(host, 0, ['backup', 'list']);
  t.diagnostic(`\n${stdout}`);
  // It still can be restored: a server starts on it, and has what was counted then.
  at(host, 0, ['backup', 'verify', 'redis', '--at', proved]);
  server.stop();
});

function namesIn0(host: ThrowawayHost): readonly string[] {
  return existsSync(host.path(DAILY)) ? namesIn(host) : [];
}

it('shows what would go, and changes nothing without consent', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host } = machine;
  at(host, 50, ['backup', 'run', 'redis']);
  const [oldest = ''] = namesIn(host);
  const needed = plant(host, 45);
  const increment = plant(host, 44, { parent: needed });
  for (const days of [10, 9, 8, 7, 6, 5]) plant(host, days);
  at(host, 0.1, ['backup', 'run', 'redis']);
  const before = namesIn(host);
  const { stdout } = runJtsHot(host, ['backup', 'prune']);
  assert.match(stdout, new RegExp(`^ {2}${increment} +\\d+ B {2}goes\\n {2}${needed} `, 'm'));
  assert.match(stdout, /^3 backups may go, \d+ B\. Nothing has been changed\.$/m);
  assert.match(stdout, /^Delete them for good: {2}sudo jts-hot backup prune --delete$/m);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  runJtsHot(host, ['backup', 'prune', '--delete', '--dry-run']);
  assert.deepEqual(namesIn(host), before);
  // The increment is one of those that stay: what it needs stays with it.
  const { result } = JSON.parse(runJtsHot(host, ['backup', 'redis', 'prune', '--keep', '8', '-j']).stdout);
  assert.deepEqual(
    result.services[0].goes.map(({ name }: { name: string }) => name),
    [oldest],
  );
  assert.deepEqual(result.services[0].stays.at(-1), { name: needed, reason: 'needed', by: increment });
  for (const [args, says] of [
    [['list', '--delete'], /--delete: want prune with it/],
    [['prune', '--older', '5m'], /want at least 1h/],
    [['prune', '--keep', '0'], /want a whole number above\s+zero/],
  ] as const)
    assert.match(runJtsHot(host, ['backup', ...args], 2).stderr, says);
  assert.deepEqual(namesIn(host), before);
  // By the layout: per service, and for all.
  runInside(host, ['mkdir', '-p', '/etc/jts']);
  writeInside(host, '/etc/jts/hot-storage.yaml', [
    'backups: { older: 1d, services: { redis: { keep: 4 } } }',
  ]);
  runJtsHot(host, ['backup', 'prune', '--delete']);
  assert.equal(namesIn(host).length, 4);
  assert.match(runJtsHot(host, ['backup', 'prune', '--delete']).stdout, /^Nothing to prune\.$/m);
});

it('where there is no room for the next one, it makes room by consent, and keeps the last good one', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host, server } = machine;
  server.write(Array.from({ length: 400 }, (_, n) => `${n} ${Math.random()}`.repeat(40)));
  for (const days of [3, 2, 1]) at(host, days, ['backup', 'run', 'redis']);
  const last = namesIn(host).at(-1) ?? '';
  runInside(host, ['mkdir', '-p', '/etc/jts']);
  writeInside(host, '/etc/jts/hot-storage.yaml', ['services: { backup: { planned: 28kB } }']);
  const { stderr } = runJtsHot(host, ['backup', 'run', 'redis'], 3);
  assert.match(stderr, /E_NO_ROOM/);
  const [, typed = ''] = /(backup prune redis --after-failure)/.exec(stderr.replace(/\s+/g, ' ')) ?? [];
  assert.match(runJtsHot(host, PRUNE, 3).stderr, /E_LAST_FAILED/);
  assert.equal(namesIn(host).length, 3);
  runJtsHot(host, [...typed.split(' '), '--keep', '1', '--older', '1h', '--delete']);
  assert.deepEqual(namesIn(host), [last]);
  runJtsHot(host, ['backup', 'run', 'redis']);
});

it('one at a time: a second one, and one beside a run, is refused', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host, server } = machine;
  at(host, 90, ['backup', 'run', 'redis']);
  for (let i = 0; i < 300; i += 1) plant(host, 40 + i / 10);
  at(host, 0.1, ['backup', 'run', 'redis']);
  const both = [1, 2].map(() => host.spawn(jtsHot(...PRUNE)));
  const ended = await Promise.all(both.map(({ ended }) => ended));
  const statuses = ended.map(({ status }) => status).toSorted();
  t.diagnostic(`two at once ended with ${statuses.join(' and ')}`);
  assert.ok(statuses[0] === 0 && (statuses[1] === 0 || statuses[1] === 3), ended.map(describe).join('\n'));
  assert.equal(namesIn(host).length, 1);
  server.write(Array.from({ length: 400 }, (_, i) => `${i} ${Math.random()}`.repeat(40)));
  const running = host.spawn(jtsHot('backup', 'run', 'redis', '--rate', '2kB'));
  while (readdirSync(host.path(STAGING)).length === 0) await sleep(50);
  assert.match(runJtsHot(host, ['backup', 'prune', '--delete'], 3).stderr, /E_LOCKED/);
  assert.match(
    runJtsHot(host, ['backup', 'list']).stdout,
    /of a run at work or killed: jts-hot-backup-redis/,
  );
  running.kill('SIGKILL');
  await running.ended;
});

it('killed anywhere, no half backup counts, and the next one ends what was begun', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host } = machine;
  at(host, 90, ['backup', 'run', 'redis']);
  const ROUNDS = 15;
  const MANY = 60;
  let cut = 0;
  let half = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = 0; i < MANY; i += 1) plant(host, 40 + round / 100 + i / 10);
    at(host, 0.5 - round / 100, ['backup', 'run', 'redis']);
    const whole = namesIn(host).length;
    const running = host.spawn(jtsHot(...PRUNE));
    for (let waited = 0; namesIn(host).length === whole && waited < 400; waited += 1) await sleep(5);
    running.kill('SIGKILL');
    await running.ended;
    const names = namesIn(host);
    const removed = names.filter((name) => name.startsWith('.removed-'));
    half += removed.length;
    if (names.length > 1) cut += 1;
    for (const name of names)
      if (!removed.includes(name))
        for (const file of ['manifest.json', 'SHA256SUMS'])
          assert.ok(existsSync(host.path(`${DAILY}/${name}/${file}`)), `${name} is no backup`);
    const { result } = JSON.parse(runJtsHot(host, ['backup', 'list', '-j']).stdout);
    assert.equal(result.backups.length, names.length - removed.length);
    assert.deepEqual(
      result.backups.filter(({ damaged }: { damaged: string | null }) => damaged !== null),
      [],
    );
    assert.equal(result.leftovers.length, removed.length);
    runJtsHot(host, PRUNE);
    assert.equal(namesIn(host).length, 1, `round ${round}`);
  }
  t.diagnostic(`${cut} of ${ROUNDS} were cut short, ${half} with half a deletion left`);
  assert.ok(cut > 0);
});

it('what is damaged, dated ahead, or no backup is named and kept', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host } = machine;
  at(host, 50, ['backup', 'run', 'redis']);
  const [noManifest, half, older] = [45, 44, 43].map((days) => plant(host, days)) as [string, string, string];
  at(host, 0.1, ['backup', 'run', 'redis']);
  const inside = (name: string) => host.path(`${DAILY}/${name}`);
  runInside(host, ['rm', `${DAILY}/${noManifest}/manifest.json`]);
  writeFileSync(
    `${inside(half)}/manifest.json`,
    readFileSync(`${inside(half)}/manifest.json`).subarray(0, 100),
  );
  // As old as another one, by its name.
  const manifest = readFileSync(`${inside(older)}/manifest.json`, 'utf8');
  writeFileSync(`${inside(older)}/manifest.json`, manifest.replace(/"begun":"\d{4}/, '"begun":"2021'));
  runInside(host, ['mkdir', `${DAILY}/by-hand`]);
  runInside(host, ['touch', `${DAILY}/notes.txt`, `${BASE}/backup/daily/readme`]);
  const list = runJtsHot(host, ['backup', 'list']).stdout;
  for (const says of [
    `redis ${noManifest}: it has no manifest`,
    `redis ${half}: its manifest is no JSON`,
    `redis ${older}: its manifest says that it was begun at 2021`,
    `no backup: ${DAILY}/by-hand:`,
    `no backup: ${DAILY}/notes.txt:`,
    `no backup: ${BASE}/backup/daily/readme:`,
  ])
    assert.ok(list.replace(/\n {4}/g, ' ').includes(says), `${says}\n${list}`);
  for (const line of list.split('\n')) assert.ok(line.length <= 80, line);
  runJtsHot(host, ['backup', 'prune', '--delete', '--keep', '1', '--older', '1d']);
  const left = namesIn(host);
  for (const name of [noManifest, half, older, 'by-hand', 'notes.txt']) assert.ok(left.includes(name), name);
  assert.equal(left.length, 6, 'the first one is gone');

  const ahead = plant(host, -3);
  const { stderr } = runJtsHot(host, ['backup', 'prune', '--delete', '--keep', '1', '--trust-clock'], 3);
  assert.match(stderr, new RegExp(`E_AHEAD.*\\n.*${ahead}`));
  runInside(host, ['rm', '-r', `${DAILY}/${ahead}`]);
  // A clock that was set back since the last sample. The first backup is old enough by it, too.
  runInside(host, ['rm', '-r', ...[noManifest, half, older].map((name) => `${DAILY}/${name}`)]);
  plant(host, 30);
  for (const _ of [1, 2]) runJtsHot(host, ['record']);
  assert.match(at(host, 3, [...PRUNE], 3).stderr, /E_CLOCK.*3 days back of what\s+is on record/s);
  assert.match(at(host, 3, [...PRUNE, '--trust-clock'], 3).stderr, /E_AHEAD/);
  assert.match(runJtsHot(host, PRUNE).stdout, /^Deleted 1 backup, /m);
});

it('clean leaves them to prune, whatever rule of its own a layout has', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host } = machine;
  at(host, 90, ['backup', 'run', 'redis']);
  plant(host, 60);
  runInside(host, [
    'sh',
    '-ec',
    `find ${DAILY} -exec touch -d '60 days ago' {} +; mkdir -p /etc/jts ${BASE}/backup/daily/by-hand`,
  ]);
  runInside(host, ['sh', '-ec', `cd ${BASE}/backup/daily/by-hand; echo x > old; touch -d '60 days ago' old`]);
  writeInside(host, '/etc/jts/hot-storage.yaml', [
    'clean:',
    '  files: { service: backup, directory: daily, pattern: "*", older: 1h, keep: 1 }',
    '  whole: { service: backup, directory: daily, pattern: "*", older: 1h, keep: 1, thing: directory }',
  ]);
  const before = runInside(host, ['find', DAILY]);
  const said = runJtsHot(host, ['clean', '--delete', '--trust-clock']).stdout;
  t.diagnostic(said);
  assert.equal(runInside(host, ['find', DAILY]), before);
});

it("a service user has no way in, and nothing is deleted through what is not root's alone", (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = started();
  const { host } = machine;
  at(host, 90, ['backup', 'run', 'redis']);
  const old = [60, 50, 40].map((days) => plant(host, days));
  at(host, 0.1, ['backup', 'run', 'redis']);
  const [first = ''] = namesIn(host);
  const OUTSIDE = '/srv/outside';
  runInside(host, ['sh', '-ec', `mkdir ${OUTSIDE}; echo precious > ${OUTSIDE}/file; chmod 777 ${OUTSIDE}`]);
  const precious = () => assert.equal(runInside(host, ['cat', `${OUTSIDE}/file`]), 'precious\n');
  for (const attempt of [
    `ls ${DAILY}`,
    `cat ${DAILY}/${first}/manifest.json`,
    `mv ${DAILY} ${DAILY}.away`,
    `ln -s ${OUTSIDE} ${BASE}/backup/daily/other`,
    `mkdir ${STAGING}/jts-hot-x.tmp`,
  ]) {
    const { status } = host.run(['sh', '-c', attempt], { asUser: 'redis' });
    assert.notEqual(status, 0, attempt);
  }
  const prune = ['backup', 'prune', '--delete', '--keep', '1'];
  // What could have been changed by others is not judged, and not deleted.
  for (const [made, undone] of [
    [`chown redis ${DAILY}`, `chown root ${DAILY}`],
    [`chmod g+rx ${DAILY}`, `chmod 700 ${DAILY}`],
    [`chmod o+w ${BASE}/backup/daily`, `chmod 0750 ${BASE}/backup/daily`],
    [
      `mv ${DAILY} ${BASE}/backup/away; ln -s ${BASE}/backup/away ${DAILY}`,
      `rm ${DAILY}; mv ${BASE}/backup/away ${DAILY}`,
    ],
  ] as const) {
    runInside(host, ['sh', '-ec', made]);
    const result = host.run(jtsHot(...prune, 'redis'));
    t.diagnostic(`${made}: ${result.status} ${result.stderr.split('\n')[0]}`);
    assert.doesNotMatch(result.stderr, /E_UNEXPECTED/);
    runInside(host, ['sh', '-ec', undone]);
    for (const name of old) assert.ok(namesIn(host).includes(name), `${made}: ${name} is gone`);
  }
  // Links in a backup are deleted, and nothing behind them.
  runInside(host, ['sh', '-ec', `cd ${DAILY}/${old[0]}; ln -s ${OUTSIDE} link; ln -s ${OUTSIDE}/file file`]);
  // What is mounted in one is not: it stays, and is named.
  runInside(host, [
    'sh',
    '-ec',
    `mkdir ${DAILY}/${old[1]}/in; mount --bind ${OUTSIDE} ${DAILY}/${old[1]}/in`,
  ]);
  const { stderr } = runJtsHot(host, prune, 1);
  assert.match(stderr, /E_NOT_DELETED/);
  precious();
  runInside(host, ['sh', '-ec', `umount ${DAILY}/.removed-${old[1]}/in`]);
  runJtsHot(host, prune);
  assert.equal(namesIn(host).length, 1);
  precious();
});
