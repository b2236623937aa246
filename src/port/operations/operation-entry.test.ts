// Each operation's entry: one example of every operation, with the words, the sign and the schema that come from it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { fileState } from '../../../test/file-state.ts';
import * as documentWords from '../../document/words.ts';
import {
  describeOperation,
  entryOf,
  isIrreversible,
  type Operation,
  type OperationOf,
  type OperationType,
  operationSchema,
  signOf,
} from '../operation.ts';
import type { OperationEntry } from './operation-entry.ts';
import { operationWords } from './words.ts';

const ROOT = { user: 'root', group: 'root' };
const FILE = fileState({ text: 'a\nb\n', mode: '0644', owner: ROOT });
const OTHER = fileState({ text: '', mode: '0644', owner: ROOT });
const HASH = '0'.repeat(64);
const SOURCE = { launcher: '/srv/bin/jts-hot', node: '/srv/node' };

interface Example<T extends OperationType> {
  readonly of: OperationOf<T>;
  readonly says: string;
  readonly cells: ReturnType<OperationEntry['cells']>;
  readonly sign: '+' | '~' | '-';
  readonly creates: OperationEntry['creates'];
}

const EXAMPLES: { readonly [T in OperationType]: Example<T> } = {
  createGroup: {
    of: { type: 'createGroup', name: 'kafka' },
    says: 'create system group kafka',
    cells: ['group', 'kafka', ''],
    sign: '+',
    creates: 'account',
  },
  deleteGroup: {
    of: { type: 'deleteGroup', name: 'kafka', gid: 7 },
    says: 'delete group kafka',
    cells: ['group', 'kafka', 'deleted'],
    sign: '-',
    creates: null,
  },
  createUser: {
    of: { type: 'createUser', name: 'kafka', group: 'kafka', home: '/data/kafka' },
    says: 'create system user kafka, home /data/kafka, no login',
    cells: ['user', 'kafka', 'home /data/kafka'],
    sign: '+',
    creates: 'account',
  },
  deleteUser: {
    of: { type: 'deleteUser', name: 'kafka', home: '/data/kafka' },
    says: 'delete user kafka',
    cells: ['user', 'kafka', 'deleted'],
    sign: '-',
    creates: null,
  },
  lockUser: {
    of: { type: 'lockUser', name: 'kafka', uid: 7 },
    says: 'lock user kafka, so that nobody can log in as it',
    cells: ['user', 'kafka', 'locked'],
    sign: '~',
    creates: null,
  },
  makeDirectory: {
    of: { type: 'makeDirectory', path: '/data', owner: ROOT, mode: '0755' },
    says: 'create /data, root:root 0755',
    cells: ['directory', '/data', 'root:root 0755'],
    sign: '+',
    creates: 'place',
  },
  removeDirectory: {
    of: { type: 'removeDirectory', path: '/data', owner: ROOT, inode: '7', born: null, mode: '0755' },
    says: 'remove empty directory /data',
    cells: ['directory', '/data', 'removed'],
    sign: '-',
    creates: null,
  },
  changeOwner: {
    of: { type: 'changeOwner', path: '/data', inode: '7', from: ROOT, to: { user: 7, group: 8 } },
    says: 'change owner of /data from root:root to 7:8',
    cells: ['owner', '/data', 'root:root -> 7:8'],
    sign: '~',
    creates: null,
  },
  changeMode: {
    of: { type: 'changeMode', path: '/data', inode: '7', from: '0755', to: '0700', onlyEmpty: true },
    says: 'change mode of /data from 0755 to 0700',
    cells: ['mode', '/data', '0755 -> 0700'],
    sign: '~',
    creates: null,
  },
  changeFlags: {
    of: { type: 'changeFlags', path: '/data', inode: '7', from: ['immutable', 'append-only'], to: [] },
    says: 'change flags of /data from append-only, immutable to none',
    cells: ['flags', '/data', 'append-only, immutable -> none'],
    sign: '~',
    creates: null,
  },
  changeLists: {
    of: {
      type: 'changeLists',
      path: '/data',
      inode: '7',
      from: { access: 'user::rwx,user:5:r-x,group::r-x,mask::r-x,other::---', inherited: null },
      to: { access: 'user::rwx,group::r-x,other::---', inherited: null },
    },
    says: 'change access of /data from user::rwx,user:5:r-x,group::r-x,mask::r-x,other::--- to user::rwx,group::r-x,other::---',
    cells: ['access', '/data', 'now user::rwx,group::r-x,other::---'],
    sign: '~',
    creates: null,
  },
  writeFile: {
    of: { type: 'writeFile', path: '/etc/x', from: null, to: FILE },
    says: 'create file /etc/x, root:root 0644, 2 lines',
    cells: ['file', '/etc/x', 'root:root 0644, 2 lines'],
    sign: '+',
    creates: 'thing',
  },
  removeFile: {
    of: { type: 'removeFile', path: '/etc/x', from: OTHER, unit: 'x.timer' },
    says: 'remove file /etc/x, root:root 0644, 0 lines',
    cells: ['file', '/etc/x', 'removed'],
    sign: '-',
    creates: null,
  },
  enableUnit: {
    of: { type: 'enableUnit', unit: 'x.timer', wantedBy: 'timers.target' },
    says: 'enable x.timer, so that timers.target starts it',
    cells: ['unit', 'x.timer', 'enabled, started by timers.target'],
    sign: '~',
    creates: null,
  },
  disableUnit: {
    of: { type: 'disableUnit', unit: 'x.timer', wantedBy: 'timers.target' },
    says: 'disable x.timer',
    cells: ['unit', 'x.timer', 'disabled'],
    sign: '-',
    creates: null,
  },
  startUnit: {
    of: { type: 'startUnit', unit: 'x.timer' },
    says: 'start x.timer',
    cells: ['unit', 'x.timer', 'started'],
    sign: '~',
    creates: null,
  },
  stopUnit: {
    of: { type: 'stopUnit', unit: 'x.timer' },
    says: 'stop x.timer',
    cells: ['unit', 'x.timer', 'stopped'],
    sign: '-',
    creates: null,
  },
  installProgram: {
    of: { type: 'installProgram', path: '/opt/1.0', hash: HASH, source: SOURCE },
    says: 'copy the program that runs to /opt/1.0',
    cells: ['program', '1.0', 'a copy of the one that runs'],
    sign: '+',
    creates: 'thing',
  },
  removeProgram: {
    of: { type: 'removeProgram', path: '/opt/1.0', hash: HASH },
    says: 'remove program /opt/1.0',
    cells: ['program', '1.0', 'removed'],
    sign: '-',
    creates: null,
  },
  switchLink: {
    of: { type: 'switchLink', path: '/opt/current', from: '1.0', to: '1.1' },
    says: 'point link /opt/current at 1.1',
    cells: ['link', '/opt/current', '-> 1.1'],
    sign: '~',
    creates: 'thing',
  },
  moveToTrash: {
    of: {
      type: 'moveToTrash',
      path: '/data/jts/hot/backup/staging/a',
      trash: '/data/jts/hot/.jts-hot-trash/20261127T101403Z-1',
      inode: '7',
      born: '8',
      bytes: 9,
      entries: 1,
      writtenAt: '10',
      rule: 'staging',
    },
    says: 'move /data/jts/hot/backup/staging/a into the trash (rule staging)',
    cells: ['thing', '/data/jts/hot/backup/staging/a', 'into the trash (rule staging)'],
    sign: '-',
    creates: null,
  },
  takeFromTrash: {
    of: {
      type: 'takeFromTrash',
      path: '/data/jts/hot/backup/staging/a',
      trash: '/data/jts/hot/.jts-hot-trash/20261127T101403Z-1',
      inode: '7',
      born: null,
    },
    says: 'take /data/jts/hot/backup/staging/a out of the trash',
    cells: ['thing', '/data/jts/hot/backup/staging/a', 'out of the trash'],
    sign: '+',
    creates: null,
  },
  emptyTrash: {
    of: {
      type: 'emptyTrash',
      path: '/data/jts/hot/.jts-hot-trash',
      stamp: '20261127T101403Z',
      first: 1,
      last: 9,
    },
    says: 'delete 1-9 of 20261127T101403Z in the trash',
    cells: ['trash', '/data/jts/hot/.jts-hot-trash', '20261127T101403Z 1-9 deleted'],
    sign: '-',
    creates: null,
  },
  prepareData: {
    of: {
      type: 'prepareData',
      path: '/data/jts/hot/postgresql/data',
      mark: 'PG_VERSION',
      owner: { user: 101, group: 104 },
      argv: ['/usr/lib/postgresql/15/bin/initdb', '--pgdata=/data/jts/hot/postgresql/data'],
    },
    says: 'as user 101: /usr/lib/postgresql/15/bin/initdb --pgdata=/data/jts/hot/postgresql/data',
    cells: ['data', '/data/jts/hot/postgresql/data', 'by initdb as user 101'],
    sign: '+',
    creates: null,
  },
  setScheduler: {
    of: { type: 'setScheduler', disk: 'nvme0n1', known: 'eui.01', from: 'mq-deadline', to: 'none' },
    says: 'set the scheduler of nvme0n1 from mq-deadline to none',
    cells: ['scheduler', 'nvme0n1', 'mq-deadline -> none'],
    sign: '~',
    creates: null,
  },
  setAccessTimes: {
    of: {
      type: 'setAccessTimes',
      mountPoint: '/data/jts/hot',
      fileSystem: 'bbbb-2222',
      from: 'relatime',
      to: 'noatime',
    },
    says: 'remount /data/jts/hot with noatime for relatime',
    cells: ['mount', '/data/jts/hot', 'relatime -> noatime'],
    sign: '~',
    creates: null,
  },
};

