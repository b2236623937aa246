// What is looked at before work begins, at and around each limit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import type { MemoryFileSystem, MemoryInitial } from '../../test/memory-host/memory-host.ts';
import { formatBytes } from '../values/size.ts';
import type { Check } from './check.ts';
import { checkSpace, preflight, TOOLS } from './preflight.ts';

const LAYOUT = smallLayout('kafka');

function check(id: string, initial: MemoryInitial = {}, layout = LAYOUT): Check {
  const found = preflight(layout, createHost(initial)).find((one) => one.id === id);
  assert.ok(found !== undefined);
  return found;
}

function disk(more: Partial<MemoryFileSystem>): MemoryInitial {
  return { fileSystem: { ...NVME, ...more } };
}

describe('preflight', () => {
  it('is all right on the machine that it is meant for; every check is a warning', () => {
    const checks = preflight(LAYOUT, createHost());
    assert.deepEqual(
      checks.map(({ id, status, severity, fix }) => [id, status, severity, fix]),
      [
        'host.platform',
        'host.tools',
        'host.container',
        'space.writable',
        'space.device',
        'space.size',
        'space.planned',
      ].map((id) => [id, 'pass', 'warning', null]),
    );
  });

  it('platform', () => {
    const host = createHost();
    const elsewhere = { ...host, surroundings: () => ({ ...host.surroundings(), platform: 'darwin' }) };
    assert.deepEqual(preflight(LAYOUT, elsewhere)[0], {
      id: 'host.platform',
      at: 'host',
      service: null,
      severity: 'warning',
      status: 'fail',
      expected: 'linux',
      found: 'darwin',
      fix: null,
      hint: 'run it on the Linux host itself',
      because: null,
    });
  });

  it('tools: names those that are missing', () => {
    const { status, found, fix } = check('host.tools', {
      tools: TOOLS.filter((tool) => !tool.startsWith('user')),
    });
    assert.deepEqual(
      [status, found, fix],
      ['fail', 'missing: useradd, usermod, userdel', 'sudo apt-get install passwd'],
    );
  });

  it('container: not in one, unless it works on another root', () => {
    assert.equal(check('host.container', { container: 'docker' }).status, 'fail');
    assert.equal(check('host.container', { container: 'docker' }).found, 'docker');
    assert.equal(check('host.container', { container: 'docker', root: '/mnt/image' }).status, 'pass');
  });

  it('writable', () => {
    const { status, found, fix } = check('space.writable', disk({ readOnly: true }));
    assert.deepEqual([status, found, fix], ['fail', 'read-only', 'sudo mount -o remount,rw /']);
  });

  it('device: NVMe throughout, or a warning that says what it is', () => {
    const sata = { name: 'sda1', sizeBytes: 4e12, nvme: false, disks: ['sda', 'sdb'] };
    assert.equal(check('space.device', disk({ device: sata })).status, 'fail');
    assert.equal(check('space.device', disk({ device: sata })).found, 'ext4 on sda, sdb');
    const none = check('space.device', disk({ device: null, type: 'tmpfs', source: 'tmpfs' }));
    assert.deepEqual([none.status, none.found], ['fail', 'tmpfs from tmpfs, disk unknown']);
  });

  const device = NVME.device;
  assert.ok(device !== null);
  const sizes: readonly (readonly [number, 'pass' | 'fail', string, string | null])[] = [
    [4_000_000_000_000, 'pass', '4.00 TB', null],
    // What a file system says of a disk of 4 TB: its own needs are taken off.
    [3_800_000_000_000, 'pass', '3.80 TB', null],
    [3_799_999_999_999, 'fail', '3.80 TB', 'enough to start with; plan smaller sizes in the layout'],
    [950_000_000_000, 'fail', '950 GB', 'enough to start with; plan smaller sizes in the layout'],
    [949_999_999_999, 'fail', '950 GB', 'is the hot disk mounted? see: findmnt --target /'],
  ];
  for (const [sizeBytes, status, found, hint] of sizes)
    it(`size ${sizeBytes}: ${status}`, () => {
      // The device is larger than the file system on it: df and every report give that of the file system.
      const free = { freeBytes: 3e11, availableBytes: 2e11 };
      for (const one of [{ device: { ...device, sizeBytes: 9e12 } }, { device: null }]) {
        const size = check('space.size', disk({ ...one, ...free, sizeBytes }));
        const [ofDisk, used, available] = size.found.split(', ');
        assert.deepEqual([size.status, ofDisk, size.hint], [status, `size ${found}`, hint]);
        assert.equal(used, `used ${formatBytes(sizeBytes - 3e11)}`);
        assert.equal(available, '200 GB available to services');
      }
    });

  it('asks the file system that holds the base, not the one of /', () => {
    const host = createHost({ fileSystem: { ...NVME, readOnly: true } });
    const asked: string[] = [];
    const watched = {
      ...host,
      fileSystem: (path: string) => {
        asked.push(path);
        return host.fileSystem(path);
      },
    };
    host.prepare.directory('/data/jts');
    host.prepare.mount('/data/jts');
    assert.equal(checkSpace(LAYOUT, watched)[0]?.at, 'file system /data/jts');
    assert.deepEqual(asked, ['/data/jts/hot']);
  });
});

describe('preflight: planned space', () => {
  it('the built-in layout does not fit on the 4 TB disk that it is meant for, and it says so', () => {
    const planned = check('space.planned', {}, runBookLayout);
    assert.deepEqual(
      [planned.status, planned.expected, planned.found],
      [
        'fail',
        '4.00 TB planned for the services',
        '3.80 TB that the disk can give them: size 4.00 TB, 5 % kept free',
      ],
    );
  });

  it('fits to the byte', () => {
    for (const [sizeBytes, status] of [
      [1_000_000_000, 'pass'],
      [999_999_999, 'fail'],
    ] as const) {
      // The small layout plans 1 GB.
      const fs = { sizeBytes: Math.ceil(sizeBytes / 0.95), freeBytes: 0, availableBytes: 0 };
      assert.equal(check('space.planned', disk(fs)).status, status, `${sizeBytes}`);
    }
  });
});
