// How one value comes of several wishes: by the rules, whatever their order, and with no wish left untold.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { random } from '../../test/random.ts';
import type { Asked } from '../services/index.ts';
import type { Wish, WishedValue, WishSeverity } from '../services/tuning.ts';
import { SETTINGS, type Setting, settingCalled } from './host-settings.ts';
import { meets, resolve, worstOf } from './resolve.ts';

const setting = (name: string): Setting => settingCalled(name) ?? assert.fail(name);
const THP = setting('thp');
const SWAPPINESS = setting('vm.swappiness');

function asked(
  service: string,
  { name }: Setting,
  want: WishedValue,
  severity: WishSeverity = 'warning',
): Asked {
  const source = { document: 'd', section: 's', version: '1' };
  const wish: Wish = { setting: name, want, severity, why: 'w', loses: 'l', itself: null, source };
  return { service, wish };
}

function resolved(of: Setting, ...all: readonly Asked[]) {
  const found = resolve(of, all);
  assert.ok(found !== null);
  const services = (some: readonly Asked[]) => some.map(({ service }) => service).join(' ');
  return [found.value, found.required, services(found.met), services(found.unmet)];
}

describe('words', () => {
  const always = (service: string, severity?: WishSeverity) =>
    asked(service, THP, { oneOf: ['always'] }, severity);
  const madvise = (service: string, severity?: WishSeverity) =>
    asked(service, THP, { oneOf: ['madvise', 'never'] }, severity);
  const never = (service: string, severity?: WishSeverity) =>
    asked(service, THP, { oneOf: ['never'] }, severity);

  for (const [what, all, want] of [
    ['one alone gets what it likes best', [madvise('a')], ['madvise', 'madvise or never', 'a', '']],
    ['what all take wins', [madvise('a'), never('b')], ['never', 'never', 'a b', '']],
    [
      'two warnings weigh more than one',
      [always('a'), madvise('b'), never('c')],
      ['never', 'never', 'b c', 'a'],
    ],
    [
      'an error weighs more than two warnings',
      [always('a', 'error'), madvise('b'), never('c')],
      ['always', 'always', 'a', 'b c'],
    ],
    [
      'a warning weighs more than two hints',
      [always('a'), madvise('b', 'hint'), never('c', 'hint')],
      ['always', 'always', 'a', 'b c'],
    ],
    [
      'of equals the one that changes least for all',
      [always('a'), madvise('b')],
      ['madvise', 'madvise or never', 'b', 'a'],
    ],
    [
      'of equals the one that more like best',
      [
        never('a'),
        asked('b', THP, { oneOf: ['never', 'madvise'] }),
        asked('c', THP, { oneOf: ['never', 'madvise'] }),
      ],
      ['never', 'never', 'a b c', ''],
    ],
  ] as const)
    it(what, () => assert.deepEqual(resolved(THP, ...all), want));
});

describe('numbers', () => {
  const of = (service: string, want: WishedValue, severity?: WishSeverity) =>
    asked(service, SWAPPINESS, want, severity);

  for (const [what, all, want] of [
    [
      'the smallest of upper bounds',
      [of('a', { atMost: 10 }), of('b', { atMost: 1 })],
      ['1', 'at most 1', 'a b', ''],
    ],
    [
      'the largest of lower bounds',
      [of('a', { atLeast: 10 }), of('b', { atLeast: 20 })],
      ['20', 'at least 20', 'a b', ''],
    ],
    [
      'the bound nearest to the default',
      [of('a', { atLeast: 10 }), of('b', { atMost: 40 })],
      ['40', '10 to 40', 'a b', ''],
    ],
    ['a range', [of('a', { atLeast: 61, atMost: 80 })], ['61', '61 to 80', 'a', '']],
    ['just one number', [of('a', { atLeast: 5 }), of('b', { atMost: 5 })], ['5', '5', 'a b', '']],
    [
      'bounds that exclude each other',
      [of('a', { atLeast: 90 }), of('b', { atMost: 1 }, 'error')],
      ['1', 'at most 1', 'b', 'a'],
    ],
    [
      'of equals the one nearest to the default',
      [of('a', { atLeast: 90 }), of('b', { atMost: 20 })],
      ['90', 'at least 90', 'a', 'b'],
    ],
  ] as const)
    it(what, () => assert.deepEqual(resolved(SWAPPINESS, ...all), want));
});

