// Holds the documents to the product: runs every example they mark, on a throwaway host, and compares what they show.
// `UPDATE_DOCS=1 node --test test/e2e/docs.test.ts` writes what is shown anew.
//
// In a document, in order, on one host for each document, as root in the checkout:
//   <!-- host: servers -->  that host is a booted Debian with the packaged servers; what stands behind such a line is typed
//                           on a new host, which `plain` makes one without servers again. `kafka` is a host with Kafka alone,
//                           beside the one before, which `back` goes on with
//   ```console run          lines behind `$ ` are typed, the rest is what a terminal then shows; a line `…` stands for
//                           any lines left out. Each command exits with 0, with `exit=N` the last one with N.
//   ```sh run               a script that exits with 0
//   ```yaml file=/etc/x     is written to that file (also other languages)
//   ```diff apply           in a copy of the checkout: is applied there, where `file=src/…` is written as well
//   <!-- run: COMMAND -->   as `sh run`, not shown to readers
//   | command | exit status | …    the command in each row is typed and exits with that status
// What has `vm` in the place of `run` is typed on a kernel of its own: test/vm/docs.test.ts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { linesOf, runConsole, runScript } from './console-block.ts';
import { replace } from './crash.ts';
import { type DocumentHost, type HostKind, NEEDS, PLAIN, startDocumentHost } from './document-host.ts';
import { partsOf, settingOf, writeTo } from './followed-document.ts';
import { jtsHot } from './product.ts';
import { REPOSITORY, startHost } from './throwaway-host.ts';

const UPDATE = process.env['UPDATE_DOCS'] !== undefined;
const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: REPOSITORY }).toSorted()];

interface Mark {
  readonly line: number;
  readonly kind: HostKind | 'back';
}

/** At the beginning, and at each line that says another. */
function marksIn(lines: readonly string[]): readonly Mark[] {
  const marks = lines.flatMap((line, at): readonly Mark[] => {
    const [, kind] = /^<!-- host: (servers|plain|kafka|back) -->$/.exec(line) ?? [];
    return kind === undefined ? [] : [{ line: at, kind: kind as Mark['kind'] }];
  });
  return marks.length === 0 ? [{ line: 0, kind: 'plain' }] : marks;
}

/** One at a time, and one beside it; what stands before the first mark is typed on its host. */
function hostsFor(marks: readonly Mark[]): Disposable & { at(line: number): DocumentHost } {
  const hosts = new Map<Mark | undefined, DocumentHost>();
  const isMain = ({ kind }: Mark) => kind !== 'kafka' && kind !== 'back';
  const stopAllBut = (main: Mark | undefined) => {
    for (const [mark, host] of hosts) {
      if (mark === main) continue;
      host[Symbol.dispose]();
      hosts.delete(mark);
    }
  };
  return {
    at(line) {
      const mark = marks.findLast((one) => one.line <= line) ?? marks[0];
      const main = marks.findLast((one) => one.line <= line && isMain(one)) ?? marks[0];
      const own = mark?.kind === 'back' ? main : mark;
      if (!hosts.has(own) || mark?.kind === 'back') stopAllBut(main);
      const kind = own?.kind ?? 'plain';
      const host = hosts.get(own) ?? startDocumentHost(kind === 'back' ? 'plain' : kind);
      hosts.set(own, host);
      return host;
    },
    [Symbol.dispose]() {
      for (const host of hosts.values()) host[Symbol.dispose]();
    },
  };
}

for (const name of documents) {
  const text = readFileSync(join(REPOSITORY, name), 'utf8');
  const runs = partsOf(text).filter(
    (part) =>
      part.type === 'row' ||
      part.words.includes('run') ||
      (!part.words.includes('vm') && (settingOf(part.words, 'file')?.startsWith('/') ?? false)),
  );
  if (runs.length === 0) continue;

  it(`${name}: what it says to type does what it shows`, (t) => {
    const lines: string[] = text.split('\n');
    const marks = marksIn(lines);
    if (!requires(t, ...marks.flatMap(({ kind }) => (kind === 'back' ? [] : NEEDS[kind])))) return;
    using hosts = hostsFor(marks);
    // From the end, so that line numbers hold: what is shown may grow or shrink.
    const edits: { readonly start: number; readonly count: number; readonly lines: readonly string[] }[] = [];
    for (const part of runs) {
      const place = `${name}:${part.start + 1}`;
      const host = hosts.at(part.start);
      try {
        if (part.type === 'row') {
          const { status, lines: said } = linesOf(host.type(part.command));
          assert.equal(status, part.status, `exit status of: ${part.command}\n${said.join('\n')}`);
        } else if (part.words[0] === 'console')
          edits.push({ start: part.start, count: part.lines.length, lines: runConsole(host.type, part) });
        else if (part.words.includes('run')) runScript(host.type, part);
        else writeTo(host.path(settingOf(part.words, 'file') ?? ''), part.lines);
      } catch (error) {
        if (error instanceof assert.AssertionError) error.message = `${place}: ${error.message}`;
        throw error;
      }
    }
    for (const { start, count, lines: real } of edits.toReversed()) lines.splice(start, count, ...real);
    const updated = lines.join('\n');
    if (UPDATE && updated !== text) writeFileSync(join(REPOSITORY, name), updated);
    else assert.equal(updated, text, `${name} shows something else: UPDATE_DOCS=1 writes it anew`);
  });
}

