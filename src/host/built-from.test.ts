// Whether sources have changed, as the program finds it out at its start.
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { haveChanged as byKernel } from './built-from.ts';
import { haveChangedByNode, type Sources } from './sources.ts';

/** Both ways say the same. */
async function haveChanged(checkout: string, sources: Sources): Promise<boolean> {
  const changed = haveChangedByNode({ statSync }, checkout, sources);
  assert.equal(await byKernel(checkout, sources), changed);
  return changed;
}

const PATHS = ['build.ts', 'src', 'src/a.ts', 'src/ü.ts', 'src/link.ts'];

it('sources have changed with a date, also an older one, a length, or a file that came or went', async (t) => {
  const checkout = mkdtempSync(join(tmpdir(), 'sources-'));
  t.after(() => rmSync(checkout, { recursive: true }));
  const at = (path: string) => join(checkout, path);
  mkdirSync(at('src'));
  for (const path of ['build.ts', 'src/a.ts', 'src/ü.ts', 'elsewhere']) writeFileSync(at(path), path);
  symlinkSync('../elsewhere', at('src/link.ts'));
  utimesSync(at('src/a.ts'), 1, 1.234567);
  const now = (): Sources => ({
    paths: PATHS.map((path) => `${path}\0`).join(''),
    numbers: PATHS.flatMap((path) => {
      const status = statSync(at(path));
      return [status.mtimeMs, status.isDirectory() ? -1 : status.size];
    }),
  });
  let built = now();
  const isNoticed = async (what: string, change: () => void) => {
    assert.equal(await haveChanged(checkout, built), false, `before: ${what}`);
    change();
    assert.equal(await haveChanged(checkout, built), true, what);
    built = now();
  };
  await isNoticed('a newer date', () => utimesSync(at('src/ü.ts'), 1, 4_000_000_000));
  await isNoticed('an older date', () => utimesSync(at('src/ü.ts'), 1, 2));
  await isNoticed('a date before 1970', () => utimesSync(at('build.ts'), 1, -5.5));
  await isNoticed('another date by a microsecond', () => utimesSync(at('build.ts'), 1, -5.500001));
  await isNoticed('what a link leads to', () => utimesSync(at('elsewhere'), 1, 3));
  await isNoticed('a length', () => {
    writeFileSync(at('src/a.ts'), 'longer than before');
    utimesSync(at('src/a.ts'), 1, 1.234567);
  });
  await isNoticed('a file that came', () => writeFileSync(at('src/new.ts'), ''));
  assert.equal(await haveChanged(checkout, built), false);
  renameSync(at('src/a.ts'), at('gone'));
  assert.equal(await haveChanged(checkout, built), true, 'a file that went');
  assert.equal(await haveChanged(at('none'), built), true, 'all of it');
});
