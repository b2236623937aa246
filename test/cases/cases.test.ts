// Plays every case of this folder and compares. When a change of output is meant: UPDATE_GOLDEN=1 npm test -- cases
// writes the files anew; read the difference before it is committed.
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { play } from './transcript.ts';

const files = globSync('*.case', { cwd: import.meta.dirname }).toSorted();
const update = process.env['UPDATE_GOLDEN'] === '1';

it('there are cases', () => assert.ok(files.length >= 15, `${files.length}`));

describe('cases', () => {
  for (const file of files)
    it(file.replace('.case', ''), async () => {
      const path = `${import.meta.dirname}/${file}`;
      const before = readFileSync(path, 'utf8');
      const after = await play(before);
      if (update) writeFileSync(path, after);
      else assert.equal(after, before, `${file} is not what is shown now; if that is meant: UPDATE_GOLDEN=1`);
    });
});

describe('what cases show', () => {
  for (const file of files)
    it(`${file.replace('.case', '')}: at most 80 characters a line, no control characters`, () => {
      const lines = readFileSync(`${import.meta.dirname}/${file}`, 'utf8').split('\n');
      let json = false;
      for (const line of lines) {
        if (line.startsWith('$ ')) json = / (-j|--json|-s|--summary)\b/.test(line);
        assert.doesNotMatch(line, /\p{C}/u);
        const shown = line.replace(/^ {2}(! )?/, '');
        // JSON and -s have their own lines; a single word, a path or a command, is not broken.
        const breakable = shown.trim().includes(' ');
        if (line.startsWith('  ') && !json && breakable)
          assert.ok(shown.length <= 80, `${shown.length} characters: ${shown}`);
      }
    });
});
