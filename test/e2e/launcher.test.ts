// Starts bin/jts-hot the way an operator does: in a fresh clone, in a clean environment, with whatever Node.js the
// machine has. One real npm ci serves the whole file, so the tests build on each other, from top to bottom.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { requires } from '../requirement.ts';

// Of a run that counts lines; Node.js hands it on to all that it starts.
delete process.env['NODE_V8_COVERAGE'];

const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
const NOBODY = 65534;
const AS_SOMEBODY = ['--reuid=4242', '--regid=4242', '--clear-groups'] as const;
const INSTALLING = 'jts-hot: installing its pinned Node.js 24 and libraries (npm ci); this happens once\n';

const scratch = mkdtempSync(join(tmpdir(), 'jts-hot-launcher-'));
const home = join(scratch, 'home');
const clone = join(scratch, 'a clone');
const launcher = join(clone, 'bin/jts-hot');
const cli = join(clone, 'src/main.ts');
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
interface Start {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function start({ command = launcher, args = [], cwd = '/', env = {} }: Start = {}): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { HOME: home, PATH, ...env },
    encoding: 'utf8',
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** `said` is called with all that came on stderr so far, each time there is more. */
function startAlongside(args: readonly string[] = [], said = (_: string) => {}): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(launcher, args, {
      cwd: '/',
      env: { HOME: home, PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => {
      stderr += data;
      said(stderr);
    });
    child.on('error', failed);
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
}

/** A folder with these of the machine's commands and no other, to be the whole PATH. */
function folderOf(name: string, commands: readonly string[]): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  for (const command of commands)
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim(),
      join(folder, command),
    );
  return folder;
}

/** A clone of what is committed, with the changes to it that are not committed yet. */
function freshClone(to: string): void {
  const from = join(import.meta.dirname, '../..');
  const options = { env: { HOME: home, PATH }, maxBuffer: 2 ** 28 };
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', from, to], options);
  const changes = execFileSync('git', ['-C', from, 'diff', '--binary', 'HEAD'], options);
  if (changes.length > 0) execFileSync('git', ['-C', to, 'apply'], { ...options, input: changes });
}

let bare = '';
before(() => {
  mkdirSync(home);
  // The checkout that is tested may belong to somebody else than who tests it.
  writeFileSync(join(home, '.gitconfig'), '[safe]\n\tdirectory = *\n');
  bare = folderOf('bare', ['sh', 'readlink', 'find', 'id', 'uname', 'flock', 'touch', 'mkdir', 'rm']);
  freshClone(clone);
});
after(() => rmSync(scratch, { recursive: true, force: true }));

test('without npm and Node.js a fresh clone says how to get them', () => {
  const { status, stdout, stderr } = start({ args: ['plan', '-j'], env: { PATH: bare } });
  assert.equal(stdout, '');
  assert.match(stderr, /^jts-hot: cannot install its libraries: there is no npm$/m);
  assert.match(stderr, /apt-get install npm/);
  assert.equal(status, 3);
});

test('of three first starts at once, by root in a clone of somebody else, one installs and all run', async (t) => {
  if (!requires(t, 'root')) return;
  for (const path of ['.', ...readdirSync(clone, { recursive: true, encoding: 'utf8' })])
    chownSync(join(clone, path), NOBODY, NOBODY);
  // The most careless that a caller can be: see the next test.
  const umask = process.umask(0);
  const first = Promise.withResolvers<Outcome>();
  // On a busy machine the others might come when all is done.
  await new Promise<void>((installing) => {
    const outcome = startAlongside(['--version'], (said) => {
      if (said === INSTALLING) installing();
    });
    outcome.finally(installing).then(first.resolve, first.reject);
  });
  const outcomes = await Promise.all([
    first.promise,
    startAlongside(['--version']),
    startAlongside(['--version']),
  ]);
  process.umask(umask);
  assert.deepEqual(
    outcomes.map(({ status, stdout }) => ({ status, stdout })),
    [
      { status: 0, stdout: `${version}\n` },
      { status: 0, stdout: `${version}\n` },
      { status: 0, stdout: `${version}\n` },
    ],
    JSON.stringify(outcomes),
  );
  const waiting = 'jts-hot: waiting for another start to finish installing\n';
  assert.deepEqual(
    outcomes.map(({ stderr }) => stderr),
    [INSTALLING, waiting, waiting],
  );
});

test('what it makes is for nobody else to change, also under a umask of 0', (t) => {
  if (!requires(t, 'root')) return;
  assert.equal(statSync(join(clone, 'dist/jts-hot.js')).uid, 0);
  assert.equal(openIn('dist'), '');
  assert.equal(openIn('node_modules'), '');
});

