// Does the same random things to the Linux host and to the memory host and compares every answer: what the contract did
// not think of. linux.test.ts starts it inside a throwaway host. The seed is fixed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/messages/diagnostic.ts';
import type { Host } from '../../src/port/host.ts';
import type { Operation } from '../../src/port/operation.ts';
import { asidePath } from '../../src/port/operations/aside.ts';
import type { FileState, Owner } from '../../src/port/operations/words.ts';
import { fileState } from '../file-state.ts';
import { createMemoryHost, type MemoryHost, type Preparation } from '../memory-host/memory-host.ts';
import { random } from '../random.ts';
import { linuxBench } from './linux-bench.ts';

/** At the start `a` and `a/b` are there, and a file with the names `a/f` and `d`. */
const PATHS = ['a', 'a/b', 'a/b/c', 'a/f', 'd'] as const;
const NAMES = ['kafka', 'redis'] as const;
const MODES = ['0750', '0700', '2755', '0000'] as const;
/** Above all system ids. */
const IDS = [0, 60_001] as const;

type Command =
  | { readonly type: 'perform'; readonly operation: Operation; readonly stale: boolean }
  /** What an administrator or a service does meanwhile. */
  | { readonly type: 'put'; readonly what: 'directory' | 'file' | 'link' | 'special'; readonly path: string }
  | { readonly type: 'hardLink'; readonly path: string; readonly existing: string }
  | { readonly type: 'mount' | 'remove'; readonly path: string };

const path = fc.constantFrom(...PATHS);
const mode = fc.constantFrom(...MODES);
const name = fc.constantFrom(...NAMES);
const id = fc.constantFrom('root', ...IDS, ...IDS, ...NAMES);
const owner: fc.Arbitrary<Owner> = fc.record({ user: id, group: id });

const TEXTS = ['', 'one\n', 'caf\udce9'];
const file: fc.Arbitrary<FileState> = fc
  .record({
    text: fc.constantFrom(...TEXTS),
    mode: fc.constantFrom('0644', '0600', '6755'),
    owner: fc.constantFrom(
      { user: 0, group: 0 },
      { user: 60_001, group: 'root' },
      { user: 'kafka', group: 0 },
    ),
  })
  .map(fileState);

/** `from` is what is there when the command comes, unless it is stale. */
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('makeDirectory' as const), path, owner, mode }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('removeDirectory' as const), path, owner }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('changeOwner' as const),
      path,
      inode: fc.constant('1'),
      from: fc.constant({ user: 60_003, group: 0 }),
      to: owner,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('changeMode' as const),
      path,
      inode: fc.constant('1'),
      from: fc.constant('0007'),
      to: mode,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('writeFile' as const),
      path,
      from: fc.option(file),
      to: file,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('removeFile' as const), path, from: file }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('createGroup' as const), name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('deleteGroup' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('createUser' as const),
      name,
      group: fc.constantFrom('root', ...NAMES),
      home: fc.constant('/nowhere'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('deleteUser' as const), name, home: fc.constant('/') }),
  },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('perform' as const),
      operation,
      stale: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      what: fc.constantFrom('directory' as const, 'file' as const, 'link' as const, 'special' as const),
      path,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('hardLink' as const), path, existing: path }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('mount' as const, 'remove' as const), path }),
  },
);

interface Side {
  readonly host: Host;
  readonly prepare: Preparation;
}

const A_FILE = { uid: 60_001, mode: '6755', text: "a service's\n" } as const;

/** What came of it: `done`, or the code of the Problem. */
function act({ host, prepare }: Side, base: string, given: Command): string {
  switch (given.type) {
    case 'perform':
      try {
        // As a plan does.
        for (const text of TEXTS) host.hold(text);
        host.perform(current(host, base, given));
        return 'done';
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return error.diagnostics[0]?.code ?? 'no code';
      }
    case 'put':
      if (!isFree(host, `${base}/${given.path}`)) return 'not done';
      if (given.what === 'link') prepare.link(`${base}/${given.path}`, base);
      else
        prepare[given.what](
          `${base}/${given.path}`,
          given.what === 'file' ? A_FILE : { uid: 60_001, mode: '6755' },
        );
      return 'done';
    case 'hardLink':
      if (!isFree(host, `${base}/${given.path}`)) return 'not done';
      if (host.entry(`${base}/${given.existing}`).type !== 'file') return 'not done';
      prepare.hardLink(`${base}/${given.path}`, `${base}/${given.existing}`);
      return 'done';
    case 'mount':
      if (host.entry(`${base}/${given.path}`).type !== 'directory') return 'not done';
      prepare.mount(`${base}/${given.path}`);
      return 'done';
    case 'remove': {
      const { type } = host.entry(`${base}/${given.path}`);
      if (type !== 'file' && type !== 'link' && type !== 'special') return 'not done';
      prepare.remove(`${base}/${given.path}`);
      return 'done';
    }
    default:
      return given satisfies never;
  }
}

function isFree(host: Host, at: string): boolean {
  return (
    host.entry(at).type === 'missing' && host.entry(at.slice(0, at.lastIndexOf('/'))).type === 'directory'
  );
}

function current(host: Host, base: string, given: Extract<Command, { type: 'perform' }>): Operation {
  const planned = given.operation;
  if (!('path' in planned)) return planned;
  const at = `${base}/${planned.path}`;
  const entry = host.entry(at);
  if (planned.type === 'writeFile' || planned.type === 'removeFile') {
    const there = entry.type === 'file' ? host.text(at) : null;
    if (given.stale || entry.type !== 'file' || there === null) return { ...planned, path: at };
    const owner = { user: entry.uid, group: entry.gid };
    return { ...planned, path: at, from: fileState({ text: there, mode: entry.mode, owner }) };
  }
  if ((planned.type !== 'changeOwner' && planned.type !== 'changeMode') || !('inode' in entry))
    return { ...planned, path: at };
  const { inode } = entry;
  if (given.stale) return { ...planned, path: at, inode };
  if (planned.type === 'changeMode') return { ...planned, path: at, inode, from: entry.mode };
  return { ...planned, path: at, inode, from: { user: entry.uid, group: entry.gid } };
}

