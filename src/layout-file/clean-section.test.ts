// `clean:` in a layout file: what it means, what is refused and where, and the way back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { random } from '../../test/random.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import type { Rule } from '../layout/rule.ts';
import { Problem } from '../messages/diagnostic.ts';
import { builtInRules, placesOf, rulesOf } from '../services/cleaning.ts';
import { builtInLayout } from '../services/index.ts';
import { layoutJsonSchema, parseLayoutFile } from './layout-file.ts';
import { renderLayoutFile } from './render.ts';

const parse = (text: string) => parseLayoutFile(text, 'hot.yaml').layout;
const places = (layout: Layout, rule: Rule) =>
  placesOf(layout, rule).map(({ service, directory }) => `${service.name}/${directory.name}`);

describe('rules', () => {
  it('are three where nothing is said, and have the places that they are for', () => {
    for (const text of ['', 'clean:', 'clean: {}'])
      assert.deepEqual(rulesOf(parse(text)), builtInRules, text);
    assert.deepEqual(
      builtInRules.map((rule) => [
        rule.name,
        rule.olderSeconds / 86_400,
        rule.keep,
        places(builtInLayout, rule),
      ]),
      [
        ['staging', 7, 1, ['backup/staging']],
        ['snapshots', 30, 1, ['backup/snapshots']],
        ['temporary', 1, 0, ['clickhouse/tmp', 'docker/tmp', 'backup/staging']],
      ],
    );
  });

  it('are changed, left out and added', () => {
    const layout = parse(`clean:
  snapshots: false
  staging: { keep: 3, older: 2w }
  dumps: { service: backup, directory: daily, pattern: "*.dump", older: 90d, thing: directory }
  old-logs: { service: kafka, directory: logs, pattern: "*.log.*", older: 12h, except: "*.0" }`);
    assert.deepEqual(rulesOf(layout), [
      { ...builtInRules[0], keep: 3, olderSeconds: 14 * 86_400 },
      builtInRules[2],
      {
        name: 'dumps',
        service: 'backup',
        directory: 'daily',
        pattern: '*.dump',
        except: null,
        olderSeconds: 90 * 86_400,
        keep: 1,
        thing: 'directory',
      },
      {
        name: 'old-logs',
        service: 'kafka',
        directory: 'logs',
        pattern: '*.log.*',
        except: '*.0',
        olderSeconds: 43_200,
        keep: 0,
        thing: 'file',
      },
    ]);
  });

  it('have no place where the service was left out, nor in data that was given another role', () => {
    const layout = parse(
      'services: { backup: false, kafka: { directories: { data: { role: temporary } } } }',
    );
    assert.deepEqual(
      rulesOf(layout).map((rule) => places(layout, rule)),
      [[], [], ['clickhouse/tmp', 'docker/tmp']],
    );
  });

  it('may be about a service of one’s own', () => {
    const layout =
      parse(`services: { own: { user: own, planned: 1GB, directories: { out: { role: log }, tmp: } } }
clean: { mine: { service: own, directory: out, pattern: "*", older: 1d } }`);
    const [, , temporary, mine] = rulesOf(layout);
    assert.deepEqual(places(layout, mine as Rule), ['own/out']);
    assert.ok(places(layout, temporary as Rule).includes('own/tmp'));
  });
});

/** `at`: how the place begins that is named. */
const REFUSED: readonly (readonly [fields: string, code: string, at: string, detail: RegExp])[] = [
  [
    'service: kafka, directory: data, pattern: "*", older: 1d',
    'CLEAN',
    'data',
    /want one of logs, found `data`/,
  ],
  [
    'service: redis, directory: data, pattern: "*", older: 1d',
    'CLEAN',
    'data',
    /want one of logs, found `data`/,
  ],
  ['service: mongodb, directory: config, pattern: "*", older: 1d', 'CLEAN', 'config', /found `config`/],
  [
    'service: kafka, directory: /etc, pattern: "*", older: 1d',
    'CLEAN',
    '/etc',
    /without a slash, found `\/etc`/,
  ],
  ['service: kafka, directory: ../redis, pattern: "*", older: 1d', 'CLEAN', '../redis', /without a slash/],
  ['service: kafka, directory: .., pattern: "*", older: 1d', 'CLEAN', '..,', /not `\.` or `\.\.`/],
  ['service: kafka, directory: logs/.., pattern: "*", older: 1d', 'CLEAN', 'logs/', /without a slash/],
  ['service: kafka, directory: nolog, pattern: "*", older: 1d', 'CLEAN', 'nolog', /want one of logs/],
  ['service: ../kafka, directory: logs, pattern: "*", older: 1d', 'CLEAN', '../', /without a slash/],
  ['service: kafak, directory: logs, pattern: "*", older: 1d', 'CLEAN', 'kafak', /want one of postgresql,/],
  [
    'service: kafka, directory: logs, pattern: "*", older: 1d, keep: 0',
    'CLEAN',
    '0 }',
    /from 1 to 1000.*found `0`/,
  ],
  ['service: kafka, directory: logs, pattern: "*", older: 1d, keep: -1', 'CLEAN', '-1', /found `-1`/],
  ['service: kafka, directory: logs, pattern: "*", older: 1d, keep: 1001', 'CLEAN', '1001', /found `1001`/],
  ['service: kafka, directory: logs, pattern: "*", older: 1d, keep: 01', 'CLEAN', '01', /found `01`/],
  [
    'service: kafka, directory: logs, pattern: "*", older: -1d',
    'CLEAN',
    '-1d',
    /want a span of time.*found `-1d`/,
  ],
  ['service: kafka, directory: logs, pattern: "*", older: 0d', 'CLEAN', '0d', /found `0d`/],
  ['service: kafka, directory: logs, pattern: "*", older: 59m', 'CLEAN', '59m', /want at least 1h/],
  [
    'service: kafka, directory: logs, pattern: "", older: 1d',
    'CLEAN',
    '"",',
    /want a pattern such as \*\.tmp/,
  ],
  ['service: kafka, directory: logs, pattern: "a/b", older: 1d', 'CLEAN', '"a/b"', /without a slash/],
  ['service: kafka, directory: logs, pattern: "..", older: 1d', 'CLEAN', '".."', /not the directory itself/],
  ['service: kafka, directory: logs, pattern: [a], older: 1d', 'CLEAN', '[a]', /found a list/],
  ['service: kafka, directory: logs, older: 1d', 'MISSING', 'r:', /want `pattern`/],
  ['service: kafka, directory: logs, pattern: "*"', 'MISSING', 'r:', /want `older`/],
  ['directory: logs, pattern: "*", older: 1d', 'MISSING', 'r:', /want `service`/],
  ['service: kafka, pattern: "*", older: 1d', 'MISSING', 'r:', /want `directory`/],
  [
    'service: kafka, directory: logs, pattern: "*", older: 1d, thing: tree',
    'CLEAN',
    'tree',
    /want one of file, directory/,
  ],
  [
    'service: kafka, directory: logs, pattern: "*", older: 1d, path: /x',
    'KEY',
    'path',
    /want one of service, directory,/,
  ],
];

