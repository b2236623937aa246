// The state of a service and what is wrong with it, from what was found: a table.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Held } from '../port/running.ts';
import type { Said } from './effective.ts';
import { type Facts, isSame, judge, type Server, type State } from './state.ts';

const OWN = '/data/jts/hot/redis';
const DATA = `${OWN}/data`;
const MAIN = '/etc/redis/redis.conf';
const OURS = '/etc/redis/jts-hot.conf';
const HERE = '259:1';
const UNIT = { name: 'redis-server.service', readOnlyAt: null };

const said = (value: string, at: string | null, key = 'dir'): Said => ({
  key: [key],
  value,
  at: at === null ? 'process 7: --dir' : `${at}:3`,
  file: at,
});
const server = (path: string, device: string | null = HERE, more: Partial<Held> = {}): Server => ({
  pid: 7,
  unit: UNIT.name,
  places: [{ path, device, isDeleted: false, readOnlyAt: null, ...more }],
});

const FACTS: Facts = {
  service: 'redis',
  own: OWN,
  device: HERE,
  want: [
    { key: ['dir'], value: DATA },
    { key: ['logfile'], value: `${OWN}/logs/redis-server.log` },
  ],
  dataKey: ['dir'],
  file: MAIN,
  ours: OURS,
  said: [said('/var/lib/redis', MAIN)],
  unsaid: '/',
  unit: UNIT,
  isInstalled: true,
  isImage: false,
  servers: [],
  strays: [],
  left: [],
  full: null,
  movable: null,
  unread: [],
};
const WIRED: readonly Said[] = [
  said('/var/lib/redis', MAIN),
  said(DATA, OURS),
  said(`${OWN}/logs/redis-server.log`, OURS, 'logfile'),
];

type Row = readonly [what: string, facts: Partial<Facts>, state: State, codes: readonly string[]];

const TABLE: readonly Row[] = [
  ['nothing is there', { isInstalled: false, file: null, said: [] }, 'not installed', []],
  ['only its package', {}, 'installed', ['E_NOT_CONFIGURED']],
  ['only its unit', { file: null, ours: null, said: [] }, 'installed', ['E_NOT_CONFIGURED']],
  ['told, and not started', { said: WIRED }, 'configured', ['E_NOT_RUNNING']],
  ['told, in an image', { said: WIRED, isImage: true }, 'configured', []],
  ['told and started', { said: WIRED, servers: [server(DATA)] }, 'running on the hot tier', []],
  [
    'told with a slash at the end, and in a directory below its own',
    { said: [...WIRED, said(`${DATA}/`, OURS)], servers: [server(`${DATA}/0`)] },
    'running on the hot tier',
    [],
  ],
  ['never told', { servers: [server('/var/lib/redis')] }, 'running', ['E_ELSEWHERE']],
  [
    'told, and not started again',
    { said: WIRED, servers: [server('/var/lib/redis')] },
    'running',
    ['E_RESTART_PENDING'],
  ],
  [
    'started there, and told something else since',
    { servers: [server(DATA)] },
    'running on the hot tier',
    ['E_NEXT_START'],
  ],
  [
    'told, and a later file says otherwise',
    { said: [...WIRED, said('/srv/redis', MAIN)] },
    'installed',
    ['E_OVERRULED'],
  ],
  [
    'told, and its command line says otherwise',
    { said: [...WIRED, said('/srv/redis', null)], servers: [server('/srv/redis')] },
    'running',
    ['E_ELSEWHERE', 'E_OVERRULED'],
  ],
  [
    'told of its data only',
    { said: [said(DATA, OURS)], servers: [server(DATA)] },
    'running on the hot tier',
    ['W_OTHER_SETTINGS'],
  ],
  [
    'its disk was unmounted below it',
    { said: WIRED, servers: [server('/redis/data', null)] },
    'running',
    ['E_WRONG_DISK'],
  ],
  [
    'it started before its disk was mounted',
    { said: WIRED, servers: [server(DATA, '8:1')] },
    'running',
    ['E_WRONG_DISK'],
  ],
  [
    'the disk of the base is not the right one',
    { said: WIRED, device: null, servers: [server(DATA)] },
    'running',
    ['E_WRONG_DISK'],
  ],
  [
    'its directory was removed below it',
    { said: WIRED, servers: [server(DATA, HERE, { isDeleted: true })] },
    'running',
    ['E_RESTART_PENDING'],
  ],
  [
    'nothing shows where its data is',
    { said: WIRED, servers: [{ ...server(DATA), places: [] }] },
    'running',
    ['E_UNSEEN'],
  ],
  ['we may not look', { said: WIRED, servers: [{ ...server(DATA), places: null }] }, 'running', ['E_UNSEEN']],
  [
    'a second server has its data elsewhere',
    { said: WIRED, servers: [server('/srv/other'), server(DATA)] },
    'running on the hot tier',
    ['W_ANOTHER_SERVER'],
  ],
  [
    'one of its directories is elsewhere',
    {
      said: WIRED,
      servers: [
        { ...server(DATA), places: [...(server(DATA).places ?? []), ...(server('/srv').places ?? [])] },
      ],
    },
    'running',
    ['E_RESTART_PENDING'],
  ],
  [
    'its unit sees the hot tier read-only',
    { said: WIRED, unit: { ...UNIT, readOnlyAt: '/usr/lib/systemd/system/redis-server.service:20' } },
    'configured',
    ['E_UNIT_READ_ONLY', 'E_NOT_RUNNING'],
  ],
  [
    'it was started while its unit saw the hot tier read-only',
    { said: WIRED, servers: [server(DATA, HERE, { readOnlyAt: '/data/jts/hot' })] },
    'running on the hot tier',
    ['E_SEES_READ_ONLY'],
  ],
  [
    'its disk is full',
    {
      said: WIRED,
      servers: [server(DATA)],
      full: { place: DATA, found: '0 B available to it', limit: null },
    },
    'running on the hot tier',
    ['E_NO_ROOM'],
  ],
  [
    'its unit does so, and it was never told',
    { unit: { ...UNIT, readOnlyAt: '/usr/lib/systemd/system/redis-server.service:20' } },
    'installed',
    ['E_NOT_CONFIGURED'],
  ],
  [
    'something else is in its data directory, and data elsewhere',
    { said: WIRED, strays: [`${DATA}/lost+found`], left: [{ path: '/var/lib/redis', size: '1.0 MB' }] },
    'configured',
    ['E_STRAY', 'E_NOT_RUNNING', 'W_DATA_ELSEWHERE'],
  ],
];

