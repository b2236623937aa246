// What systemctl is told, and what is made of its answers, as systemd 252 prints them: a program of the test stands in its place.
// With a systemd that runs: test/vm and test/e2e.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inOwnNamespace, putProgram } from '../../test/own-namespace.ts';
import { Problem } from '../messages/diagnostic.ts';
import { openServiceManager, type ServiceManager } from './service-manager.ts';
import { changeUnits } from './unit-jobs.ts';

const CALLS = '/run/calls';
const ANSWERS = '/run/answers';

/** By a word of the call, what it prints; `sh` besides. */
function systemctl(answers: Readonly<Record<string, string>>, sh = ''): void {
  mkdirSync(ANSWERS, { recursive: true });
  const cases = Object.entries(answers).map(([word, text], i) => {
    writeFileSync(`${ANSWERS}/${i}`, text);
    return `*${JSON.stringify(word)}*) cat ${ANSWERS}/${i};;`;
  });
  putProgram('systemctl', `echo "$*" >>${CALLS}\n${sh}\ncase "$*" in ${cases.join('\n')}\n*) ;; esac`);
}

const calls = (): readonly string[] =>
  existsSync(CALLS) ? readFileSync(CALLS, 'utf8').trimEnd().split('\n') : [];

inOwnNamespace(import.meta.filename, [], () => {
  beforeEach(() => mkdirSync('/run/systemd/system', { recursive: true }));
  afterEach(() => {
    for (const path of [CALLS, ANSWERS, '/run/systemd']) rmSync(path, { recursive: true, force: true });
  });

  describe('units', () => {
    const open = (root = '/'): ServiceManager => openServiceManager(root, () => null);

    it('are asked for all at once, once, until something is changed; a template is none', () => {
      systemctl({
        show: 'ActiveState=active\nNeedDaemonReload=no\n\nActiveState=inactive\nNeedDaemonReload=yes\n',
      });
      const manager = open();
      const names = ['redis.service', 'gone.service', 'redis@.service'];
      const [idle, live] = [
        { active: false, outdated: false },
        { active: true, outdated: false },
      ];
      const want = new Map([
        ['redis.service', live],
        ['gone.service', { ...idle, outdated: true }],
        ['redis@.service', idle],
      ]);
      assert.deepEqual(manager.units(names), want);
      assert.deepEqual(manager.units(names), want);
      const asked = 'show --property=ActiveState,NeedDaemonReload -- redis.service gone.service';
      assert.deepEqual(calls(), [asked]);
      manager.forget();
      manager.units(names);
      assert.deepEqual(calls(), [asked, asked]);
    });

    it('are idle where systemd does not run, and nobody is asked', () => {
      systemctl({});
      rmSync('/run/systemd', { recursive: true });
      const manager = open();
      assert.deepEqual(manager.units(['redis.service']).get('redis.service'), {
        active: false,
        outdated: false,
      });
      assert.deepEqual([manager.triggers('redis.service'), manager.dependents('redis.service')], [[], []]);
      manager.refresh('redis.service', '/etc/systemd/system/redis.service');
      for (const act of [manager.start, manager.stop])
        assert.throws(
          () => act('redis.service'),
          (error) => error instanceof Problem && error.diagnostics[0]?.code === 'E_NO_SYSTEMD',
        );
      assert.deepEqual(calls(), []);
    });

    it('that start another one are its triggers', () => {
      systemctl({ 'docker.service': 'docker.socket docker.timer\n', 'redis.service': '\n' });
      assert.deepEqual(open().triggers('docker.service'), ['docker.socket', 'docker.timer']);
      assert.deepEqual(open().triggers('redis.service'), []);
    });

    it('that are stopped with one are found through others, each once, also where they lead back', () => {
      systemctl({
        '-- db.service': 'app.service\nmulti-user.target\n\napp.service worker.service\n',
        '-- app.service': 'web.service db.service\n',
        '-- web.service': 'app.service\n',
      });
      assert.deepEqual([...open().dependents('db.service')].toSorted(), [
        'app.service',
        'web.service',
        'worker.service',
      ]);
    });

    it('are started, stopped and enabled by their names, which are no options', () => {
      systemctl({});
      const manager = open();
      manager.start('-x.service');
      manager.stop('-x.service');
      manager.enable('a.timer');
      manager.disable('a.timer');
      assert.deepEqual(calls(), [
        'start -- -x.service',
        'stop -- -x.service',
        '--quiet enable -- a.timer',
        '--quiet disable -- a.timer',
      ]);
    });

    const OUTDATED = 'ActiveState=active\nNeedDaemonReload=yes\n';
    const FRESH = 'ActiveState=active\nNeedDaemonReload=no\n';
    for (const [what, path, state, loaded, told] of [
      [
        'a unit that it holds in an older form',
        '/etc/systemd/system/a.service',
        OUTDATED,
        '',
        ['daemon-reload'],
      ],
      ['a unit that it has read', '/etc/systemd/system/a.service', FRESH, '', []],
      [
        'a drop-in, whose directory may be new to it',
        '/etc/systemd/system/a.service.d/x.conf',
        FRESH,
        '',
        ['daemon-reload'],
      ],
      ['a line of fstab', '/etc/fstab', FRESH, '', ['daemon-reload']],
      [
        'the file of one that has failed and is gone',
        '/etc/systemd/system/a.service',
        FRESH,
        'LoadState=not-found\nActiveState=failed\n',
        ['reset-failed -- a.service'],
      ],
    ] as const)
      it(`after ${what}: ${told.join(', ') || 'nothing'}`, () => {
        systemctl({ LoadState: loaded, NeedDaemonReload: state });
        open().refresh('a.service', path);
        assert.deepEqual(
          calls().filter((call) => !call.startsWith('show')),
          told,
        );
      });

    it('of an image are enabled by its files, and never through a link', (t) => {
      const root = mkdtempSync(join(tmpdir(), 'image-'));
      t.after(() => rmSync(root, { recursive: true }));
      systemctl({});
      const units = join(root, 'etc/systemd/system');
      open(root).enable('a.timer');
      mkdirSync(join(units, 'timers.target.wants'), { recursive: true });
      open(root).enable('a.timer');
      assert.deepEqual(calls(), Array(2).fill(`--root=${root} --quiet enable -- a.timer`));
      symlinkSync('/etc', join(units, 'multi-user.target.wants'));
      assert.throws(() => open(root).enable('a.timer'), Problem);
      rmSync(units, { recursive: true });
      symlinkSync('/etc/systemd/system', units);
      assert.throws(() => open(root).disable('a.timer'), Problem);
      assert.equal(calls().length, 2);
    });
  });

  describe('units that are waited for', () => {
    const restart = (timeoutMs = 60_000, keepOpen: number | null = null) =>
      changeUnits('restart', ['redis.service', 'web.service'], { timeoutMs, keepOpen });

    it('are done once systemctl says so', async () => {
      systemctl({});
      assert.deepEqual(await restart(), { ok: true });
      assert.deepEqual(calls(), ['restart -- redis.service web.service']);
    });

    it('that fail say why, in one line, or how it ended', async () => {
      systemctl({}, 'echo "Failed to restart redis.service: Unit not found." >&2; echo more >&2; exit 5');
      assert.deepEqual(await restart(), {
        ok: false,
        why: 'Failed to restart redis.service: Unit not found.',
      });
      systemctl({}, 'exit 5');
      assert.deepEqual(await restart(), { ok: false, why: 'exit status 5' });
    });

    it('are not waited for without end', async () => {
      systemctl({}, 'exec sleep 60');
      assert.deepEqual(await restart(200), { ok: false, why: 'it is not done within 0.2 s' });
    });
  });
});
