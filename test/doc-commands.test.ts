// Holds the commands that README and documents name to the catalogue: each is there, with the flags that stand beside it, and
// the tables that list commands have them all.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMAND_NAMES, COMMANDS, type CommandName, commonOptions } from '../src/catalogue/commands.ts';
import { commandFirst } from '../src/catalogue/typed-words.ts';

const checkout = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, checkout), 'utf8');
const DOCUMENTS = ['README.md', ...globSync('docs/*.md', { cwd: checkout.pathname })];
/** One adds a command to a copy of the program; of the other each command is run, those that are wrong as well. */
const OTHERS = ['docs/adding-a-command.md', 'docs/exit-codes.md'];

/** What stands in backticks, and lines of shell blocks, where it begins with one of our names. */
function commandsIn(text: string): readonly string[] {
  const inline = [...text.matchAll(/`((?:sudo )?(?:bin\/)?jts-hot [^`\n]+)`/g)].map(([, code = '']) => code);
  const blocks = [...text.matchAll(/^```(?:sh|console)[^\n]*\n(.*?)^```/gms)].flatMap(([, code = '']) =>
    [...code.matchAll(/^(?:\$ )?((?:sudo )?jts-hot [^|>;&\n]+)/gm)].map(([, line = '']) => line),
  );
  return [...inline, ...blocks].map((line) => line.replace(/ (?:\||>|2>|;|&&|#) ?.*$/, ''));
}

for (const path of DOCUMENTS.filter((one) => !OTHERS.includes(one)))
  test(`${path}: each command is one of ours, with its own flags`, () => {
    for (const line of commandsIn(read(path))) {
      // `rollback [--list] [RUN]`, `validate [-v\|-q]`, `jts-hot … -j`: how it is typed, not one call.
      const words = line
        .replace(/^sudo /, '')
        .replaceAll('\\|', ' ')
        .split(/[ [\]|,]+/)
        .slice(1)
        .filter(Boolean);
      const [name = '', ...rest] = commandFirst(words);
      if (name === '…' || name === 'help' || name.startsWith('-')) continue;
      assert.ok((COMMAND_NAMES as readonly string[]).includes(name), line);
      const options = { ...COMMANDS[name as CommandName].options, ...commonOptions(name as CommandName) };
      const shorts = Object.values(options).flatMap(({ short }) => short ?? []);
      for (const word of rest) {
        const [, long] = /^--([a-z-]+)/.exec(word) ?? [];
        if (long !== undefined)
          assert.ok(Object.hasOwn(options, long) || long === 'help', `${line}: --${long}`);
        else if (/^-[a-zA-Z]+$/.test(word))
          for (const letter of word.slice(1))
            assert.ok(shorts.includes(letter) || letter === 'h', `${line}: ${word}`);
      }
    }
  });

test('the table of README has every command once', () => {
  const [, table = ''] = /## What it does\n(.*?)\n## /s.exec(read('README.md')) ?? [];
  const rows = [...table.matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell.replaceAll('\\|', ' '));
  const named = rows.flatMap((cell) => [...cell.matchAll(/jts-hot (\w+)/g)].map(([, name = '']) => name));
  assert.deepEqual(named.toSorted(), [...COMMAND_NAMES].toSorted());
});

test('docs/json.md has every command, among the names of documents and of schemas', () => {
  const [, envelope = ''] = /^\| `command` \| (.*) \|$/m.exec(read('docs/json.md')) ?? [];
  const names = [...envelope.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  assert.deepEqual(names.toSorted(), [...COMMAND_NAMES].toSorted());
});

test("the operator's guide names every command that a person types", () => {
  const guide = read('docs/HOT_STORAGE_SETUP.md');
  const forTimers = COMMAND_NAMES.filter((name) => /\bFor (?:a timer|timers)\b/.test(COMMANDS[name].says));
  for (const name of COMMAND_NAMES.filter((one) => !forTimers.includes(one)))
    assert.match(guide, new RegExp(`jts-hot ${name}\\b|\`${name}\\b`), name);
});

/** Alone they change nothing, or show what they would do. */
const WITHOUT_ROOT =
  /^(?:setup|repair) .*--dry-run|^(?:schedule|plan|spec|monitor|usage|history|serve|alert|completion|complete)\b/;

test('what messages advise says sudo where the command wants root', () => {
  const sources = globSync('src/**/*.ts', { cwd: checkout.pathname }).filter(
    (one) => !/\.test\.ts$/.test(one),
  );
  for (const path of sources)
    for (const line of read(path).split('\n')) {
      if (/^\s*(\/\/|\*|\/\*)/.test(line)) continue;
      for (const [, before = '', name = '', rest = ''] of line.matchAll(
        /(\S* )?\bjts-hot (setup|validate|repair|rollback|record|look)\b([^'`;)]*)/g,
      ))
        if (/\b(?:hint|fix|type)\b|: jts-hot /.test(line))
          assert.ok(/sudo $/.test(before) || WITHOUT_ROOT.test(`${name}${rest}`), `${path}: ${line.trim()}`);
    }
});
