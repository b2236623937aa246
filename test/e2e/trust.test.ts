// Nobody becomes root through us: layouts, programs and images of others, swapped while they are read, and outputs into
// directories of others.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { requires } from '../requirement.ts';
import { attacker } from './attacker.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { type HostProcess, REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const OUTPUTS = fileURLToPath(new URL('outputs.ts', import.meta.url));

/** Two people with homes: mallory, who attacks, and alice, who may use sudo. */
const PEOPLE = 'useradd --uid 2001 -m -d /home/mallory mallory; useradd --uid 2002 -m -d /home/alice alice';

function host(t: TestContext, prepare = ''): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return null;
  const started = startHost({ freshAccounts: true, prepare: `${PEOPLE}\n${prepare}` });
  t.after(() => started.stop());
  return started;
}

function put(at: ThrowawayHost, path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(at.path(path)), { recursive: true });
  writeFileSync(at.path(path), text, { mode });
}

/** Rejects when it ends before it says anything. */
async function begun({ stdout, ended }: HostProcess): Promise<void> {
  const early = ended.then((result) => assert.fail(`the attacker did not begin: ${describe(result)}`));
  await Promise.race([new Promise((resolve) => stdout.once('data', resolve)), early]);
  early.catch(() => {});
}

const layoutThatRuns = (program: string) =>
  `monitoring: {alerts: {channels: {page: {type: command, run: [${program}]}}}}\n`;

const EVIL = `#!/bin/sh
echo "$JTS_HOT_TEXT" >> /root/owned
`;

it('a layout swapped between the look and the reading is refused every time', async (t) => {
  const at = host(t);
  if (at === null) return;
  put(at, '/etc/jts/good.yaml', 'version: 1\n');
  put(at, '/home/mallory/evil', EVIL, 0o755);
  put(at, '/home/mallory/layout.yaml', layoutThatRuns('/bin/sh, /home/mallory/evil'));
  at.run(['chown', '-R', 'mallory:', '/home/mallory']);
  const swapping = at.spawn(
    attacker({
      variant: 'link',
      user: 'mallory',
      path: '/home/mallory/layout.yaml',
      target: '/etc/jts/good.yaml',
    }),
  );
  await begun(swapping);
  for (let round = 0; round < 10; round += 1) {
    const result = runJtsHot(at, ['alert', 'test', '--spec', '/home/mallory/layout.yaml'], 3);
    assert.match(result.stderr, /E_CHANGEABLE/);
    assert.match(result.stderr, /found directory \/home\/mallory of uid 2001/);
  }
  swapping.kill('SIGTERM');
  await swapping.ended;
  assert.equal(existsSync(at.path('/root/owned')), false);
});

it('a layout of others leads to nothing that only root may read', (t) => {
  const at = host(t);
  if (at === null) return;
  at.run(['ln', '-s', '/etc/shadow', '/home/mallory/layout.yaml'], { asUser: 'mallory' });
  const result = runJtsHot(at, ['plan', '--spec', '/home/mallory/layout.yaml'], 3);
  assert.doesNotMatch(result.stderr, /root:|\$6|\$y/);
});

it('a file of others is named with the command that makes it root’s, which then works', (t) => {
  const at = host(t);
  if (at === null) return;
  put(at, '/tmp/page', EVIL);
  at.run(['chmod', '0777', '/tmp/page']);
  put(at, '/etc/jts/hot-storage.yaml', layoutThatRuns('/tmp/page'));
  at.run(['chown', 'mallory', '/etc/jts/hot-storage.yaml']);
  const commands: string[] = [];
  for (const wanted of ['sudo chown root /etc/jts/hot-storage.yaml', 'sudo chmod go-w /tmp/page']) {
    for (const args of [
      ['spec', 'check'],
      ['alert', 'test'],
      ['schedule', '--cron', '--install'],
    ]) {
      const result = runJtsHot(at, args, 3);
      const fix = /fix: (sudo (?:chown|chmod) .*)$/m.exec(result.stderr)?.[1];
      assert.equal(fix, wanted, `${args.join(' ')}: ${describe(result)}`);
    }
    commands.push(wanted);
    assert.equal(existsSync(at.path('/root/owned')), false);
    assert.equal(at.run(['sh', '-c', wanted]).status, 0);
  }
  runJtsHot(at, ['spec', 'check']);
  runJtsHot(at, ['alert', 'test']);
  assert.match(readFileSync(at.path('/root/owned'), 'utf8'), /^TEST /);
});

