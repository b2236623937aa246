// Rollback typed at a real terminal shows what it will undo and asks; a dry run of each command leaves the host as it was.
import assert from 'node:assert/strict';
import { after, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

function start(t: TestContext): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'script')) return null;
  shared ??= startHost({ freshAccounts: true, mounted: ['/data', '/var'] });
  return shared;
}

/** Typed at a terminal of its own, with these keys. */
function typed(host: ThrowawayHost, args: readonly string[], keys: string) {
  const line = jtsHot(...args).join(' ');
  const result = host.run(['script', '-qefc', line, '/dev/null'], {
    input: keys,
    env: { TERM: 'xterm', SHELL: '/bin/sh' },
  });
  return { ...result, shown: result.stdout.replaceAll(/\r|\x1b\[[?\d;]*[A-Za-z]/g, '') };
}

const isThere = (host: ThrowawayHost) => host.run(['test', '-d', `${BASE}/kafka/data`]).status === 0;

it('rollback asks on a terminal, and does only what was agreed to', (t) => {
  const host = start(t);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  const before = traces(host);
  for (const keys of ['n\n', '\n', 'yeah\n', '\x04']) {
    const no = typed(host, ['rollback'], keys);
    assert.equal(no.status, 3, describe(no));
    assert.match(no.shown, /- remove empty directory \/data\/jts\/hot\/kafka\/data\n/);
    assert.match(no.shown, /Undoing run 1 takes \d+ steps\. Nothing has been changed\./);
    assert.match(no.shown, /Undo it\? \[y\/N\] /);
    assert.match(no.shown, /\[E_NOT_AGREED\]/);
    assert.ok(isThere(host));
    assert.deepEqual(traces(host), before);
  }
  const yes = typed(host, ['rollback'], 'y\n');
  assert.equal(yes.status, 0, describe(yes));
  assert.match(yes.shown, /Run 1 undone: \d+ steps\./);
  assert.ok(!isThere(host));

  // Nothing to agree to: it does not ask.
  const nothing = typed(host, ['rollback'], '');
  assert.equal(nothing.status, 0, describe(nothing));
  assert.doesNotMatch(nothing.shown, /Undo it\?/);
  assert.match(nothing.shown, /Nothing to undo\./);
});

it('does not ask with -y or -j, nor where nobody sits', (t) => {
  const host = start(t);
  if (host === null) return;
  for (const undo of [
    () => typed(host, ['rollback', '-y'], ''),
    () => typed(host, ['rollback', '--yes'], ''),
    () => typed(host, ['rollback', '-j'], ''),
    () => host.run(jtsHot('rollback')),
    () => host.run(jtsHot('rollback'), { input: 'n\n' }),
  ]) {
    runJtsHot(host, ['setup']);
    assert.ok(isThere(host));
    const undone = undo();
    assert.equal(undone.status, 0, describe(undone));
    assert.doesNotMatch(undone.stdout + undone.stderr, /Undo it\?/);
    assert.ok(!isThere(host));
  }
});

it('a dry run of each command that changes a host leaves it as it was, and the last line of it does it', (t) => {
  const host = start(t);
  if (host === null) return;
  const doIt = (stdout: string) => /^Do it: {2}sudo jts-hot (.*)$/m.exec(stdout)?.[1]?.split(' ') ?? [];
  for (const [args, spoil] of [
    [['setup', '--dry-run'], ':'],
    [
      ['repair', 'kafka', '--recursive', '--dry-run'],
      `chown root ${BASE}/kafka/data; touch ${BASE}/kafka/data/x`,
    ],
    [['schedule', '--install', '--cron', '--dry-run'], ':'],
    [['schedule', '--remove', '--dry-run'], ':'],
    [['rollback', '--dry-run'], ':'],
  ] as const) {
    assert.equal(host.run(['sh', '-ec', spoil]).status, 0);
    const records: string = host.run([
      'sh',
      '-c',
      'ls -l --time-style=full-iso /var/lib/jts-hot/journal 2>&1',
    ]).stdout;
    const before = traces(host);
    const { stdout } = runJtsHot(host, args, 0, { env: { JTS_HOT_SELF: 'jts-hot' } });
    assert.match(stdout, /Nothing has been changed\./, args.join(' '));
    assert.deepEqual(traces(host), before);
    assert.equal(
      host.run(['sh', '-c', 'ls -l --time-style=full-iso /var/lib/jts-hot/journal 2>&1']).stdout,
      records,
    );
    const then = runJtsHot(host, doIt(stdout));
    assert.match(then.stdout, /recorded as run|undone/, doIt(stdout).join(' '));
  }
});

it('a dry run works without root, as far as can be seen without', (t) => {
  const host = start(t);
  if (host === null) return;
  for (const args of [
    ['setup', '--dry-run'],
    ['schedule', '--install', '--cron', '--dry-run'],
  ])
    runJtsHot(host, args, 0, { asUser: 'nobody' });
  const rollback = runJtsHot(host, ['rollback', '--dry-run'], 3, { asUser: 'nobody' });
  assert.match(rollback.stderr, /E_NOT_ROOT/);
});
