// Owns which lines of a text were taken away and which are new. Pure; says nothing of what may be shown of them.

export interface LineChange {
  readonly sign: '-' | '+';
  readonly line: string;
}

/** More pairs of lines than that are not compared: then all lines between the first and the last change count as changed. */
const MOST_PAIRS = 1_000_000;

/** In the order of the text: what went before what came in its place. */
export function diffLines(before: string, after: string): readonly LineChange[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end));
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function diffMiddle(a: readonly string[], b: readonly string[]): readonly LineChange[] {
  const removed = (line: string): LineChange => ({ sign: '-', line });
  const added = (line: string): LineChange => ({ sign: '+', line });
  if (a.length * b.length > MOST_PAIRS) return [...a.map(removed), ...b.map(added)];
  /** How many lines the two have in common from i and j on. */
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length)
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1)))
      changes.push(removed(a[i++] as string));
    else changes.push(added(b[j++] as string));
  return changes;
}
