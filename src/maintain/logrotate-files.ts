// Owns what logrotate is told on a host: its own file and those that it includes, each log pattern with its file and line
// (logrotate(8)). Reads only; what is broken is said and passed over, as it may be somebody else's.
import { filesMatching, resolved } from '../configure/find.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';

export const LOGROTATE_CONF = '/etc/logrotate.conf';
export const LOGROTATE_DIRECTORY = '/etc/logrotate.d';

export const LOGROTATE_TIMER = 'logrotate.timer';

/** Where systemd runs, its timer starts logrotate, and the table of cron leaves it to that. */
export function isIdle(host: HostReader): boolean {
  if (host.root !== '/' || !host.surroundings().runsSystemd) return false;
  return host.units([LOGROTATE_TIMER]).get(LOGROTATE_TIMER)?.active !== true;
}

export interface LogrotateEntry {
  readonly pattern: string;
  readonly file: string;
  readonly line: number;
  /** By the word that each begins with, those of its own block over those of the whole file. Scripts are left out. */
  readonly told: ReadonlyMap<string, string>;
}

export interface LogrotateRead {
  readonly entries: readonly LogrotateEntry[];
  readonly problems: readonly Diagnostic[];
}

/** As logrotate has it: deeper ones it does not read. */
const MOST_INCLUDES_DEEP = 16;
/** Names that it passes over in a directory, beside `tabooext`. */
const TABOO =
  /(^\.|~$|,v$|\.(bak|cfsaved|disabled|dpkg-(bak|del|dist|new|old|tmp)|rhn-cfg-tmp-.*|rpm(new|orig|save)|swp|ucf-(dist|new|old))$)/;
const SCRIPTS = /^(prerotate|postrotate|firstaction|lastaction|preremove)$/;

export function readLogrotate(host: HostReader): LogrotateRead {
  const reading: Reading = { host, entries: [], problems: [], read: new Set() };
  readFile(reading, LOGROTATE_CONF, { deep: 0, mayBeMissing: true });
  return reading;
}

interface Reading {
  readonly host: HostReader;
  readonly entries: LogrotateEntry[];
  readonly problems: Diagnostic[];
  readonly read: Set<string>;
}

function readFile(
  reading: Reading,
  path: string,
  { deep, mayBeMissing }: { readonly deep: number; readonly mayBeMissing: boolean },
): void {
  const { host, problems, read } = reading;
  const [file] = resolved(host, path);
  const type = file === undefined ? 'missing' : host.entry(file).type;
  if (file === undefined || type === 'missing') {
    if (!mayBeMissing) problems.push(unread(path, 'want a file or a directory, found nothing'));
    return;
  }
  if (deep > MOST_INCLUDES_DEEP || read.has(file)) return;
  if (type === 'directory') {
    for (const name of host.names(file))
      if (!TABOO.test(name) && host.entry(`${file}/${name}`).type !== 'directory')
        readFile(reading, `${file}/${name}`, { deep: deep + 1, mayBeMissing: true });
    return;
  }
  read.add(file);
  const text = type === 'file' ? host.text(file) : null;
  if (text === null) {
    problems.push(unread(file, `want a file of settings, found ${type === 'file' ? 'a larger one' : type}`));
    return;
  }
  const { entries, includes, brokenAt } = parseLogrotate(text, file);
  reading.entries.push(...entries);
  if (brokenAt !== null) problems.push(unread(`${file}:${brokenAt.line}`, brokenAt.what));
  for (const one of includes) {
    const all = one.includes('*') ? filesMatching(host, [one]) : [one];
    for (const each of all) readFile(reading, each, { deep: deep + 1, mayBeMissing: false });
  }
}

function unread(at: string, detail: string): Diagnostic {
  const [file = at] = at.split(/:\d/);
  return diagnostic('W_LOGROTATE_UNREAD', 'cannot read all that logrotate is told', {
    at,
    detail: [detail, 'what it says of logs is not known'],
    hint: `see what logrotate says of it: sudo logrotate -d ${shellWord(file)}`,
  });
}

interface Parsed {
  readonly entries: readonly LogrotateEntry[];
  readonly includes: readonly string[];
  readonly brokenAt: { readonly line: number; readonly what: string } | null;
}

interface Block {
  readonly patterns: readonly { readonly pattern: string; readonly line: number }[];
  readonly told: Map<string, string>;
}

