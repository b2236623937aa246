// Owns the way from YAML text to plain data with positions, and the refusal of what is not one plain document.
// Knows nothing of layouts: what the data mean is layout-file.ts.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import { printable, quote } from '../values/quote.ts';

/** Every scalar is text, as written; only a bare `false` and a bare nothing (`~`, `null`) are themselves. */
export type Tree = string | false | null | readonly Tree[] | { readonly [key: string]: Tree };
export type Path = readonly (string | number)[];

type FindingCode = 'E_SPEC_YAML' | 'E_SPEC_LIMIT' | 'E_SPEC_DUPLICATE';

/** Something wrong at a place in the text. */
export interface Finding<Code extends string = FindingCode> {
  readonly code: Code;
  /** Counted in UTF-16 units from the start of the text. */
  readonly offset: number;
  readonly detail: string;
  readonly hint?: string;
}

export interface ReadableYaml {
  readonly readable: true;
  readonly tree: Tree;
  readonly findings: readonly Finding[];
  /** Where the value at a path begins; where there is none, the key, or the nearest one above. */
  valueOffset(path: Path): number;
  keyOffset(path: Path): number;
  /** A scalar without quotes, which may be meant as something else than text. */
  isBare(path: Path): boolean;
}
export type YamlSource = { readonly readable: false; readonly findings: readonly Finding[] } | ReadableYaml;

/** Far more than any layout needs; little enough for every recursion below. */
const DEEPEST = 32;
const WIDEST_INDENT = 256;
const MOST_TOKENS = 100_000;
/** One slip can make everything after it fail; the first few places are the ones to look at. */
const MOST_FAULTS = 3;
/** The number of nodes that aliases may add up to: enough to share settings, too few to exhaust the memory. */
const MOST_THROUGH_ALIASES = 10_000;