it('of who calls through sudo files count; a timer takes root’s only', (t) => {
  const at = host(t);
  if (at === null) return;
  const mine = '/home/alice/layout.yaml';
  put(at, mine, 'version: 1\n');
  at.run(['chown', 'alice:', mine]);
  runJtsHot(at, ['plan', '--spec', mine], 0, { env: { SUDO_UID: '2002' } });
  runJtsHot(at, ['plan', '--spec', mine], 3, { env: { SUDO_UID: '2001' } });
  runJtsHot(at, ['plan', '--spec', mine], 3);
  runJtsHot(at, ['plan', '--spec', mine], 0, { asUser: 'alice' });
  const plan = '/home/alice/plan.json';
  runJtsHot(at, ['plan', '--out', plan], 0, { asUser: 'alice' });
  runJtsHot(at, ['setup', '--plan', plan], 3);
  runJtsHot(at, ['setup', '--plan', plan], 0, { env: { SUDO_UID: '2002' } });
});

it('a program that others can change warns a person and stops a timer', (t) => {
  const at = host(t);
  if (at === null || !requires(t, 'script')) return;
  at.run(['cp', '-r', `${REPOSITORY}/dist`, '/home/mallory/dist']);
  at.run(['ln', '-s', `${REPOSITORY}/node_modules`, '/home/mallory/node_modules']);
  at.run(['chown', '-R', 'mallory:', '/home/mallory']);
  const program = [process.execPath, '/home/mallory/dist/jts-hot.js', 'plan'];
  const timer = at.run(program);
  assert.equal(timer.status, 3, describe(timer));
  assert.match(timer.stderr, /E_CHANGEABLE/);
  const person = at.run(program, { env: { SUDO_UID: '2002' } });
  assert.equal(person.status, 0, describe(person));
  assert.match(person.stderr, /change the program\s+itself/);
  const owner = at.run(program, { env: { SUDO_UID: '2001' } });
  assert.equal(owner.status, 0, describe(owner));
  assert.doesNotMatch(owner.stderr, /change the program\s+itself/);
  // Its place is root's, but not one of the files that are loaded later, whatever the umask was when it was built.
  at.run([
    'sh',
    '-ec',
    'cp -r /home/mallory/dist /opt/dist; chown -R root: /opt/dist; chmod 666 /opt/dist/scan-worker-*',
  ]);
  at.run(['ln', '-s', `${REPOSITORY}/node_modules`, '/opt/node_modules']);
  const chunk = at.run([process.execPath, '/opt/dist/jts-hot.js', 'plan']);
  assert.equal(chunk.status, 3, describe(chunk));
  assert.match(chunk.stderr, /fix: sudo chmod go-w \/opt\/dist\/scan-worker-/);
  const atTerminal = at.run(['script', '-qec', program.join(' '), '/dev/null']);
  assert.equal(atTerminal.status, 0, describe(atTerminal));
  assert.match(atTerminal.stdout, /change the program\s+itself/);
});

