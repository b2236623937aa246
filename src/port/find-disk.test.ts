// Which disk a name means, and every refusal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nvmeDisk } from '../../test/memory-host/block-devices.ts';
import type { BlockDevice } from './block-device.ts';
import { findDisk } from './find-disk.ts';
import type { DiskName } from './storage.ts';

const A = nvmeDisk({ name: 'nvme0n1', serial: 'A', wwid: 'eui.a' });
const B = nvmeDisk({ name: 'nvme1n1', serial: 'B', wwid: 'eui.b' });
const B2 = nvmeDisk({ name: 'nvme1n2', serial: 'B', wwid: 'eui.b2', namespace: 2 });
const NAMELESS = nvmeDisk({ name: 'vda', serial: null, wwid: null });

const name = (given: Partial<DiskName>): DiskName => ({ serial: null, namespace: 1, wwid: null, ...given });

describe('findDisk', () => {
  const all = [A, B, B2, NAMELESS];
  for (const [what, wanted, found] of [
    ['a serial number', name({ serial: 'A' }), 'nvme0n1'],
    ['of two namespaces the first', name({ serial: 'B' }), 'nvme1n1'],
    ['of two namespaces the second', name({ serial: 'B', namespace: 2 }), 'nvme1n2'],
    ['a WWID', name({ wwid: 'eui.b2' }), 'nvme1n2'],
    ['both', name({ serial: 'A', wwid: 'eui.a' }), 'nvme0n1'],
  ] as const)
    it(`by ${what}`, () => {
      const answer = findDisk(all, wanted);
      assert.ok('disk' in answer);
      assert.equal(answer.disk.name, found);
      // Whatever order the kernel found them in.
      assert.deepEqual(findDisk(all.toReversed(), wanted), answer);
    });

  const part: BlockDevice = { ...A, name: 'nvme0n1p1', kind: 'partition', partOf: 'nvme0n1' };
  const twin = { ...A, name: 'nvme3n1' };
  for (const [what, devices, wanted, code, lines] of [
    ['none at all', [], name({ serial: 'A' }), 'E_NO_DISK', ['want: disk A', 'found: no disk at all']],
    [
      'none of that number',
      [A],
      name({ serial: 'C' }),
      'E_NO_DISK',
      ['want: disk C', 'found: nvme0n1: serial A, eui.a, 4000787030016 bytes'],
    ],
    [
      'another namespace',
      [B],
      name({ serial: 'B', namespace: 2 }),
      'E_NO_DISK',
      ['want: disk B, namespace 2', 'found: nvme1n1: serial B, eui.b, 4000787030016 bytes'],
    ],
    [
      'a partition alone',
      [part],
      name({ serial: 'A' }),
      'E_NO_DISK',
      ['want: disk A', 'found: no disk at all'],
    ],
    [
      'a disk without a WWID',
      [NAMELESS],
      name({ wwid: 'eui.a' }),
      'E_NO_DISK',
      ['want: disk eui.a', 'found: vda: no serial number, 4000787030016 bytes'],
    ],
    [
      'two with one serial number',
      [A, { ...twin, wwid: 'eui.c' }],
      name({ serial: 'A' }),
      'E_TWO_DISKS',
      [
        'want: disk A',
        'found: nvme0n1: serial A, eui.a, 4000787030016 bytes',
        'found: nvme3n1: serial A, eui.c, 4000787030016 bytes',
      ],
    ],
    [
      'two ways to one disk',
      [A, twin],
      name({ serial: 'A', wwid: 'eui.a' }),
      'E_TWO_DISKS',
      [
        'want: disk A, eui.a',
        'found: nvme0n1: serial A, eui.a, 4000787030016 bytes',
        'found: nvme3n1: serial A, eui.a, 4000787030016 bytes',
      ],
    ],
    [
      'the serial number right and the WWID wrong',
      [A, B],
      name({ serial: 'A', wwid: 'eui.b' }),
      'E_DISK_WWID',
      ['want: disk A, eui.b', 'found: nvme0n1: serial A, eui.a, 4000787030016 bytes'],
    ],
  ] as const)
    it(`refuses ${what}`, () => {
      const answer = findDisk(devices, wanted);
      assert.ok('refusal' in answer);
      assert.equal(answer.refusal.code, code);
      assert.deepEqual(answer.refusal.detail, lines);
    });

  it('tells two of one number apart by their WWID', () => {
    const answer = findDisk([A, { ...twin, wwid: 'eui.c' }], name({ serial: 'A', wwid: 'eui.c' }));
    assert.ok('disk' in answer && answer.disk.name === 'nvme3n1');
  });

  it('lists twenty of many', () => {
    const many = Array.from({ length: 30 }, (_, i) => nvmeDisk({ name: `nvme${i}n1`, serial: `S${i}` }));
    const answer = findDisk(many, name({ serial: 'A' }));
    assert.ok('refusal' in answer);
    assert.equal(answer.refusal.detail.length, 22);
    assert.equal(answer.refusal.detail.at(-1), 'found: 10 more');
  });
});
