// Owns the Linux side of the contract: preparing a real host, and putting it back. linux.test.ts runs what uses it inside
// a throwaway host; it refuses to be loaded anywhere else.
import { execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openLinuxHost } from '../../src/host/linux.ts';
import { STATE_DIRECTORY } from '../../src/host/state-place.ts';
import type { DeclaredMount } from '../../src/port/declared-mount.ts';
import type { Entry } from '../../src/port/entry.ts';
import { encodeName } from '../../src/values/file-name.ts';
import type { Attributes, OnLoop, Preparation } from '../memory-host/memory-host.ts';
import type { Bench } from './cases.ts';

const { THROWAWAY_HOST } = process.env;
if (THROWAWAY_HOST !== 'yes') throw new Error('this breaks the machine: run linux.test.ts');

/** What useradd refuses, and an administrator can write all the same. */
const NO_ID = 0xffffffff;
const ACCOUNT_FILES = /^(passwd|group|shadow|gshadow|subuid|subgid)-?$/;

/** What mkfs takes. */
const MINIMUM_BYTES = { xfs: 320 * 1024 ** 2, ext4: 16 * 1024 ** 2 } as const;

/** `done` collects what has to be undone at the end, the newest last. */
function preparationOf(root: string, done: (() => void)[]): Preparation {
  const inRoot = (path: string) => encodeName(join(root, path)).subarray(0, -1);
  const above = (path: string) => mkdirSync(dirname(join(root, path)), { recursive: true });
  const dress = (path: string, { uid = 0, gid = 0, mode }: Attributes, usual: number) => {
    lchownSync(inRoot(path), uid, gid);
    chmodSync(inRoot(path), mode === undefined ? usual : Number.parseInt(mode, 8));
  };
  const shadow = (program: string, ...args: string[]) => {
    execFileSync(program, [...(root === '/' ? [] : ['--prefix', root]), ...args], { stdio: 'pipe' });
  };
  const recordOf = (run: number) => {
    const journal = join(root, STATE_DIRECTORY, 'journal');
    const file = readdirSync(journal).find((name) => Number.parseInt(name, 10) === run);
    if (file === undefined) throw new Error(`run ${run} is not recorded`);
    return join(journal, file);
  };
  return {
    directory(path, attributes = {}) {
      above(path);
      mkdirSync(inRoot(path));
      dress(path, attributes, 0o755);
    },
    file(path, { bytes = 0, sparseBytes = 0, text, changedAt, ...attributes } = {}) {
      above(path);
      const content = text === undefined ? Buffer.alloc(bytes, 'x') : encodeName(text).subarray(0, -1);
      writeFileSync(inRoot(path), content, { flag: 'wx' });
      if (sparseBytes > 0) truncateSync(inRoot(path), bytes + sparseBytes);
      dress(path, attributes, 0o644);
      if (changedAt !== undefined) utimesSync(inRoot(path), changedAt / 1000, changedAt / 1000);
    },
    write(path, text, how) {
      const { atimeNs, mtimeNs } = statSync(inRoot(path), { bigint: true });
      writeFileSync(inRoot(path), encodeName(text).subarray(0, -1));
      if (how === 'silently') {
        const at = (nanoseconds: bigint) =>
          `@${nanoseconds / 1_000_000_000n}.${`${nanoseconds % 1_000_000_000n}`.padStart(9, '0')}`;
        execFileSync('touch', ['-a', '-d', at(atimeNs), join(root, path)]);
        execFileSync('touch', ['-m', '-d', at(mtimeNs), join(root, path)]);
      }
    },
    link(path, target) {
      above(path);
      symlinkSync(target, inRoot(path));
    },
    special(path, attributes = {}) {
      above(path);
      execFileSync('mkfifo', [join(root, path)]);
      dress(path, attributes, 0o644);
    },
    hardLink(path, existing) {
      above(path);
      linkSync(inRoot(existing), inRoot(path));
    },
    mount(path, like, uuid) {
      const at = join(root, path);
      if (like === undefined) {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0755,size=1m', 'tmpfs', at]);
        done.push(() => execFileSync('umount', [at]));
        return;
      }
      const image = join(mkdtempSync('/disk-'), 'image');
      closeSync(openSync(image, 'wx'));
      truncateSync(image, 1024 * 1024);
      const inodeBytes = like === 'ext4' ? '256' : '128';
      const as = uuid === undefined ? [] : ['-U', uuid];
      const argv = ['-q', '-I', inodeBytes, '-O', '^has_journal', ...as, image];
      execFileSync('mkfs.ext4', argv, { stdio: 'pipe' });
      makeLoopDevices();
      execFileSync('mount', ['-o', 'loop', image, at]);
      done.push(() => {
        execFileSync('umount', [at]);
        rmSync(dirname(image), { recursive: true });
      });
    },
    fileSystem(uuid, type) {
      const image = join(mkdtempSync('/disk-'), 'image');
      writeFileSync(image, '');
      truncateSync(image, MINIMUM_BYTES[type]);
      const own = type === 'xfs' ? ['-q', '-m', `uuid=${uuid}`] : ['-q', '-F', '-U', uuid];
      execFileSync(`mkfs.${type}`, [...own, image], { stdio: 'pipe' });
      makeLoopDevices();
      const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
      done.push(() => {
        // A case that failed may have left it mounted.
        spawnSync('umount', ['--all-targets', device], { stdio: 'pipe' });
        execFileSync('losetup', ['--detach', device]);
        rmSync(dirname(image), { recursive: true });
      });
      // A loop device tells no serial number.
      return {
        disk: { serial: 'LOOP1', namespace: 1, wwid: null, sizeBytes: MINIMUM_BYTES[type] },
        volume: null,
      };
    },
    unmount(path) {
      const at = join(root, path);
      // Somewhere else it stays what it is.
      const away = mkdtempSync('/away-');
      execFileSync('mount', ['--move', at, away]);
      return () => execFileSync('mount', ['--move', away, at]);
    },
    detach(path) {
      const at = join(root, path);
      const away = mkdtempSync('/away-');
      execFileSync('mount', ['--bind', at, away]);
      execFileSync('umount', ['--lazy', at]);
      return () => {
        execFileSync('mount', ['--bind', away, at]);
        execFileSync('umount', [away]);
      };
    },
    remount: (path, how) => void execFileSync('mount', ['-o', `remount,${how}`, join(root, path)]),
    rename: (from, to) => renameSync(inRoot(from), inRoot(to)),
    remove: (path) => rmSync(inRoot(path), { recursive: true }),
    move: (from, to) => renameSync(inRoot(from), inRoot(to)),
    chown: (path, uid, gid) => lchownSync(inRoot(path), uid, gid),
    chmod: (path, mode) => chmodSync(inRoot(path), Number.parseInt(mode, 8)),
    grant(path, { type, id, bits }) {
      const letters = [bits & 4 ? 'r' : '', bits & 2 ? 'w' : '', bits & 1 ? 'x' : ''].join('');
      execFileSync('setfacl', ['-m', `${type}:${id}:${letters}`, join(root, path)]);
    },
    inherit: (path, list) => void execFileSync('setfacl', ['-d', '--set', list, join(root, path)]),
    flag(path, flag, on) {
      const letter = flag === 'immutable' ? 'i' : 'a';
      execFileSync('chattr', [`${on ? '+' : '-'}${letter}`, join(root, path)]);
      if (on) done.push(() => existsSync(inRoot(path)) && execFileSync('chattr', ['-ia', join(root, path)]));
    },
    loop(has, { bytes, isReadOnly = false }) {
      const image = join(mkdtempSync('/loop-'), 'image');
      closeSync(openSync(image, 'wx'));
      truncateSync(image, bytes);
      putOn(image, has, bytes);
      makeLoopDevices();
      const argv = [...(isReadOnly ? ['--read-only'] : []), '--find', '--show', image];
      const path = execFileSync('losetup', argv, { encoding: 'utf8' }).trim();
      done.push(() => {
        execFileSync('losetup', ['--detach', path]);
        rmSync(dirname(image), { recursive: true });
      });
      return basename(path);
    },
    device(path) {
      above(path);
      execFileSync('mknod', ['-m', '644', join(root, path), 'c', '1', '3']);
    },
    addGroup(name, gid, members = []) {
      if (gid < NO_ID) {
        shadow('groupadd', '--non-unique', '--gid', `${gid}`, name);
        const file = join(root, 'etc/group');
        const line = `${name}:x:${gid}:`;
        const text = readFileSync(file, 'utf8').replace(`\n${line}\n`, `\n${line}${members.join(',')}\n`);
        writeFileSync(file, text);
      } else appendFileSync(join(root, 'etc/group'), `${name}:x:${gid}:\n`);
    },
    addUser({ name, uid, gid, home, shell }) {
      if (uid >= NO_ID || gid >= NO_ID) {
        appendFileSync(join(root, 'etc/passwd'), `${name}:x:${uid}:${gid}::${home}:${shell}\n`);
        return;
      }
      const ids = ['--non-unique', '--uid', `${uid}`, '--gid', `${gid}`];
      shadow('useradd', ...ids, '--home-dir', home, '--no-create-home', '--shell', shell, name);
    },
    hold(path, how) {
      const fd = openSync(inRoot(path), how === 'writes' ? 'a' : 'r');
      const release = sleeper({ stdio: [fd, 'ignore', 'ignore'] });
      closeSync(fd);
      done.push(release);
      return release;
    },
    runAs(uid) {
      const release = sleeper({ uid, stdio: 'ignore' });
      done.push(release);
      return release;
    },
    start({ command, uid = 0, directory, holds = [], ...only }) {
      const unknown = Object.keys(only);
      if (unknown.length > 0) throw new Error(`only a host in memory can start one with ${unknown}`);
      const program = join(mkdtempSync('/started-'), command);
      chmodSync(dirname(program), 0o755);
      copyFileSync('/bin/sleep', program);
      const fds = holds.map((path) => openSync(inRoot(path), 'r'));
      const stdio = ['ignore', 'ignore', 'ignore', ...fds] as const;
      const release = sleeper({ uid, stdio: [...stdio], cwd: join(root, directory) }, program);
      for (const fd of fds) closeSync(fd);
      done.push(release, () => rmSync(dirname(program), { recursive: true, force: true }));
      return release;
    },
    program(content) {
      const checkout = mkdtempSync('/program-');
      done.push(() => rmSync(checkout, { recursive: true }));
      const put = (path: string, text: string, mode = 0o644) => {
        mkdirSync(dirname(join(checkout, path)), { recursive: true });
        writeFileSync(join(checkout, path), text);
        chmodSync(join(checkout, path), mode);
      };
      put('package.json', '{"version": "1.0.0"}');
      put('bin/jts-hot', '#!/bin/sh\n! grep -q broken "$(dirname "$0")/../dist/jts-hot.js"\n', 0o755);
      put('node', '#!/bin/sh\n', 0o755);
      put('dist/jts-hot.js', `import('./chunk.js') // ${content}`);
      put('dist/chunk.js', '');
      put('dist/of-another-build.js', '');
      const libraries = ['koffi', `@koromix/koffi-linux-${process.arch}`];
      for (const name of libraries) {
        put(`node_modules/${name}/package.json`, `{"name": "${name}", "main": "index.js"}`);
        put(`node_modules/${name}/index.js`, '');
      }
      return { launcher: join(checkout, 'bin/jts-hot'), node: join(checkout, 'node') };
    },
    tear: (run, text) => appendFileSync(recordOf(run), text),
    spoil(run, change) {
      const path = recordOf(run);
      writeFileSync(path, change(readFileSync(path)));
    },
  };
}

