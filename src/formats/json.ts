// Owns JSON as a language of settings, such as daemon.json: an object of objects. Strict, as Docker takes it; an empty file counts
// as an object without anything in it. Hints and comments are left out: it has none.
import type { Change, Format, Found, Value } from './format.ts';
import { type Member, type Node, parseJson } from './json-tree.ts';
import { type Branch, branchesOf, isSameValue } from './nested.ts';
import { append, countFeeds, errorAt, lineEndOf, refuseBytes, refuseNumber, splice } from './text.ts';

type Plain = Value | { readonly [name: string]: Plain };

export const json: Format = {
  name: 'json',
  refusal,
  read(text) {
    const found: Found[] = [];
    const root = parseJson(text);
    let [line, counted] = [1, 0];
    if (root !== null) collect(root, []);
    return found;

    /** null is as if it were not there. */
    function collect({ start, content }: Node, key: readonly string[]): void {
      line += countFeeds(text.slice(counted, start));
      counted = start;
      const at = line;
      if (isMembers(content)) for (const [name, member] of content) collect(member.node, [...key, name]);
      else if (typeof content !== 'object') found.push({ key, value: content, line: at });
      else if (content?.every((node) => typeof node.content === 'string') === true)
        found.push({ key, value: content.map((node) => String(node.content)), line: at });
      else for (const [index, node] of content?.entries() ?? []) collect(node, [...key, String(index)]);
    }
  },
  edit: (text, changes) => changes.reduce(editOne, text),
  render: (items) => `${JSON.stringify(plain(branchesOf(items.filter(({ isHint }) => !isHint))), null, 2)}\n`,
};

function refusal(value: Value): string | null {
  if (typeof value !== 'object') return refuseNumber(value) ?? refuseBytes(String(value));
  return value.map(refuseBytes).find((why) => why !== null) ?? null;
}

function plain(branches: readonly Branch[]): Plain {
  return withoutPrototype(
    branches.map(({ name, item, branches: below }) => [
      name,
      item === null ? plain(below) : must(item.value),
    ]),
  );
}

/** A name may be `__proto__`. */
function withoutPrototype(entries: readonly (readonly [string, Plain])[]): Plain {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

function must(value: Value): Value {
  const why = refusal(value);
  if (why !== null) throw new Error(`cannot write a value that ${why}`);
  return value;
}

function isMembers(content: Node['content']): content is ReadonlyMap<string, Member> {
  return content instanceof Map;
}

function editOne(text: string, { key, value }: Change): string {
  const root = parseJson(text);
  if (root === null) {
    if (value === null) return text;
    return editOne(splice(text, [append(text, ['{}'])]), { key, value });
  }
  let object = root;
  for (const [depth, name] of key.entries()) {
    const { content } = object;
    if (!isMembers(content))
      throw errorAt(text, object.start, `want an object, for ${JSON.stringify(name)} in it`);
    const member = content.get(name);
    const isLast = depth === key.length - 1;
    if (member === undefined) {
      if (value === null) return text;
      const below = key
        .slice(depth + 1)
        .reduceRight<Plain>((inner, outer) => withoutPrototype([[outer, inner]]), must(value));
      return insert(text, object, content, name, below);
    }
    if (isLast && value === null) return remove(text, object, content, name);
    if (isLast && value !== null) return replace(text, member.node, value);
    object = member.node;
  }
  throw new Error('want a name');
}

function replace(text: string, { start, end, content }: Node, value: Value): string {
  const have = Array.isArray(content) ? content.map((node: Node) => node.content) : content;
  if (isSameValue(have, value)) return text;
  return splice(text, [{ start, end, text: write(must(value)) }]);
}

/** After the last one: on a line of its own where that has one. */
function insert(
  text: string,
  { start, end }: Node,
  members: ReadonlyMap<string, Member>,
  name: string,
  value: Plain,
): string {
  const lineEnd = lineEndOf(text);
  const unit = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const last = [...members.values()].at(-1);
  const memberBelow = (indent: string) =>
    `${lineEnd}${indent}${JSON.stringify(name)}: ${write(value, unit).replaceAll('\n', `${lineEnd}${indent}`)}`;
  if (last === undefined) {
    const outer = /^[ \t]*/.exec(text.slice(lineStart(text, start)))?.[0] ?? '';
    return splice(text, [{ start, end, text: `{${memberBelow(`${outer}${unit}`)}${lineEnd}${outer}}` }]);
  }
  const before = text.slice(lineStart(text, last.start), last.start);
  const isOwnLine = /^[ \t]*$/.test(before);
  const added = isOwnLine ? `,${memberBelow(before)}` : `, ${JSON.stringify(name)}: ${write(value)}`;
  return splice(text, [{ start: last.node.end, end: last.node.end, text: added }]);
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** In several lines with an indentation, in one without. */
function write(value: Plain, indent?: string): string {
  if (Array.isArray(value)) return `[${value.map((word) => JSON.stringify(word)).join(', ')}]`;
  return JSON.stringify(value, null, indent);
}

/** With the comma before it, or else after it. */
function remove(
  text: string,
  { start, end }: Node,
  members: ReadonlyMap<string, Member>,
  name: string,
): string {
  const all = [...members];
  const index = all.findIndex(([other]) => other === name);
  const [one, before, after] = [all[index]?.[1], all[index - 1]?.[1], all[index + 1]?.[1]];
  if (one === undefined) return text;
  if (index > 0 && before !== undefined)
    return splice(text, [{ start: before.node.end, end: one.node.end, text: '' }]);
  return splice(text, [
    after === undefined ? { start, end, text: '{}' } : { start: one.start, end: after.start, text: '' },
  ]);
}
