// What validate says of an installed schedule: nothing where there is none, each damage with what mends it, and that it does.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import { enablingLink } from '../port/operations/unit.ts';
import { TIMERS } from './files.ts';
import { checkSchedule } from './schedule-checks.ts';
import { type ScheduleOptions, scheduleCommand } from './schedule-command.ts';

const SELF = { launcher: '/opt/jts-hot/bin/jts-hot', node: '/usr/bin/node' };
const CRON = '/etc/cron.d/jts-hot';
const ROTATION = '/etc/logrotate.d/jts-hot';
const UNITS = '/etc/systemd/system';
const LOOK = `${UNITS}/jts-hot-look.timer`;

type Kind = 'cron' | 'systemd';

function machine(kind: Kind): MemoryHost {
  return createHost({ tools: [...TOOLS, 'systemctl', 'cron', 'logrotate'], runsSystemd: kind === 'systemd' });
}

async function act(host: MemoryHost, options: Partial<ScheduleOptions>) {
  const all = { kind: null, act: 'install', replace: false, self: SELF, flags: [], ...options } as const;
  return (await scheduleCommand(contextOf(host), all)).exitCode;
}

async function installed(kind: Kind, flags: readonly string[] = []): Promise<MemoryHost> {
  const host = machine(kind);
  assert.equal(await act(host, { kind, flags }), 0);
  return host;
}

/** As `validate` asks, called with these flags. */
function checked(host: MemoryHost, flags: readonly string[] = [], deep = false) {
  const load = async (words: readonly string[]) => {
    if (words.includes('/gone.yaml'))
      throw new Problem(2, [diagnostic('E_UNREADABLE', 'cannot read the layout file')]);
    return contextOf(host);
  };
  return checkSchedule(contextOf(host), { flags, load, deep });
}

async function said(host: MemoryHost, flags: readonly string[] = []) {
  const drafts = (await checked(host, flags)).filter(({ status }) => status !== 'pass');
  return drafts.map(({ id, severity, fix = null, causes }) => ({ id, severity, fix, causes }));
}

/** The text of a file, changed. */
function edit(host: MemoryHost, path: string, change: (text: string) => string): void {
  const text = host.text(path) ?? '';
  host.prepare.remove(path);
  host.prepare.file(path, { text: change(text), mode: '0644' });
}

const fixFor = (kind: Kind) => `sudo jts-hot schedule --${kind} --install`;

describe('no schedule', () => {
  it('nothing is said where nothing was installed, also beside what somebody else wrote there', async () => {
    const host = machine('cron');
    assert.deepEqual(await checked(host), []);
    host.prepare.file(CRON, { text: '0 6 * * * root /opt/other\n' });
    assert.deepEqual(await checked(host), []);
  });

  for (const kind of ['cron', 'systemd'] as const)
    it(`nothing is said after it was removed: ${kind}`, async () => {
      const host = await installed(kind);
      assert.equal(await act(host, { act: 'remove' }), 0);
      assert.deepEqual(await checked(host), []);
    });
});

describe('for another layout', () => {
  const THEIRS = ['--base', '/srv/hot'];

  it('is said, and what is typed names it', async () => {
    const host = await installed('cron', THEIRS);
    const [layout, ...rest] = await checked(host);
    assert.deepEqual(
      [layout?.id, layout?.status, layout?.found],
      ['schedule.layout', 'pass', THEIRS.join(' ')],
    );
    assert.ok(rest.length > 0 && rest.every(({ status }) => status === 'pass'));
    assert.deepEqual(await said(host, THEIRS), []);
    host.prepare.remove(ROTATION);
    const [found] = await said(host);
    assert.deepEqual([found?.id, found?.fix], [`schedule.${ROTATION}`, `${fixFor('cron')} --base /srv/hot`]);
    assert.equal((await said(host, THEIRS))[0]?.fix, fixFor('cron'));
  });

  it('that cannot be read: the regular runs cannot read it either', async () => {
    const host = await installed('cron', ['--spec', '/gone.yaml']);
    const [found] = await said(host);
    assert.deepEqual([found?.id, found?.severity], ['schedule.layout', 'error']);
  });
});