describe('refused, at its place, is', () => {
  for (const [fields, code, at, detail] of REFUSED)
    it(fields, () => {
      const problems = problemsOf(`clean:\n  # A rule\n    r: { ${fields} }\n`);
      const [, column = '0'] = /^hot\.yaml:3:(\d+)$/.exec(problems[0]?.at ?? '') ?? [];
      assert.equal(problems[0]?.code, `E_SPEC_${code}`);
      assert.ok(`    r: { ${fields} }`.slice(Number(column) - 1).startsWith(at), column);
      assert.match(problems[0]?.detail.join(' ') ?? '', detail);
    });

  it('a place for a built-in one, and a name that none can have', () => {
    const [place] = problemsOf('clean: { staging: { service: kafka } }');
    assert.deepEqual([place?.code, place?.at], ['E_SPEC_KEY', 'hot.yaml:1:21']);
    const [name] = problemsOf(
      'clean: { "a b": { service: kafka, directory: logs, pattern: "*", older: 1d } }',
    );
    assert.deepEqual([name?.code, name?.at], ['E_SPEC_NAME', 'hot.yaml:1:10']);
    const [left] = problemsOf('clean: { mine: false }');
    assert.match(left?.detail.join(' ') ?? '', /only a built-in one can be left out/);
  });

  it('data that only another role makes look like something else', () => {
    const text = `services: { kafka: { directories: { data: { role: backup } } } }
clean: { r: { service: kafka, directory: data, pattern: "*", older: 1d } }`;
    const [found] = problemsOf(text);
    assert.deepEqual([found?.code, found?.at], ['E_SPEC_CLEAN', 'hot.yaml:2:42']);
  });
});

const rule = fc.record(
  {
    pattern: fc.constantFrom('*', '*.tmp', 'a?', '#x', "it's", 'true', '0750'),
    except: fc.constantFrom('*.keep', 'no'),
    older: fc.integer({ min: 3600, max: 10_000_000 }).map((seconds) => `${seconds}s`),
    keep: fc.integer({ min: 1, max: 1000 }),
    thing: fc.constantFrom('file', 'directory', 'entry'),
  },
  { requiredKeys: ['pattern', 'older'] },
);

it('what is written is read back as the same', () => {
  const own = fc.tuple(rule, fc.constantFrom(['kafka', 'logs'], ['backup', 'daily'], ['clickhouse', 'tmp']));
  const built = fc.option(rule);
  fc.assert(
    fc.property(
      fc.array(own, { maxLength: 4 }),
      fc.record({ staging: built, temporary: built }, { requiredKeys: [] }),
      (mine, changed) => {
        const clean = {
          ...Object.fromEntries(Object.entries(changed).map(([name, fields]) => [name, fields ?? false])),
          ...Object.fromEntries(
            mine.map(([fields, [service, directory]], i) => [`own-${i}`, { service, directory, ...fields }]),
          ),
        };
        const layout = parse(JSON.stringify({ clean }));
        const text = renderLayoutFile({ layout, monitoring: builtInMonitoring });
        assert.deepEqual(parse(text), layout, text);
      },
    ),
    random(300, 20261127),
  );
});

it('editors are told the same', () => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(layoutJsonSchema())));
  const takes = (clean: object) => schema.safeParse({ clean }).success;
  const right = { service: 'kafka', directory: 'logs', pattern: '*', older: '1d' };
  assert.ok(takes({ mine: right, staging: false, temporary: { keep: 2 } }));
  for (const wrong of [{ keep: 0 }, { older: '-1d' }, { pattern: '' }, { pattern: 'a/b' }, { thing: 'tree' }])
    assert.equal(takes({ mine: { ...right, ...wrong } }), false, JSON.stringify(wrong));
  assert.equal(takes({ mine: false }), false);
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
