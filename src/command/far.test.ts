// How far work in bytes has come: what is known is said, and what is not is left out.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { howFar } from './far.ts';

const LINES: readonly (readonly [bytes: number, want: number | null, seconds: number, line: string])[] = [
  [512e6, 1050e6, 2, 'copying: 512 MB of 1.05 GB, 256 MB a second, about 2 s left'],
  [512e6, null, 2, 'copying: 512 MB, 256 MB a second'],
  [512e6, 100e6, 2, 'copying: 512 MB, 256 MB a second'],
  [0, 100e6, 0, 'copying: 0 B of 100 MB, 0 B a second'],
];

for (const [bytes, wantBytes, seconds, line] of LINES)
  it(line, () => assert.equal(howFar('copying', { bytes, wantBytes, seconds }), line));
