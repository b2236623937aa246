// Writes what documents say of the commands, from the catalogue: node test/write-docs.ts. Tests say when they are stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMAND_NAMES, exitsOf, isStoppable } from '../src/catalogue/commands.ts';
import { STOPPED_EXITS } from '../src/catalogue/every-command.ts';
import { damagesPage } from './damages-page.ts';
import { FAMILIES } from './e2e/damages/index.ts';
import { manualPage } from './manual-page.ts';
import { conflictTable, wishTable } from './tuning-tables.ts';

const checkout = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, checkout), 'utf8');

/** What 0 and 1 mean, and whether a signal ends it in the middle. */
function exitTable(): string {
  const stopped = Object.values(STOPPED_EXITS).join(', ');
  const rows = COMMAND_NAMES.filter((name) => name !== 'monitor').map((name) => {
    const exits = exitsOf(name);
    return `| \`${name}\` | ${exits[0]} | ${exits[1]} | ${isStoppable(name) ? stopped : ''} |`;
  });
  return ['| command | 0 | 1 | stopped |', '|---|---|---|---|', ...rows].join('\n');
}

/** The text with all between the two marks replaced. */
function between(text: string, what: string, content: string): string {
  const begin = `<!-- ${what}: written by node test/write-docs.ts -->\n`;
  const end = '\n<!-- end -->';
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`no place for ${what}`);
  return text.slice(0, from) + content + text.slice(to);
}

/** What each file must hold, to the byte. */
export const writtenDocuments: readonly { readonly url: URL; readonly text: string }[] = [
  { url: new URL('man/jts-hot.8', checkout), text: manualPage(read('man/jts-hot.8.in')) },
  {
    url: new URL('docs/exit-codes.md', checkout),
    text: between(read('docs/exit-codes.md'), 'exit codes', exitTable()),
  },
  {
    url: new URL('docs/tuning.md', checkout),
    text: between(between(read('docs/tuning.md'), 'conflicts', conflictTable()), 'wishes', wishTable()),
  },
  { url: new URL('docs/damages.md', checkout), text: damagesPage(FAMILIES) },
];

if (import.meta.main) for (const { url, text } of writtenDocuments) writeFileSync(url, text);
