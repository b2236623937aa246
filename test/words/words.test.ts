// Holds what people read (help, messages, comments, documents, man page, JSON descriptions) to docs/glossary.md and to
// plain English. A word that must be used is an exception here, with its reason.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Prose, proseOfManual, proseOfMarkdown, proseOfSchema, proseOfTypeScript } from './prose.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** Nobody says these. */
const ARCHAIC = [
  'whom',
  'whomever',
  'whoever',
  'whosoever',
  'shall',
  'ought',
  'nought',
  'aught',
  'lest',
  'hence',
  'thus',
  'thereof',
  'therein',
  'thereby',
  'thereupon',
  'whereby',
  'wherein',
  'whereupon',
  'whence',
  'hereby',
  'herein',
  'heretofore',
  'forthwith',
  'albeit',
  'whilst',
  'amongst',
  'unto',
  'aforesaid',
  'ceased',
  'of late',
  'come to pass',
  'came to pass',
  'all that there is to',
];

/** Where a word is right all the same. `file` begins the path. */
const EXCEPTIONS: readonly { readonly words: RegExp; readonly file?: string; readonly why: string }[] = [
  {
    words: /--spec\b|\bjts-hot spec\b|\bspec (show|check|schema)\b|\bspec\.yaml\b|^spec$/gm,
    why: 'flag, command, file',
  },
  { words: /\bfilesystem(?=: |, |`)/g, why: 'a key of layout files' },
  { words: /\/proc\/filesystems\b|Documentation\/filesystems\//g, why: 'paths of the kernel' },
  { words: /\bcron daemon\b|\bdaemon facility\b/g, why: 'what they are called in their manuals' },
  { words: /\bdrives? (it|all|them|each|every|setup)\b/gi, why: 'the verb' },
  { words: /\bFilesystem (features|state|UUID)\b/g, file: 'src/host/storage/', why: 'words of tune2fs' },
  { words: /passwd: filesystem\b/g, file: 'src/host/', why: 'a wrong word in a file that a test makes' },
  { words: /\bjob control\b/g, why: 'what shells call it' },
  { words: /\barchive: \{/g, file: 'src/layout-file/', why: 'a name that a test gives to a service' },
];

const notWords = glossaryRows(readFileSync(join(CHECKOUT, 'docs/glossary.md'), 'utf8')).flatMap(
  ({ not }) => not,
);
const FORBIDDEN = new RegExp(
  `(?<![\\w/.-])(?:${[...notWords, ...ARCHAIC].join('|')})s?(?![\\w-]|\\.\\w)`,
  'i',
);
/** `fileSystem`: a name of code. */
const CAMEL = /\p{Ll}\p{Lu}/u;

/** Words that are not to be used, with their lines. */
function wrongWords(file: string, prose: readonly Prose[]): readonly string[] {
  return prose.flatMap(({ line, text }) =>
    text.split('\n').flatMap((part, i) => {
      const rest = EXCEPTIONS.filter((one) => file.startsWith(one.file ?? '')).reduce(
        (left, { words }) => left.replace(words, ''),
        part,
      );
      const [wrong] = FORBIDDEN.exec(rest) ?? [];
      return wrong === undefined || CAMEL.test(wrong)
        ? []
        : [`${file}:${line + i}: “${wrong}” in: ${part.trim()}`];
    }),
  );
}

interface Row {
  readonly word: string;
  readonly means: string;
  readonly not: readonly string[];
}

function glossaryRows(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, word = '', means = '', not = '']) => ({ word, means, not: not.split(', ') }));
}

const KINDS: readonly (readonly [string, (text: string) => readonly Prose[]])[] = [
  ['src/**/*.ts', proseOfTypeScript],
  ['test/**/*.ts', proseOfTypeScript],
  ['README.md', proseOfMarkdown],
  ['docs/**/*.md', proseOfMarkdown],
  ['man/*.8', proseOfManual],
  ['schema/*.json', proseOfSchema],
];

describe('words', () => {
  for (const [files, read] of KINDS)
    it(`${files}: no word that the glossary does not want, and none that nobody says`, () => {
      const paths = globSync(files, { cwd: CHECKOUT, exclude: ['test/words/*'] }).toSorted();
      assert.ok(paths.length > 0);
      const wrong = paths
        .filter((path) => path !== 'docs/glossary.md')
        .flatMap((path) => wrongWords(path, read(readFileSync(join(CHECKOUT, path), 'utf8'))));
      assert.deepEqual(wrong, []);
    });

  it('help of every command: the same', async () => {
    const help = async (...words: string[]) => {
      const args = [join(CHECKOUT, 'dist/jts-hot.js'), ...words, '--help'];
      return (await promisify(execFile)(process.execPath, args)).stdout;
    };
    const all = await help();
    const names = [...all.matchAll(/^ {2}([a-z]+) [[<]/gm)].map(([, name = '']) => name);
    assert.ok(names.length > 10, all);
    const texts = await Promise.all(names.filter((name) => name !== 'help').map((name) => help(name)));
    const wrong = [all, ...texts].flatMap((text) =>
      wrongWords(
        'help',
        text
          .replace(/^ {2}spec(?= )/m, '')
          .split('\n')
          .map((line, i) => ({ line: i + 1, text: line })),
      ),
    );
    assert.deepEqual(wrong, []);
  });

  it('docs/glossary.md: each word once, with its meaning, in about twenty lines', () => {
    const rows = glossaryRows(readFileSync(join(CHECKOUT, 'docs/glossary.md'), 'utf8'));
    assert.equal(new Set(rows.map(({ word }) => word)).size, rows.length);
    assert.ok(rows.length >= 18 && rows.length <= 26, `${rows.length}`);
    for (const { word, means, not } of rows) {
      assert.ok(means.length > 0 && not.length > 0 && not[0] !== '', word);
      assert.ok(!not.includes(word), word);
    }
  });

  it('README.md and documents: each error code that they name is one of ours', () => {
    const sources = globSync('src/**/*.ts', { cwd: CHECKOUT })
      .map((path) => readFileSync(join(CHECKOUT, path), 'utf8'))
      .join('\n');
    const wrong = ['README.md', ...globSync('docs/**/*.md', { cwd: CHECKOUT })].flatMap((path) => {
      const text = readFileSync(join(CHECKOUT, path), 'utf8');
      // A document may show how a new one is made.
      return [...text.matchAll(/\b[EW]_[A-Z]+(?:_[A-Z]+)*\b(?!_)/g)]
        .filter(([code]) => !`${sources}${text}`.includes(`'${code}'`))
        .map(([code]) => `${path}: ${code}`);
    });
    assert.deepEqual(wrong, []);
  });
});

describe('a wrong word is found', () => {
  const found = (file: string, prose: readonly Prose[]) => wrongWords(file, prose).length;

  it('in a comment, a message and inside a template, but not in a name, a flag or a regular expression', () => {
    const one = (source: string) => found('src/x.ts', proseOfTypeScript(source));
    assert.equal(one('// The spec says so.'), 1);
    assert.equal(one('/** Whoever\n * reads the filesystem. */'), 2);
    assert.equal(one("const text = 'cannot read the spec of it';"), 1);
    assert.equal(one(`const text = \`cannot \${act(\`shall \${be} done\`)} at once\`;`), 1);
    assert.equal(one("const spec = result.spec; read('spec', `spec`);"), 0);
    assert.equal(one("const text = 'to start one: jts-hot spec show, or --spec FILE'; // --spec"), 0);
    assert.equal(one("const quote = /['\"`]/g; // a quote\nconst spec = 1 / 2; const a = 'b';"), 0);
    assert.equal(one('// `spec` is a field.'), 0);
  });

  it('in a document, a man page and a schema', () => {
    assert.equal(found('docs/x.md', proseOfMarkdown('One\n\n```sh\nspec\n```\n`spec`, whom it tells')), 1);
    assert.equal(
      wrongWords('docs/x.md', proseOfMarkdown('```\na\n```\nthe drive'))[0],
      'docs/x.md:4: “drive” in: the drive',
    );
    assert.equal(found('man/x.8', proseOfManual('.It Fl -spec Ar file\nThe filesystem.\n.Cm spec')), 1);
    assert.equal(
      found('schema/x.json', proseOfSchema('{\n  "spec": {\n    "description": "the spec of it"\n  }\n}')),
      1,
    );
  });
});