/** What below a directory of the clone others than its owner can change. */
function openIn(directory: string): string {
  const found = execFileSync('find', [join(clone, directory), '!', '-type', 'l', '-perm', '/022']);
  return found.toString();
}

test('a changed source is built before it runs, and the arguments arrive as they were', () => {
  writeFileSync(
    cli,
    `import { requireFresh } from './host/built-from.ts';
import { x } from './lazy.ts';
void requireFresh().then(() => {
  process.stdout.write(JSON.stringify({ x, cache: process.env.NODE_COMPILE_CACHE ?? null, node: process.version, execPath: process.execPath, cwd: process.cwd(), args: process.argv.slice(2) }));
  process.exitCode = 7;
});
`,
  );
  writeFileSync(join(clone, 'src/lazy.ts'), 'export const x = 1;\n');
  const args = ['-w', '75', '', 'a b', '*', '--', "'"];
  const { status, stdout, stderr } = start({ args, cwd: tmpdir() });
  const said = JSON.parse(stdout);
  assert.deepEqual({ status, stderr }, { status: 7, stderr: '' });
  assert.deepEqual(said.args, args);
  assert.equal(said.cwd, tmpdir());
  assert.equal(said.x, 1);
  assert.match(said.node, /^v24\./);
});

test('it starts through links, by a relative path, and through sh', () => {
  const link = join(scratch, 'link');
  symlinkSync(launcher, join(scratch, 'link 1'));
  symlinkSync('link 1', link);
  const folder = join(scratch, 'link to the clone');
  symlinkSync(clone, folder);
  for (const [command, args, cwd] of [
    [link, [], '/'],
    ['./link', [], scratch],
    ['bin/jts-hot', [], clone],
    ['./jts-hot', [], join(clone, 'bin')],
    [join(folder, 'bin/jts-hot'), [], '/'],
    ['sh', ['jts-hot'], join(clone, 'bin')],
    ['sh', ['link'], scratch],
  ] as const)
    assert.equal(start({ command, args, cwd, env: { CDPATH: '/tmp:/' } }).status, 7, `${command} in ${cwd}`);
  assert.equal(start({ command: 'link', env: { PATH: `${scratch}:${PATH}` } }).status, 7);
});

test('Node.js 24 on PATH is used; without it the pinned one is', () => {
  const execPath = (path: string) => JSON.parse(start({ env: { PATH: path } }).stdout).execPath;
  const pinned = execPath(bare);
  assert.ok(pinned.startsWith(join(clone, 'node_modules/node-linux-')), pinned);
  const folder = join(scratch, 'node24');
  mkdirSync(folder);
  linkSync(pinned, join(folder, 'node'));
  assert.equal(execPath(`${folder}:${PATH}`), join(folder, 'node'));
  const other = join(scratch, 'node240');
  mkdirSync(other);
  writeFileSync(join(other, 'node'), '#!/bin/sh\necho v240.1.0\n');
  chmodSync(join(other, 'node'), 0o755);
  assert.equal(execPath(`${other}:${bare}`), pinned);
});

test('nothing in the current directory is run, whatever PATH says', () => {
  const trap = join(scratch, 'trap');
  mkdirSync(trap);
  for (const name of ['node', 'npm', 'readlink', 'find', 'flock', 'touch', 'id', 'uname', 'mkdir', 'sh']) {
    writeFileSync(join(trap, name), '#!/bin/sh\necho TRAPPED\necho TRAPPED >&2\n');
    chmodSync(join(trap, name), 0o755);
  }
  writeFileSync(join(trap, '.npmrc'), 'prefix=/nowhere\n');
  for (const path of [`.:${PATH}`, `:${PATH}`, `./:../trap:${PATH}:`]) {
    utimesSync(cli, new Date(), new Date());
    const { status, stdout, stderr } = start({
      command: join(scratch, 'link'),
      cwd: trap,
      env: { PATH: path },
    });
    assert.deepEqual([status, stderr], [7, ''], stdout);
    assert.doesNotMatch(stdout, /TRAPPED/);
  }
});

test('what the environment says to other Node.js programs is not for this one', () => {
  const env = {
    NODE_OPTIONS: '--require ./nowhere.js',
    NODE_PATH: '/nowhere',
    NODE_ENV: 'production',
    CDPATH: '/',
  };
  utimesSync(cli, new Date(), new Date());
  const { status, stderr } = start({ env });
  assert.deepEqual([status, stderr], [7, '']);
});

test('starts at once after each of many changes all run the newest program, whole', async () => {
  for (let change = 2; change < 12; change++) {
    writeFileSync(join(clone, 'src/lazy.ts'), `export const x = ${change};\n`);
    for (const { status, stdout, stderr } of await Promise.all([1, 2, 3, 4].map(() => startAlongside()))) {
      assert.equal(status, 7, stderr);
      assert.equal(JSON.parse(stdout).x, change);
    }
  }
});

