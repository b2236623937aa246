// What of a place goes and what stays: tables, and properties over random places.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import type { Rule } from '../layout/rule.ts';
import { decide, type Listed, type Thing } from './decide.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27);

const rule: Rule = {
  name: 'staging',
  service: 'backup',
  directory: 'staging',
  pattern: '*',
  except: '*.tmp',
  olderSeconds: 7 * 86_400,
  keep: 1,
  thing: 'entry',
};
const temporary: Rule = {
  ...rule,
  name: 'temporary',
  pattern: '*.tmp',
  except: null,
  olderSeconds: 86_400,
  keep: 0,
  thing: 'file',
};

/** `days`: how long ago it was changed. */
function file(path: string, days: number, more: Partial<Thing> = {}): Thing {
  return { path, kind: 'file', changedMs: NOW - days * DAY, bytes: 1, obstacle: null, ...more };
}

/** A place as a host would list it: directories are made of the files that name them. */
function place(files: readonly Thing[]): () => readonly Listed<Thing>[] {
  const tops = Map.groupBy(files, ({ path }) => path.split('/')[0] as string);
  return () =>
    [...tops].map(([name, inside]) => {
      const isDirectory = inside.some(({ path }) => path.includes('/'));
      return {
        name,
        isDirectory,
        files: () => inside,
        whole: () =>
          isDirectory
            ? {
                path: name,
                kind: 'directory',
                changedMs: Math.max(...inside.map(({ changedMs }) => changedMs)),
                bytes: inside.reduce((all, { bytes }) => all + bytes, 0),
                obstacle: inside.find(({ obstacle }) => obstacle !== null)?.obstacle ?? null,
              }
            : (inside[0] as Thing),
      };
    });
}

function verdicts(files: readonly Thing[], rules: readonly Rule[] = [rule, temporary]): readonly string[] {
  return [...decide(place(files), rules, NOW)].map(({ thing, reason }) => `${thing.path}: ${reason}`).sort();
}

const TABLE: readonly (readonly [string, readonly Thing[], readonly string[]])[] = [
  ['what is old goes, the newest stays', [file('a', 9), file('b', 8)], ['a: old', 'b: newest']],
  ['the newest stays whatever its age', [file('a', 400)], ['a: newest']],
  ['just at its age it goes', [file('a', 7), file('b', 1)], ['a: old', 'b: young']],
  ['what is cut short is not the newest', [file('a', 9), file('b.tmp', 2)], ['a: newest', 'b.tmp: old']],
  ['nor is what is empty', [file('a', 9), file('b', 8, { bytes: 0 })], ['a: newest', 'b: old']],
  ['nor what is open', [file('a', 9), file('b', 0, { obstacle: 'open' })], ['a: newest', 'b: young']],
  [
    'a date ahead stays, and is not the newest',
    [file('a', 9), file('b', 8), file('c', -2)],
    ['a: old', 'b: newest', 'c: future'],
  ],
  ['a clock a little ahead is no date ahead', [file('a', 9), file('b', -0.01)], ['a: old', 'b: young']],
  [
    'a directory is as old as its newest file',
    [file('d/a', 30), file('d/b', 8), file('e/a', 40), file('e/b', 1)],
    ['d: old', 'e: young'],
  ],
  [
    'a directory goes as a whole, once',
    [file('d/x.tmp', 30), file('d/y', 30), file('e', 2)],
    ['d: old', 'e: young'],
  ],
  [
    'of one that stays, the old temporary files go',
    [file('d/x.tmp', 30), file('d/y', 2), file('e', 1)],
    ['d/x.tmp: old', 'd: young', 'e: young'],
  ],
  [
    'but not of one that is kept as the newest',
    [file('d/x.tmp', 30), file('d/y', 9), file('e', 20)],
    ['d/x.tmp: newest', 'd: newest', 'e: old'],
  ],
  [
    'what is in the way is said',
    [file('a', 9, { obstacle: 'open by x' }), file('b', 1)],
    ['a: obstacle', 'b: young'],
  ],
  ['names with a dot are not meant', [file('.a', 99), file('b', 8), file('lost+found', 99)], ['b: newest']],
  [
    'of one date the later name stays',
    [file('2026-01', 9), file('2026-02', 9)],
    ['2026-01: old', '2026-02: newest'],
  ],
];

