// Owns which parts of a file are read by people: comments and sentences of TypeScript, text of Markdown, a man page and
// JSON Schemas. Names of code are left out. Must not know which words are right.

export interface Prose {
  readonly line: number;
  readonly text: string;
}

/** Two words with a blank between them: a sentence, not a name. */
const SENTENCE = /[\p{L}\d,;:)'’”}…] +[\p{L}({…]/u;

/** Comments, and those strings that are sentences; what is inside `${…}` is code, and read for strings in turn. */
export function proseOfTypeScript(source: string): readonly Prose[] {
  const found: Prose[] = [];
  const lineAt = lineCounter(source);
  /** Behind these a slash begins a regular expression. */
  const beforeRegExp = /(?:^|[(,=:[!&|?{};+>]|\breturn|\bcase)\s*$/;
  let lastCode = '';
  /** Reads code up to `end` (an unmatched `}` of a template, or the end of the file). */
  const readCode = (from: number): number => {
    let depth = 0;
    for (let at = from; at < source.length; ) {
      const character = source[at] ?? '';
      const two = source.slice(at, at + 2);
      if (two === '//' || two === '/*') {
        const close = two === '//' ? source.indexOf('\n', at) : source.indexOf('*/', at) + 2;
        const end = close < at ? source.length : close;
        found.push({ line: lineAt(at), text: source.slice(at, end) });
        at = end;
      } else if (character === "'" || character === '"') {
        const match = /(['"])((?:\\.|(?!\1).)*)\1/sy;
        match.lastIndex = at;
        const [all = character, , text = ''] = match.exec(source) ?? [];
        addSentence(at, text);
        at += all.length;
        lastCode = "'";
      } else if (character === '`') {
        at = readTemplate(at);
        lastCode = '`';
      } else if (character === '/' && beforeRegExp.test(lastCode)) {
        const match = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//y;
        match.lastIndex = at;
        at += match.exec(source)?.[0].length ?? 1;
        lastCode = '/';
      } else {
        if (character === '{') depth += 1;
        if (character === '}' && depth === 0 && from > 0) return at;
        if (character === '}') depth -= 1;
        lastCode = (lastCode + character).slice(-12);
        at += 1;
      }
    }
    return source.length;
  };
  const readTemplate = (from: number): number => {
    let text = '';
    for (let at = from + 1; at < source.length; ) {
      const two = source.slice(at, at + 2);
      if (source[at] === '`') {
        addSentence(from, text);
        return at + 1;
      }
      if (two === '${') {
        lastCode = '{';
        at = readCode(at + 2) + 1;
        text += '…';
      } else {
        text += source[at] === '\\' ? two : (source[at] ?? '');
        at += source[at] === '\\' ? 2 : 1;
      }
    }
    return source.length;
  };
  const addSentence = (at: number, text: string) => {
    if (SENTENCE.test(text)) found.push({ line: lineAt(at), text });
  };
  readCode(0);
  return found.map(({ line, text }) => ({ line, text: text.replace(/`[^`\n]*`/g, '``') }));
}

/** Without blocks, code, links' addresses and comments; lines keep their numbers. */
export function proseOfMarkdown(text: string): readonly Prose[] {
  const blank = (part: string) => part.replace(/[^\n]/g, '');
  return text
    .replace(/^```[\s\S]*?^```$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/`[^`\n]*`/g, '``')
    .replace(/\]\([^)\n]*\)/g, ']')
    .split('\n')
    .map((line, i) => ({ line: i + 1, text: line }));
}

/** Without macros' names, and without what is marked as a flag, an argument, a path, a command or a name. */
export function proseOfManual(text: string): readonly Prose[] {
  return text.split('\n').map((line, i) => ({
    line: i + 1,
    text: /^\.(?!Nd |Sh |Ss |It )/.test(line)
      ? ''
      : line.replace(/^\.\w+ *|\b(Fl|Ar|Pa|Cm|Nm|Li|Va) \S+|\bIc ("[^"]*"|\S+)/g, ''),
  }));
}

/** Titles and descriptions, at any depth. */
export function proseOfSchema(text: string): readonly Prose[] {
  return text.split('\n').flatMap((line, i) => {
    const words = /^\s*"(?:description|title)": (".*"),?$/.exec(line)?.[1];
    return words === undefined
      ? []
      : [{ line: i + 1, text: (JSON.parse(words) as string).replace(/`[^`]*`/g, '``') }];
  });
}

function lineCounter(source: string): (at: number) => number {
  let line = 1;
  let last = 0;
  return (at) => {
    for (; last < at; last += 1) if (source[last] === '\n') line += 1;
    return at < last ? source.slice(0, at).split('\n').length : line;
  };
}