describe('gone as a whole', () => {
  const clear = (host: MemoryHost) => {
    for (const name of host.names(UNITS))
      if (name.startsWith('jts-hot')) host.prepare.remove(`${UNITS}/${name}`);
    for (const timer of TIMERS)
      if (host.entry(enablingLink(timer)).type === 'link') host.prepare.remove(enablingLink(timer));
    for (const path of [CRON, ROTATION]) if (host.entry(path).type === 'file') host.prepare.remove(path);
  };

  for (const kind of ['cron', 'systemd'] as const)
    it(`the record of runs says that it was there: ${kind}`, async () => {
      const host = await installed(kind);
      clear(host);
      assert.deepEqual(await said(host), [
        { id: 'schedule', severity: 'error', fix: fixFor(kind), causes: [] },
      ]);
      assert.equal(await act(host, { kind }), 0);
      assert.deepEqual(await said(host), []);
    });

  it('for another layout: what is typed names it', async () => {
    const host = await installed('cron', ['--base', '/srv/hot']);
    clear(host);
    assert.equal((await said(host))[0]?.fix, `${fixFor('cron')} --base /srv/hot`);
  });

  it('and not wanted: --remove says so on record, and nobody misses it any more', async () => {
    const host = await installed('cron');
    clear(host);
    assert.equal(await act(host, { act: 'remove' }), 0);
    assert.deepEqual(await said(host), []);
    const runs = host.journal.runs().length;
    assert.equal(await act(host, { act: 'remove' }), 0);
    assert.equal(host.journal.runs().length, runs);
  });
});

describe('as it was installed', () => {
  it('each file, each timer and the program has a check that holds', async () => {
    const ids = async (host: MemoryHost) => {
      assert.deepEqual(await said(host), []);
      return (await checked(host)).map(({ id }) => id);
    };
    assert.deepEqual(await ids(await installed('cron')), [
      `schedule.${CRON}`,
      `schedule.${ROTATION}`,
      'schedule.program',
    ]);
    const systemd = await ids(await installed('systemd'));
    assert.equal(systemd.length, 8 + 1 + 4 + 1);
    assert.ok(systemd.includes(`schedule.${LOOK}`));
    assert.ok(systemd.includes('schedule.jts-hot-look.timer'));
  });
});

interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly damage: (host: MemoryHost) => void;
  readonly first: string;
  readonly severity?: 'warning';
  readonly replaces?: true;
}

const ROWS: readonly Row[] = [
  {
    name: 'the table is missing',
    kind: 'cron',
    damage: ({ prepare }) => prepare.remove(CRON),
    first: CRON,
  },
  {
    name: 'all units are missing, and only the links to them are there',
    kind: 'systemd',
    damage: ({ prepare, names }) => {
      for (const name of names(UNITS))
        if (/^jts-hot-.*(service|timer)$/.test(name)) prepare.remove(`${UNITS}/${name}`);
      prepare.remove(ROTATION);
    },
    first: `${UNITS}/jts-hot-record.service`,
  },
  {
    name: 'others can write the table',
    kind: 'cron',
    damage: ({ prepare }) => prepare.chmod(CRON, '0666'),
    first: CRON,
  },
  {
    name: 'a unit is of a user',
    kind: 'systemd',
    damage: ({ prepare }) => prepare.chown(LOOK, 1000, 1000),
    first: LOOK,
  },
  {
    name: 'a timer is not enabled',
    kind: 'systemd',
    damage: ({ prepare }) => {
      const [timer] = TIMERS;
      assert.ok(timer !== undefined);
      prepare.remove(enablingLink(timer));
    },
    first: 'jts-hot-record.timer',
  },
  {
    name: 'a call is in a comment',
    kind: 'cron',
    damage: (host) => edit(host, CRON, (text) => text.replace(/^.* look$/m, '# $&')),
    first: CRON,
    replaces: true,
  },
  {
    name: 'a call comes at another time: the operator wants it so',
    kind: 'cron',
    damage: (host) => edit(host, CRON, (text) => text.replace('30 6 ', '30 7 ')),
    first: CRON,
    severity: 'warning',
    replaces: true,
  },
  {
    name: 'a timer comes at another time',
    kind: 'systemd',
    damage: (host) => edit(host, LOOK, (text) => text.replace('00/5', '00/7').replace('0/5', '0/7')),
    first: LOOK,
    severity: 'warning',
    replaces: true,
  },
  {
    name: 'a service starts something else',
    kind: 'systemd',
    damage: (host) =>
      edit(host, `${UNITS}/jts-hot-look.service`, (text) =>
        text.replace(/^ExecStart=.*/m, 'ExecStart=/bin/true'),
      ),
    first: `${UNITS}/jts-hot-look.service`,
    replaces: true,
  },
  {
    name: 'the link to the program is gone',
    kind: 'cron',
    damage: ({ prepare }) => prepare.remove('/usr/local/libexec/jts-hot/current'),
    first: 'program',
  },
];