describe('the state of a service', () => {
  for (const [what, facts, state, codes] of TABLE)
    it(`${what}: ${state}`, () => {
      const judged = judge({ ...FACTS, ...facts });
      assert.equal(judged.state, state);
      assert.deepEqual(
        judged.problems.map(({ code }) => code),
        codes,
      );
    });

  it('names the line that decides, the process, and one command that mends it', () => {
    const [elsewhere] = judge({ ...FACTS, servers: [server('/var/lib/redis')] }).problems;
    assert.deepEqual(elsewhere?.detail, [
      `want its data in ${DATA}`,
      'found process 7 of redis-server.service with its data in /var/lib/redis',
    ]);
    assert.equal(elsewhere?.fix, 'sudo jts-hot config redis --install');
    const [installed] = judge(FACTS).problems;
    assert.equal(installed?.at, `${MAIN}:3`);
    assert.deepEqual(installed?.detail, [`want dir ${DATA}, found /var/lib/redis`]);
    const [pending] = judge({ ...FACTS, said: WIRED, servers: [server('/var/lib/redis')] }).problems;
    assert.equal(pending?.fix, 'sudo systemctl restart redis-server.service');
  });

  it('names no restart that would start on another disk, or end in a stop that never ends', () => {
    const fixes = (facts: Partial<Facts>) =>
      judge({ ...FACTS, said: WIRED, ...facts }).problems.map(({ fix, hint }) => fix ?? hint);
    const covered = { device: null, servers: [server(DATA)] };
    assert.deepEqual(fixes(covered), [
      'mend the disk first; then sudo systemctl restart redis-server.service',
    ]);
    assert.deepEqual(fixes({ device: null }), [
      'mend the disk first; then sudo systemctl start redis-server.service',
    ]);
    const unit = { ...UNIT, readOnlyAt: '/usr/lib/systemd/system/redis-server.service:20' };
    assert.deepEqual(
      fixes({ unit, servers: [server('/var/lib/redis')] }),
      Array(2).fill('sudo jts-hot config redis --install'),
    );
    const trapped = server(DATA, HERE, { readOnlyAt: '/data/jts/a b' });
    assert.deepEqual(fixes({ servers: [trapped] }), [
      "sudo mount --namespace 7 -o remount,bind,rw '/data/jts/a b'",
    ]);
  });

  it('tells ALTER SYSTEM from other lines that overrule', () => {
    const key = 'log_directory';
    const auto = said('/tmp', '/data/jts/hot/postgresql/data/postgresql.auto.conf', key);
    const { problems } = judge({
      ...FACTS,
      want: [{ key: [key], value: OWN }],
      dataKey: ['data_directory'],
      unsaid: '',
      said: [said(OWN, OURS, key), auto],
    });
    const overruled = problems.find(({ code }) => code === 'E_OVERRULED');
    assert.equal(overruled?.at, auto.at);
    assert.match(overruled?.hint ?? '', /ALTER SYSTEM RESET log_directory$/);
  });
});

describe('values', () => {
  for (const [one, other, same] of [
    ['on', true, true],
    ['YES', 'on', true],
    ['off', 'no', true],
    ['/a/', '/a', true],
    ['/', '/', true],
    ['/a', '/b', false],
    [10, '10', true],
    [['/a', '/b'], '/a', false],
  ] as const)
    it(`${String(one)} and ${String(other)} are ${same ? 'the same' : 'different'}`, () =>
      assert.equal(isSame(one, other), same));
});
