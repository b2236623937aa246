// Into the trash, out of it, and gone: only what was judged, and nothing through links or mounts.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import { effectOf, type OperationOf } from '../../src/port/operation.ts';
import { wholeOf } from '../../src/port/whole.ts';
import { fails, type OnHost, UID } from './cases.ts';

const STAMP = '20261127T101403Z';
const LONG = 'x'.repeat(255);

function moving(host: Host, path: string, trash: string): OperationOf<'moveToTrash'> {
  const above = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(above.length + 1);
  // What is met is good only until the next is.
  const here = Array.from(host.walk(above, 'here'), (met) => ({ ...met }));
  const deep = host.entry(path).type === 'directory';
  const device = here.flatMap((met) => ('device' in met ? [met.device] : []))[0] ?? '';
  const whole = wholeOf(deep ? host.walk(path) : here.filter((met) => met.path === name), {
    device,
    open: new Map(),
  });
  const { inode, born, bytes, entries, writtenAt } = whole;
  return { type: 'moveToTrash', path, trash, inode, born, bytes, entries, writtenAt, rule: 'r' };
}

function back({ path, trash, inode, born }: OperationOf<'moveToTrash'>): OperationOf<'takeFromTrash'> {
  return { type: 'takeFromTrash', path, trash, inode, born };
}

