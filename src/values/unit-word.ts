// Owns how a text is one word of a list in a unit file: systemd.unit(5), systemd.syntax(7). Pure.

/** Without what systemd would make of `%`, quotes and blanks. */
export function unitWord(text: string): string {
  const plain = text.replaceAll('%', '%%');
  return /^[^\s"'\\]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}
