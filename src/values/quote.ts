// Owns how text that somebody else wrote is shown in a message: short, and unable to play tricks on a terminal.

/** In backticks, as short as a value in a message should be. */
export function quote(text: string): string {
  return `\`${printable(text, 60)}\``;
}

/** Control and invisible characters as `\u{…}`; cut off after `longest` characters. */
export function printable(text: string, longest: number): string {
  // One more than is shown, and no more: the text may be a megabyte long.
  const characters = Array.from(text.slice(0, 2 * longest + 2));
  const safe = characters
    .slice(0, longest)
    .join('')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return `${safe}${characters.length > longest ? '…' : ''}`;
}