export function trashContract(name: string, on: OnHost): void {
  describe(`${name}: trash`, () => {
    on('takes a file and a directory, gives them back, and deletes them', ({ host, prepare }, base) => {
      const trash = `${base}/trash`;
      prepare.directory(trash, { mode: '0700' });
      prepare.directory(`${base}/d`, { uid: UID });
      prepare.file(`${base}/d/${LONG}`, { uid: UID, bytes: 5, mode: '0640' });
      prepare.file(`${base}/d/new\nline/deep/caf\udce9`, { bytes: 7 });
      prepare.link(`${base}/d/new\nline/link`, '/');
      const before = [LONG, 'new\nline', 'new\nline/deep/caf\udce9'].map((at) =>
        host.entry(`${base}/d/${at}`),
      );
      const moves = [LONG, 'new\nline'].map((at, i) =>
        moving(host, `${base}/d/${at}`, `${trash}/${STAMP}-${i + 1}`),
      );
      assert.equal(moves[1]?.entries, 4);
      for (const move of moves) {
        assert.equal(effectOf(move, host).state, 'open');
        assert.equal(effectOf(back(move), host).state, 'done');
        host.perform(move);
        assert.equal(effectOf(move, host).state, 'done');
        assert.equal(effectOf(back(move), host).state, 'open');
        assert.equal(host.entry(move.path).type, 'missing');
      }
      for (const move of moves) host.perform(back(move));
      assert.deepEqual(
        [LONG, 'new\nline', 'new\nline/deep/caf\udce9'].map((at) => host.entry(`${base}/d/${at}`)),
        before,
      );
      for (const move of moves) host.perform(move);
      const empty = { type: 'emptyTrash', path: trash, stamp: STAMP, first: 1, last: 9 } as const;
      assert.equal(effectOf(empty, host).state, 'open');
      host.perform(empty);
      assert.equal(effectOf(empty, host).state, 'done');
      assert.deepEqual(host.names(trash), []);
      for (const move of moves)
        assert.deepEqual(effectOf(back(move), host), { state: 'changed', why: 'it was deleted for good' });
    });

    on('takes nothing that has changed since it was judged', ({ host, prepare }, base) => {
      const trash = `${base}/trash`;
      prepare.directory(trash, { mode: '0700' });
      prepare.file(`${base}/d/file`, { bytes: 5 });
      prepare.file(`${base}/d/tree/inside`, { bytes: 5 });
      const file = moving(host, `${base}/d/file`, `${trash}/${STAMP}-1`);
      const tree = moving(host, `${base}/d/tree`, `${trash}/${STAMP}-2`);
      for (const wrong of [{ inode: '1' }, { born: '1' }, { bytes: 6 }, { writtenAt: '1' }])
        fails(host, { ...file, ...wrong }, 'E_CHANGED');
      fails(host, { ...tree, entries: 3 }, 'E_CHANGED');
      prepare.file(`${base}/d/tree/new`);
      fails(host, tree, 'E_CHANGED');
      // It was looked at in the trash, and is back.
      assert.equal(host.entry(`${base}/d/tree/new`).type, 'file');
      prepare.remove(`${base}/d/file`);
      assert.deepEqual(effectOf(file, host), { state: 'changed', why: 'it is gone' });
      fails(host, file, 'E_NOT_THERE');
      prepare.link(`${base}/d/file`, '/etc/passwd');
      fails(host, file, 'E_CHANGED');
      assert.deepEqual(host.names(trash), []);
    });

    on('passes through no link and no mount point', ({ host, prepare }, base) => {
      const trash = `${base}/trash`;
      prepare.directory(trash, { mode: '0700' });
      prepare.file(`${base}/real/file`);
      const move = moving(host, `${base}/real/file`, `${trash}/${STAMP}-1`);
      prepare.link(`${base}/link`, 'real');
      fails(host, { ...move, path: `${base}/link/file` }, 'E_UNREACHABLE');
      prepare.directory(`${base}/tree/mounted`);
      prepare.mount(`${base}/tree/mounted`);
      const tree = moving(host, `${base}/tree`, `${trash}/${STAMP}-2`);
      fails(host, tree, 'E_CHANGED');
      prepare.file(`${base}/tree/mounted/file`);
      fails(host, { ...move, path: `${base}/tree/mounted/file` }, 'E_UNREACHABLE');
      assert.equal(host.entry(`${base}/tree`).type, 'directory');
      assert.equal(host.entry(`${base}/real/file`).type, 'file');
    });

    on('goes over nothing, in neither direction', ({ host, prepare }, base) => {
      const trash = `${base}/trash`;
      prepare.directory(trash, { mode: '0700' });
      prepare.file(`${trash}/${STAMP}-1`);
      prepare.file(`${base}/d/file`);
      const taken = moving(host, `${base}/d/file`, `${trash}/${STAMP}-1`);
      fails(host, taken, 'E_EXISTS');
      const move = { ...taken, trash: `${trash}/${STAMP}-2` };
      host.perform(move);
      prepare.file(`${base}/d/file`, { bytes: 3 });
      assert.equal(effectOf(back(move), host).state, 'changed');
      fails(host, back(move), 'E_EXISTS');
      prepare.remove(`${base}/d/file`);
      fails(host, { ...back(move), inode: '1' }, 'E_CHANGED');
      prepare.remove(`${base}/d`);
      fails(host, back(move), 'E_NOT_THERE');
    });

    on('is root’s alone', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/file`);
      for (const [place, attributes] of [
        ['open', { mode: '0750' }],
        ['others', { mode: '0700', uid: UID }],
      ] as const) {
        prepare.directory(`${base}/${place}`, attributes);
        fails(host, moving(host, `${base}/d/file`, `${base}/${place}/${STAMP}-1`), 'E_TRASH_OPEN');
        const empty = { path: `${base}/${place}`, stamp: STAMP, first: 1, last: 1 };
        fails(host, { type: 'emptyTrash', ...empty }, 'E_TRASH_OPEN');
      }
    });

    on('keeps what a process has open, and all that goes with it', ({ host, prepare }, base) => {
      const trash = `${base}/trash`;
      prepare.directory(trash, { mode: '0700' });
      prepare.file(`${trash}/${STAMP}-1`);
      prepare.file(`${trash}/${STAMP}-2/inside/file`);
      const release = prepare.hold(`${trash}/${STAMP}-2/inside/file`);
      const empty = { type: 'emptyTrash', path: trash, stamp: STAMP, first: 1, last: 2 } as const;
      fails(host, empty, 'E_IN_USE');
      assert.deepEqual(host.names(trash), [`${STAMP}-1`, `${STAMP}-2`]);
      release();
      host.perform(empty);
      assert.deepEqual(host.names(trash), []);
    });
  });
}
