// What was recorded of the tools of Debian 12 and 13 is whole: every scene of both releases, each answer with its command.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { RELEASES, recordedOf, recordedOutput } from './output.ts';
import { OF_EVERY_DISK, SCENES } from './scenes.ts';

describe('recorded outputs', () => {
  for (const release of RELEASES)
    it(`of ${release} are those of every scene, JSON where they are called so`, () => {
      assert.ok(existsSync(join(import.meta.dirname, release, 'versions.json')));
      for (const { name, asks } of SCENES)
        for (const file of Object.keys({ ...OF_EVERY_DISK, ...asks })) {
          const { command, status, stdout } = recordedOutput(release, name, file);
          assert.notEqual(command, '');
          assert.equal(typeof status, 'number');
          if (file.endsWith('.json') && status === 0 && stdout !== '') JSON.parse(stdout);
        }
    });

  it('are found by what was asked', () => {
    const reports = recordedOf('vgs.json').map(({ of }) => of);
    assert.ok(reports.includes('debian-12 lvm-missing-pv') && reports.includes('debian-13 lvm-missing-pv'));
  });
});
