// Owns how text that somebody else wrote is shown in a message: short, and unable to play tricks on a terminal.

const LONGEST = 60;

/** In backticks; control and invisible characters as `\u{…}`, what is too long cut off. */
export function quote(text: string): string {
  // One more than is shown, and no more: the text may be a megabyte long.
  const characters = Array.from(text.slice(0, 2 * LONGEST + 2));
  const shown = characters.slice(0, LONGEST).join('');
  const safe = shown.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return `\`${safe}${characters.length > LONGEST ? '…' : ''}\``;
}
