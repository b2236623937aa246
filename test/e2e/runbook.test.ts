// The commands that operators have in their run-books (REQUIREMENTS rows S, V and M), exactly as written, typed into a
// shell in a checkout on a fresh host.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { builtInServices } from '../../src/services/index.ts';
import { requires } from '../requirement.ts';
import { replace } from './crash.ts';
import { describe, LAUNCHER_NOTES, traces } from './product.ts';
import { REPOSITORY, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const ESCAPE = /\x1b|\\033/;
const LAYOUT = {
  postgresql: ['postgres:postgres 750', 'data', 'logs', 'config'],
  clickhouse: ['clickhouse:clickhouse 750', 'data', 'logs', 'tmp'],
  kafka: ['kafka:kafka 750', 'data', 'logs'],
  mongodb: ['mongodb:mongodb 750', 'data', 'logs', 'config'],
  redis: ['redis:redis 750', 'data', 'logs'],
  docker: ['root:docker 755', 'volumes', 'containers', 'tmp'],
  backup: ['root:root 755', 'daily', 'snapshots', 'staging'],
} as const;

/** A host and a shell in the checkout; without sudo on this machine, one that does what sudo does for root. */
function open(
  t: TestContext,
): { host: ThrowawayHost; type: (command: string, cwd?: string) => RunResult } | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return null;
  const host = startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  t.after(() => host.stop());
  if (host.run(['sh', '-c', 'command -v sudo']).status !== 0) replace(host, 'sudo', ['exec "$@"']);
  const type = (command: string, cwd = REPOSITORY) => {
    const result = host.run(['sh', '-c', command], { cwd });
    assert.doesNotMatch(result.stdout + result.stderr, ESCAPE, command);
    return result;
  };
  return { host, type };
}

function requireStatus(result: RunResult, status: number): RunResult {
  assert.equal(result.status, status, describe(result));
  return result;
}

function ofTheHost(host: ThrowawayHost): readonly string[] {
  return host.changes().filter((change) => !LAUNCHER_NOTES.test(change));
}

it('S: sets a fresh host up from its checkout, again without a change, and back', (t) => {
  const opened = open(t);
  if (opened === null) return;
  const { host, type } = opened;
  const start = traces(host);
  requireStatus(type('sudo ./scripts/setup-hot-directories.sh'), 0);
  const look = (path: string) => host.run(['stat', '-c', '%U:%G %a', path]).stdout.trim();
  assert.equal(look(BASE), 'root:root 755');
  for (const [service, [rights, ...directories]] of Object.entries(LAYOUT)) {
    assert.equal(look(`${BASE}/${service}`), rights, service);
    for (const name of directories) {
      const wanted = `${service}/${name}` === 'postgresql/data' ? 'postgres:postgres 700' : rights;
      assert.equal(look(`${BASE}/${service}/${name}`), wanted, `${service}/${name}`);
    }
  }
  for (const user of ['postgres', 'clickhouse', 'kafka', 'mongodb', 'redis']) {
    const [, , uid, , , home, shell] = host.run(['getent', 'passwd', user]).stdout.trim().split(':');
    assert.equal(home, `${BASE}/${user === 'postgres' ? 'postgresql' : user}`);
    assert.equal(shell, '/bin/false');
    assert.ok(Number(uid) < 1000, `${user} is no system user: ${uid}`);
    assert.equal(host.run(['id', '-Gn', user]).stdout.trim(), user);
  }

  const converged = ofTheHost(host);
  const second = requireStatus(type('sudo ./scripts/setup-hot-directories.sh'), 0);
  assert.match(second.stdout, /Nothing to do/);
  assert.deepEqual(ofTheHost(host), converged);

  host.run([
    'sh',
    '-ec',
    `chmod 777 ${BASE}/redis; rmdir ${BASE}/backup/staging; chmod 0 ${BASE}/mongodb/data`,
  ]);
  const third = requireStatus(type('sudo ./scripts/setup-hot-directories.sh --json'), 0);
  const steps: readonly { readonly address: string }[] = JSON.parse(third.stdout).result.steps;
  assert.deepEqual(
    steps.map((step) => step.address),
    ['mongodb/data', 'redis', 'backup/staging'].map((name) => `directory ${BASE}/${name}`),
  );
  requireStatus(type('./scripts/validate-directories.sh -q'), 0);

  // First the repair of the damage, then the setup.
  requireStatus(type('./bin/jts-hot rollback'), 0);
  requireStatus(type('./bin/jts-hot rollback'), 0);
  assert.deepEqual(traces(host), start);
});

