// Whether what was read of a partition is whole, by which of its files were there before and after; and notes of offsets.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { AskHands } from '../backing-up.ts';
import { parseOffsets, renderOffsets } from './checkpoint.ts';
import { firstStart } from './first-start.ts';
import { type Files, judge, partitionsIn, topicOf } from './segments.ts';

const name = (base: number) => `${String(base).padStart(20, '0')}.log`;

/** `0:1` is the segment that begins at 0, in the file 1; `0:1*` the same file, written to since; `x` another file. */
function files(text: string): Files {
  return new Map(
    text
      .split(' ')
      .filter(Boolean)
      .map((word) => {
        const [, base = '', inode = '', more = ''] = /^(\w+):(\d+)(\*?)$/.exec(word) ?? [];
        const file = /^\d+$/.test(base) ? name(Number(base)) : `${name(0)}.${base}`;
        return [file, { inode, changed: `${inode}${more}` }] as const;
      }),
  );
}

const TABLE: readonly (readonly [what: string, before: string, after: string, judged: string])[] = [
  ['nothing changed', '0:1 100:2', '0:1 100:2', 'whole'],
  ['the last one was written to', '0:1 100:2', '0:1 100:2*', 'whole'],
  ['others were begun', '0:1 100:2', '0:1 100:2* 200:3 300:4', 'whole'],
  ['it was empty, and is written to', '', '0:1', 'whole'],
  ['retention took the first one away', '0:1 100:2 200:3', '100:2 200:3*', 'whole from 100'],
  ['retention took all away', '0:1 100:2', '200:3', 'changed'],
  [
    'one in the middle is gone: compaction put both into the first',
    '0:1 100:2 200:3',
    '0:4 200:3',
    'changed',
  ],
  ['one in the middle is gone', '0:1 100:2 200:3', '0:1 200:3', 'changed'],
  ['compaction wrote the first one anew', '0:1 100:2', '0:4 100:2', 'changed'],
  ['an earlier one was written to', '0:1 100:2', '0:1* 100:2', 'changed'],
  ['compaction was at it before', '0:1 swap:5 100:2', '0:1 100:2', 'changed'],
  ['compaction was at it afterwards', '0:1 100:2', '0:1 swap:5 100:2', 'changed'],
  ['the last one is gone', '0:1 100:2', '0:1', 'changed'],
  ['a snapshot of the metadata is gone', '0:1 checkpoint:7', '0:1', 'changed'],
];

describe('a partition that was read while its broker ran', () => {
  for (const [what, before, after, want] of TABLE)
    it(`${what}: ${want}`, () => {
      const found = judge(files(before), files(after));
      const startsAt = found.is === 'whole' && found.startsAt !== null ? ` from ${found.startsAt}` : '';
      assert.equal(`${found.is}${startsAt}`, want);
    });

  it('under second names is known by its inodes alone', () => {
    const linked = { isLinked: true };
    assert.equal(judge(files('0:1 100:2'), files('0:1* 100:2*'), linked).is, 'whole');
    assert.equal(judge(files('0:1 100:2'), files('0:4* 100:2*'), linked).is, 'changed');
  });

  it('whose directory is gone is gone; of metadata the first segment may not go', () => {
    assert.deepEqual(judge(files('0:1'), undefined), { is: 'gone' });
    assert.deepEqual(judge(files('0:1 100:2'), files('100:2'), { isWhole: true }), { is: 'changed' });
  });
});

it('directories of partitions are told from others, and from what is on its way out', () => {
  const hex = '2960dabf25dd4dffb0c8cfb8167083cc';
  assert.deepEqual(
    ['orders-0', 'a-b.c_d-12', `orders-0.${hex}-delete`, `orders-0.${hex}-stray`, 'lost+found', 'orders'].map(
      topicOf,
    ),
    ['orders', 'a-b.c_d', null, null, null, null],
  );
});

it('notes of offsets are read and written as a broker has them', () => {
  const text = '0\n2\ntrades 0 1155\n__consumer_offsets 12 87\n';
  const offsets = parseOffsets(text);
  assert.deepEqual(
    [...offsets],
    [
      ['trades-0', 1155],
      ['__consumer_offsets-12', 87],
    ],
  );
  assert.equal(renderOffsets(offsets), text);
  assert.deepEqual([...parseOffsets(null)], []);
});