describe('of a place', () => {
  for (const [says, files, want] of TABLE)
    it(says, () => assert.deepEqual(verdicts(files), [...want].sort()));

  it('as many stay as a rule keeps', () => {
    const files = [9, 10, 11, 12].map((days) => file(`${days}`, days));
    assert.deepEqual(verdicts(files, [{ ...rule, keep: 3 }]), [
      '10: newest',
      '11: newest',
      '12: old',
      '9: newest',
    ]);
  });

  it('what one rule keeps no other takes', () => {
    const dumps: Rule = { ...rule, name: 'dumps', pattern: '*.dump', keep: 2, thing: 'file' };
    const files = [
      file('a.dump', 20),
      file('b.dump', 19),
      file('d/c.dump', 30),
      file('d/e', 30),
      file('f', 1),
    ];
    assert.deepEqual(verdicts(files, [rule, dumps]), [
      'a.dump: newest',
      'a.dump: newest',
      'b.dump: newest',
      'b.dump: newest',
      'd: old',
      'f: young',
    ]);
    assert.deepEqual(
      verdicts(files, [rule, { ...dumps, keep: 3 }]).filter((one) => one.startsWith('d')),
      ['d/c.dump: newest', 'd: newest'],
    );
  });

  it('directories alone, and files alone', () => {
    const files = [file('a', 20), file('d/b', 20), file('e/c', 30)];
    assert.deepEqual(verdicts(files, [{ ...rule, thing: 'directory' }]), ['d: newest', 'e: old']);
    assert.deepEqual(verdicts(files, [{ ...rule, thing: 'file' }]), ['a: old', 'd/b: newest', 'e/c: old']);
  });
});

const name = fc.stringMatching(/^[abc]{1,2}(\.tmp)?$/);
const thing = fc.record({
  path: fc.oneof(
    name,
    fc.tuple(name, name).map(([d, f]) => `D${d}/${f}`),
  ),
  days: fc.integer({ min: -3, max: 40 }),
  bytes: fc.nat(2),
  obstacle: fc.option(fc.constant('open'), { freq: 6 }),
});
const files = fc
  .uniqueArray(thing, { selector: ({ path }) => path, maxLength: 14 })
  .map((all) => all.map(({ path, days, ...more }) => file(path, days, more)));
const rules = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('r', 's', 't'),
      pattern: fc.constantFrom('*', '*.tmp', 'a*', '?'),
      except: fc.constantFrom(null, '*.tmp'),
      olderSeconds: fc.integer({ min: 1, max: 30 }).map((days) => days * 86_400),
      keep: fc.nat(3),
      thing: fc.constantFrom('file' as const, 'directory' as const, 'entry' as const),
    }),
    { selector: ({ name }) => name, minLength: 1 },
  )
  .map((all) => all.map((one) => ({ ...rule, ...one })));

function gone(of: readonly Thing[], by: readonly Rule[]): ReadonlySet<string> {
  return new Set(
    [...decide(place(of), by, NOW)].flatMap(({ thing: { path }, reason }) =>
      reason === 'old' ? [path] : [],
    ),
  );
}

function without(of: readonly Thing[], paths: ReadonlySet<string>): readonly Thing[] {
  return of.filter(({ path }) => !paths.has(path) && !paths.has(path.split('/')[0] as string));
}

describe('whatever is there', () => {
  it('twice is once: what is left is left', () => {
    fc.assert(
      fc.property(files, rules, (all, by) => {
        const left = without(all, gone(all, by));
        assert.deepEqual([...gone(left, by)], []);
      }),
      random(3000, 20261127),
    );
  });

  it('an old one more makes no newer one go', () => {
    fc.assert(
      fc.property(files, rules, fc.integer({ min: 0, max: 30 }), (all, by, days) => {
        const before = gone(all, by);
        const more = file('zz', 41 + days, {});
        const after = gone([...all, more], by);
        for (const path of after) assert.ok(before.has(path) || path === 'zz', path);
      }),
      random(3000, 20261127),
    );
  });

  it('nothing young, open or dated ahead goes, nor do the last good ones of any rule', () => {
    fc.assert(
      fc.property(files, rules, (all, by) => {
        const left = new Set(without(all, gone(all, by)));
        const youngest = Math.min(...by.map(({ olderSeconds }) => olderSeconds)) * 1000;
        for (const one of all)
          if (one.obstacle !== null || one.changedMs > NOW - youngest) assert.ok(left.has(one), one.path);
        for (const one of by) {
          const good = (of: readonly Thing[]) =>
            new Set(
              [...decide(place(of), [one], NOW)].flatMap(({ thing: { path, bytes, obstacle, changedMs } }) =>
                bytes > 0 && obstacle === null && changedMs <= NOW ? [path] : [],
              ),
            );
          const [before, after] = [good(all).size, good([...left]).size];
          assert.ok(after >= Math.min(before, one.keep), `${one.name}: ${before} -> ${after}`);
        }
      }),
      random(3000, 20261127),
    );
  });
});
