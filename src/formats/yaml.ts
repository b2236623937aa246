// Owns YAML as a language of settings, such as mongod.conf: a map of maps. Changed by place, never written anew as a whole, and
// compared afterwards: what cannot be changed alone is refused.
import { isMap, type Node } from 'yaml';
import { type Change, type Format, FormatError, type Value } from './format.ts';
import { type Branch, branchesOf, commentsOf, isAllHints, isSameValue } from './nested.ts';
import {
  append,
  countFeeds,
  errorAt,
  lineEndOf,
  markLength,
  refuseBytes,
  refuseNumber,
  splice,
} from './text.ts';
import { type Entry, endOf, parseYaml, startOf, type Tree } from './yaml-tree.ts';

export const yaml: Format = {
  name: 'yaml',
  refusal,
  read(text) {
    const body = text.slice(markLength(text));
    let [line, counted] = [1, 0];
    return parseYaml(body).entries.flatMap(({ key, pair, value }) => {
      const start = startOf(pair.key);
      line += countFeeds(body.slice(counted, start));
      counted = start;
      return value === undefined ? [] : [{ key, value, line }];
    });
  },
  edit(text, changes) {
    const mark = text.slice(0, markLength(text));
    const body = text.slice(mark.length);
    const parsed: Parsed = { text: body, tree: parseYaml(body) };
    return `${mark}${changes.reduce(editOne, parsed).text}`;
  },
  render: (items) => renderBranches(branchesOf(items), '', false),
};

function refusal(value: Value): string | null {
  if (typeof value !== 'object') return refuseNumber(value) ?? refuseBytes(String(value));
  return value.map(refuseBytes).find((why) => why !== null) ?? null;
}

interface Parsed {
  readonly text: string;
  readonly tree: Tree;
}

function editOne(before: Parsed, change: Change): Parsed {
  const { text, tree } = before;
  const { key, value } = change;
  const found = tree.entries.find((entry) => entry.key.length === key.length && isBelow(entry.key, key));
  if (value === null)
    return found === undefined ? before : proven(before, remove(text, found), change, found);
  if (found === undefined) return proven(before, insert(text, tree, key, value), change, null);
  if (found.value !== undefined && isSameValue(found.value, value)) return before;
  return proven(before, replace(text, found, value), change, found);
}

function isBelow(key: readonly string[], above: readonly string[]): boolean {
  return above.every((name, index) => name === key[index]);
}

/** That nothing else is read otherwise than before: an anchor, a tag or an odd form may have been in the way. */
function proven({ text, tree }: Parsed, edited: string, { key, value }: Change, found: Entry | null): Parsed {
  const line = found === null ? 1 : countFeeds(text.slice(0, startOf(found.pair.key))) + 1;
  const refused = new FormatError(`cannot change ${key.join('.')} and nothing else`, line);
  const after = readAgain(edited, refused);
  const others = ({ entries }: Tree) =>
    JSON.stringify(
      entries.flatMap((entry) =>
        entry.value === undefined || isBelow(entry.key, key) ? [] : [[entry.key, entry.value]],
      ),
    );
  const [one, ...more] = after.entries.filter((entry) => isBelow(entry.key, key));
  const isSet = value === null ? one === undefined : more.length === 0 && isSameValue(one?.value, value);
  if (!isSet || others(tree) !== others(after)) throw refused;
  return { text: edited, tree: after };
}

function readAgain(edited: string, refused: FormatError): Tree {
  try {
    return parseYaml(edited);
  } catch (error) {
    throw error instanceof FormatError ? refused : error;
  }
}

function replace(text: string, { pair }: Entry, value: Value): string {
  const node = pair.value;
  if (isMap(node)) throw errorAt(text, startOf(node), 'want one value, found a map');
  const end = endOf(pair);
  // `{ name }`
  if (node === null) return splice(text, [{ start: end, end, text: `: ${write(value)}` }]);
  const start = startOf(node);
  if (start === end) return splice(text, [{ start, end, text: ` ${write(value)}` }]);
  const lineEnd = text[end - 1] === '\n' ? lineEndOf(text) : '';
  return splice(text, [{ start, end, text: `${write(value)}${lineEnd}` }]);
}

