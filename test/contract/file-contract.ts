// Holds a host to what all do: files and links: read, written, kept, removed.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import type { Operation } from '../../src/port/operation.ts';
import { asidePath } from '../../src/port/operations/aside.ts';
import { MAX_FILE_BYTES } from '../../src/values/content.ts';
import { fileState, type Written, writing } from '../file-state.ts';
import {
  entriesOf,
  fails,
  fileAt,
  GID,
  isProblem,
  knownBy,
  OBSTACLES,
  type OnHost,
  OURS,
  obstacles,
  ROOT,
  UID,
} from './cases.ts';

export function fileContract(name: string, on: OnHost): void {
  describe(`${name}: text`, () => {
    on('is what is in a plain file, whatever its bytes', ({ host, prepare }, base) => {
      for (const [i, text] of [
        '',
        'one\ntwo\n',
        'no end',
        'é€\u{1f600}',
        '\udcff\udce9x',
        'a\0b',
      ].entries()) {
        prepare.file(`${base}/${i}`, { text });
        assert.equal(host.text(`${base}/${i}`), text);
        assert.equal(host.textEnd(`${base}/${i}`, 1000), text);
      }
    });

    on('is not that of a large one, and not that of anything else', ({ host, prepare }, base) => {
      prepare.file(`${base}/largest`, { text: 'x'.repeat(MAX_FILE_BYTES) });
      prepare.file(`${base}/larger`, { text: 'x'.repeat(MAX_FILE_BYTES + 1) });
      assert.equal(host.text(`${base}/largest`)?.length, MAX_FILE_BYTES);
      assert.equal(host.text(`${base}/larger`), null);
      prepare.file(`${base}/log`, { text: 'one\ntwo\n' });
      assert.equal(host.textEnd(`${base}/log`, 4), 'two\n');
      prepare.directory(`${base}/directory`);
      prepare.special(`${base}/pipe`);
      for (const path of ['directory', 'pipe'])
        assert.deepEqual([host.text(`${base}/${path}`), host.textEnd(`${base}/${path}`, 9)], [null, null]);
      assert.throws(() => host.text(`${base}/missing`), isProblem('E_LOOK'));
      assert.throws(() => host.text(`${base}/missing/file`), isProblem('E_LOOK'));
    });
  });

  describe(`${name}: writeFile`, () => {
    const write = (host: Host, path: string, from: Written | null, to: Written): Operation =>
      writing(host, path, { from, to });

    on('makes a file with just this text, owner and mode, whatever the umask', ({ host }, base) => {
      const umask = process.umask();
      try {
        for (const mask of [0o000, 0o777])
          for (const mode of ['0644', '0600', '0000', '0755']) {
            process.umask(mask);
            const path = `${base}/${mask}-${mode}`;
            const to = { text: 'one\n\udcff', mode, owner: { user: UID, group: GID } };
            host.perform(write(host, path, null, to));
            const entry = host.entry(path);
            assert.deepEqual(entry, { type: 'file', uid: UID, gid: GID, mode, ...knownBy(entry) });
            assert.equal(host.text(path), to.text);
          }
      } finally {
        process.umask(umask);
      }
      assert.equal(entriesOf(host.entry(base)), 8);
    });

    on('replaces the file that it was planned for, and does nothing a second time', (bench, base) => {
      const { host, prepare } = bench;
      const path = `${base}/f`;
      prepare.file(path, { uid: UID, gid: GID, mode: '4600', text: 'before' });
      const from = { text: 'before', mode: '4600', owner: { user: UID, group: GID } };
      host.perform(write(host, path, from, OURS));
      assert.deepEqual(fileAt(host, path), ['after\n', '0644', 0, 0]);
      const entry = host.entry(path);
      host.perform(write(host, path, from, OURS));
      assert.deepEqual(host.entry(path), entry);
      host.perform(write(host, path, OURS, from));
      assert.deepEqual(fileAt(host, path), ['before', '4600', UID, GID]);
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      const path = `${base}/f`;
      fails(host, write(host, path, OURS, { ...OURS, text: 'more' }), 'E_CHANGED');
      assert.equal(entriesOf(host.entry(base)), 0);
      prepare.file(path, { text: 'before' });
      const before = [host.entry(path), host.text(path)];
      const from = { text: 'before', mode: '0644', owner: ROOT };
      for (const other of [
        null,
        { ...from, text: 'beforE' },
        { ...from, text: '' },
        { ...from, mode: '0600' },
        { ...from, owner: { user: UID, group: 0 } },
        { ...from, owner: { user: 0, group: GID } },
      ])
        fails(host, write(host, path, other, OURS), 'E_CHANGED');
      assert.deepEqual([host.entry(path), host.text(path)], before);
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('replaces nothing but a plain file, and passes through no link', ({ host, prepare }, base) => {
      const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
      prepare.directory(outside);
      obstacles(prepare, base, outside);
      prepare.file(`${outside}/target`, { text: 'after\n' });
      prepare.link(`${base}/to a file`, `${outside}/target`);
      const before = entriesOf(host.entry(base));
      for (const path of ['link', 'pipe', 'mounted', 'to a file'])
        for (const from of [null, OURS])
          fails(host, write(host, `${base}/${path}`, from, { ...OURS, text: 'x' }), 'E_CHANGED');
      for (const obstacle of OBSTACLES)
        fails(host, write(host, `${base}/${obstacle}/f`, null, OURS), 'E_UNREACHABLE');
      fails(host, write(host, `${base}/missing/f`, null, OURS), 'E_NOT_THERE');
      assert.equal(entriesOf(host.entry(base)), before);
      assert.equal(entriesOf(host.entry(outside)), 2);
      assert.equal(host.text(`${outside}/target`), 'after\n');
    });

    on('works only where nobody but root can change the way', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/e`);
      for (const [place, owner, mode] of [
        ['d', UID, '0755'],
        ['d', 0, '0775'],
        ['d/e', 0, '0757'],
        ['d/e', UID, '0700'],
      ] as const) {
        prepare.chown(`${base}/${place}`, owner, 0);
        prepare.chmod(`${base}/${place}`, mode);
        fails(host, write(host, `${base}/d/e/f`, null, OURS), 'E_WAY_OPEN');
        prepare.chown(`${base}/${place}`, 0, 0);
        prepare.chmod(`${base}/${place}`, '0755');
      }
      assert.equal(entriesOf(host.entry(`${base}/d/e`)), 0);
      host.perform(write(host, `${base}/d/e/f`, null, OURS));
    });

    on(
      'works in the directory of the service whose file it is, where that is said',
      ({ host, prepare }, base) => {
        prepare.directory(`${base}/d`);
        const wayOf = { user: UID, group: GID };
        const path = `${base}/d/f`;
        for (const [owner, group, mode, isRight] of [
          [UID, GID, '2770', true],
          [UID, 0, '0755', true],
          [0, GID, '0775', true],
          [UID, 0, '0775', false],
          [UID, GID, '0777', false],
          [UID + 1, GID, '0755', false],
        ] as const) {
          prepare.chown(`${base}/d`, owner, group);
          prepare.chmod(`${base}/d`, mode);
          const made = { ...write(host, path, null, OURS), wayOf } as Operation;
          if (!isRight) {
            fails(host, made, 'E_WAY_OPEN');
            continue;
          }
          host.perform(made);
          assert.equal(host.text(path), OURS.text);
          host.perform({ type: 'removeFile', path, from: fileState(OURS), wayOf });
          assert.deepEqual(host.entry(path), { type: 'missing' });
        }
      },
    );

    on('makes nothing for an owner that does not exist', ({ host }, base) => {
      const to = { ...OURS, owner: { user: 'nobody-such', group: 0 } };
      fails(host, write(host, `${base}/f`, null, to), 'E_UNKNOWN_NAME');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('clears away what a killed run left aside, but nobody’s edit', ({ host, prepare }, base) => {
      const path = `${base}/f`;
      const aside = asidePath(path);
      prepare.file(aside, { mode: '0600', text: 'aft' });
      host.perform(write(host, path, null, OURS));
      assert.deepEqual(host.entry(aside), { type: 'missing' });
      prepare.file(aside, { text: 'after\n', uid: UID });
      host.perform(write(host, path, null, OURS));
      assert.deepEqual(host.entry(aside), { type: 'missing' });
      prepare.file(aside, { text: 'an edit' });
      fails(host, write(host, path, OURS, { ...OURS, text: 'x' }), 'E_LEFT_ASIDE');
      assert.equal(host.text(aside), 'an edit');
      assert.equal(host.text(path), 'after\n');
    });
  });

  describe(`${name}: texts of files`, () => {
    on('held are named by their hash, and change nothing', ({ host }) => {
      const { hash, bytes, lines } = host.hold('one\ntwo\udcff');
      assert.equal(hash, 'e7867bfa4dab246d7803528c6ee7a1825e564a11de58a20fca61419f421ecb07');
      assert.deepEqual([bytes, lines], [8, 2]);
      assert.equal(host.journal.content.text(hash), 'one\ntwo\udcff');
      assert.equal(host.journal.content.text('0'.repeat(64)), null);
    });

    on('are kept for a run, once, and go when it has no record', ({ host }) => {
      const { content } = host.journal;
      const hashes = ['kept\n', 'kept, too\udcff'].map((text) => host.hold(text).hash);
      content.keep(7, hashes);
      content.keep(7, [...hashes, '0'.repeat(64)]);
      content.keep(8, hashes.slice(1));
      content.sweep([7, 8]);
      content.sweep([8]);
      assert.equal(content.text(hashes[1] as string), 'kept, too\udcff');
      content.sweep([]);
    });

    on('of 8 MiB are written whole; one that nobody has is not written', ({ host }, base) => {
      const text = 'x'.repeat(MAX_FILE_BYTES - 1);
      host.perform(writing(host, `${base}/f`, { from: null, to: { ...OURS, text: `${text}\n` } }));
      assert.equal(host.text(`${base}/f`), `${text}\n`);
      const nobodys = { ...fileState(OURS), hash: '0'.repeat(64) };
      fails(host, { type: 'writeFile', path: `${base}/g`, from: null, to: nobodys }, 'E_CONTENT_GONE');
      assert.equal(entriesOf(host.entry(base)), 1);
    });
  });

  describe(`${name}: removeFile`, () => {
    const remove = (path: string, from: Written): Operation => ({
      type: 'removeFile',
      path,
      from: fileState(from),
    });

    on('removes the file that it was planned for, and is content when it is gone', (bench, base) => {
      const { host, prepare } = bench;
      prepare.file(`${base}/f`, { text: 'after\n' });
      prepare.hardLink(`${base}/g`, `${base}/f`);
      host.perform(remove(`${base}/f`, OURS));
      assert.deepEqual(host.entry(`${base}/f`), { type: 'missing' });
      host.perform(remove(`${base}/f`, OURS));
      assert.equal(host.text(`${base}/g`), 'after\n');
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
      prepare.directory(outside);
      obstacles(prepare, base, outside);
      prepare.file(`${base}/f`, { text: 'after' });
      prepare.file(`${base}/g`, { text: 'after\n', mode: '0640' });
      prepare.file(`${base}/h`, { text: 'after\n', uid: UID });
      prepare.file(`${outside}/target`, { text: 'after\n' });
      prepare.link(`${base}/to a file`, `${outside}/target`);
      const before = entriesOf(host.entry(base));
      for (const path of ['f', 'g', 'h', 'link', 'pipe', 'mounted', 'to a file'])
        fails(host, remove(`${base}/${path}`, OURS), 'E_CHANGED');
      for (const obstacle of OBSTACLES) fails(host, remove(`${base}/${obstacle}/f`, OURS), 'E_UNREACHABLE');
      fails(host, remove(`${base}/missing/f`, OURS), 'E_NOT_THERE');
      prepare.chmod(base, '0775');
      prepare.file(`${base}/i`, { text: 'after\n' });
      fails(host, remove(`${base}/i`, OURS), 'E_WAY_OPEN');
      assert.equal(entriesOf(host.entry(base)), (before ?? 0) + 1);
    });

    on('ends what a killed run began', ({ host, prepare }, base) => {
      prepare.file(asidePath(`${base}/f`), { text: 'after\n' });
      host.perform(remove(`${base}/f`, OURS));
      assert.equal(entriesOf(host.entry(base)), 0);
      prepare.file(asidePath(`${base}/f`), { text: 'an edit' });
      fails(host, remove(`${base}/f`, OURS), 'E_LEFT_ASIDE');
      assert.equal(entriesOf(host.entry(base)), 1);
    });
  });

  describe(`${name}: links`, () => {
    const link = (base: string, from: string | null, to: string | null) =>
      ({ type: 'switchLink', path: `${base}/current`, from, to }) as const;

    on('are made, switched and removed, each only from what was planned for', ({ host }, base) => {
      const says = () => host.link(`${base}/current`);
      assert.equal(says(), null);
      fails(host, link(base, 'a', 'b'), 'E_CHANGED');
      for (let i = 0; i < 2; i++) host.perform(link(base, null, 'a'));
      assert.equal(says(), 'a');
      fails(host, link(base, null, 'b'), 'E_CHANGED');
      for (let i = 0; i < 2; i++) host.perform(link(base, 'a', 'b'));
      assert.equal(says(), 'b');
      fails(host, link(base, 'a', null), 'E_CHANGED');
      for (let i = 0; i < 2; i++) host.perform(link(base, 'b', null));
      assert.deepEqual([says(), entriesOf(host.entry(base))], [null, 0]);
    });

    on('take no other thing’s place, and need a way that is root’s', ({ host, prepare }, base) => {
      prepare.file(`${base}/current`);
      assert.equal(host.link(`${base}/current`), null);
      fails(host, link(base, null, 'a'), 'E_CHANGED');
      prepare.remove(`${base}/current`);
      prepare.link(asidePath(`${base}/current`), 'left');
      host.perform(link(base, null, 'a'));
      assert.deepEqual(host.names(base), ['current']);
      prepare.chmod(base, '0777');
      fails(host, link(base, 'a', 'b'), 'E_WAY_OPEN');
    });
  });
}
