// What is said where a layout declares its disk: the command that is named is typed, and what it leaves is read.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { storageDeclared } from './obstacles.ts';

const DISK = '{ serial: HOT1 }';
const LAYOUTS: readonly (readonly [string, string])[] = [
  ['at the end', `version: 1\nbase: /data/jts/hot\nstorage:\n  device: ${DISK}\n  filesystem: xfs\n`],
  [
    'in the middle, with comments and empty lines',
    `version: 1\n# ours\nstorage:\n# the disk\n  device: ${DISK}\n\n  volumes:\n    services:\n      kafka:\nservices:\n  kafka: { planned: 1TB }\n`,
  ],
  ['on one line', `storage: { device: ${DISK} }\nservices:\n  kafka: { planned: 1TB }\n`],
];

describe('a layout that declares its disk', () => {
  for (const [what, text] of LAYOUTS)
    it(`${what}: the fix leaves it without, and all else as it was`, (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'storage-declared-'));
      t.after(() => rmSync(directory, { recursive: true }));
      const file = join(directory, 'hot storage.yaml');
      writeFileSync(file, text);
      const { layout: before } = parseLayoutFile(text, file);
      assert.ok(before.storage !== undefined);
      const { fix } = storageDeclared(file, text);
      const ran = spawnSync('sh', ['-c', (fix ?? '').replace(/^sudo /, '')], { encoding: 'utf8' });
      assert.deepEqual([ran.status, ran.stderr], [0, '']);
      const { storage, ...rest } = before;
      assert.deepEqual(parseLayoutFile(readFileSync(file, 'utf8'), file).layout, rest);
      assert.equal(readFileSync(`${file}.before`, 'utf8'), text);
    });

  it('in a place that the command does not find: it is said what to do', () => {
    const { fix, hint } = storageDeclared('/etc/jts/hot-storage.yaml', `{ storage: { device: ${DISK} } }`);
    assert.deepEqual([fix, /take that section out/.test(hint ?? '')], [null, true]);
  });
});
