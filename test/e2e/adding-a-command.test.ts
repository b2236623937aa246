// Follows docs/adding-a-command.md in a copy of the checkout: four files, and the command is there, in help, JSON, messages,
// completion, the manual page and the exit codes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { copyOfCheckout, follow, typeErrors } from './followed-document.ts';
import { REPOSITORY } from './throwaway-host.ts';

const DOCUMENT = 'docs/adding-a-command.md';

const copy = copyOfCheckout();
after(() => copy[Symbol.dispose]());
follow(DOCUMENT, copy.path);

const read = (path: string) => readFileSync(join(copy.path, path), 'utf8');

function node(...argv: readonly string[]) {
  // Tests in it are nobody's sub-tests.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = { cwd: copy.path, env, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, options);
  return { status, stdout, stderr };
}

const jtsHot = (...words: readonly string[]) => node('dist/jts-hot.js', ...words);

/** Of the sources, all that is not as it is in the checkout. */
function changed(): readonly string[] {
  const before = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
  const known = new Set(globSync('src/**/*.ts', { cwd: REPOSITORY }));
  return globSync('src/**/*.ts', { cwd: copy.path })
    .filter((path) => !known.has(path) || read(path) !== before(path))
    .toSorted();
}

describe(DOCUMENT, () => {
  it('changes the files that it lists, four at most, and the compiler asks for no other', () => {
    const listed = [...read(DOCUMENT).matchAll(/^\| `(src\/[^`]+)` \|/gm)].map(([, path = '']) => path);
    assert.ok(listed.length <= 4);
    assert.deepEqual(changed(), listed.toSorted());
    assert.deepEqual([...typeErrors(copy.path).values()], []);
    const biome = join(REPOSITORY, 'node_modules/.bin/biome');
    const style = spawnSync(biome, ['check', '--vcs-enabled=false', ...listed], {
      cwd: copy.path,
      encoding: 'utf8',
    });
    assert.equal(style.status, 0, style.stderr);
    assert.deepEqual(node('build.ts'), { status: 0, stdout: '', stderr: '' });
  });

  it('the command runs, with --help, with --json, and refuses what is wrong', () => {
    const { status, stdout } = jtsHot('paths', 'kafka');
    assert.deepEqual({ status, stdout }, { status: 0, stdout: PATHS });
    assert.match(jtsHot('paths', '--help').stdout, /--existing +only those that are there\n/);
    const document = JSON.parse(jtsHot('paths', 'kafka', '-j').stdout);
    assert.deepEqual([document.command, document.exitCode], ['paths', 0]);
    assert.deepEqual(document.result.paths, PATHS.trim().split('\n'));
    for (const words of [
      ['paths', '--bogus'],
      ['paths', 'kafak'],
      ['paths', 'kafka', 'redis'],
    ]) {
      const refused = jtsHot(...words);
      assert.deepEqual([refused.status, refused.stdout], [2, ''], words.join(' '));
    }
  });

  it('is in the help, completed, in the manual page, the exit codes and the schemas', () => {
    assert.match(jtsHot('--help').stdout, /^ {2}paths \[options\] \[service\] +Print the directories/m);
    assert.equal(jtsHot('complete', 'bash', 'pa').stdout, 'words\npaths\n');
    assert.equal(jtsHot('complete', 'bash', 'paths', '--e').stdout, 'words\n--existing\n');
    assert.equal(jtsHot('complete', 'bash', 'paths', 'kaf').stdout, 'words\nkafka\n');
    for (const script of ['test/write-docs.ts', 'test/write-schemas.ts'])
      assert.deepEqual(node(script), { status: 0, stdout: '', stderr: '' });
    assert.match(read('man/jts-hot.8'), /^\.Ss paths\nPrints the directories[\s\S]*^\.It Fl -existing\n/m);
    assert.match(read('docs/exit-codes.md'), /^\| `paths` \| printed \|/m);
    assert.match(read('schema/error.schema.json'), /"paths"/);
    const schema = JSON.parse(read('schema/paths.schema.json'));
    assert.deepEqual(schema.properties.command.const, 'paths');
  });

  it('no test beside it has to change', () => {
    const tests = ['src/catalogue', 'src/cli', 'src/completion', 'src/json', 'src/messages'].flatMap((room) =>
      globSync(`${room}/*.test.ts`, { cwd: copy.path }),
    );
    const { status, stdout } = node('test/run.ts', 'test/rooms.test.ts', 'test/write-docs.test.ts', ...tests);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^ℹ fail 0$/m);
    assert.ok(Number(/^ℹ pass (\d+)$/m.exec(stdout)?.[1]) > 150, stdout);
  });
});

const PATHS = ['', '/data', '/logs'].map((below) => `/data/jts/hot/kafka${below}\n`).join('');