describe('damaged', () => {
  for (const { name, kind, damage, first, severity = 'error', replaces } of ROWS)
    it(`${name}: told first, and mended by the command`, async () => {
      const host = await installed(kind);
      damage(host);
      const [found, ...more] = await said(host);
      assert.ok(found !== undefined);
      const fix = `${fixFor(kind)}${replaces === true ? ' --replace' : ''}`;
      assert.deepEqual([found.id, found.severity, found.fix], [`schedule.${first}`, severity, fix]);
      assert.ok(more.every(({ causes }) => causes.includes(found.id)));
      assert.equal(await act(host, { kind, replace: replaces === true }), 0);
      assert.deepEqual(await said(host), []);
    });

  it('both kinds are there: the one that cannot run is taken away', async () => {
    const host = await installed('cron');
    const text = (await installed('systemd')).text(LOOK) ?? '';
    host.prepare.file(LOOK, { text, mode: '0644' });
    assert.deepEqual(
      (await said(host)).map(({ id, fix }) => [id, fix]),
      [[`schedule.${LOOK}`, fixFor('cron')]],
    );
    assert.equal(await act(host, { kind: 'cron' }), 0);
    assert.deepEqual(await said(host), []);
  });

  it('something else is in its place: it is moved aside first, and all else follows from it', async () => {
    const host = await installed('systemd');
    host.prepare.remove(LOOK);
    host.prepare.link(LOOK, '/dev/null');
    host.prepare.remove(ROTATION);
    const [first, second] = await said(host);
    assert.equal(
      first?.fix,
      `sudo sh -c 'mv -nT ${LOOK} ${LOOK}.disabled && jts-hot schedule --systemd --install'`,
    );
    assert.deepEqual(second?.causes, [first?.id]);
  });

  it('something is edited and something is missing: one command does both', async () => {
    const host = await installed('cron');
    edit(host, CRON, (text) => text.replace('30 6 ', '30 7 '));
    host.prepare.remove(ROTATION);
    const fixes = new Set((await said(host)).map(({ fix }) => fix));
    assert.deepEqual([...fixes], [`${fixFor('cron')} --replace`]);
    assert.equal(await act(host, { kind: 'cron', replace: true }), 0);
    assert.deepEqual(await said(host), []);
  });

  it('timers where systemd no longer runs: cron does it', async () => {
    const host = await installed('systemd');
    const without: MemoryHost = {
      ...host,
      surroundings: () => ({ ...host.surroundings(), runsSystemd: false }),
    };
    assert.deepEqual(
      (await said(without)).map(({ id, fix }) => [id, fix]),
      [['schedule.systemd', fixFor('cron')]],
    );
  });
});
