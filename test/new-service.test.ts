// Holds docs/adding-a-service.md to its word: a built-in service is one folder and one line, and no test minds it.
// Follows the document in a copy of the checkout and runs there what can notice.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { it } from 'node:test';
import { copyOfCheckout, follow, typeErrors } from './e2e/followed-document.ts';
import { REPOSITORY } from './e2e/throwaway-host.ts';

const DOCUMENT = 'docs/adding-a-service.md';
const LIST = 'src/services/list.ts';
const FOLDER = 'src/services/tickdb/';
/** What the document says that `npm test` writes. */
const GENERATED = 'schema/spec.schema.json';

/** Own files that are loaded with it, those of its types alone left out. */
function loadedBy(file: string, checkout: string, loaded = new Set<string>()): ReadonlySet<string> {
  // What looks like an import may stand in a text.
  if (loaded.has(file) || !existsSync(join(checkout, file))) return loaded;
  loaded.add(file);
  const text = readFileSync(join(checkout, file), 'utf8').replace(/^(im|ex)port type [^;]*;/gm, '');
  for (const [, path = ''] of text.matchAll(/(?:from |import\(|import )'(\.[^']+)'/g))
    loadedBy(normalize(join(dirname(file), path)), checkout, loaded);
  return loaded;
}

/**
 * Tests that a new service can change: those that load the list of services, and those that load nothing of src/,
 * since they read files or start programs. Left out are the slow ones, which start the program on hosts to break.
 */
function testsThatCanNotice(checkout: string): readonly string[] {
  return globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: checkout }).filter((file) => {
    const loaded = loadedBy(file, checkout);
    if (file.startsWith('test/e2e/') || loaded.has('test/e2e/throwaway-host.ts')) return false;
    return loaded.has(LIST) || ![...loaded].some((other) => other !== file && other.startsWith('src/'));
  });
}

/** Files that are not as they are in the checkout, or not there. */
function changesIn(checkout: string): readonly string[] {
  const own = (path: string) => !/^((node_modules|dist|\.git)(\/|$)|.*\.tsbuildinfo$)/.test(path);
  const files = (cwd: string) =>
    globSync('**/*', { cwd, exclude: (path) => !own(String(path)), withFileTypes: false }).filter(own);
  const text = (root: string, path: string) => {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? '';
    }
  };
  const all = new Set([...files(checkout), ...files(REPOSITORY)]);
  return [...all].filter((path) => text(checkout, path) !== text(REPOSITORY, path)).toSorted();
}

it('a built-in service is one folder and one line, and every test passes', () => {
  using copy = copyOfCheckout();
  follow(DOCUMENT, copy.path);

  // As many lines as it says, and nowhere else.
  const [line, ...rest] = changesIn(copy.path).filter((path) => !`${path}/`.startsWith(FOLDER));
  assert.deepEqual([line, rest], [LIST, []]);
  const lines = (root: string) => readFileSync(join(root, LIST), 'utf8').split('\n');
  const before = lines(REPOSITORY);
  const added = lines(copy.path).filter((one) => !before.includes(one));
  assert.deepEqual([added.length, lines(copy.path).length], [1, before.length + 1]);

  const run = (...argv: readonly string[]) => {
    const { CI, NODE_TEST_CONTEXT, NODE_V8_COVERAGE, SEED, ...own } = process.env;
    // Random layouts and hosts, and where runs crash, are the same with one service more; in the checkout itself all are tried.
    const env = { ...own, RUNS: '0.1' };
    return spawnSync(process.execPath, argv, { cwd: copy.path, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  };
  assert.deepEqual([...typeErrors(copy.path).values()], []);

  const written = run('test/write-schemas.ts', 'spec');
  assert.equal(written.status, 0, written.stderr);
  assert.deepEqual(
    changesIn(copy.path).filter((path) => !`${path}/`.startsWith(FOLDER)),
    [GENERATED, LIST],
  );

  assert.equal(run('build.ts').status, 0);
  const tests = testsThatCanNotice(copy.path);
  assert.ok(tests.length > 20 && tests.includes('test/cases/cases.test.ts'), tests.join('\n'));
  const tested = run('test/run.ts', ...tests);
  assert.equal(tested.status, 0, tested.stdout.slice(tested.stdout.indexOf('failing tests:')));
  assert.ok(Number(/^ℹ pass (\d+)$/m.exec(tested.stdout)?.[1]) > 500, tested.stdout);

  const shown = run('src/main.ts', 'spec', 'show', '--json', '--root', copy.path);
  assert.equal(shown.stderr, '');
  const names = JSON.parse(shown.stdout).result.spec.services.map(({ name }: { name: string }) => name);
  assert.equal(names.at(-1), 'tickdb');
});