it('nothing of an image is started, told, or read from outside of it', async (t) => {
  const at = host(
    t,
    'cp /etc/login.defs /root/; mkdir -p /image/etc; for file in passwd group shadow gshadow; do cp /etc/$file /image/etc/; done',
  );
  if (at === null) return;
  const receiver = at.spawn([
    process.execPath,
    '-e',
    `require('node:http').createServer((request, answer) => { console.log(request.headers.authorization); answer.end(); })
       .listen(0, '127.0.0.1', function () { console.log('port', this.address().port) })`,
  ]);
  let heard = '';
  receiver.stdout.on('data', (text) => {
    heard += String(text);
  });
  while (!/port \d+/.test(heard)) await new Promise((resolve) => setTimeout(resolve, 10));
  const port = /port (\d+)/.exec(heard)?.[1];
  put(at, '/etc/jts/token', 'hunter2\n', 0o600);
  put(at, '/opt/evil', EVIL, 0o755);
  put(at, '/image/opt/evil', EVIL, 0o755);
  put(
    at,
    '/image/etc/login.defs',
    `${readFileSync(at.path('/etc/login.defs'), 'utf8')}\nUSERDEL_CMD /opt/evil\n`,
  );
  put(
    at,
    '/image/etc/jts/hot-storage.yaml',
    `services: {kafka: {planned: 10kB}}
monitoring: {alerts: {channels: {
  page: {type: command, run: [/opt/evil]},
  hook: {type: webhook, url: 'http://127.0.0.1:${port}/', token-file: /etc/jts/token}}}}
`,
  );
  const root = ['--root', '/image'];
  runJtsHot(at, ['setup', ...root]);
  put(at, '/image/data/jts/hot/kafka/data/segment', 'x'.repeat(20_000));
  assert.equal(at.run(jtsHot('monitor', ...root)).status, 2);
  runJtsHot(at, ['record', ...root]);
  runJtsHot(at, ['alert', 'test', ...root], 3);
  assert.match(runJtsHot(at, ['alert', 'list', ...root]).stdout, /page/);
  at.run(['rm', '/image/data/jts/hot/kafka/data/segment']);
  runJtsHot(at, ['rollback', ...root]);
  assert.equal(existsSync(at.path('/root/owned')), false);
  assert.doesNotMatch(heard, /Bearer/);

  // The image's files as links to this machine's.
  for (const [link, target] of [
    ['/image/etc/jts/hot-storage.yaml', '/etc/shadow'],
    ['/image/etc/jts', '/etc/outside'],
  ] as const) {
    put(at, '/etc/outside/hot-storage.yaml', 'secret: of this machine\n');
    at.run(['sh', '-c', `rm -r ${link}; ln -s ${target} ${link}`]);
    for (const command of ['plan', 'spec', 'monitor']) {
      const result = runJtsHot(at, [command, ...root], 3);
      assert.match(result.stderr, /E_LINK_IN_ROOT/);
      assert.doesNotMatch(result.stdout + result.stderr, /secret|root:/);
    }
    at.run(['rm', link]);
    at.run(['mkdir', '-p', '/image/etc/jts']);
  }
  // Its history, and what SQLite keeps beside it.
  runJtsHot(at, ['setup']);
  runJtsHot(at, ['record']);
  const sums = () =>
    at.run(['sh', '-c', 'cd /var/lib/jts-hot/history; sha256sum *; stat -c "%n %a %Y" *']).stdout;
  const mine = sums();
  runJtsHot(at, ['setup', ...root]);
  for (const file of ['history.db', 'history.db-wal']) {
    const place = `/var/lib/jts-hot/history/${file}`;
    at.run([
      'sh',
      '-c',
      `mkdir -p /image${dirname(place)}; rm -f /image${place}; ln -s ${place} /image${place}`,
    ]);
    at.run(jtsHot('record', ...root));
    at.run(jtsHot('history', ...root));
    assert.equal(sums(), mine, file);
  }
  // Its units: enabled by systemctl, which works by path.
  const wants = '/image/etc/systemd/system/timers.target.wants';
  at.run(['sh', '-c', `mkdir -p ${dirname(wants)} /etc/outside/wants; ln -s /etc/outside/wants ${wants}`]);
  const installed = at.run(jtsHot('schedule', '--systemd', '--install', ...root));
  assert.notEqual(installed.status, 0, describe(installed));
  assert.equal(at.run(['ls', '/etc/outside/wants']).stdout, '');
  // Its record.
  at.run(['sh', '-c', 'rm -r /image/var/lib/jts-hot; ln -s /var/lib/jts-hot /image/var/lib/jts-hot']);
  const before = at.run(['ls', '-lR', '/var/lib/jts-hot']).stdout;
  for (const command of ['setup', 'record', 'history'])
    assert.notEqual(at.run(jtsHot(command, ...root)).status, 0, command);
  assert.equal(at.run(['ls', '-lR', '/var/lib/jts-hot']).stdout, before);
  receiver.kill('SIGTERM');
});

