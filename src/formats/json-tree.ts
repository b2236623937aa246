// Owns reading strict JSON into a tree with places, one object at the top. No comments, no trailing commas, no name twice.
// Reads only: what is done with the places is json.ts.
import { countFeeds, endOfQuoted, errorAt, markLength, refuseHuge } from './text.ts';

export interface Node {
  readonly start: number;
  readonly end: number;
  readonly content: string | number | boolean | null | readonly Node[] | ReadonlyMap<string, Member>;
}

export interface Member {
  /** Where its name begins. */
  readonly start: number;
  readonly node: Node;
}

const BLANKS = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const DEEPEST = 100;
/** null: there is nothing but blanks. */
export function parseJson(text: string): Node | null {
  refuseHuge(text);
  let at: number = markLength(text);
  take(BLANKS);
  if (at === text.length) return null;
  if (text[at] !== '{') throw errorAt(text, at, 'want an object');
  const root = node(0);
  take(BLANKS);
  if (at < text.length) throw errorAt(text, at, 'want nothing after the object');
  return root;

  function take(token: RegExp): string {
    token.lastIndex = at;
    const taken = token.exec(text)?.[0] ?? '';
    at += taken.length;
    return taken;
  }

  function takeSign(sign: string): boolean {
    take(BLANKS);
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  }

  function node(depth: number): Node {
    if (depth > DEEPEST) throw errorAt(text, at, `want at most ${DEEPEST} levels`);
    take(BLANKS);
    const start = at;
    const content = takeSign('{') ? members(depth) : takeSign('[') ? elements(depth) : scalar();
    return { start, end: at, content };
  }

  function scalar(): string | number | boolean | null {
    const word = takeString() || take(NUMBER) || take(WORD);
    if (word === '')
      throw errorAt(text, at, at === text.length ? 'want a value, found the end' : 'want a value');
    return word.startsWith('"') ? textOf(word) : JSON.parse(word);
  }

  function takeString(): string {
    if (text[at] !== '"') return '';
    const start = at;
    const end = endOfQuoted(text, start, true);
    if (end < 0) throw errorAt(text, start, 'want a closing quote');
    at = end;
    return text.slice(start, end);
  }

  function textOf(written: string): string {
    try {
      return JSON.parse(written);
    } catch {
      throw errorAt(text, at - written.length, 'want a string as JSON has it');
    }
  }

  function elements(depth: number): readonly Node[] {
    const all: Node[] = [];
    if (takeSign(']')) return all;
    do all.push(node(depth + 1));
    while (takeSign(','));
    if (!takeSign(']')) throw errorAt(text, at, 'want `,` or `]`');
    return all;
  }

  function members(depth: number): ReadonlyMap<string, Member> {
    const all = new Map<string, Member>();
    if (takeSign('}')) return all;
    do {
      take(BLANKS);
      const start = at;
      const written = takeString();
      if (written === '') throw errorAt(text, at, 'want a name in double quotes');
      const name = textOf(written);
      const first = all.get(name);
      if (first !== undefined)
        throw errorAt(
          text,
          start,
          `want each name once, found ${written} on line ${countFeeds(text.slice(0, first.start)) + 1} too`,
        );
      if (!takeSign(':')) throw errorAt(text, at, 'want `:` after the name');
      all.set(name, { start, node: node(depth + 1) });
    } while (takeSign(','));
    if (!takeSign('}')) throw errorAt(text, at, 'want `,` or `}`');
    return all;
  }
}