describe('the partitions of a broker', () => {
  const HEX = '2960dabf25dd4dffb0c8cfb8167083cc';

  /** `before`: is called before each look. */
  function handsFor(before = () => {}): Pick<AskHands, 'program' | 'run'> & { looks: number } {
    const hands = {
      looks: 0,
      program: (patterns: readonly string[]) => patterns[0] ?? '',
      async run([program, ...words]: readonly [string, ...string[]]): Promise<string> {
        hands.looks += 1;
        before();
        try {
          return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
        } catch (error) {
          throw new Problem(EXIT.failed, [diagnostic('E_TOOL', 'cannot run', { detail: String(error) })]);
        }
      },
    };
    return hands as typeof hands & Pick<AskHands, 'program' | 'run'>;
  }

  function place(t: TestContext): string {
    const at = mkdtempSync(join(tmpdir(), 'partitions-'));
    t.after(() => rmSync(at, { recursive: true }));
    for (const partition of ['orders-0', 'orders-1', 'empty-0', `gone-0.${HEX}-delete`, 'lost+found'])
      mkdirSync(join(at, partition));
    for (const file of [
      `orders-0/${name(0)}`,
      `orders-0/${name(0).replace('.log', '.index')}`,
      `orders-1/${name(5)}`,
      `orders-1/${name(0)}.swap`,
      `gone-0.${HEX}-delete/${name(0)}`,
      'meta.properties',
    ])
      writeFileSync(join(at, file), '');
    return at;
  }

  const shown = (found: ReadonlyMap<string, Files>) =>
    Object.fromEntries(
      [...found].toSorted().map(([partition, held]) => [partition, [...held.keys()].toSorted()]),
    );

  it('are all of which files matter, an empty one too, and none that is on its way out', async (t) => {
    const at = place(t);
    assert.deepEqual(shown(await partitionsIn(handsFor(), at)), {
      'empty-0': [],
      'orders-0': [name(0)],
      'orders-1': [`${name(0)}.swap`, name(5)],
    });
  });

  it('are those that are asked for; one that goes meanwhile is no failure', async (t) => {
    const at = place(t);
    const found = await partitionsIn(handsFor(), at, ['orders-0']);
    assert.deepEqual(shown(found), { 'orders-0': [name(0)] });
    const hands = handsFor(() => rmSync(join(at, 'orders-1'), { recursive: true, force: true }));
    assert.deepEqual(shown(await partitionsIn(hands, at, ['orders-0', 'orders-1'])), {
      'orders-0': [name(0)],
    });
    assert.equal(hands.looks, 3);
    assert.deepEqual(shown(await partitionsIn(handsFor(), at, ['orders-1'])), {});
  });

  it('that cannot be read are a failure, and are not taken for none', async (t) => {
    const at = place(t);
    const broken: Pick<AskHands, 'program' | 'run'> = {
      ...handsFor(),
      run(argv, more) {
        if (argv.some((word) => word.endsWith('/orders-0'))) throw new Problem(EXIT.failed, []);
        return handsFor().run(argv, more);
      },
    };
    await assert.rejects(partitionsIn(broken, at, ['orders-0']), Problem);
  });

  it('whose file was replaced is told by its inode', async (t) => {
    const at = place(t);
    const before = await partitionsIn(handsFor(), at);
    const path = join(at, 'orders-0', name(0));
    writeFileSync(`${path}.new`, 'written anew');
    execFileSync('mv', [`${path}.new`, path]);
    const after = await partitionsIn(handsFor(), at);
    assert.notEqual(after.get('orders-0')?.get(name(0))?.inode, before.get('orders-0')?.get(name(0))?.inode);
    assert.deepEqual(after.get('orders-1'), before.get('orders-1'));
  });
});

it('a quorum that is not written down begins with this broker alone', () => {
  const words = (...keys: readonly string[]) =>
    firstStart.words({
      place: '/place',
      file: '/etc/kafka/server.properties',
      id: 'AAAA',
      found: keys.map((key) => ({ key: [key], value: '1@localhost:9093', line: 1 })),
    });
  assert.deepEqual(words().slice(0, 3), ['format', '--config', '/etc/kafka/server.properties']);
  assert.equal(words('log.dirs').at(-1), '--standalone');
  assert.equal(words('controller.quorum.voters').includes('--standalone'), false);
});
