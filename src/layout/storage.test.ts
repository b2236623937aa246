// Which file systems a layout wants, where, how large, and by which UUIDs they are known.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtInLayout } from '../services/index.ts';
import {
  checkVolumeName,
  fileSystemFor,
  physicalVolumeUuid,
  type Storage,
  storageUuid,
  wantedFileSystems,
} from './storage.ts';

const DISK = { serial: 'HOT1', namespace: 1, wwid: null };
const PLAIN: Storage = {
  disk: DISK,
  allowFormat: null,
  type: 'xfs',
  volumes: null,
  options: [],
  deviceTimeoutSeconds: 30,
};

function withVolumes(services: readonly string[], baseBytes: number | null = null): Storage {
  const own = services.map((service) => ({ service, type: 'ext4', sizeBytes: null }) as const);
  return { ...PLAIN, volumes: { group: 'tier', keepFreePercent: 5, baseBytes, services: own } };
}

const wanted = (storage: Storage) =>
  wantedFileSystems({ ...builtInLayout, storage }).map(({ name, mountPoint, type, volume }) => [
    name,
    mountPoint,
    type,
    volume === null ? null : volume.sizeBytes,
  ]);

describe('the file systems of a layout', () => {
  it('none without storage', () => assert.deepEqual(wantedFileSystems(builtInLayout), []));

  it('one, straight on the disk', () =>
    assert.deepEqual(wanted(PLAIN), [['base', '/data/jts/hot', 'xfs', null]]));

  it('the base takes what is left where services have their own', () =>
    assert.deepEqual(wanted(withVolumes(['redis'])), [
      ['base', '/data/jts/hot', 'xfs', null],
      ['redis', '/data/jts/hot/redis', 'ext4', 54e9],
    ]));

  it('and 1 GiB where each has its own, unless it is said', () => {
    const all = builtInLayout.services.map(({ name }) => name);
    assert.equal(wanted(withVolumes(all))[0]?.[3], 1024 ** 3);
    assert.equal(wanted(withVolumes(all, 5e9))[0]?.[3], 5e9);
  });

  it('those below others come after them', () => {
    const [kafka, ...others] = builtInLayout.services.filter(({ name }) => name === 'kafka');
    assert.deepEqual(others, []);
    assert.ok(kafka !== undefined);
    const services = [{ ...kafka, name: 'deep', path: 'redis/of/kafka' }, ...builtInLayout.services];
    const storage = withVolumes(['deep', 'redis']);
    assert.deepEqual(
      wantedFileSystems({ ...builtInLayout, services, storage }).map(({ name }) => name),
      ['base', 'redis', 'deep'],
    );
  });

  it('what lies below a service is on its own, or on that of the base', () => {
    const layout = { ...builtInLayout, storage: withVolumes(['redis']) };
    assert.deepEqual(
      ['redis', 'kafka', null].map((service) => fileSystemFor(layout, service)?.name),
      ['redis', 'base', 'base'],
    );
    assert.equal(fileSystemFor(builtInLayout, 'redis'), null);
  });
});

describe('names that are the same on each host', () => {
  const of = (disk: Storage['disk']) => [storageUuid({ disk }, 'base'), physicalVolumeUuid({ disk })];

  it('come from the disk and the name alone', () => {
    assert.deepEqual(of(DISK), [
      'edeb28c6-6b01-8190-97d5-368862bf3cd3',
      'ZZ2Xo3-xfk0-KLwM-61FW-goys-cCqY-L2MNnA',
    ]);
    assert.deepEqual(of({ ...DISK, wwid: 'eui.1' }), of(DISK), 'a WWID besides changes nothing');
  });

  it('and differ for another namespace, disk or name', () => {
    const disks = [
      DISK,
      { ...DISK, namespace: 2 },
      { ...DISK, serial: 'HOT2' },
      { ...DISK, serial: null, wwid: 'HOT1' },
    ];
    const all = disks.flatMap((disk) => [...of(disk), storageUuid({ disk }, 'kafka')]);
    assert.equal(new Set(all).size, all.length);
  });
});

describe('a volume', () => {
  for (const name of ['base', 'kafka', 'my.db_2', '+x', 'A-b'])
    it(`may be called ${name}`, () => assert.equal(checkVolumeName(name), null));
  for (const name of [
    '',
    '.',
    '..',
    '-x',
    'a b',
    'ä',
    'snapshot1',
    'pvmove0',
    'x_mlog',
    'x_tdata',
    'a'.repeat(61),
  ])
    it(`may not be called ${JSON.stringify(name)}`, () => assert.notEqual(checkVolumeName(name), null));
});
