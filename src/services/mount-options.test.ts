// Holds the mount options to the table that is published in docs/storage.md, and to the rule of what cannot be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brokenOptions } from '../layout/mount-options.ts';
import { FILE_SYSTEM_TYPES, type Storage } from '../layout/storage.ts';
import { builtIn, builtInServices } from './index.ts';
import { brokenAmong, mountOptionsFor, storageFacetOf } from './mount-options.ts';

const DOC = readFileSync(join(import.meta.dirname, '../../docs/storage.md'), 'utf8');

const STORAGE: Storage = {
  disk: { serial: 'S1', namespace: 1, wwid: null },
  allowFormat: null,
  type: 'xfs',
  volumes: null,
  options: [],
  deviceTimeoutSeconds: 30,
};

function row(name: string | null): string {
  const service = builtInServices.find((one) => one.name === name) ?? null;
  const { type, why } = storageFacetOf(name);
  const [xfs, ext4] = FILE_SYSTEM_TYPES.map((one) =>
    mountOptionsFor({ type: one, service }, { storage: STORAGE }).join(','),
  );
  return `| ${name ?? 'base'} | ${type} | \`${xfs}\` | \`${ext4}\` | ${why} |`;
}

test('the published table says what is done', () => {
  // One that says nothing has the options of the base.
  const own = builtInServices.map(({ name }) => name).filter((name) => builtIn(name)?.storage !== undefined);
  const rows = [null, ...own].map(row);
  const table = DOC.split('\n').filter((line) => /^\| [a-z]+ \| (xfs|ext4) \| `/.test(line));
  assert.deepEqual(table, rows);
});

test('none of ours is refused, and each has noatime and neither discard nor nodiratime', () => {
  for (const service of [null, ...builtInServices])
    for (const type of FILE_SYSTEM_TYPES) {
      const options = mountOptionsFor({ type, service }, { storage: STORAGE });
      assert.deepEqual(brokenOptions(options, { type, features: ['has_journal'] }), []);
      assert.equal(options[0], 'noatime');
      for (const one of ['discard', 'nodiratime', 'lazytime']) assert.ok(!options.includes(one), one);
    }
});

test('an option of the layout replaces ours of the same name', () => {
  const storage = { ...STORAGE, options: ['logbsize=64k', 'inode64'] };
  assert.deepEqual(mountOptionsFor({ type: 'xfs', service: null }, { storage }), [
    'noatime',
    'logbsize=64k',
    'inode64',
  ]);
});

test('what one type alone has goes to that one, and is refused where there is none', () => {
  const kafka = { service: 'kafka', type: 'xfs', sizeBytes: null } as const;
  const volumes = { group: 'hot', keepFreePercent: 5, baseBytes: null, services: [kafka] };
  const storage = { ...STORAGE, type: 'ext4', volumes, options: ['commit=30', 'inode64'] } as const;
  const of = (type: 'ext4' | 'xfs') => mountOptionsFor({ type, service: null }, { storage });
  assert.deepEqual(of('ext4'), ['noatime', 'commit=30']);
  assert.deepEqual(of('xfs'), ['noatime', 'logbsize=256k', 'inode64']);
  assert.deepEqual(brokenAmong(storage.options, ['ext4', 'xfs', 'xfs']), []);
  assert.deepEqual(brokenAmong(storage.options, ['ext4']), [
    { options: ['inode64'], because: 'an option of xfs, not of ext4' },
  ]);
  assert.deepEqual(brokenAmong(['relatime'], ['ext4'])[0]?.options, ['noatime', 'relatime']);
});
