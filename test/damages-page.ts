// Writes docs/damages.md from the damages that test/e2e/damages proves. Must not prove anything itself.
import type { Damage, Family } from './e2e/damages/damage.ts';
import { TRIED_FIRST } from './e2e/damages/tried-first.ts';

const HEAD = `# Damages

Each of these is done to a real host that is set up and holds data, on a disk of its own (\`test/e2e/damages\`): \`validate\` (or
the command that is named) says so, and says the cause first. Where a command mends it, what is printed as \`fix:\` is typed as it
stands; it ends with 0, the check is green again, and nothing else on the host has changed but what is named under *leaves*
(\`+\` is there, \`-\` is not there any more). One command is enough; where several things were done that have nothing
to do with each other, one for each. Where no command can mend it, the \`hint:\` says what to do. A *warning* leaves the exit status alone.

This page is written by \`node test/write-docs.ts\`.
`;

/** To the byte. */
export function damagesPage(families: readonly Family[]): string {
  const count = families.reduce((sum, { damages }) => sum + damages.length, 0);
  const all = families.flatMap(({ damages }) => damages);
  const typed = all.filter(({ hint }) => hint === undefined).length;
  return [
    HEAD,
    `${count} damages; ${typed} are mended by what is printed.`,
    '\n## Tried first\n',
    'What a new user did to a host, and ten more of the same families. Each has its row below.\n',
    '| damage | in the list below | mended by |',
    '|---|---|---|',
    ...TRIED_FIRST.map(([words, name]) => `| ${words} | ${name} | ${way(damageNamed(all, name))} |`),
    ...families.flatMap(({ family, damages }) => [
      `\n## ${family.charAt(0).toUpperCase()}${family.slice(1)}\n`,
      '| damage | said first | mended by | leaves |',
      '|---|---|---|---|',
      ...damages.map((damage) => `| ${damage.name} | ${said(damage)} | ${way(damage)} | ${left(damage)} |`),
    ]),
    '',
  ].join('\n');
}

function damageNamed(all: readonly Damage[], name: string): Damage {
  const found = all.find((damage) => damage.name === name);
  if (found === undefined) throw new Error(`no damage is called ${JSON.stringify(name)}`);
  return found;
}

function said({ first, says, warns, ask }: Damage): string {
  const by = ask === undefined ? '' : ` (\`${ask}\`)`;
  return `\`${first}\`${by}${warns === true ? ', a warning' : ''}: … ${says} …`;
}

function way({ hint, things = 1 }: Damage): string {
  if (hint !== undefined) return `hand: … ${hint} …`;
  return things === 1 ? 'a command' : `${things} commands`;
}

/** As the test compares it, without what says nothing to people. */
function left({ leaves = [] }: Damage): string {
  return leaves.map((one) => `\`${one.trim()}\``).join(', ');
}