function putOn(image: string, has: OnLoop, bytes: number): void {
  if (has === 'ext4') execFileSync('mkfs.ext4', ['-q', image], { stdio: 'pipe' });
  if (has === 'gpt') execFileSync('sfdisk', ['-q', image], { input: 'label: gpt\n,,\n', stdio: 'pipe' });
  if (has !== 'data') return;
  const fd = openSync(image, 'r+');
  writeSync(fd, 'data', bytes - 512);
  closeSync(fd);
}

/** A throwaway host has no devices but the few that all programs want; these are the machine's. */
function makeLoopDevices(): void {
  if (existsSync('/dev/loop-control')) return;
  execFileSync('mknod', ['/dev/loop-control', 'c', '10', '237']);
  for (let i = 0; i < 64; i++) execFileSync('mknod', [`/dev/loop${i}`, 'b', '7', `${i}`]);
}

/** A process that does nothing until it is released. */
function sleeper(options: SpawnOptions, program = 'sleep'): () => void {
  const process = spawn(program, ['1000'], options);
  return () => {
    process.kill('SIGKILL');
    while (hasOpenFiles(process.pid ?? 0));
  };
}

function hasOpenFiles(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).length > 0;
  } catch {
    return false;
  }
}

/** In a process of its own, that has become that user for good before it opens the host. */
const ENTRY_AS = `
  const [root, base, path, uid] = process.argv.slice(1);
  const { openLinuxHost } = await import(${JSON.stringify(import.meta.resolve('../../src/host/linux.ts'))});
  process.setgroups([]);
  process.setgid(Number(uid));
  process.setuid(Number(uid));
  process.stdout.write(JSON.stringify(openLinuxHost({ root, base }).entry(path)));
`;

