// How log4j rotates what Kafka writes: Kafka 4 has log4j 2, Kafka before it log4j 1. The manuals of log4j, "Configuration" and
// "Rolling file appenders".
import type { Change, Found, Setting } from '../../formats/format.ts';
import { type Appender, type LibraryFile, ROTATED, type Rotates } from '../logs.ts';

/** log4j counts MB as 1024 * 1024 bytes. */
const SIZE = `${ROTATED.size}B`;
const KEPT = ROTATED.count;

const LOG4J_2: LibraryFile = {
  name: 'log4j2.yaml',
  ending: '.yaml',
  format: 'yaml',
  rotates: (found) => yamlAppenders(found).map(appenderOf),
  ours: {
    as: 'file',
    name: 'jts-hot-log4j2.properties',
    format: 'properties',
    settings: (found) =>
      yamlAppenders(found)
        .filter((one) => appenderOf(one).rotates?.mostBytes == null)
        .flatMap(rollingInPlaceOf),
    value: (own, ours) => `-Dlog4j2.configurationFile=${own},${ours}`,
  },
};

/** Ours, and what somebody else may have written so. */
const LOG4J_2_PROPERTIES: LibraryFile = {
  name: 'log4j2.properties',
  ending: 'log4j2.properties',
  format: 'properties',
  rotates: flatAppenders,
  ours: null,
};

const LOG4J_1: LibraryFile = {
  name: 'log4j.properties',
  ending: '.properties',
  format: 'properties',
  rotates: (found) => propertiesAppenders(found),
  ours: { as: 'edit', changes: rollingChanges },
};

export const LIBRARY_FILES: readonly LibraryFile[] = [LOG4J_2, LOG4J_2_PROPERTIES, LOG4J_1];

interface YamlAppender {
  readonly type: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly of: (...key: readonly string[]) => string | null;
}

/** `Configuration.Appenders.RollingFile.0.fileName`, or without the number where there is one. */
function yamlAppenders(found: readonly Found[]): readonly YamlAppender[] {
  const lower = (key: readonly string[]) => key.map((name) => name.toLowerCase());
  return found.flatMap(({ key, value, line }) => {
    const [root, appenders, type = '', ...rest] = key;
    if (lower([root ?? '', appenders ?? '']).join('.') !== 'configuration.appenders') return [];
    if (rest.at(-1)?.toLowerCase() !== 'filename' || rest.length > 2) return [];
    const prefix = lower(key.slice(0, -1));
    const of = (...more: readonly string[]) => {
      const wanted = [...prefix, ...lower(more)].join('.');
      const one = found.find((other) => lower(other.key).join('.') === wanted);
      return one === undefined ? null : String(one.value);
    };
    const name = of('name');
    return name === null ? [] : [{ type, name, file: String(value), line, of }];
  });
}

function appenderOf({ name, file, line, of, type }: YamlAppender): Appender {
  const size = of('SizeBasedTriggeringPolicy', 'size') ?? of('Policies', 'SizeBasedTriggeringPolicy', 'size');
  const most = Number(of('DefaultRolloverStrategy', 'max') ?? '7');
  const isByTime = (of('filePattern') ?? '').includes('%d');
  const bytes = size === null ? null : bytesOf(size);
  const isRolling = /^Rolling/i.test(type);
  if (!isRolling || (bytes === null && !isByTime)) return { name, file, line, rotates: null };
  const isLimited = bytes !== null && !isByTime;
  return { name, file, line, rotates: isLimited ? limited(size ?? '', bytes, most) : byTime(size) };
}

function limited(size: string, bytes: number, most: number): Rotates {
  return { says: `a new one at ${size}, ${most} old of each kept`, mostBytes: bytes * (most + 1) };
}

function byTime(size: string | null): Rotates {
  const says = size === null ? 'a new one by the hour or day' : `a new one at ${size} and by the hour or day`;
  return { says, mostBytes: null, unlimited: 'log4j removes no old one' };
}