/** Below what there is of its way, after the last one that is there. */
function insert(text: string, { root, entries }: Tree, key: readonly string[], value: Value): string {
  const parent = entries
    .filter((entry) => isBelow(key, entry.key))
    .reduce<Entry | null>((best, one) => (one.key.length > (best?.key.length ?? 0) ? one : best), null);
  const names = key.slice(parent?.key.length ?? 0);
  if (parent !== null && parent.value !== undefined)
    throw errorAt(text, startOf(parent.pair.key), `want a map, for \`${names[0]}\` in it`);
  const unit = /^( +)[^\s#-]/m.exec(text)?.[1] ?? '  ';
  const lines = (indent: string) =>
    names.map((name, depth) => {
      const line = `${indent}${unit.repeat(depth)}${quote(name)}:`;
      return depth === names.length - 1 ? `${line} ${write(value)}` : line;
    });
  const below = parent === null ? root : parent.pair.value;
  if (isMap<Node, Node | null>(below)) {
    const last = below.items.at(-1);
    if (below.flow !== true && last !== undefined) {
      const indent = indentOf(text, startOf(last.key));
      if (parent === null && !/^\.\.\./m.test(text)) return splice(text, [append(text, lines(indent))]);
      return insertLines(text, endOf(last), lines(indent));
    }
    const [name = '', ...inner] = names;
    const written = `${quote(name)}: ${inner.reduceRight((all, one) => `{ ${quote(one)}: ${all} }`, write(value))}`;
    if (last !== undefined)
      return splice(text, [{ start: endOf(last), end: endOf(last), text: `, ${written}` }]);
    const [start = 0, end = 0] = below.range ?? [];
    return splice(text, [{ start, end, text: `{ ${written} }` }]);
  }
  if (parent === null) return splice(text, [append(text, lines(''))]);
  return insertLines(text, endOf(parent.pair), lines(`${indentOf(text, startOf(parent.pair.key))}${unit}`));
}

/** With those above that would be left without anything in them. */
function remove(text: string, entry: Entry): string {
  let one = entry;
  while (one.map.items.length === 1 && one.parent !== null) one = one.parent;
  const { pair, map } = one;
  if (map.flow !== true) {
    const start = lineStart(text, startOf(pair.key));
    return splice(text, [{ start, end: nextLine(text, endOf(pair)), text: '' }]);
  }
  const index = map.items.indexOf(pair);
  const [before, after] = [map.items[index - 1], map.items[index + 1]];
  if (before !== undefined) return splice(text, [{ start: endOf(before), end: endOf(pair), text: '' }]);
  const end = after === undefined ? endOf(pair) : startOf(after.key);
  return splice(text, [{ start: startOf(pair.key), end, text: '' }]);
}

function insertLines(text: string, at: number, lines: readonly string[]): string {
  const start = nextLine(text, at);
  const lineEnd = lineEndOf(text);
  const added = lines.join(lineEnd);
  const isNewLine = start > 0 && text[start - 1] === '\n';
  return splice(text, [{ start, end: start, text: isNewLine ? `${added}${lineEnd}` : `${lineEnd}${added}` }]);
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** The end of the text, where it is the last. */
function nextLine(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at;
  const feed = text.indexOf('\n', at);
  return feed < 0 ? text.length : feed + 1;
}

/** As many blanks as stand before it on its line; after `- ` or `? ` as many as that is wide. */
function indentOf(text: string, at: number): string {
  return text.slice(lineStart(text, at), at).replace(/[^ ]/g, ' ');
}

function write(value: Value): string {
  const why = refusal(value);
  if (why !== null) throw new Error(`cannot write a value that ${why}`);
  if (typeof value === 'object') return `[${value.map(quote).join(', ')}]`;
  return typeof value === 'string' ? quote(value) : String(value);
}

/** Words that some reader of YAML takes for something else than text. */
const NO_TEXT = /^(true|false|yes|no|on|off|y|n|null)$/i;

function quote(text: string): string {
  if (/^[A-Za-z/][-A-Za-z0-9_./]*$/.test(text) && !NO_TEXT.test(text)) return text;
  return JSON.stringify(text).replace(
    /[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function renderBranches(branches: readonly Branch[], indent: string, isComment: boolean): string {
  return branches
    .map((branch, index) => {
      const { name, item, branches: below } = branch;
      const begins = !isComment && isAllHints(branch);
      const sign = isComment || begins ? '#' : '';
      const comments = begins ? commentsOf(branch) : isComment || item === null ? [] : commentsOf(branch);
      const above = comments.map((comment) => `${indent}# ${comment}\n`).join('');
      const gap = index > 0 && comments.length > 0 ? '\n' : '';
      const line = `${quote(name)}:${item === null ? '' : ` ${write(item.value)}`}\n`;
      return `${gap}${above}${indent}${sign}${line}${renderBranches(below, `${indent}  `, isComment || begins)}`;
    })
    .join('');
}