const schema = operationSchema(operationWords(z, documentWords));
const all: readonly Example<OperationType>[] = Object.values(EXAMPLES);

describe('an operation', () => {
  for (const { of, says, cells, sign, creates } of all)
    it(`${of.type}: ${says}`, () => {
      assert.equal(describeOperation(of), says);
      assert.deepEqual(entryOf(of).cells(of), cells);
      assert.equal(signOf(of), sign);
      assert.equal(entryOf(of).creates, creates);
      assert.match(entryOf(of).failure, /^cannot [a-z ]+$/);
      assert.match(entryOf(of).does, /^[A-Z].*[^.]$/);
      assert.deepEqual(schema.parse(of), of);
      assert.ok(!schema.safeParse({ ...of, more: 1 }).success, 'a field that nobody describes');
    });

  it('fails in words of its own', () => {
    assert.equal(new Set(all.map(({ of }) => entryOf(of).failure)).size, all.length);
  });

  it('has a sign by what it is about to do', () => {
    const link = (from: string | null, to: string | null): Operation => ({
      type: 'switchLink',
      path: '/opt/current',
      from,
      to,
    });
    assert.deepEqual([link(null, '1'), link('1', null), link('1', '2')].map(signOf), ['+', '-', '~']);
    assert.equal(signOf({ type: 'writeFile', path: '/etc/x', from: OTHER, to: FILE }), '~');
  });

  it('without an undo is irreversible, unless nothing is lost', () => {
    const { removeFile, removeProgram, writeFile } = EXAMPLES;
    assert.ok(isIrreversible({ do: removeFile.of, undo: null }));
    assert.ok(!isIrreversible({ do: removeFile.of, undo: writeFile.of }));
    assert.ok(!isIrreversible({ do: removeProgram.of, undo: null }));
  });

  it('of a later program is no operation here', () => {
    assert.throws(() => describeOperation({ type: 'toString' } as never), /does not know/);
    assert.ok(!schema.safeParse({ type: 'toString' }).success);
  });
});
