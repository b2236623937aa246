// `backups:` in a layout file: what it means, what is refused and where, and the way back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { random } from '../../test/random.ts';
import { backupRule, backupWatch, builtInBackups } from '../layout/backups.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { Problem } from '../messages/diagnostic.ts';
import { layoutJsonSchema, parseLayoutFile } from './layout-file.ts';
import { renderLayoutFile } from './render.ts';

const parse = (text: string) => parseLayoutFile(text, 'hot.yaml').layout;
const DAY = 86_400;

describe('what is said of backups', () => {
  it('is what is built in where nothing is said', () => {
    for (const text of ['', 'backups:', 'backups: {}']) {
      assert.deepEqual(backupRule(parse(text), 'redis'), builtInBackups, text);
      assert.equal(backupWatch(parse(text), 'redis'), 'made', text);
    }
  });

  it('holds for all, and for a service what it says more', () => {
    const layout = parse(`backups:
  keep: 14
  older: 60d
  maxAge: false
  services:
    redis: { keep: 3, verifyEvery: 7d }
    kafka: false
    docker:`);
    const all = { keep: 14, olderSeconds: 60 * DAY, maxAgeSeconds: null, verifyEverySeconds: 31 * DAY };
    assert.deepEqual(backupRule(layout, 'postgresql'), all);
    assert.deepEqual(backupRule(layout, 'docker'), all);
    assert.deepEqual(backupRule(layout, 'redis'), { ...all, keep: 3, verifyEverySeconds: 7 * DAY });
    assert.deepEqual(
      ['postgresql', 'docker', 'redis', 'kafka'].map((service) => backupWatch(layout, service)),
      ['made', 'wanted', 'wanted', 'never'],
    );
  });

  for (const [text, code, at, says] of [
    ['backups: 3', 'E_SPEC_VALUE', '1:10', /want settings \(keep, older, maxAge, verifyEvery, services\)/],
    ['backups: { keep: 0 }', 'E_SPEC_VALUE', '1:18', /want a whole number from 1 to 100000.*found `0`/],
    ['backups: { older: 30 }', 'E_SPEC_VALUE', '1:19', /want a span of time/],
    ['backups: { older: 5m }', 'E_SPEC_VALUE', '1:19', /want at least 1h/],
    ['backups: { older: false }', 'E_SPEC_VALUE', '1:19', /want a span of time/],
    ['backups: { maxAge: never }', 'E_SPEC_VALUE', '1:20', /or `false` to tell nobody/],
    ['backups: { max-age: 36h }', 'E_SPEC_KEY', '1:12', /want one of keep, older, maxAge, verifyEvery/],
    [
      'backups: { services: { redis: true } }',
      'E_SPEC_VALUE',
      '1:31',
      /or `false` where nobody is to be told/,
    ],
    ['backups: { services: { redis: { services: } } }', 'E_SPEC_KEY', '1:33', /want one of keep, older/],
    ['backups: { services: { reids: } }', 'E_SPEC_KEY', '1:24', /want a service of the layout/],
    [
      '{ services: { redis: false }, backups: { services: { redis: } } }',
      'E_SPEC_KEY',
      '1:54',
      /want a service/,
    ],
  ] as const)
    it(`refuses ${text}`, () => {
      const [problem] = problemsOf(text);
      assert.deepEqual([problem?.code, problem?.at], [code, `hot.yaml:${at}`]);
      assert.match(problem?.detail.join(' ') ?? '', says);
    });

  it('of a name that is misspelt says what was meant', () => {
    assert.equal(problemsOf('backups: { services: { reids: } }')[0]?.hint, 'did you mean `redis`?');
    assert.equal(problemsOf('backups: { max-age: 36h }')[0]?.hint, 'did you mean `maxAge`?');
  });
});

const span = fc.integer({ min: 3600, max: 10_000_000 }).map((seconds) => `${seconds}s`);
const spanOrFalse = fc.oneof(span, fc.constant(false));
const fields = fc.record(
  { keep: fc.integer({ min: 1, max: 1000 }), older: span, maxAge: spanOrFalse, verifyEvery: spanOrFalse },
  { requiredKeys: [] },
);

it('what is written is read back as the same', () => {
  const own = fc.oneof(fields, fc.constant(false), fc.constant(null));
  const services = fc.record({ redis: own, kafka: own, docker: own }, { requiredKeys: [] });
  fc.assert(
    fc.property(fields, services, (all, some) => {
      const layout = parse(JSON.stringify({ backups: { ...all, services: some } }));
      const text = renderLayoutFile({ layout, monitoring: builtInMonitoring });
      assert.deepEqual(parse(text), layout, text);
    }),
    random(300, 20261127),
  );
});

it('editors are told the same', () => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(layoutJsonSchema())));
  const takes = (backups: object) => schema.safeParse({ backups }).success;
  assert.ok(takes({ keep: 3, older: '30d', maxAge: false, services: { redis: { keep: 1 }, kafka: false } }));
  for (const wrong of [{ keep: 0 }, { older: '-1d' }, { maxAge: true }, { prune: '1d' }, { services: [] }])
    assert.equal(takes(wrong), false, JSON.stringify(wrong));
});

function problemsOf(text: string) {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error.diagnostics;
  }
  return [];
}
