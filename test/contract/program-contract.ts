// Holds a host to what all do: units, programs, processes.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import type { Operation } from '../../src/port/operation.ts';
import { asidePath } from '../../src/port/operations/aside.ts';
import { UNIT_DIRECTORY } from '../../src/port/operations/unit.ts';
import type { ProgramSource } from '../../src/port/operations/words.ts';
import { entriesOf, fails, inodeOf, isProblem, modeOf, type OnHost, UID } from './cases.ts';

export function programContract(name: string, on: OnHost): void {
  describe(`${name}: units`, () => {
    const timer = { unit: 'jts-contract.timer', wantedBy: 'jts-contract.target' } as const;
    const path = `${UNIT_DIRECTORY}/${timer.unit}`;
    const wants = `${UNIT_DIRECTORY}/${timer.wantedBy}.wants`;
    const text = `[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=${timer.wantedBy}\n`;

    on('are enabled by a link, and disabled by taking it away', ({ host, prepare }) => {
      const enable: Operation = { type: 'enableUnit', ...timer };
      const disable: Operation = { type: 'disableUnit', ...timer };
      const directories = ['/etc', '/etc/systemd', UNIT_DIRECTORY];
      const made = directories.filter((directory) => host.entry(directory).type === 'missing');
      prepare.file(path, { text });
      try {
        for (let i = 0; i < 2; i++) host.perform(enable);
        assert.equal(host.entry(`${wants}/${timer.unit}`).type, 'link');
        assert.equal(modeOf(host.entry(wants)), '0755');
        for (let i = 0; i < 2; i++) host.perform(disable);
        assert.equal(host.entry(wants).type, 'missing');
        prepare.remove(path);
        fails(host, enable, 'E_COMMAND');
        assert.equal(host.entry(wants).type, 'missing');
        prepare.file(path, { text });
      } finally {
        for (const at of [path, ...made.toReversed()]) prepare.remove(at);
      }
    });

    on('are not active, and cannot be, where systemd does not run', ({ host }) => {
      const idle = { active: false, outdated: false };
      assert.equal(host.surroundings().runsSystemd, false);
      assert.deepEqual(
        [...host.units([timer.unit, 'b.timer'])],
        [
          [timer.unit, idle],
          ['b.timer', idle],
        ],
      );
      assert.deepEqual([...host.units([])], []);
      assert.equal(host.unitReport(timer.unit), null);
      for (const type of ['startUnit', 'stopUnit'] as const)
        fails(host, { type, unit: timer.unit }, 'E_NO_SYSTEMD');
    });
  });

  describe(`${name}: complete programs`, () => {
    const install = (host: Host, path: string, source: ProgramSource) =>
      ({ type: 'installProgram', path, hash: host.programFrom(source).hash, source }) as const;
    const remove = ({ path, hash }: { readonly path: string; readonly hash: string }) =>
      ({ type: 'removeProgram', path, hash }) as const;

    on('are copied whole, told apart by all that is in them, and removed', ({ host, prepare }, base) => {
      const path = `${base}/one`;
      const one = install(host, path, prepare.program('one'));
      assert.equal(host.programAt(path), null);
      const umask = process.umask(0);
      for (let i = 0; i < 2; i++) host.perform(one);
      process.umask(umask);
      assert.equal(host.programAt(path), one.hash);
      assert.equal(modeOf(host.entry(path)), '0755');
      const two = install(host, `${base}/two`, prepare.program('two'));
      assert.notEqual(two.hash, one.hash);
      host.perform(two);
      assert.equal(host.programAt(path), one.hash);
      assert.deepEqual(host.names(base), ['one', 'two']);
      for (let i = 0; i < 2; i++) host.perform(remove(one));
      assert.deepEqual(host.names(base), ['two']);
      assert.deepEqual(host.names(`${base}/missing`), []);
    });

    on('are not whole once somebody else could change them', ({ host, prepare }, base) => {
      const one = install(host, `${base}/one`, prepare.program('one'));
      host.perform(one);
      prepare.chmod(one.path, '0775');
      assert.equal(host.programAt(one.path), null);
      host.perform(one);
      assert.equal(host.programAt(one.path), one.hash);
      assert.equal(modeOf(host.entry(one.path)), '0755');
    });

    on('leave nothing behind where another one runs by now', ({ host, prepare }, base) => {
      const { hash } = host.programFrom(prepare.program('one'));
      const source = prepare.program('two');
      fails(host, { type: 'installProgram', path: `${base}/one`, hash, source }, 'E_CHANGED');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('are not there when they do not start', ({ host, prepare }, base) => {
      // Of an image nothing is run.
      if (host.root !== '/') return;
      fails(host, install(host, `${base}/one`, prepare.program('broken')), 'E_PROGRAM_BROKEN');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('take away what a killed run left beside them', ({ host, prepare }, base) => {
      const one = install(host, `${base}/one`, prepare.program('one'));
      prepare.file(`${asidePath(one.path)}/bin/half`);
      host.perform(one);
      assert.deepEqual(host.names(base), ['one']);
      prepare.file(`${asidePath(one.path)}/bin/half`);
      host.perform(remove(one));
      assert.deepEqual(host.names(base), []);
    });
  });

  describe(`${name}: installed`, () => {
    on('finds a program behind links inside the root, and who could swap it', ({ host, prepare }, base) => {
      const file = `${base}/opt/bin/program`;
      prepare.file(file, { mode: '0755' });
      prepare.link(`${base}/absolute`, file);
      prepare.link(`${base}/relative`, 'opt/../opt/bin/program');
      prepare.link(`${base}/way`, 'opt/bin');
      for (const path of ['opt/bin/program', 'absolute', 'relative', 'way/program'])
        assert.deepEqual(host.installed(`${base}/${path}`), { path: file, changeableAt: null }, path);
      prepare.chown(`${base}/opt`, UID, 0);
      assert.equal(host.installed(`${base}/absolute`)?.changeableAt, `${base}/opt`);
      prepare.chown(`${base}/opt`, 0, 0);
      prepare.chmod(file, '0775');
      assert.equal(host.installed(`${base}/absolute`)?.changeableAt, file);
      prepare.chmod(file, '0755');
      prepare.directory(`${base}/links`, { mode: '0777' });
      prepare.link(`${base}/links/program`, file);
      assert.equal(host.installed(`${base}/links/program`)?.changeableAt, `${base}/links`);
      prepare.directory(`${base}/sticky`, { mode: '1777' });
      prepare.link(`${base}/sticky/program`, file);
      assert.equal(host.installed(`${base}/sticky/program`)?.changeableAt, null);
    });

    on('takes nothing else for a program', ({ host, prepare }, base) => {
      prepare.file(`${base}/text`, { mode: '0644' });
      prepare.directory(`${base}/directory`);
      prepare.special(`${base}/pipe`, { mode: '0755' });
      prepare.link(`${base}/dangling`, 'nowhere');
      prepare.link(`${base}/loop`, 'loop');
      for (const path of ['text', 'directory', 'pipe', 'dangling', 'loop', 'missing', 'text/below'])
        assert.equal(host.installed(`${base}/${path}`), null, path);
    });
  });

  describe(`${name}: open files`, () => {
    on('are those of the same file system, with the process', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/open`, { bytes: 1 });
      prepare.file(`${base}/d/closed`, { bytes: 1 });
      prepare.directory(`${base}/other`);
      prepare.mount(`${base}/other`);
      prepare.file(`${base}/other/open`);
      const inode = inodeOf(host.entry(`${base}/d/open`));
      const releases = [prepare.hold(`${base}/d/open`), prepare.hold(`${base}/other/open`)];
      try {
        const holder = host.openInodes(`${base}/d`).get(inode);
        assert.ok(holder !== undefined && holder.pid > 0 && holder.command !== '', JSON.stringify(holder));
        assert.equal(host.openInodes(`${base}/d`).has(inodeOf(host.entry(`${base}/d/closed`))), false);
      } finally {
        for (const release of releases) release();
      }
      assert.equal(host.openInodes(`${base}/d`).has(inode), false);
    });

    on('have writers, who are told apart from those who only read', ({ host, prepare }, base) => {
      for (const name of ['written', 'read', 'other']) prepare.file(`${base}/d/${name}`, { bytes: 1 });
      const [written, read, other] = ['written', 'read', 'other'].map((name) =>
        inodeOf(host.entry(`${base}/d/${name}`)),
      ) as [string, string, string];
      const releases = [
        prepare.hold(`${base}/d/written`, 'writes'),
        prepare.hold(`${base}/d/written`),
        prepare.hold(`${base}/d/read`),
        prepare.hold(`${base}/d/other`, 'writes'),
      ];
      try {
        const found = host.writers(`${base}/d`, new Set([written, read]));
        assert.deepEqual([...found.writers.keys()], [written]);
        const [writer, ...more] = found.writers.get(written) ?? [];
        assert.ok(writer !== undefined && writer.pid > 0 && writer.command !== '', JSON.stringify(writer));
        assert.deepEqual(more, []);
        assert.equal(host.writers(`${base}/d`, new Set([other])).writers.size, 1);
      } finally {
        for (const release of releases) release();
      }
      assert.equal(host.writers(`${base}/d`, new Set([written])).writers.size, 0);
      assert.throws(() => host.writers(`${base}/missing`, new Set()), isProblem('E_LOOK'));
    });

    on('without a name are told with their process, size and last place', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/small`, { bytes: 4096 });
      prepare.file(`${base}/d/large`, { bytes: 5 << 12 });
      prepare.file(`${base}/d/linked`, { bytes: 1 });
      prepare.file(`${base}/d/there (deleted)`, { bytes: 1 });
      prepare.hardLink(`${base}/d/other-name`, `${base}/d/linked`);
      prepare.directory(`${base}/other`);
      prepare.mount(`${base}/other`);
      prepare.file(`${base}/other/open`, { bytes: 1 });
      const inode = inodeOf(host.entry(`${base}/d/large`));
      const files = ['d/small', 'd/large', 'd/large', 'd/linked', 'd/there (deleted)', 'other/open'];
      const releases = files.map((path) => prepare.hold(`${base}/${path}`));
      try {
        assert.deepEqual(host.deletedOpen(`${base}/d`).files, [], 'they have their names');
        for (const path of ['d/small', 'd/large', 'd/linked', 'other/open'])
          prepare.remove(`${base}/${path}`);
        const found = host.deletedOpen(`${base}/d`).files;
        assert.deepEqual(
          found.map(({ diskBytes, apparentBytes, holders }) => [diskBytes, apparentBytes, holders]),
          [
            [5 << 12, 5 << 12, 2],
            [4096, 4096, 1],
          ],
        );
        assert.equal(found[0]?.inode, inode);
        assert.ok(found[0]?.path.endsWith('/d/large'), found[0]?.path);
        assert.ok(found.every(({ pid, command }) => pid > 0 && command !== ''));
      } finally {
        for (const release of releases) release();
      }
      assert.deepEqual(host.deletedOpen(`${base}/d`).files, []);
      for (const name of ['missing', 'd/there (deleted)'])
        assert.throws(() => host.deletedOpen(`${base}/${name}`), isProblem('E_LOOK'));
    });

    on('cannot be asked for where there is no directory', ({ host, prepare }, base) => {
      prepare.file(`${base}/file`);
      prepare.link(`${base}/link`, '/');
      for (const name of ['missing', 'file', 'link'])
        assert.throws(() => host.openInodes(`${base}/${name}`), isProblem('E_LOOK'));
    });
  });

  describe(`${name}: processes`, () => {
    on('are found by their command, with where they stand and what they hold', (bench, base) => {
      const { host, prepare } = bench;
      prepare.file(`${base}/d/data/open`, { bytes: 1 });
      prepare.file(`${base}/d/gone`, { bytes: 1 });
      prepare.directory(`${base}/other`);
      prepare.mount(`${base}/other`);
      prepare.file(`${base}/other/open`);
      const started = { directory: `${base}/d/data`, uid: UID };
      const holds = ['d/data/open', 'd/gone', 'other/open'].map((path) => `${base}/${path}`);
      const release = prepare.start({ ...started, command: 'jts-test-server', holds });
      const others = [
        prepare.start({ ...started, command: 'jts-test-serve' }),
        prepare.start({ ...started, command: 'jts-another' }),
      ];
      try {
        prepare.remove(`${base}/d/gone`);
        const found = host.processes(['jts-test-server', 'jts-another']);
        // Of an image nothing runs.
        if (host.root !== '/') return assert.deepEqual(found, []);
        assert.deepEqual(found.map(({ command }) => command).sort(), ['jts-another', 'jts-test-server']);
        const one = found.find(({ command }) => command === 'jts-test-server');
        assert.ok(one !== undefined && one.pid > 0 && one.parent > 0);
        assert.deepEqual([one.uid, one.isElsewhere], [UID, false]);
        assert.ok(one.words[0]?.endsWith('jts-test-server'), one.words.join(' '));
        const [here, other] = [host.deviceAt(`${base}/d`), host.deviceAt(`${base}/other/not/yet`)];
        assert.notEqual(here, other);
        assert.equal(host.deviceAt(base), here);
        assert.deepEqual(one.directory, {
          path: started.directory,
          isDeleted: false,
          device: here,
          readOnlyAt: null,
        });
        const held = one.holds(['/open', '/gone']) ?? [];
        assert.deepEqual(one.holds(['/closed']), []);
        assert.deepEqual(
          held.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
          [
            { path: `${base}/d/data/open`, isDeleted: false, device: here, readOnlyAt: null },
            { path: `${base}/d/gone`, isDeleted: true, device: here, readOnlyAt: null },
            { path: `${base}/other/open`, isDeleted: false, device: other, readOnlyAt: null },
          ],
        );
      } finally {
        for (const end of [release, ...others]) end();
      }
      assert.deepEqual(host.processes(['jts-test-server', 'jts-another']), []);
    });

    on('on a file system that was unmounted stand and hold nothing that is mounted', (bench, base) => {
      const { host, prepare } = bench;
      if (host.root !== '/') return;
      prepare.directory(`${base}/d`);
      prepare.mount(`${base}/d`);
      prepare.file(`${base}/d/data/open`);
      const runs = {
        command: 'jts-test-server',
        directory: `${base}/d/data`,
        holds: [`${base}/d/data/open`],
      };
      const release = prepare.start(runs);
      const mountAgain = prepare.detach(`${base}/d`);
      try {
        const [one] = host.processes([runs.command]);
        assert.deepEqual(one?.directory, { path: '/data', isDeleted: false, device: null, readOnlyAt: null });
        assert.ok(
          one?.holds(['/open'])?.some(({ path, device }) => path === '/data/open' && device === null),
        );
      } finally {
        mountAgain();
        release();
      }
    });
  });
}
