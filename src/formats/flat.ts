// Owns editing and writing in languages that are a list of statements, a name and a value each.
// Knows none of them: what a statement looks like is its language's.
import type { Change, Found, Item, Value } from './format.ts';
import { append, lineEndOf, refuseHuge, type Splice, splice } from './text.ts';

export interface Statement {
  /** In the one spelling that the server compares. */
  readonly name: string;
  readonly value: string | readonly string[];
  /** Counted from 1, where it begins. */
  readonly line: number;
  readonly start: number;
  readonly nameEnd: number;
  /** As written, with its quotes. */
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Before its line feed. */
  readonly end: number;
}

export interface Grammar {
  /** Throws FormatError. */
  statements(text: string): Iterable<Statement>;
  /** A name in the one spelling that the server compares. */
  nameOf(name: string): string;
  /** Statements of this name add up. Of any other the last one counts. */
  repeats(name: string): boolean;
  /** As read gives it back. */
  textOf(value: Value): string | readonly string[];
  /** Why it cannot be written. */
  refusal(value: Value): string | null;
  writeName(name: string): string;
  writeValue(value: Value): string;
  /** Between name and value, where it is written anew. */
  readonly separator: string;
  /** Of lines that are added; null: as the text has them. */
  readonly lineEnd: '\n' | null;
}

export function readFlat(grammar: Grammar, text: string): readonly Found[] {
  refuseHuge(text);
  return Array.from(grammar.statements(text), ({ name, value, line }) => ({ key: [name], value, line }));
}

/**
 * The last statement of the name gets the value, since it is the one that counts; those before it stay. Where there is none, it is
 * added at the end. A name whose statements add up gets one more at the end, unless it has this value already. null removes all of
 * the name.
 */
export function editFlat(grammar: Grammar, text: string, changes: readonly Change[]): string {
  refuseHuge(text);
  const present = new Map<string, Statement[]>(changes.map(({ key }) => [grammar.nameOf(oneName(key)), []]));
  for (const statement of grammar.statements(text)) present.get(statement.name)?.push(statement);
  const splices: Splice[] = [];
  const added: string[] = [];
  for (const { key, value } of changes) {
    const written = oneName(key);
    const name = grammar.nameOf(written);
    const all = present.get(name) ?? [];
    const last = all.at(-1);
    if (value === null) {
      splices.push(...all.map((statement) => removal(text, statement)));
      continue;
    }
    const isThere = (one: Statement | undefined) =>
      one !== undefined && isSame(one.value, grammar.textOf(value));
    if (grammar.repeats(name) ? all.some(isThere) : isThere(last)) continue;
    const instead = write(grammar, value);
    if (last === undefined || grammar.repeats(name))
      added.push(`${grammar.writeName(written)}${grammar.separator}${instead}`);
    else
      splices.push({
        start: last.valueStart,
        end: last.valueEnd,
        text: last.valueStart === last.nameEnd ? `${grammar.separator}${instead}` : instead,
      });
  }
  const edited = splice(text, splices);
  return splice(edited, [append(edited, added, grammar.lineEnd ?? lineEndOf(edited))]);
}

export function renderFlat(grammar: Grammar, items: readonly Item[]): string {
  return items
    .map(({ key, value, comment, isHint }, index) => {
      const statement = `${grammar.writeName(oneName(key))}${grammar.separator}${write(grammar, value)}\n`;
      const above = comment === null ? '' : `${index === 0 ? '' : '\n'}${commented(comment, '# ')}\n`;
      return `${above}${isHint ? commented(statement.slice(0, -1), '#') : statement.slice(0, -1)}\n`;
    })
    .join('');
}

function write(grammar: Grammar, value: Value): string {
  const refusal = grammar.refusal(value);
  if (refusal !== null) throw new Error(`cannot write a value that ${refusal}`);
  return grammar.writeValue(value);
}

function commented(text: string, sign: string): string {
  return text.replace(/^/gm, sign);
}

function oneName(key: readonly string[]): string {
  const [name] = key;
  if (name === undefined || key.length !== 1) throw new Error(`want one name, found ${key.length}`);
  return name;
}

/** With the blanks before it and its line end. */
function removal(text: string, { start, end }: Statement): Splice {
  let from = start;
  while (from > 0 && /[ \t\f]/.test(text[from - 1] ?? '')) from -= 1;
  return { start: from, end: Math.min(end + 1, text.length), text: '' };
}

function isSame(one: string | readonly string[], other: string | readonly string[]): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.length === other.length && one.every((word, index) => word === other[index]);
}
