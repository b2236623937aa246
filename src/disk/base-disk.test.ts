// The record of disks: both versions are read, and the later one is written only where it says more.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BaseDisk, formatBases, parseBases } from './base-disk.ts';

const BASE = '/data/jts/hot';
const fileSystem = { mountPoint: BASE, source: '/dev/nvme0n1', type: 'ext4', uuid: 'bbbb-2222', part: '/' };
const ALONE: BaseDisk = { fileSystem, directory: null };
const kafka = {
  path: `${BASE}/kafka`,
  fileSystem: { ...fileSystem, mountPoint: `${BASE}/kafka`, uuid: 'eeee' },
};
const WITH_SERVICES: BaseDisk = { ...ALONE, services: { kafka } };

describe('the record of disks', () => {
  const versionOf = (text: string) => (JSON.parse(text) as { schemaVersion: number }).schemaVersion;

  it('is of version 1 where no service has a file system of its own, so that earlier programs read it', () => {
    const text = formatBases(new Map([[BASE, ALONE]]));
    assert.equal(versionOf(text), 1);
    assert.deepEqual(parseBases(text), new Map([[BASE, ALONE]]));
  });

  it('is of version 2 where one has, and is read again', () => {
    const bases = new Map([
      [BASE, WITH_SERVICES],
      ['/fast', ALONE],
    ]);
    const text = formatBases(bases);
    assert.equal(versionOf(text), 2);
    assert.deepEqual(parseBases(text), bases);
  });

  for (const [what, text] of [
    ['a later version', JSON.stringify({ schemaVersion: 3, bases: {} })],
    [
      'a service without a file system',
      JSON.stringify({
        schemaVersion: 2,
        bases: { [BASE]: { ...ALONE, services: { kafka: { path: BASE } } } },
      }),
    ],
    ['no JSON', '{'],
  ] as const)
    it(`refuses ${what}`, () => assert.throws(() => parseBases(text), { exitCode: 3 }));
});