/** C0 and C1 controls but tab, line feed, carriage return and next line: not allowed in YAML (1.2.2, 5.1). */
const NOT_TEXT = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** `text` must not begin with a byte order mark. */
export function readYaml(text: string): YamlSource {
  const unprintable = NOT_TEXT.exec(text);
  if (unprintable !== null) {
    const found = unprintable[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return unreadable('E_SPEC_YAML', unprintable.index, `want UTF-8 text, found the character U+${found}`);
  }
  const excess = findExcess(text);
  if (excess !== null) return unreadable('E_SPEC_LIMIT', excess.offset, excess.detail);

  const document = parseDocument<Node>(text, {
    // In other schemas 0750 would be a number.
    schema: 'failsafe',
    // The parser's own check is quadratic and does not say where the first one is.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const faults = onePlaceEach([...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]));
  if (faults.length > 0)
    return {
      readable: false,
      findings: faults
        .slice(0, MOST_FAULTS)
        .map(({ code, message, pos }) =>
          code === 'MULTIPLE_DOCS'
            ? { code: 'E_SPEC_YAML', offset: pos[0], detail: 'want one document, found another after `---`' }
            : { code: 'E_SPEC_YAML', offset: pos[0], detail: printable(message, 200) },
        ),
    };

  const findings: Finding[] = [];
  const lines = countLines(text);
  const offsets = new Map<
    string,
    { readonly key: number; readonly value: number; readonly isBare: boolean }
  >();
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let throughAliases = 0;
  let beyondLimits = false;

  const tree = read(document.contents, [], 0, false);
  // Otherwise a value that could not be read would be reported as missing.
  if (findings.some(({ code }) => code !== 'E_SPEC_DUPLICATE')) return { readable: false, findings };

  function read(node: Node | null, path: Path, keyOffset: number, aliased: boolean): Tree {
    if (beyondLimits) return null;
    const start = node?.range?.[0] ?? keyOffset;
    const complain = (code: FindingCode, detail: string): null => {
      findings.push({ code, offset: start, detail });
      if (code === 'E_SPEC_LIMIT') beyondLimits = true;
      return null;
    };
    if (node !== null && !isAlias(node) && !aliased) {
      const { anchor } = node as { anchor?: string };
      if (anchor !== undefined) anchors.set(anchor, node);
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        return complain(
          'E_SPEC_YAML',
          `want an anchor above the alias, found ${quote(`*${node.source}`)} alone`,
        );
      if (open.has(target)) return complain('E_SPEC_LIMIT', 'want no alias inside what it stands for');
      return read(target, path, keyOffset, true);
    }
    if (aliased) {
      throughAliases += 1;
      if (throughAliases > MOST_THROUGH_ALIASES)
        return complain('E_SPEC_LIMIT', `want aliases that add up to at most ${MOST_THROUGH_ALIASES} values`);
    }
    if (path.length > DEEPEST) return complain('E_SPEC_LIMIT', TOO_DEEP);

    const value = isScalar(node) ? readScalar(node) : null;
    offsets.set(JSON.stringify(path), {
      key: keyOffset,
      value: value === null && !isCollection(node) ? keyOffset : start,
      isBare: isScalar(node) && isBare(node),
    });
    if (node === null || isScalar(node)) return value;
    open.add(node);
    const collection = isMap<Node, Node | null>(node)
      ? readMap(node.items, path, aliased)
      : isSeq<Node | null>(node)
        ? node.items.map((item, index) => read(item, [...path, index], item?.range?.[0] ?? start, aliased))
        : null;
    open.delete(node);
    return collection;
  }

  function readMap(pairs: readonly Pair<Node, Node | null>[], path: Path, aliased: boolean): Tree {
    const entries = new Map<string, Tree>();
    for (const { key, value } of pairs) {
      const offset = key.range?.[0] ?? 0;
      if (!isScalar(key)) {
        findings.push({
          code: 'E_SPEC_YAML',
          offset,
          detail: 'want a word as key, found a list, a map or an alias',
        });
        continue;
      }
      const name = String(key.value);
      const within = [...path, name];
      const first = offsets.get(JSON.stringify(within));
      if (entries.has(name)) {
        const where = first === undefined ? '' : `; the first is on line ${lines.linePos(first.key).line}`;
        findings.push({
          code: 'E_SPEC_DUPLICATE',
          offset,
          detail: `want each key once, found ${quote(name)} again${where}`,
        });
      } else entries.set(name, read(value, within, offset, aliased));
    }
    // Without a prototype: a key may be called `__proto__`.
    return Object.assign(Object.create(null), Object.fromEntries(entries));
  }

  function nearestOffsets(path: Path): { readonly key: number; readonly value: number } {
    for (let length = path.length; length >= 0; length -= 1) {
      const found = offsets.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return length === path.length ? found : { key: found.key, value: found.key };
    }
    return { key: 0, value: 0 };
  }

  return {
    readable: true,
    tree,
    findings,
    valueOffset: (path) => nearestOffsets(path).value,
    keyOffset: (path) => nearestOffsets(path).key,
    isBare: (path) => offsets.get(JSON.stringify(path))?.isBare === true,
  };
}

export function isTreeMap(value: Tree | undefined): value is { readonly [key: string]: Tree } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** None of what is no map. */
export function entries(value: Tree | undefined): readonly (readonly [string, Tree])[] {
  return isTreeMap(value) ? Object.entries(value) : [];
}

/** undefined where there is nothing. */
export function valueAt(root: Tree, path: Path): Tree | undefined {
  let value: Tree | undefined = root;
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key];
    else if (isTreeMap(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

/** What was found, short. */
export function describe(value: Tree): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (value === false) return '`false`';
  if (!Array.isArray(value)) return 'a map';
  return value.length === 0 ? 'an empty list' : 'a list';
}

/** `services.kafka.accept[0]` */
export function describePath(path: Path): string {
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${printable(key, 40)}`,
    )
    .join('');
}

/** Of the whole text, since what is refused before it is parsed has a place, too. */
export function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  let start = 0;
  do {
    lines.addNewLine(start);
    start = text.indexOf('\n', start) + 1;
  } while (start > 0);
  return lines;
}

const TOO_DEEP = `want at most ${DEEPEST} levels of nesting`;

/** The first of those at one place: an unclosed quote leaves the brackets around it open too, and is said first. */
function onePlaceEach<Fault extends { readonly pos: readonly [number, number] }>(
  inOrder: readonly Fault[],
): readonly Fault[] {
  return inOrder.filter((fault, i) => fault.pos[0] !== inOrder[i - 1]?.pos[0]);
}

function unreadable(code: FindingCode, offset: number, detail: string): YamlSource {
  return { readable: false, findings: [{ code, offset, detail }] };
}

function isCollection(node: Node | null): boolean {
  return isMap(node) || isSeq(node);
}

/** Neither quoted nor called text by an explicit `!!str`. */
function isBare(node: Scalar): boolean {
  return node.type === 'PLAIN' && node.tag === undefined;
}

function readScalar(node: Scalar): string | false | null {
  const text = String(node.value ?? '');
  if (!isBare(node)) return text;
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return text;
}

/**
 * Where the text has more in it, or deeper nesting, than a real layout. Found before parsing, which takes time and
 * memory that grow faster than the depth.
 */
function findExcess(text: string): { readonly offset: number; readonly detail: string } | null {
  let offset = 0;
  let tokens = 0;
  let lineStart = 0;
  let atLineStart = true;
  let brackets = 0;
  let dashes = 0;
  let inScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (!inScalar && (token === DOCUMENT_MARK || token === FLOW_ERROR_MARK)) continue;
    if (!inScalar && token === SCALAR_MARK) {
      inScalar = true;
      continue;
    }
    tokens += 1;
    if (tokens > MOST_TOKENS) return { offset, detail: `want at most ${MOST_TOKENS} words and signs` };
    const blank = !inScalar && /^[ \t\r\n#]/.test(token);
    if (atLineStart && !blank && brackets === 0 && offset - lineStart > WIDEST_INDENT)
      return { offset, detail: TOO_DEEP };
    if (!inScalar) {
      if (token === '[' || token === '{') brackets += 1;
      else if (token === ']' || token === '}') brackets -= 1;
      else if (token === '-' || token === '?') dashes += 1;
      if (brackets > DEEPEST || dashes > DEEPEST) return { offset, detail: TOO_DEEP };
    }
    if (!blank) atLineStart = false;
    const newline = token.lastIndexOf('\n');
    if (newline >= 0) {
      lineStart = offset + newline + 1;
      atLineStart = true;
      dashes = 0;
    }
    offset += token.length;
    inScalar = false;
  }
  return null;
}

/** What the lexer puts between its tokens; none of them is a character of the text. */
const DOCUMENT_MARK = '\x02';
const FLOW_ERROR_MARK = '\x18';
const SCALAR_MARK = '\x1f';