/** What is wrong inside, without the examples: which come first is the file system's. */
async function inside(host: Host, base: string, look: 'all' | number): Promise<unknown> {
  const trees = [{ path: base, uid: 60_001, gid: 60_001, named: ['a'], ours: [] }];
  const request = { trees, services: { uids: [], gids: [] }, look, onProgress: () => {} };
  const [found] = await host.lookInside(request);
  return { ...found, wrong: found?.wrong.map(({ cause, count }) => [cause, count]) };
}

/** All that can be asked, but for what must differ: inodes, times, devices, and the size of directories. */
function answers(host: Host, base: string): unknown {
  const walked = Array.from(host.walk(base), (met) => {
    if (met.type === 'mount point' || met.type === 'unreadable') return met;
    const { inode: _, born: __, writtenAt: ___, changedAt: ____, device: _____, ...entry } = met;
    const { bytes, diskBytes } = entry;
    return {
      ...entry,
      links: entry.type === 'directory' ? null : entry.links,
      bytes: entry.type === 'directory' || entry.type === 'link' ? null : bytes,
      diskBytes: entry.type === 'directory' ? null : diskBytes,
    };
  });
  const me = { uid: 60_001, gid: 60_001, groups: [] };
  return {
    entries: ['', ...PATHS.map((p) => `/${p}`)].map((p) => {
      const entry = host.entry(`${base}${p}`);
      const {
        inode: _,
        born: __,
        ...rest
      } = 'inode' in entry ? entry : { ...entry, inode: null, born: null };
      const text = entry.type === 'file' ? host.text(`${base}${p}`) : null;
      const probes = [...host.probeWrites([`${base}${p}`], me, 1), ...host.probeReach([`${base}${p}`], me)];
      return {
        path: p,
        ...rest,
        text,
        aside: host.entry(asidePath(`${base}${p}`)).type,
        probes: entry.type === 'directory' ? probes : null,
      };
    }),
    users: [...host.users(NAMES)].sort(),
    groups: [...host.groups(NAMES)].sort(),
    walked: walked.map((entry) => JSON.stringify(entry)).sort(),
  };
}

/** With the accounts that this machine has: the ids of new ones depend on them. */
function memoryLike(base: string): MemoryHost {
  const host = createMemoryHost({ base });
  for (const line of readFileSync('/etc/group', 'utf8').trim().split('\n')) {
    const [group = '', , gid] = line.split(':');
    if (group !== 'root') host.prepare.addGroup(group, Number(gid));
  }
  for (const line of readFileSync('/etc/passwd', 'utf8').trim().split('\n')) {
    const [user = '', , uid, gid, , home = '', shell = ''] = line.split(':');
    if (user !== 'root')
      host.prepare.addUser({ name: user, uid: Number(uid), gid: Number(gid), home, shell });
  }
  return host;
}

function furnish(prepare: Preparation, base: string): void {
  prepare.directory(`${base}/a/b`, { uid: 60_001, mode: '0750' });
  prepare.file(`${base}/a/f`, { gid: 60_001, text: 'x' });
  prepare.hardLink(`${base}/d`, `${base}/a/f`);
}

it('the memory host answers as the Linux host does, whatever is done to both', async () => {
  let runs = 0;
  const results = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 30, size: 'max' }), async (commands) => {
      runs++;
      const base = `/side-by-side-${runs}/hot`;
      const real = linuxBench('/', base);
      try {
        const memory = memoryLike(base);
        furnish(real.prepare, base);
        furnish(memory.prepare, base);
        for (const given of commands) {
          const want = act(real, base, given);
          const found = act({ host: memory, prepare: memory.prepare }, base, given);
          const what = given.type === 'perform' ? given.operation.type : given.type;
          results.set(`${what}: ${want}`, (results.get(`${what}: ${want}`) ?? 0) + 1);
          assert.equal(found, want, JSON.stringify(given));
          assert.deepEqual(answers(memory, base), answers(real.host, base), JSON.stringify(given));
        }
        for (const look of ['all', 1000] as const)
          assert.deepEqual(
            await inside(memory, base, look),
            await inside(real.host, base, look),
            look.toString(),
          );
      } finally {
        real.dispose();
      }
    }),
    random(75, 11),
  );
  // Every operation must have come to something, and most of the ways to fail must have been met.
  const codes = [...results.keys()].sort();
  for (const type of [
    'mount',
    'hardLink',
    'createGroup',
    'createUser',
    'deleteUser',
    'deleteGroup',
    'makeDirectory',
    'removeDirectory',
    'changeOwner',
    'changeMode',
    'writeFile',
    'removeFile',
  ])
    assert.ok(codes.includes(`${type}: done`), `${type} was never done: ${codes.join(', ')}`);
  for (const code of [
    'E_ACCOUNT_IN_USE',
    'E_CHANGED',
    'E_COMMAND',
    'E_EXISTS',
    'E_HARD_LINKS',
    'E_NOT_EMPTY',
    'E_NOT_THERE',
    'E_UNKNOWN_NAME',
    'E_UNREACHABLE',
    'E_WAY_OPEN',
  ])
    assert.ok(
      codes.some((found) => found.endsWith(code)),
      `${code} was never met: ${codes.join(', ')}`,
    );
});
