// Owns what a language of settings is: reading, editing in place, writing anew. One file beside this is one language.
// Pure: text in, text out; no host, and no service by name.

export type Value = string | number | boolean | readonly string[];

/** `key`: one element in flat languages; in nested ones the names of the elements from the root down. */
export interface Setting {
  readonly key: readonly string[];
  readonly value: Value;
}

/** null: it is not to be there. */
export interface Change {
  readonly key: readonly string[];
  readonly value: Value | null;
}

/** In the order of the text, and where a name stands twice, both. */
export interface Found {
  /** In small letters where the language does not tell them from capitals. */
  readonly key: readonly string[];
  /** As the server reads it: without quotes and escapes. In flat languages a text, or several words. */
  readonly value: Value;
  /** Counted from 1. */
  readonly line: number;
  /** Only in XML. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A setting as it is written anew. */
export interface Item extends Setting {
  /** Why it is so, in at most 78 columns; stands above it. Further lines after a line feed. null: the name says it. */
  readonly comment: string | null;
  /** Advice: written as a comment. Left out where the language has none. */
  readonly isHint: boolean;
}

export type FormatName =
  | 'postgresql'
  | 'redis'
  | 'properties'
  | 'yaml'
  | 'json'
  | 'xml'
  | 'export'
  | 'dotenv'
  | 'systemd';

export interface Format {
  readonly name: FormatName;
  /** Why the language cannot carry the value to the server as it is, such as `has a line break`; null: it can. */
  refusal(value: Value): string | null;
  /** Throws FormatError. */
  read(text: string): readonly Found[];
  /**
   * Everything else stays as it was, byte for byte: comments, order, spacing, line ends, a byte order mark, a missing final
   * newline. Editing twice equals editing once. Throws FormatError where the text is broken, or cannot be edited so.
   */
  edit(text: string, changes: readonly Change[]): string;
  render(items: readonly Item[]): string;
}

/** The text does not follow the rules of its language, or is not edited by us. */
export class FormatError extends Error {
  readonly line: number;
  /** In characters, from 1; null: the line as a whole. */
  readonly column: number | null;
  /** What is wrong, such as `want a closing quote`. */
  readonly what: string;

  constructor(what: string, line: number, column: number | null = null) {
    super(`line ${line}${column === null ? '' : `, column ${column}`}: ${what}`);
    this.name = 'FormatError';
    this.line = line;
    this.column = column;
    this.what = what;
  }
}