test('a source that leaves, or comes from the future, is noticed once', () => {
  const program = join(clone, 'dist/jts-hot.js');
  const builtAt = () => statSync(program).ino;
  const before = builtAt();
  writeFileSync(join(clone, 'src/gone.ts'), '');
  start();
  const withGone = builtAt();
  assert.notEqual(withGone, before);
  rmSync(join(clone, 'src/gone.ts'));
  start();
  const withoutGone = builtAt();
  assert.notEqual(withoutGone, withGone);
  const tomorrow = Date.now() / 1000 + 86_400.123456;
  utimesSync(cli, tomorrow, tomorrow);
  start();
  const fromTheFuture = builtAt();
  assert.notEqual(fromTheFuture, withoutGone);
  start();
  assert.equal(builtAt(), fromTheFuture);
  utimesSync(cli, new Date(), new Date());
  rmSync(program);
});

test('a source that does not build is not answered with the program from before', () => {
  start();
  const program = readFileSync(cli, 'utf8');
  writeFileSync(cli, 'const = broken;\n');
  const broken = start();
  assert.equal(broken.stdout, '');
  assert.match(broken.stderr, /src\/main\.ts:1:6/);
  assert.match(broken.stderr, /^jts-hot: cannot build its program$/m);
  assert.equal(broken.status, 3);
  writeFileSync(cli, program);
  assert.equal(start().status, 7);
});

test('newer library versions are installed first, never passed over', () => {
  const lock = join(clone, 'package-lock.json');
  const { atime, mtime } = statSync(lock);
  utimesSync(lock, new Date(), new Date());
  const { status, stdout, stderr } = start({ env: { PATH: bare } });
  assert.equal(stdout, '');
  assert.match(stderr, /cannot install its libraries/);
  assert.equal(status, 3);
  utimesSync(lock, atime, mtime);
  assert.equal(start({ env: { PATH: bare } }).status, 7);
});

test('a start that cannot write runs what is built, and refuses what is not up to date', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace')) return;
  chmodSync(scratch, 0o755);
  const readOnly: Start = {
    command: 'unshare',
    args: [
      '--mount',
      '--propagation=private',
      'sh',
      '-ec',
      'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; exec "$1/bin/jts-hot"',
      'sh',
      clone,
    ],
  };
  const asNobody: Start = {
    command: 'setpriv',
    args: [...AS_SOMEBODY, launcher],
  };
  for (const way of [readOnly, asNobody]) {
    assert.deepEqual([start(way).status, start(way).stderr], [7, '']);
    utimesSync(cli, new Date(), new Date());
    const stale = start(way);
    assert.deepEqual([stale.status, stale.stdout], [3, '']);
    assert.match(stale.stderr, /cannot bring its program up to date/);
    assert.equal(start().status, 7);
  }
});