export function linuxBench(root: string, base: string, mounts: readonly DeclaredMount[] = []): Bench {
  const etc = join(root, 'etc');
  const names = readdirSync(etc).filter((name) => ACCOUNT_FILES.test(name));
  const accounts = names.map((name) => [name, readFileSync(join(etc, name))] as const);
  const done: (() => void)[] = [
    () => {
      for (const name of readdirSync(etc)) if (ACCOUNT_FILES.test(name)) rmSync(join(etc, name));
      for (const [name, content] of accounts) writeFileSync(join(etc, name), content, { mode: 0o600 });
      for (const name of ['passwd', 'group']) chmodSync(join(etc, name), 0o644);
      rmSync(join(root, STATE_DIRECTORY), { recursive: true, force: true });
      // Mount points are immutable.
      spawnSync('chattr', ['-R', '-f', '-i', join(root, dirname(base))]);
      rmSync(join(root, dirname(base)), { recursive: true, force: true });
    },
  ];
  return {
    host: openLinuxHost({ root, base, mounts }),
    prepare: preparationOf(root, done),
    entryAs(uid, path) {
      const argv = ['--input-type=module', '-e', ENTRY_AS, root, base, path, `${uid}`];
      return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as Entry;
    },
    dispose() {
      for (const undo of done.toReversed()) undo();
    },
  };
}

/** The least that is a root: root's account and nothing else. */
export function makeAlternateRoot(): string {
  const root = mkdtempSync('/alternate-');
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(root, 'etc/shadow'), 'root:*:1::::::\n', { mode: 0o600 });
  return root;
}
