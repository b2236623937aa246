// What the terminal shows, as cells and as SVG.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cellsOf, linesOf, svgOf } from './screen.ts';

const SIZE = { columns: 12, rows: 4 };
const shown = (output: string) => linesOf(cellsOf(output, SIZE));

it('puts text where the cursor is, from the top, and clears what was longer before', () => {
  assert.deepEqual(shown('\x1b[?25l\x1b[2Jone\r\nsecond'), ['one', 'second', '', '']);
  assert.deepEqual(shown('one\r\nsecond\r\nlast\x1b[Hnew\x1b[K\r\n2nd\x1b[K\x1b[J'), ['new', '2nd', '', '']);
});

it('keeps the cursor on the last column: what is wider is written there, and what is erased then is that', () => {
  assert.deepEqual(shown('0123456789ab\r\nx'), ['0123456789ab', 'x', '', '']);
  assert.deepEqual(shown('0123456789abcdef\r\nx'), ['0123456789af', 'x', '', '']);
  assert.deepEqual(shown('0123456789ab\x1b[K\r\nx'), ['0123456789a', 'x', '', '']);
});

it('keeps colours, and refuses a sequence or a colour that it does not know', () => {
  const [row = []] = cellsOf('\x1b[31mA\x1b[39mB\x1b[1mC\x1b[22m', SIZE);
  assert.deepEqual(
    row.slice(0, 4).map(({ text, tint }) => `${text} ${tint}`),
    ['A red', 'B plain', 'C bold', '  plain'],
  );
  assert.throws(() => cellsOf('\x1b[5A', SIZE), /cannot show/);
  assert.throws(() => cellsOf('\x1b[35m', SIZE), /cannot show the colour 35/);
});

it('draws each run of words at its column, and nothing that would be markup', () => {
  const svg = svgOf(cellsOf('\x1b[33ma <b>  c\x1b[39m', SIZE), 'one & two');
  assert.match(svg, /<title>one &amp; two<\/title>/);
  assert.match(svg, /<text x="14\.0" y="28" textLength="42\.0" class="yellow"[^>]*>a &lt;b&gt;<\/text>/);
  assert.match(svg, /<text x="72\.8" [^>]*>c<\/text>/);
});
