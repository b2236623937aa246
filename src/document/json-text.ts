// Owns how a JSON document is written where a terminal may show it: what would move the cursor, hide text or turn it around
// stands as \uXXXX. To a program that reads it, it is the same document.

/** `indent`: blanks a level; left out: one line. */
export function jsonText(document: unknown, indent?: number): string {
  return JSON.stringify(document, null, indent).replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(''),
  );
}

/** Below U+0020 JSON.stringify escapes by itself, as it does lone surrogates. */
const UNSEEN = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