describe('documents', () => {
  for (const name of documents)
    it(`${name}: its links lead somewhere`, () => {
      const text = withoutBlocks(readFileSync(join(REPOSITORY, name), 'utf8'));
      const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? join(REPOSITORY, name) : join(REPOSITORY, dirname(name), path);
        if (!existsSync(file)) return [target];
        return anchor === undefined || anchorsOf(file).includes(anchor) ? [] : [target];
      });
      assert.deepEqual(broken, []);
    });

  it('docs/architecture.md: names every room, and only those that exist', () => {
    const text = readFileSync(join(REPOSITORY, 'docs/architecture.md'), 'utf8');
    const rooms = readdirSync(join(REPOSITORY, 'src'), { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name,
    );
    const [, section = ''] = text.split('\n## Rooms\n');
    const [table = ''] = section.split('\n## ');
    const named = [...table.matchAll(/^\| `([\w./-]+)` \| /gm)].map(([, name]) => name ?? '');
    assert.deepEqual(named.toSorted(), rooms.toSorted());
  });

  it('docs/architecture.md: the tests that it names exist', () => {
    const text = readFileSync(join(REPOSITORY, 'docs/architecture.md'), 'utf8');
    const references = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.test\.ts)`(?: “([^”]+)”)?/g)];
    assert.ok(references.length > 5);
    const missing = references.filter(([, path = '', title = '']) => {
      const file = join(REPOSITORY, path);
      return !existsSync(file) || !readFileSync(file, 'utf8').includes(title);
    });
    assert.deepEqual(
      missing.map(([reference]) => reference),
      [],
    );
  });

  it('README.md: npm test is a script of the package', () => {
    const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
    assert.ok('test' in scripts && 'bench' in scripts);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(file: string): readonly string[] {
  const headings = withoutBlocks(readFileSync(file, 'utf8')).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
}

describe('docs/exit-codes.md', () => {
  for (const [signal, status] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
    ['SIGTERM', 143],
  ] as const)
    it(`${signal} ends a run after its step, with ${status} and the journal true`, async (t) => {
      if (!requires(t, ...NEEDS.plain)) return;
      using host = startHost(PLAIN);
      using slow = replace(host, 'useradd', [
        'touch /dev/shm/begun',
        'sleep 1',
        'exec /usr/sbin/useradd "$@"',
      ]);
      const setup = host.spawn(jtsHot('setup'));
      while (!existsSync(host.path('/dev/shm/begun'))) await new Promise((resolve) => setTimeout(resolve, 5));
      setup.kill(signal);
      const ended = await setup.ended;
      slow.end();
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, /fix: sudo jts-hot setup\n +hint: to go back: sudo jts-hot rollback 1/);
      const list = JSON.parse(host.run(jtsHot('rollback', '--list', '--json')).stdout);
      assert.equal(list.result.runs[0].state, 'stopped');
      // The step that was under way is done: user postgres is there, the next one is not.
      assert.equal(host.run(['id', 'postgres']).status, 0);
      assert.equal(host.run(['id', 'clickhouse']).status, 1);
    });
});

describe('man/jts-hot.8', () => {
  it('is set without a warning', (t) => {
    if (!requires(t, 'groff')) return;
    const { stderr, stdout } = spawnSync(
      'groff',
      ['-mdoc', '-Tutf8', '-ww', '-rLL=80n', join(REPOSITORY, 'man/jts-hot.8')],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(stderr, '');
    assert.match(stdout, /jts-hot/);
  });
});