it('an image that others could swap for this machine is refused', (t) => {
  const at = host(t, 'mkdir -p /home/mallory/image/etc');
  if (at === null) return;
  at.run(['chown', '-R', 'mallory:', '/home/mallory']);
  assert.match(runJtsHot(at, ['setup', '--root', '/home/mallory/image'], 3).stderr, /E_CHANGEABLE/);
});

for (const [what, path, target] of [
  ['the directory', '/var/lib/prometheus/node-exporter', '/etc/target'],
  ['the file', '/var/lib/prometheus/node-exporter/hot.prom', '/etc/target/secret'],
] as const)
  it(`who has the directory of an output swaps ${what} for a link: nothing outside changes`, async (t) => {
    const at = host(t);
    if (at === null) return;
    // Not prepared: an overlay renames no directory that is in a layer below.
    const prepare = `mkdir -p /var/lib/prometheus/node-exporter /etc/target; umask 077
      echo secret > /etc/target/secret; echo old > /var/lib/prometheus/node-exporter/hot.prom
      chown -R mallory: /var/lib/prometheus`;
    assert.equal(at.run(['sh', '-ec', prepare]).status, 0);
    const state = () =>
      ['/etc/target', '/etc/target/secret'].map((one) => {
        const { mode, uid, gid, ino, ctimeMs, nlink } = lstatSync(at.path(one));
        return { mode, uid, gid, ino, ctimeMs, nlink };
      });
    const before = state();
    const swapping = at.spawn(attacker({ variant: 'link', user: 'mallory', path, target }));
    await begun(swapping);
    const output = '/var/lib/prometheus/node-exporter/hot.prom';
    const result = at.run([process.execPath, OUTPUTS, '400', output], { cwd: REPOSITORY });
    const [, written, refused] = /^written (\d+) refused (\d+)$/m.exec(result.stdout) ?? [];
    assert.ok(Number(written) + Number(refused) >= 400, describe(result));
    assert.ok(Number(written) > 0 && Number(refused) > 0, result.stdout);
    t.diagnostic(result.stdout.trim());
    swapping.kill('SIGTERM');
    const { stdout: swaps } = await swapping.ended;
    t.diagnostic(swaps.replace('ready\n', '').trim());
    assert.deepEqual(state(), before);
    assert.equal(readFileSync(at.path('/etc/target/secret'), 'utf8'), 'secret\n');
    assert.deepEqual(at.run(['ls', '/etc/target']).stdout, 'secret\n');
  });

for (const umask of ['000', '077'])
  it(`all that is written has its own mode, with umask ${umask}`, (t) => {
    const at = host(t, 'mkdir -p /etc/cron.d /etc/logrotate.d');
    if (at === null) return;
    const words = [
      ['setup'],
      ['record'],
      ['plan', '--out', '/tmp/plan.json'],
      ['monitor', '--prometheus', '/tmp/hot.prom'],
      ['schedule', '--cron', '--install'],
    ];
    for (const word of words) {
      const line = jtsHot(...word).join(' ');
      const result = at.run(['sh', '-c', `umask ${umask}; ${line}`]);
      assert.ok([0, 1].includes(result.status ?? -1), describe(result));
    }
    const modes = at.run([
      'sh',
      '-c',
      'cd /; find var/lib/jts-hot data tmp/plan.json tmp/hot.prom etc/cron.d/jts-hot etc/logrotate.d/jts-hot -printf "%m %p\\n" | sort -k 2',
    ]).stdout;
    const open = at.run(['find', '/var/lib/jts-hot', '/data', '-perm', '/022']).stdout;
    assert.equal(open, '');
    for (const line of [
      '600 tmp/plan.json',
      '644 tmp/hot.prom',
      '644 etc/cron.d/jts-hot',
      '644 etc/logrotate.d/jts-hot',
      '700 var/lib/jts-hot/journal',
      '600 var/lib/jts-hot/journal/000001.jsonl',
      '600 var/lib/jts-hot/lock',
      '600 var/lib/jts-hot/history/history.db',
      '755 data/jts/hot',
    ])
      assert.ok(modes.split('\n').includes(line), `${line} in\n${modes}`);
  });