test('a lock that any user can take holds up nobody', async (t) => {
  if (!requires(t, 'root')) return;
  chmodSync(scratch, 0o755);
  const hostile = (args: readonly string[]) => [...AS_SOMEBODY, 'flock', ...args];
  const holder = spawn(
    'setpriv',
    hostile(['-F', join(clone, 'bin'), 'sh', '-c', 'echo held; exec sleep 60']),
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  t.after(() => holder.kill());
  await new Promise((held) => holder.stdout.once('data', held));
  utimesSync(cli, new Date(), new Date());
  const { status, stderr } = spawnSync(launcher, { env: { HOME: home, PATH }, timeout: 30_000 });
  assert.deepEqual([status, String(stderr)], [7, '']);
  const { status: denied } = spawnSync('setpriv', hostile(['-n', join(clone, 'dist/.lock'), 'true']));
  assert.notEqual(denied, 0, 'its own lock is for its owner only');
});

test('a source with another date is built anew, also with an older one and with the same length', () => {
  const lazy = join(clone, 'src/lazy.ts');
  writeFileSync(lazy, 'export const x = 1;\n');
  assert.equal(JSON.parse(start().stdout).x, 1);
  writeFileSync(lazy, 'export const x = 2;\n');
  utimesSync(lazy, 1, 1);
  assert.equal(JSON.parse(start().stdout).x, 2);
  // `git pull` and `rsync --archive` put another file in its place.
  const other = join(clone, 'src/other');
  writeFileSync(other, 'export const x = 30;\n');
  utimesSync(other, 1, 1);
  renameSync(other, lazy);
  assert.equal(JSON.parse(start().stdout).x, 30);
});

test('what is compiled when it is built is what Node.js then runs, and no other compiled code', () => {
  const hostile = join(scratch, 'hostile cache');
  assert.equal(JSON.parse(start({ env: { NODE_COMPILE_CACHE: hostile } }).stdout).cache, null);
  assert.ok(!existsSync(hostile));
  const entry = readFileSync(join(clone, 'dist/jts-hot.js'), 'utf8');
  const [, program = ''] = /"\.\/(program-[0-9a-f]+\.js)"/.exec(entry) ?? [];
  const isTaken = `const { readFileSync } = require('fs');
    const [, text, compiled] = process.argv;
    const script = new (require('vm').Script)(readFileSync(text, 'latin1'), { cachedData: readFileSync(compiled) });
    console.log(script.cachedDataRejected)`;
  const { execPath } = JSON.parse(start({ env: { PATH: bare } }).stdout);
  const text = join(clone, 'dist', program);
  const codes = globSync(text.replace(/js$/, '*.compiled'));
  assert.deepEqual(
    codes.map((path) => path.split('.').at(-2)).toSorted(),
    ['act', 'config', 'monitor', 'setup', 'validate'],
    'one for each kind of command',
  );
  for (const code of codes) {
    assert.ok(entry.includes(`"./${basename(code)}"`), 'a copy of the program takes it along');
    assert.equal(start({ command: execPath, args: ['--eval', isTaken, text, code] }).stdout, 'false\n');
  }
  // Without it, it is slower and the same.
  for (const code of codes) renameSync(code, join(scratch, basename(code)));
  assert.equal(start().status, 7);
  for (const code of codes) renameSync(join(scratch, basename(code)), code);
});

test('the Node.js that it found is not asked again, and noticed when it is another version by then', () => {
  const { execPath } = JSON.parse(start({ env: { PATH: bare } }).stdout);
  const folder = join(scratch, 'updated');
  mkdirSync(folder);
  const node = join(folder, 'node');
  const asked = join(scratch, 'asked');
  const program = (version: string) =>
    `#!/bin/sh\n[ "$1" != --version ] || { echo >>'${asked}'; echo ${version}; exit; }\nexec '${execPath}' "$@"\n`;
  writeFileSync(node, program('v24.0.0'), { mode: 0o755 });
  const times = () => (existsSync(asked) ? readFileSync(asked, 'utf8').length : 0);
  const found = () => start({ env: { PATH: `${folder}:${PATH}` } });
  utimesSync(cli, new Date(), new Date());
  assert.equal(found().status, 7);
  const before = times();
  assert.ok(before > 0);
  assert.equal(found().status, 7);
  assert.equal(times(), before);
  // As a distribution's update does it, which keeps the date that the package gives.
  writeFileSync(
    node,
    `#!/bin/sh\n[ "$1" != --version ] || { echo v18.20.0; exit; }\nexec '${oldNode()}' "$@"\n`,
  );
  utimesSync(node, 1, 1);
  for (let starts = 0; starts < 2; starts++) {
    const { status, stdout, stderr } = found();
    assert.deepEqual([status, stderr], [7, '']);
    assert.equal(JSON.parse(stdout).execPath, execPath);
  }

  /** Does what a Node.js of another major version does with the first file that it is given. */
  function oldNode(): string {
    const old = join(scratch, 'old-node');
    const preload = join(scratch, 'old.cjs');
    writeFileSync(
      preload,
      `Object.defineProperty(process, 'version', { value: 'v18.20.0' }); delete process.execve; delete process.getBuiltinModule;`,
    );
    writeFileSync(old, `#!/bin/sh\nexec '${execPath}' --require '${preload}' "$@"\n`, { mode: 0o755 });
    return old;
  }
});

test('it starts in a directory that its user may not read', (t) => {
  if (!requires(t, 'root')) return;
  chmodSync(scratch, 0o755);
  const closed = join(scratch, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  // As after `sudo -u somebody` in /root: there before the user was another one.
  const args = [...AS_SOMEBODY, launcher];
  const { status, stderr } = start({ command: 'setpriv', args, cwd: closed });
  assert.deepEqual([status, stderr], [7, '']);
});

test('a copy of the launcher alone says to link to it, also where there is a folder src', () => {
  const copy = join(scratch, 'usr/bin/jts-hot');
  mkdirSync(join(scratch, 'usr/bin'), { recursive: true });
  mkdirSync(join(scratch, 'usr/src'));
  copyFileSync(launcher, copy);
  const { status, stdout, stderr } = start({ command: copy });
  assert.deepEqual([status, stdout], [3, '']);
  assert.match(stderr, /cannot find its program/);
  assert.match(stderr, /ln -s/);
  assert.ok(!existsSync(join(scratch, 'usr/node_modules')));
});