it('V: checks everything, verbose, as JSON, in silence; and explains itself', (t) => {
  const opened = open(t);
  if (opened === null) return;
  const { host, type } = opened;
  requireStatus(type('./scripts/validate-directories.sh -q'), 1);
  requireStatus(type('sudo ./scripts/setup-hot-directories.sh'), 0);
  const before = host.changes();
  const short = requireStatus(type('./scripts/validate-directories.sh'), 0);
  const verbose = requireStatus(type('./scripts/validate-directories.sh -v'), 0);
  assert.ok(verbose.stdout.split('\n').length > 2 * short.stdout.split('\n').length);
  for (const service of Object.keys(LAYOUT)) {
    assert.match(short.stdout, new RegExp(`ok +${service} `));
    assert.match(verbose.stdout, new RegExp(`directory\\.${service}`));
  }
  const quiet = requireStatus(type('./scripts/validate-directories.sh -q'), 0);
  assert.equal(quiet.stdout, '');
  assert.match(requireStatus(type('./scripts/validate-directories.sh -h'), 0).stdout, /-q, --quiet/);
  assert.deepEqual(host.changes(), before);

  host.run(['chmod', '777', `${BASE}/redis/data`]);
  assert.equal(requireStatus(type('./scripts/validate-directories.sh -q'), 1).stdout, '');
  const { checks } = JSON.parse(requireStatus(type('./scripts/validate-directories.sh -j'), 1).stdout).result;
  const failed = checks.filter(
    (check: { status: string; severity: string }) => check.status === 'fail' && check.severity === 'error',
  );
  assert.deepEqual(
    failed.map((check: { id: string }) => check.id),
    ['directory.redis/data'],
  );
  const [{ severity, expected, found, fix }] = failed;
  assert.equal(severity, 'error');
  assert.match(expected, /redis:redis 0750/);
  assert.match(found, /0777/);
  // The fix can be typed as it stands.
  requireStatus(type(fix), 0);
  requireStatus(type('./scripts/validate-directories.sh -q'), 0);
});

it('M: reports the use of the disk and each service, in short, as JSON, against thresholds', (t) => {
  const opened = open(t);
  if (opened === null) return;
  const { host, type } = opened;
  requireStatus(type('sudo ./scripts/setup-hot-directories.sh'), 0);
  for (const [service, megabytes] of [
    ['kafka', 9],
    ['redis', 5],
    ['backup', 7],
  ] as const)
    host.run(['sh', '-c', `head -c ${megabytes}M /dev/urandom > ${BASE}/${service}/file`]);
  const full = requireStatus(type('./scripts/jts-storage-monitor.sh'), 0);
  const order = [...full.stdout.matchAll(/^ {2}(kafka|redis|backup) /gm)].map(([, service]) => service);
  assert.deepEqual(order, ['kafka', 'backup', 'redis']);
  const summary = requireStatus(type('./scripts/jts-storage-monitor.sh -s'), 0);
  assert.equal(summary.stdout.trimEnd().split('\n').length, 1);
  const { result } = JSON.parse(requireStatus(type('./scripts/jts-storage-monitor.sh -j'), 0).stdout);
  assert.equal(result.services.length, builtInServices.length);
  assert.deepEqual(result.thresholds, { warningPercent: 80, criticalPercent: 90 });
  const [kafka] = result.services;
  assert.equal(kafka.service, 'kafka');
  assert.equal(kafka.usedBytes, 9 * 1024 * 1024);
  requireStatus(type('./scripts/jts-storage-monitor.sh -w 75 -c 85'), 0);
  requireStatus(type('./scripts/jts-storage-monitor.sh -w 0 -c 85'), 1);
  requireStatus(type('./scripts/jts-storage-monitor.sh -w 0 -c 0'), 2);
});

it('M3, M4: is installed system-wide as written, runs from anywhere, and from cron', (t) => {
  const opened = open(t);
  if (opened === null) return;
  const { host, type } = opened;
  requireStatus(type('sudo ./scripts/setup-hot-directories.sh'), 0);
  requireStatus(type('sudo cp scripts/jts-storage-monitor.sh /usr/local/bin/'), 0);
  requireStatus(type('sudo chmod +x /usr/local/bin/jts-storage-monitor.sh'), 0);
  requireStatus(type('sudo ln -s /usr/local/bin/jts-storage-monitor.sh /usr/local/bin/jts-storage'), 0);

  // The copy does not know its checkout: setup has put on record where that is, wherever it is.
  assert.equal(type('cat /var/lib/jts-hot/launcher').stdout, `${REPOSITORY}/bin/jts-hot\n`);
  assert.equal(type('stat -c "%U %a" /var/lib/jts-hot/launcher').stdout, 'root 644\n');
  requireStatus(host.run(['jts-storage-monitor.sh', '-h'], { asUser: 'nobody', cwd: '/' }), 0);
  for (const cwd of ['/', '/var/tmp', BASE]) {
    assert.match(
      requireStatus(type('jts-storage-monitor.sh -s', cwd), 0).stdout,
      /^OK .* used, .* available\n$/,
    );
    assert.match(requireStatus(type('jts-storage', cwd), 0).stdout, /SERVICE +USED +PLANNED/);
  }

  const cron = (command: string) =>
    `env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin sh -c '${command}'`;
  const [often, daily] = ['/var/log/jts-storage-monitor.log', '/var/log/jts-storage-daily.log'];
  for (let time = 0; time < 2; time++) {
    requireStatus(type(cron(`/usr/local/bin/jts-storage-monitor.sh -s >> ${often} 2>&1`), '/root'), 0);
    requireStatus(type(cron(`/usr/local/bin/jts-storage-monitor.sh >> ${daily} 2>&1`), '/root'), 0);
  }
  assert.ok(existsSync(host.path(often)));
  assert.match(readFileSync(host.path(often), 'utf8'), /^(OK \d{4}-\d\d-\d\dT\S+Z .*\n){2}$/);
  const log = readFileSync(host.path(daily), 'utf8');
  assert.equal(log.match(/SERVICE +USED/g)?.length, 2);
  assert.doesNotMatch(log, ESCAPE);
});
