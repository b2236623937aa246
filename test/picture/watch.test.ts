// Holds docs/watch.svg to the program: the same rows, columns and words, whatever the numbers are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { svgOf } from './screen.ts';
import { PICTURE, watchedScreen } from './watch.ts';

it('docs/watch.svg shows what monitor --watch shows (node test/picture/watch.ts makes it anew)', async (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'script', 'loop device'))
    return;
  const real = svgOf(await watchedScreen(2), '');
  assert.deepEqual(wordsOf(readFileSync(PICTURE, 'utf8')), wordsOf(real));
});

/** The texts row by row, with what changes from one measurement to the next left out. */
function wordsOf(svg: string): readonly string[] {
  const rows = new Map<string, string>();
  for (const [, y = '', tint, text = ''] of svg.matchAll(
    /<text [^>]*y="(\d+)"[^>]*class="(\w+)"[^>]*>(.*)<\/text>/g,
  ))
    rows.set(y, `${rows.get(y) ?? tint} ${text}`);
  return [...rows.values()].map((row) =>
    row
      .replace(/[+-]?[\d.]+ [kMGT]?B(\/s)?/g, 'SIZE')
      .replace(/\d+ (s|min|h|days?)\b/g, 'TIME')
      .replace(/loop\d+/, 'loop')
      .replace(/[#.]{6,}/, 'BAR'),
  );
}