it('nobody wishes anything: there is no value', () => {
  assert.equal(resolve(THP, [asked('a', SWAPPINESS, { atMost: 1 })]), null);
});

describe('whatever is wished', () => {
  const severity = fc.constantFrom<WishSeverity>('error', 'warning', 'hint');
  const wanted = ({ words }: Setting): fc.Arbitrary<WishedValue> => {
    if (words !== null)
      return fc
        .uniqueArray(fc.constantFrom(...words), { minLength: 1 })
        .map((oneOf) => ({ oneOf: oneOf as [string, ...string[]] }));
    const bound = fc.integer({ min: 0, max: 100 });
    return fc.oneof(
      bound.map((atLeast) => ({ atLeast })),
      bound.map((atMost) => ({ atMost })),
      fc.tuple(bound, bound).map(([a, b]) => ({ atLeast: Math.min(a, b), atMost: Math.max(a, b) })),
    );
  };
  const wishes = fc
    .constantFrom(...SETTINGS)
    .chain((of) =>
      fc
        .array(fc.tuple(wanted(of), severity), { minLength: 1, maxLength: 7 })
        .map((all) => ({ of, all: all.map(([want, how], i) => asked(`service${i}`, of, want, how)) })),
    );

  it('the order of services does not matter', () => {
    fc.assert(
      fc.property(wishes, fc.infiniteStream(fc.nat()), ({ of, all }, numbers) => {
        const shuffled = all.map((one) => [numbers.next().value as number, one] as const);
        const other = shuffled.toSorted(([a], [b]) => a - b).map(([, one]) => one);
        const [one, two] = [resolve(of, all), resolve(of, other)];
        assert.deepEqual({ ...one, isRight: null }, { ...two, isRight: null });
      }),
      random(500),
    );
  });

  it('each wish is met, or told of with its value; none is forgotten', () => {
    fc.assert(
      fc.property(wishes, ({ of, all }) => {
        const found = resolve(of, all);
        assert.ok(found !== null);
        assert.deepEqual(new Set([...found.met, ...found.unmet]), new Set(all));
        assert.equal(found.met.length + found.unmet.length, all.length);
        for (const { wish } of found.met) assert.ok(meets(wish.want, found.value));
        for (const { wish } of found.unmet) assert.ok(!meets(wish.want, found.value));
        assert.ok(found.isRight(found.value));
      }),
      random(500),
    );
  });

  it('no other value leaves less that is severe', () => {
    fc.assert(
      fc.property(wishes, ({ of, all }) => {
        const found = resolve(of, all);
        assert.ok(found !== null);
        const values = of.words ?? Array.from({ length: 102 }, (_, i) => String(i));
        const unmet = (value: string, severity: WishSeverity) =>
          all.filter(({ wish }) => wish.severity === severity && !meets(wish.want, value)).length;
        const score = (value: string) =>
          (['error', 'warning', 'hint'] as const).reduce((sum, one) => sum * 100 + unmet(value, one), 0);
        for (const value of values) assert.ok(score(found.value) <= score(value), `${found.value}, ${value}`);
      }),
      random(500),
    );
  });
});

it('the worst of wishes', () => {
  assert.equal(worstOf([]), null);
  assert.equal(
    worstOf([asked('a', THP, { oneOf: ['never'] }, 'hint'), asked('b', THP, { oneOf: ['never'] })]),
    'warning',
  );
});
