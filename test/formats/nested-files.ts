// Owns random files in JSON and YAML, as daemon.json and mongod.conf are and as people lay them out. Must not use what it is
// there to test.
import fc from 'fast-check';
import type { Change, Value } from '../../src/formats/format.ts';
import { changesFor, values } from './files.ts';

export type NestedName = 'json' | 'yaml';

const WAYS: Readonly<Record<NestedName, readonly string[]>> = {
  json: [
    'data-root',
    'debug',
    'log-driver',
    'log-opts max-size',
    'log-opts max-file',
    'default-ulimits nofile Hard',
    'default-ulimits nofile Soft',
    'hosts',
    'a b',
    '__proto__',
  ],
  yaml: [
    'storage dbPath',
    'storage journal enabled',
    'storage wiredTiger engineConfig cacheSizeGB',
    'systemLog destination',
    'systemLog path',
    'net port',
    'net bindIp',
    'net tls mode',
    'security',
    'odd:name x',
  ],
};

export type Plain = Value | { [name: string]: Plain };
export interface NestedFile {
  readonly text: string;
  readonly have: { [name: string]: Plain };
}

export function nestedFiles(
  name: NestedName,
  refusal: (value: Value) => string | null,
): fc.Arbitrary<NestedFile> {
  const settings = fc.uniqueArray(
    fc.record({ way: fc.constantFrom(...WAYS[name]), value: values.filter((one) => refusal(one) === null) }),
    { selector: ({ way }) => way, maxLength: 8 },
  );
  const styles = fc.array(fc.nat(11), { minLength: 40, maxLength: 40 });
  return fc
    .tuple(settings, styles, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean())
    .map(([all, style, lineEnd, hasMark, hasFinalNewline]) => {
      const have = empty();
      for (const { way, value } of all) set(have, way.split(' '), value);
      const written = (name === 'json' ? printJson : printYaml)(have, styleFrom(style));
      const lines = `${written}${hasFinalNewline && written !== '' ? '\n' : ''}`.replaceAll('\n', lineEnd);
      return { text: `${hasMark ? '\ufeff' : ''}${lines}`, have };
    });
}

export function nestedChanges(
  name: NestedName,
  refusal: (value: Value) => string | null,
): fc.Arbitrary<Change> {
  const news = name === 'json' ? ['new', 'log-opts new', 'x y z'] : ['x y', 'net new', 'storage x y z'];
  const keys = fc.constantFrom(...WAYS[name], ...news).map((way) => way.split(' '));
  return changesFor(keys, refusal);
}

/** Names may be `__proto__`. */
export function empty(): { [name: string]: Plain } {
  return Object.create(null);
}

/** What a value or nothing stands at is not gone below. */
export function set(object: { [name: string]: Plain }, key: readonly string[], value: Plain): void {
  const [name = '', ...below] = key;
  if (below.length === 0) object[name] = value;
  else {
    object[name] ??= empty();
    const inner = object[name];
    if (isObject(inner)) set(inner, below, value);
  }
}

export function isObject(value: Plain | undefined): value is { [name: string]: Plain } {
  return typeof value === 'object' && !Array.isArray(value);
}

type Style = <Choice>(choices: readonly Choice[]) => Choice;

/** One after the other, and again from the start. */
function styleFrom(numbers: readonly number[]): Style {
  let next = 0;
  return (choices) => {
    const number = numbers[next % numbers.length] ?? 0;
    next += 1;
    return choices[number % choices.length] as (typeof choices)[number];
  };
}

function printJson(value: Plain, style: Style, indent = ''): string {
  if (indent === '' && isObject(value) && Object.keys(value).length === 0)
    return style(['', '{}', '{ }', '{\n}']);
  if (Array.isArray(value))
    return `[${value.map((word) => JSON.stringify(word)).join(style([',', ', ', ' ,\n    ']))}]`;
  if (!isObject(value)) return style([JSON.stringify(value), ascii(JSON.stringify(value))]);
  const inner = `${indent}${style(['  ', '    ', '\t', ' '])}`;
  const isOneLine = style([false, false, true]);
  const gap = () => (isOneLine ? style([' ', '']) : style([`\n${inner}`, `\n${inner}`, ' ', `\n\n${inner}`]));
  const members = Object.entries(value).map(
    ([name, one]) =>
      `${gap()}${JSON.stringify(name)}${style(['', '', ' '])}:${style([' ', '', '  '])}${printJson(one, style, inner)}`,
  );
  return `{${members.join(`${style(['', '', ' '])},`)}${isOneLine ? style(['', ' ']) : `\n${indent}`}}`;
}

/** With escapes for all that is not ASCII. */
function ascii(json: string): string {
  return json.replace(/[^\x00-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function printYaml(value: { [name: string]: Plain }, style: Style, indent = ''): string {
  const comments = () => style(['', '', `${indent}# a comment: with {signs}\n`, '\n', `#  off: true\n`]);
  const lines = Object.entries(value).map(([name, one]) => {
    const start = `${comments()}${indent}${style([name, name, `"${name}"`])}:`;
    if (name.includes(':')) return `${comments()}${indent}"${name}":${belowOf(one)}`;
    return `${start}${belowOf(one)}`;
  });
  const text = lines.join('\n');
  return indent === ''
    ? `${style(['', '# mongod.conf\n\n', '---\n'])}${text}${style(['', '\n#replication:'])}`
    : text;

  function belowOf(one: Plain): string {
    const comment = () => style(['', '', ' # why', '   #']);
    if (isObject(one)) {
      if (style([false, false, true]) && Object.values(one).every((inner) => !isObject(inner)))
        return ` {${Object.entries(one)
          .map(([name, inner]) => `${JSON.stringify(name)}: ${scalar(inner, style)}`)
          .join(style([', ', ',']))}}${comment()}`;
      return `${comment()}\n${printYaml(one, style, `${indent}${style(['  ', '    ', ' '])}`)}`;
    }
    return `${style([' ', ' ', '   '])}${scalar(one, style)}${comment()}`;
  }
}

function scalar(value: Plain, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((word) => ascii(JSON.stringify(word))).join(', ')}]`;
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[A-Za-z/][A-Za-z0-9/]*$/.test(value) && !/^(null|true|false)$/i.test(value);
  const isPrintable = /^[\x20-\x7e]*$/.test(value);
  if (isPlain) return style([value, value, `'${value}'`, JSON.stringify(value)]);
  if (isPrintable) return style([`'${value.replaceAll("'", "''")}'`, ascii(JSON.stringify(value))]);
  return ascii(JSON.stringify(value));
}