/** Pure. What stands before the first mistake counts. */
export function parseLogrotate(text: string, file: string): Parsed {
  const entries: LogrotateEntry[] = [];
  const includes: string[] = [];
  const global = new Map<string, string>();
  let waiting: { readonly pattern: string; readonly line: number }[] = [];
  let block: Block | null = null;
  let script: number | null = null;
  const end = (brokenAt: Parsed['brokenAt']): Parsed => ({ entries, includes, brokenAt });
  const lines = text.split('\n');
  for (const [i, raw] of lines.entries()) {
    const line = i + 1;
    let rest = raw.trim();
    if (script !== null) {
      if (rest === 'endscript') script = null;
      continue;
    }
    if (raw.includes('\r') && !rest.startsWith('#'))
      return end({ line, what: 'found a line that ends with CR and LF, which logrotate does not take' });
    while (rest !== '' && !rest.startsWith('#')) {
      if (rest.startsWith('}')) {
        if (block === null) return end({ line, what: 'found a } without its {' });
        for (const one of block.patterns) entries.push({ ...one, file, told: block.told });
        block = null;
        rest = rest.slice(1).trim();
        continue;
      }
      if (block === null && /^["'/~{]/.test(rest)) {
        const named = patternsIn(rest);
        if (named === null) return end({ line, what: 'found a quote that does not end' });
        waiting.push(...named.patterns.map((pattern) => ({ pattern, line })));
        if (named.opens) {
          if (waiting.length === 0) return end({ line, what: 'found a { without a log before it' });
          block = { patterns: waiting, told: new Map(global) };
          waiting = [];
        }
        rest = named.rest;
        continue;
      }
      const [, word = '', more = ''] = /^([^\s={}]+)\s*=?\s*(.*)$/.exec(rest) ?? [];
      if (word === '') return end({ line, what: 'found something else than a log or a setting' });
      // All that is behind a word belongs to it.
      if (more.includes('}')) return end({ line, what: `found a } behind ${word}, on the same line` });
      if (SCRIPTS.test(word)) script = line;
      else if (word === 'include' && block === null)
        includes.push(more.trim().replace(/^(["'])(.*)\1$/, '$2'));
      else (block?.told ?? global).set(word, more.trim());
      rest = '';
    }
  }
  if (script !== null) return end({ line: script, what: 'found a script without its endscript' });
  if (block !== null) return end({ line: block.patterns[0]?.line ?? 1, what: 'found a { without its }' });
  return end(waiting[0] === undefined ? null : { line: waiting[0].line, what: 'found a log without its {' });
}

function patternsIn(
  text: string,
): { readonly patterns: readonly string[]; readonly opens: boolean; readonly rest: string } | null {
  const patterns: string[] = [];
  let rest = text;
  while (rest !== '' && !rest.startsWith('#')) {
    if (rest.startsWith('{')) return { patterns, opens: true, rest: rest.slice(1).trim() };
    const quote = rest[0] === '"' || rest[0] === "'" ? rest[0] : null;
    const end = quote === null ? rest.search(/[\s{]|$/) : rest.indexOf(quote, 1);
    if (end < 0) return null;
    patterns.push(quote === null ? rest.slice(0, end) : rest.slice(1, end));
    rest = rest.slice(quote === null ? end : end + 1).trim();
  }
  return { patterns, opens: false, rest: '' };
}

/** Those that rotate the file, the directory of which may be named through links. */
export function entriesFor(
  host: HostReader,
  entries: readonly LogrotateEntry[],
  log: string,
): readonly LogrotateEntry[] {
  return entries.filter(({ pattern }) =>
    [pattern, ...throughLinks(host, pattern)].some((one) => matchesGlob(one, log)),
  );
}

function throughLinks(host: HostReader, pattern: string): readonly string[] {
  const cut = pattern.lastIndexOf('/');
  const directory = pattern.slice(0, cut);
  if (cut <= 0 || /[*?[\\]/.test(directory)) return [];
  return resolved(host, directory).map((real) => `${real}${pattern.slice(cut)}`);
}

/** As glob(7) has it: no sign stands for a slash, nor for a dot at the beginning of a name. */
export function matchesGlob(pattern: string, path: string): boolean {
  const [wanted, names] = [pattern.split('/'), path.split('/')];
  return wanted.length === names.length && wanted.every((one, i) => matchesName(one, names[i] ?? ''));
}

function matchesName(pattern: string, name: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === name;
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  let source = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const sign = pattern[i] ?? '';
    const set = sign === '[' ? /^\[[!^]?\]?[^\]]*\]/.exec(pattern.slice(i))?.[0] : undefined;
    if (sign === '*') source += source.endsWith('[^]*') ? '' : '[^]*';
    else if (sign === '?') source += '[^]';
    else if (set !== undefined) {
      source += setSource(set);
      i += set.length - 1;
    } else {
      if (sign === '\\' && i + 1 < pattern.length) i += 1;
      source += literal(pattern[i] ?? '');
    }
  }
  return new RegExp(`^${source}$`).test(name);
}

function setSource(set: string): string {
  const isNot = set[1] === '!' || set[1] === '^';
  const inner = set.slice(isNot ? 2 : 1, -1).replace(/[\\\]^]/g, '\\$&');
  try {
    const source = `[${isNot ? '^' : ''}${inner}]`;
    new RegExp(source);
    return source;
  } catch {
    return literal(set);
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
