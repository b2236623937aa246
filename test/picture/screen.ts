// Owns what a terminal shows after the bytes of the live view have reached it, and that as an SVG. Knows the control
// sequences that terminal.ts sends and no others: one it does not know is an error, not a guess. That it is right is tried
// on a terminal of somebody else: test/e2e/watch-cells.test.ts.

export type Tint = 'plain' | 'dim' | 'bold' | 'red' | 'yellow' | 'green';

export interface Cell {
  readonly text: string;
  readonly tint: Tint;
}

const BLANK: Cell = { text: ' ', tint: 'plain' };

/** By the numbers of SGR; 22 and 39 end what was before them. */
const TINTS: Readonly<Record<string, Tint>> = {
  '': 'plain',
  0: 'plain',
  1: 'bold',
  2: 'dim',
  22: 'plain',
  31: 'red',
  32: 'green',
  33: 'yellow',
  39: 'plain',
};

/** Rows of cells, without the cursor: `output` is all that reached the terminal since it was empty. */
export function cellsOf(
  output: string,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly (readonly Cell[])[] {
  const empty = () => Array.from({ length: columns }, () => BLANK);
  const screen = Array.from({ length: rows }, empty);
  let row = 0;
  let column = 0;
  let tint: Tint = 'plain';
  for (const [token, letter] of tokensOf(output)) {
    if (token === '\r') column = 0;
    else if (token === '\n') row = Math.min(row + 1, rows - 1);
    else if (letter === null) {
      // No wrapping: the cursor stays on the last column, and what does not fit is written over there.
      const line = screen[row];
      if (line !== undefined) line[column] = { text: token, tint };
      column = Math.min(column + 1, columns - 1);
    } else if (letter === 'H') [row, column] = [0, 0];
    else if (letter === 'K') screen[row]?.fill(BLANK, column);
    else if (letter === 'J')
      for (let i = row + (token === '2' ? -row : 1); i < rows; i += 1) screen[i] = empty();
    else if (letter === 'm') {
      const wanted = TINTS[token];
      if (wanted === undefined) throw new Error(`cannot show the colour ${token}`);
      tint = wanted;
    }
  }
  return screen;
}

/** Characters with null, and control sequences as what is between the bracket and the letter, with the letter. */
function* tokensOf(output: string): Generator<readonly [string, 'H' | 'K' | 'J' | 'm' | 'mode' | null]> {
  const sequence = /\x1b\[(\??)(\d*)([A-Za-z])/y;
  for (let at = 0; at < output.length; ) {
    if (output[at] !== '\x1b') {
      const character = String.fromCodePoint(output.codePointAt(at) ?? 0);
      yield [character, null];
      at += character.length;
      continue;
    }
    sequence.lastIndex = at;
    const [all = '', mode, number = '', letter] = sequence.exec(output) ?? [];
    if (mode === '?') yield [number, 'mode'];
    else if (letter === 'H' || letter === 'K' || letter === 'J' || letter === 'm') yield [number, letter];
    else throw new Error(`cannot show ${JSON.stringify(output.slice(at, at + 10))}`);
    at += all.length;
  }
}

/** The rows as text, without blanks at their ends. */
export function linesOf(cells: readonly (readonly Cell[])[]): readonly string[] {
  return cells.map((row) =>
    row
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

const CELL = { width: 8.4, height: 19 } as const;
const EDGE = 14;

// It has its own background, as a terminal has: so it is readable on a light page and on a dark one.
const STYLE = `
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d4dbe4; white-space: pre }
    .dim { fill: #94a0b0 } .bold { font-weight: bold; fill: #fff }
    .red { fill: #ff8078 } .yellow { fill: #f0c550 } .green { fill: #78d68c }`;

/** A picture of the screen; the same cells give the same bytes. */
export function svgOf(cells: readonly (readonly Cell[])[], title: string): string {
  const columns = Math.max(...cells.map((row) => row.length));
  const width = Math.ceil(columns * CELL.width + 2 * EDGE);
  const height = cells.length * CELL.height + 2 * EDGE;
  const lines = cells.flatMap((row, i) =>
    runsOf(row).map(({ text, tint, column }) => {
      const x = (EDGE + column * CELL.width).toFixed(1);
      const y = EDGE + i * CELL.height + 14;
      // The length holds columns together with any font.
      const length = (text.length * CELL.width).toFixed(1);
      return `  <text x="${x}" y="${y}" textLength="${length}" class="${tint}" xml:space="preserve">${escaped(text)}</text>\n`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}
  </style>
  <rect width="${width}" height="${height}" rx="8" fill="#161b22" stroke="#57606a"/>
${lines.join('')}</svg>
`;
}

/** Words of one tint; two blanks or more are left out. */
function runsOf(row: readonly Cell[]): readonly { text: string; tint: Tint; column: number }[] {
  const runs: { text: string; tint: Tint; column: number }[] = [];
  for (const [column, { text, tint }] of row.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && last.tint === tint && last.column + last.text.length === column)
      last.text += text;
    else runs.push({ text, tint, column });
  }
  return runs.flatMap(({ text, tint, column }) =>
    [...text.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
      text: match[0],
      tint,
      column: column + match.index,
    })),
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
