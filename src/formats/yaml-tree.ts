// Owns reading one YAML document of settings into the pairs that it has, each with its way and place.
// Reads only: what is done with the places is yaml.ts.
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { printable } from '../values/quote.ts';
import type { Value } from './format.ts';
import { countFeeds, errorAt, refuseHuge } from './text.ts';

export type BlockOrFlow = YAMLMap<Node, Node | null>;

/** One name of a map, with what stands there. */
export interface Entry {
  /** From the root down; a name with dots in it stands for several, as mongod takes it. Of maps in a list, their numbers, too. */
  readonly key: readonly string[];
  readonly pair: Pair<Node, Node | null>;
  readonly map: BlockOrFlow;
  /** null: it is of the root. */
  readonly parent: Entry | null;
  /** undefined: a map, or nothing. */
  readonly value: Value | undefined;
}

export interface Tree {
  /** null: there is nothing but comments. */
  readonly root: BlockOrFlow | null;
  readonly entries: readonly Entry[];
}

const DEEPEST = 32;
const LARGEST_KIB = 256;

/** `text` does not begin with a byte order mark. */
export function parseYaml(text: string): Tree {
  refuseHuge(text, LARGEST_KIB);
  if (text.includes('\0')) throw errorAt(text, text.indexOf('\0'), 'want no NUL byte');
  // The parser's own check of names is quadratic.
  const document = parseDocument<Node>(text, { uniqueKeys: false, prettyErrors: false });
  const [fault] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (fault?.code === 'MULTIPLE_DOCS') throw errorAt(text, fault.pos[0], 'want one document, found another');
  if (fault !== undefined) throw errorAt(text, fault.pos[0], printable(fault.message, 200));
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return { root: null, entries: [] };
  if (!isMap<Node, Node | null>(root)) throw errorAt(text, startOf(root), 'want a map');
  const entries: Entry[] = [];
  const firsts = new Map<string, Node>();
  walk(root, [], null);
  return { root, entries };

  function walk(map: BlockOrFlow, way: readonly string[], parent: Entry | null): void {
    for (const pair of map.items) {
      const { key: name, value: node } = pair;
      if (!isScalar(name)) throw errorAt(text, startOf(name), 'want a word as name');
      const key = [...way, ...String(name.value).split('.')];
      if (key.length > DEEPEST) throw errorAt(text, startOf(name), `want at most ${DEEPEST} levels`);
      const first = firsts.get(key.join('.'));
      if (first !== undefined) {
        const line = countFeeds(text.slice(0, startOf(first))) + 1;
        throw errorAt(
          text,
          startOf(name),
          `want each name once, found ${printable(key.join('.'), 60)} on line ${line} too`,
        );
      }
      firsts.set(key.join('.'), name);
      const maps = isSeq<Node>(node) ? node.items.filter((item) => isMap<Node, Node | null>(item)) : [];
      const hasNoValue = isMap(node) || maps.length > 0;
      const entry = { key, pair, map, parent, value: hasNoValue ? undefined : valueOfNode(node) };
      entries.push(entry);
      if (isMap<Node, Node | null>(node)) walk(node, key, entry);
      for (const [i, item] of maps.entries()) walk(item, [...key, String(i)], entry);
    }
  }

  function valueOfNode(node: Node | null): Value | undefined {
    if (isSeq<Node>(node)) {
      const words = node.items.map((item) => {
        const value = isMap(item) || isSeq(item) ? undefined : valueOfNode(item);
        if (value === undefined) throw errorAt(text, startOf(item), 'want words in a list');
        return String(value);
      });
      return words;
    }
    const scalar = isAlias(node) ? node.resolve(document) : node;
    if (scalar === null) return undefined;
    if (!isScalar(scalar)) throw errorAt(text, startOf(node), 'want an alias that stands for one value');
    const { value } = scalar;
    return value === null
      ? undefined
      : typeof value === 'number' || typeof value === 'boolean'
        ? value
        : String(value);
  }
}

export function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

/** Without comments and blank lines after it; of a block of text the start of the next line. */
export function endOf({ key, value }: Pair<Node, Node | null>): number {
  const last = lastOf(value);
  return last?.range?.[1] ?? key.range?.[1] ?? 0;
}

function lastOf(node: Node | null): Node | null {
  if (isMap<Node, Node | null>(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? node : (lastOf(last.value) ?? last.key);
  }
  if (isSeq<Node>(node) && node.flow !== true) return lastOf(node.items.at(-1) ?? null) ?? node;
  return node;
}
