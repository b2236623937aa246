// clean on real disks, with real processes: thirty days, what is open, strange names, full and read-only disks, two at once.
import assert from 'node:assert/strict';
import { lstatSync, lutimesSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { type HostOptions, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd'] as const;
const BASE = '/data/jts/hot';
const STAGING = `${BASE}/backup/staging`;
const SNAPSHOTS = `${BASE}/backup/snapshots`;
const TMP = `${BASE}/clickhouse/tmp`;
const TRASH = `${BASE}/.jts-hot-trash`;
const DAY_S = 86_400;

const DISK: HostOptions = { freshAccounts: true, disks: [{ at: BASE, size: '64m' }] };

function started(options: HostOptions = DISK): ThrowawayHost {
  const host = startHost(options);
  runJtsHot(host, ['setup']);
  return host;
}

function sh(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

/** All below it gets older by so many days, what is deepest first. */
function age(path: string, days: number): void {
  const status = lstatSync(path);
  if (status.isDirectory()) for (const name of readdirSync(path)) age(`${path}/${name}`, days);
  const at = status.mtimeMs / 1000 - days * DAY_S;
  lutimesSync(path, at, at);
}

function json(host: ThrowawayHost, ...args: readonly string[]) {
  const { stdout } = runJtsHot(host, ['clean', '-j', ...args]);
  return JSON.parse(stdout).result;
}

it('thirty rounds, each setting the dates back a day, keep to the file what the rules say', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  const at = (path: string) => host.path(path);
  /** Path → its age in days, of what is to be there. */
  const model = new Map<string, number>();
  const put = (path: string, days = 0) => {
    writeFileSync(at(path), 'x'.repeat(3000));
    model.set(path, days);
  };
  const places = [STAGING, SNAPSHOTS, TMP, `${BASE}/clickhouse/data`, `${BASE}/backup/daily`];
  let went = 0;
  for (let round = 0; round < 30; round += 1) {
    // No new backup for eight days: the last one stays, however old it gets.
    if (round < 5 || round > 13) put(`${STAGING}/base-${round}.tar`);
    if (round % 4 === 0) put(`${STAGING}/base-${round}.tar.tmp`);
    if (round % 3 === 0) {
      mkdirSync(at(`${SNAPSHOTS}/snap-${round}`));
      put(`${SNAPSHOTS}/snap-${round}/data`);
    }
    put(`${TMP}/query-${round}.tmp`);
    put(`${TMP}/query-${round}.dat`);
    put(`${BASE}/clickhouse/data/part-${round}.tmp`);
    put(`${BASE}/backup/daily/day-${round}.tar`);

    const { outcome } = json(host, ...(round % 2 === 0 ? ['--delete'] : []));
    assert.ok(outcome === 'applied' || outcome === 'unchanged', outcome);
    for (const path of goneOf(model)) {
      model.delete(path);
      went += 1;
    }
    const there = places.flatMap((place) =>
      readdirSync(at(place), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`.replace(at(place), place)),
    );
    assert.deepEqual(there.toSorted(), [...model.keys()].toSorted(), `round ${round}`);
    for (const place of places) {
      for (const name of readdirSync(at(place))) age(`${at(place)}/${name}`, 1);
    }
    for (const [path, days] of model) model.set(path, days + 1);
  }
  assert.ok(went > 40, `${went}`);
  t.diagnostic(`${went} files went, ${model.size} stayed`);
});

/** What the rules say in docs/maintenance.md, said once more. */
function goneOf(model: ReadonlyMap<string, number>): readonly string[] {
  const inside = (place: string) => [...model].filter(([path]) => path.startsWith(`${place}/`));
  const butNewest = (all: readonly (readonly [string, number])[]) => {
    const newest = Math.min(...all.map(([, days]) => days));
    return all.filter(([, days]) => days > newest);
  };
  const staging = inside(STAGING);
  return [
    ...butNewest(staging.filter(([path]) => !path.endsWith('.tmp'))).filter(([, days]) => days >= 7),
    ...butNewest(inside(SNAPSHOTS)).filter(([, days]) => days >= 30),
    ...[...staging, ...inside(TMP)].filter(([path, days]) => path.endsWith('.tmp') && days >= 1),
  ].map(([path]) => path);
}

it('what a process has open, runs, or stands in stays', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  sh(
    host,
    `cd ${STAGING}; echo x > open; cp /bin/sleep runs; mkdir stands inside; echo x > stands/file; echo x > inside/open
    echo x > free; echo x > newest; mkdir wide; echo x > wide/file
    touch -d '20 days ago' open runs stands/file stands inside/open inside free wide/file wide; touch -d '1 day ago' newest`,
  );
  const script = `exec 3< ${STAGING}/open 4< ${STAGING}/inside/open; cd ${STAGING}/stands; ${STAGING}/runs 1000 & echo ready; exec sleep 1000`;
  const running = host.spawn(['sh', '-c', script]);
  await new Promise((resolve) => running.stdout.once('data', resolve));
  const { kept, thingCount } = json(host, '--dry-run');
  const why = new Map(
    kept.map(({ path, why }: { path: string; why: string }) => [path.slice(STAGING.length + 1), why]),
  );
  for (const name of ['open', 'runs', 'stands', 'inside'])
    assert.match(String(why.get(name)), /^open by (sleep|runs|sh) \(pid \d+\)$/, name);
  assert.equal(thingCount, 2);
  json(host);
  assert.equal(sh(host, `ls ${STAGING}`), 'inside\nnewest\nopen\nruns\nstands\n');
  running.kill('SIGKILL');
  sh(host, 'pkill -x runs || true');
  json(host);
  assert.equal(sh(host, `ls ${STAGING}`), 'newest\n');
});

it('names of any kind go, and come back as they were', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  sh(
    host,
    `cd ${STAGING}; echo x > newest; long=$(printf '%0255d' 0); echo 1 > "$long"; mkdir "$(printf 'new\\nline')"
    echo 2 > "$(printf 'new\\nline')/$(printf 'caf\\351')"; echo 3 > "$(printf '\\033[31mred')"; echo 4 > ' blank '
    echo 5 > "$(printf '%0251d.tmp' 0)"; ln -s /etc/passwd "$(printf 'new\\nline')/link"; mkfifo "$(printf 'new\\nline')/pipe"
    chown -R kafka "$long" "$(printf 'new\\nline')"; chmod 4711 "$long"
    find . ! -name newest -exec touch -h -d '20 days ago' {} +`,
  );
  const look = `cd ${BASE}; find . -mindepth 1 ! -name 'staging' -printf '%P|%i|%u:%g|%m|%T@|%l\\0' | sort -z | tr '\\0' '#'`;
  const before = sh(host, look);
  const { outcome, thingCount } = json(host);
  assert.deepEqual([outcome, thingCount], ['applied', 5]);
  assert.equal(sh(host, `ls ${STAGING}`), 'newest\n');
  assert.match(sh(host, `ls -A ${TRASH}`), /^(\d{8}T\d{6}Z-\d\n){5}$/);
  assert.equal(host.run(['ls', TRASH], { asUser: 'kafka' }).status, 2);
  runJtsHot(host, ['rollback', '--yes']);
  assert.equal(sh(host, look), before);
  // Where the place is taken by then, what is in the trash stays there and is named.
  json(host);
  sh(host, `echo other > '${STAGING}/ blank '`);
  const undone = runJtsHot(host, ['rollback', '--yes']);
  assert.match(undone.stdout, /staging\/ blank : a file is in its\s+place/);
  assert.equal(sh(host, `cat '${STAGING}/ blank '; ls -A ${TRASH} | wc -l`), 'other\n1\n');
});

it('a disk without room for a page still has room for the trash, or says that it has none', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started({ freshAccounts: true, disks: [{ at: BASE, size: '4m' }] });
  sh(
    host,
    `cd ${STAGING}; for i in 1 2 3; do head -c 100k /dev/zero > $i; touch -d "$((20 - i)) days ago" $i; done`,
  );
  sh(host, `cat /dev/zero > ${BASE}/redis/data/fill 2>/dev/null || true; df ${BASE}`);
  const first = host.run(jtsHot('clean'));
  assert.doesNotMatch(first.stderr, /E_UNEXPECTED/);
  assert.ok(first.status === 0 || /ENOSPC/.test(first.stderr), describe(first));
  t.diagnostic(`clean ended with ${first.status}`);
  if (first.status !== 0) sh(host, `rm ${STAGING}/1`);
  runJtsHot(host, ['clean']);
  assert.equal(sh(host, `ls ${STAGING}`), '3\n');
});

it('a read-only disk is refused, and nothing is recorded', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  sh(
    host,
    `touch -d '20 days ago' ${STAGING}/a; touch -d '9 days ago' ${STAGING}/b; mount -o remount,ro ${BASE}`,
  );
  const { stderr } = runJtsHot(host, ['clean'], 3);
  assert.match(stderr, /E_READ_ONLY|read-only/);
  assert.equal(sh(host, 'ls /var/lib/jts-hot/journal'), '000001.jsonl\n');
});

it('two at once: one waits or is refused, and everything goes once', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  sh(host, `cd ${TMP}; seq 1 3000 | xargs -I{} touch -d '3 days ago' {}.tmp`);
  const runs = ['1', '2', '3'].map(() => host.spawn(jtsHot('clean', '-j')));
  const ended = await Promise.all(runs.map(({ ended: one }) => one));
  for (const one of ended) assert.ok(one.status === 0 || /E_LOCKED/.test(one.stdout), describe(one));
  assert.equal(sh(host, `ls ${TMP} | wc -l; ls ${TRASH} | wc -l`), '0\n3000\n');
});

it('what has been in the trash for three days goes with --delete, but not what a process has open', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started();
  sh(host, `cd ${TMP}; for i in 1 2 3; do echo $i > $i.tmp; done; touch -d '3 days ago' *.tmp`);
  json(host);
  const names = sh(host, `ls ${TRASH}`).trim().split('\n');
  for (const name of names)
    sh(host, `mv ${TRASH}/${name} ${TRASH}/20200101T000000Z-${name.replace(/.*-/, '')}`);
  const running = host.spawn([
    'sh',
    '-c',
    `exec 3< ${TRASH}/20200101T000000Z-2; echo ready; exec sleep 1000`,
  ]);
  await new Promise((resolve) => running.stdout.once('data', resolve));
  assert.equal(json(host).trash.dueThings, 3);
  const emptied = json(host, '--delete');
  assert.deepEqual([emptied.outcome, emptied.trash.inUse, emptied.freedBytes], ['applied', 1, 8192]);
  assert.equal(sh(host, `ls ${TRASH}`), '20200101T000000Z-2\n');
  running.kill('SIGKILL');
  await running.ended;
  json(host, '--delete');
  assert.equal(sh(host, `ls ${TRASH}`), '');
});

it('twenty thousand things go and come back in a heap that cannot hold them', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = started({ freshAccounts: true, disks: [{ at: BASE, size: '256m,nr_inodes=100000' }] });
  sh(host, `cd ${TMP}; seq 1 20000 | sed 's/$/.tmp/' | xargs touch -d '3 days ago'`);
  const small = ['--max-old-space-size=32', '--max-semi-space-size=1'];
  for (const [args, left] of [
    [['clean', '-j'], '0'],
    [['rollback', '-j'], '20000'],
  ] as const) {
    const [node = '', ...program] = jtsHot(...args);
    const result = host.run([node, ...small, ...program], { timeoutMs: 300_000 });
    assert.equal(result.status, 0, describe(result).slice(0, 2000));
    assert.equal(sh(host, `ls ${TMP} | wc -l`).trim(), left);
  }
});