/** `appender.ID.fileName=…` */
function flatAppenders(found: readonly Found[]): readonly Appender[] {
  return found.flatMap(({ key: [key = ''], value, line }): readonly Appender[] => {
    const [, id] = /^appender\.([^.]+)\.fileName$/i.exec(key) ?? [];
    if (id === undefined) return [];
    const of = (...more: readonly string[]) => {
      const wanted = ['appender', id, ...more].join('.').toLowerCase();
      const one = found.findLast((other) => other.key[0]?.toLowerCase() === wanted);
      return one === undefined ? null : String(one.value);
    };
    const size = of('policies', 'size', 'size');
    const bytes = size === null ? null : bytesOf(size);
    const isByTime = (of('filePattern') ?? '').includes('%d');
    const name = of('name') ?? id;
    const isRolling = /^Rolling/i.test(of('type') ?? '');
    const file = String(value);
    if (!isRolling || (bytes === null && !isByTime)) return [{ name, file, line, rotates: null }];
    const isLimited = bytes !== null && !isByTime;
    const most = Number(of('strategy', 'max') ?? '7');
    return [{ name, file, line, rotates: isLimited ? limited(size ?? '', bytes, most) : byTime(size) }];
  });
}

/** What the Java machine says of its memory: `-Xlog:gc*:file=PATH:time:filecount=10,filesize=100M`. */
export function ofMachine(word: string): readonly Appender[] {
  const [, file, options = ''] = /^-Xlog:[^:]*:file=([^:]+)(?::[^:]*)?(?::(.*))?$/.exec(word) ?? [];
  if (file === undefined) return [];
  const size = /filesize=(\w+)/.exec(options)?.[1] ?? '20M';
  const count = Number(/filecount=(\d+)/.exec(options)?.[1] ?? '5');
  const bytes = bytesOf(size);
  return [
    {
      name: word,
      file,
      line: 1,
      rotates: bytes === null || count === 0 ? null : limited(size, bytes, count),
    },
  ];
}

/** Of the same name: it takes the place of the one that is there when both files are read. */
function rollingInPlaceOf({ name, file, of }: YamlAppender): readonly Setting[] {
  const id = `appender.${name.replace(/[^A-Za-z0-9]/g, '_')}`;
  const set = (key: string, value: string | number): Setting => ({ key: [`${id}.${key}`], value });
  return [
    set('type', 'RollingFile'),
    set('name', name),
    set('fileName', file),
    set('filePattern', `${file}.%i`),
    set('layout.type', 'PatternLayout'),
    set('layout.pattern', of('PatternLayout', 'pattern') ?? '[%d] %p %m (%c)%n'),
    set('policies.type', 'Policies'),
    set('policies.size.type', 'SizeBasedTriggeringPolicy'),
    set('policies.size.size', SIZE),
    set('strategy.type', 'DefaultRolloverStrategy'),
    set('strategy.max', KEPT),
  ];
}

const FILES_OF_1 = /^org\.apache\.log4j\.(DailyRolling|Rolling)?FileAppender$/;

function propertiesAppenders(found: readonly Found[]): readonly Appender[] {
  return appendersOf1(found).map(({ name, type, line, of }) => {
    const file = of('File') ?? '';
    if (type.includes('DailyRolling')) return { name, file, line, rotates: byTime(null) };
    const size = of('MaxFileSize') ?? '10MB';
    const bytes = bytesOf(size);
    const isRolling = type.includes('RollingFile') && bytes !== null;
    return {
      name,
      file,
      line,
      rotates: isRolling ? limited(size, bytes, Number(of('MaxBackupIndex') ?? '1')) : null,
    };
  });
}

interface Appender1 {
  readonly name: string;
  readonly type: string;
  readonly line: number;
  readonly of: (key: string) => string | null;
}

function appendersOf1(found: readonly Found[]): readonly Appender1[] {
  const value = (key: string) => found.findLast((one) => one.key[0] === key)?.value;
  return found.flatMap(({ key: [key = ''], value: type, line }) => {
    const [, name] = /^log4j\.appender\.([^.]+)$/.exec(key) ?? [];
    if (name === undefined || !FILES_OF_1.test(String(type).trim())) return [];
    const of = (more: string) => {
      const one = value(`${key}.${more}`);
      return one === undefined ? null : String(one);
    };
    return [{ name, type: String(type).trim(), line, of }];
  });
}

function rollingChanges(found: readonly Found[]): readonly Change[] {
  return appendersOf1(found).flatMap(({ name, of }) => {
    const key = `log4j.appender.${name}`;
    return [
      { key: [key], value: 'org.apache.log4j.RollingFileAppender' },
      // The daily one alone has it.
      ...(of('DatePattern') === null ? [] : [{ key: [`${key}.DatePattern`], value: null }]),
      { key: [`${key}.MaxFileSize`], value: SIZE },
      { key: [`${key}.MaxBackupIndex`], value: KEPT },
    ];
  });
}

/** `100MB`, `100 MB`, `104857600`. */
function bytesOf(text: string): number | null {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMG]?)B?\s*$/i.exec(text) ?? [];
  return number === undefined ? null : Number(number) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
}
