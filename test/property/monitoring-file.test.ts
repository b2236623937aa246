// The section `monitoring` of a layout file at random: what is rendered is read back, and whatever stands there is read, or refused
// at a place that it has.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import {
  checkChannelName,
  checkMailAddress,
  checkProgram,
  checkUrl,
  hasCredentials,
} from '../../src/layout/channel.ts';
import {
  builtInMonitoring,
  type Channel,
  type Levels,
  type Monitoring,
  type Secret,
} from '../../src/layout/monitoring.ts';
import { layoutJsonSchema, parseLayoutFile } from '../../src/layout-file/layout-file.ts';
import type { LayoutFile } from '../../src/layout-file/merge.ts';
import { renderLayoutFile } from '../../src/layout-file/render.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { builtInLayout } from '../../src/services/index.ts';
import { MAX_SECONDS } from '../../src/values/duration.ts';
import { atLeast, random } from '../random.ts';

// Round trip

/** Objects as everybody writes them. */
const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const percents = (most: number) => fc.integer({ min: 1, max: most * 10 }).map((tenths) => tenths / 10);
const sizes = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const spans = fc.integer({ min: 1, max: MAX_SECONDS });

/** Of warning and critical, either off or in their order. */
function pair(values: fc.Arbitrary<number>, order: 'up' | 'down') {
  return fc.tuple(values, values, fc.boolean(), fc.boolean()).map(([a, b, hasWarning, hasCritical]) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    const [warning, critical] = order === 'up' ? [low, high] : [high, low];
    return [hasWarning ? warning : null, hasCritical ? critical : null] as const;
  });
}

/** `has`: whether there may be rules of quotas. */
const levelsUpTo = (most: number, has: 'quotas' | 'no quotas'): fc.Arbitrary<Levels> =>
  fc
    .tuple(
      pair(percents(most), 'up'),
      pair(sizes, 'down'),
      pair(percents(100), 'up'),
      pair(spans, 'down'),
      has === 'quotas'
        ? fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })
        : fc.constant<readonly boolean[]>([]),
    )
    .map(([used, free, inodes, fullIn, limits]) => {
      const of = (i: 0 | 1) => ({
        usedPercent: used[i],
        freeBytes: free[i],
        inodesPercent: inodes[i],
        fullInSeconds: fullIn[i],
        softLimit: limits[i] ?? false,
        hardLimit: limits[i + 2] ?? false,
      });
      return { warning: of(0), critical: of(1) };
    });

const words = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
const paths = fc
  .array(fc.oneof(words, fc.constantFrom('a b', '# x', 'null', 'größe', '%a', '"')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((names) => `/${names.join('/')}`);
const shown = fc
  .string({ unit: 'binary', maxLength: 20 })
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text));
const secrets: fc.Arbitrary<Secret> = fc.oneof(
  paths.map((file) => ({ file })),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/).map((environment) => ({ environment })),
);
const addresses = fc.webUrl({ withQueryParameters: true }).filter((url) => checkUrl(url) === null);
const mailAddresses = fc.oneof(
  words,
  fc.tuple(words, words).map(([user, host]) => `${user}@${host}.example`),
);

const kinds = fc.oneof(
  record({ type: fc.constant('journal' as const) }),
  record({
    type: fc.constant('command' as const),
    argv: fc
      .tuple(
        paths,
        fc.array(fc.oneof(shown, fc.constantFrom('', 'false', 'null', '~', '-', '*', '80%', '0x1')), {
          maxLength: 4,
        }),
      )
      .map(([program, rest]) => [program, ...rest]),
  }),
  record({
    type: fc.constant('webhook' as const),
    url: fc.oneof(addresses, secrets),
    token: fc.option(secrets),
  }),
  record({
    type: fc.constant('mail' as const),
    to: fc.array(mailAddresses, { minLength: 1, maxLength: 3 }),
    sender: fc.option(mailAddresses),
  }),
);
const channels: fc.Arbitrary<readonly Channel[]> = fc
  .uniqueArray(
    fc.tuple(
      fc.oneof(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,31}$/), fc.constantFrom('null', 'false', 'e3')),
      fc.constantFrom('WARNING' as const, 'CRITICAL' as const),
      kinds,
    ),
    { maxLength: 5, selector: ([name]) => name },
  )
  .map((all) => all.map(([name, from, kind]) => ({ name, from, ...kind })));

/** Beside the built-in services there are two with awkward names. */
const SERVICES = ['kafka', 'redis', 'backup', 'null', '# x'];
const layout = parseLayoutFile(
  'services: { "null": { user: a, planned: 1GB }, "# x": { user: b, planned: 1GB } }',
  'hot.yaml',
).layout;

const monitorings: fc.Arbitrary<Monitoring> = record({
  group: fc.option(fc.stringMatching(/^[a-z_][a-z0-9_-]{0,31}$/)),
  disk: levelsUpTo(100, 'no quotas'),
  eachService: levelsUpTo(200, 'quotas'),
  services: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...SERVICES), levelsUpTo(200, 'quotas')), {
      selector: ([name]) => name,
    })
    .map((all) => new Map(all)),
  marginPercent: fc.integer({ min: 0, max: 500 }).map((tenths) => tenths / 10),
  samples: fc.integer({ min: 1, max: 100 }),
  alerts: record({
    repeatSeconds: fc.option(spans),
    timeoutSeconds: fc.integer({ min: 1, max: 600 }),
    attempts: fc.integer({ min: 1, max: 10 }),
    channels,
  }),
});

it('what is rendered is read back as the same monitoring', () => {
  const file = { layout: builtInLayout, monitoring: builtInMonitoring };
  assert.deepEqual(parseLayoutFile(renderLayoutFile(file), 'x'), file);
  fc.assert(
    fc.property(monitorings, (monitoring) => {
      const again = parseLayoutFile(renderLayoutFile({ layout, monitoring }), 'x').monitoring;
      assert.deepEqual(again, monitoring);
      assert.deepEqual([...again.services.keys()], [...monitoring.services.keys()]);
    }),
    random(400, 20261122),
  );
});

const WHOLE = `monitoring:
  group: adm
  levels:
    disk:
      warning: { used: 75%, free: 200GB, inodes: 80%, full-in: 3d }
      critical: { used: 85.5%, free: false, inodes: 90%, full-in: 1d }
    each-service:
      warning: { used: 80%, free: false, inodes: false, full-in: 1w }
      critical: { used: 90%, free: false, inodes: false, full-in: false }
    services:
      kafka:
        warning: { used: 95%, free: false, inodes: false, full-in: false }
        critical: { used: 120%, free: false, inodes: false, full-in: false }
    margin: 2.5%
    samples: 2
  alerts:
    repeat: never
    timeout: 10s
    attempts: 3
    channels:
      log: { type: journal }
      pager: { type: command, run: [ /usr/local/bin/page, --team, storage ], from: critical }
      team: { type: webhook, url-file: /etc/jts/slack-url }
      other: { type: webhook, url: https://example.org/hook, token-environment: HOOK_TOKEN }
      mail: { type: mail, to: [ ops@example.org, root ], sender: jts@example.org }
`;

it('a rendered section is what a person would write', () => {
  const text = renderLayoutFile(parseLayoutFile(WHOLE, 'x'));
  // A week is said in days: one unit for all that is longer than a day.
  assert.equal(text.slice(text.indexOf('monitoring:')), WHOLE.replace('1w', '7d'));
});

// Fuzz

/** Either read, and then harmless and the same again; or refused, each problem at a place that the text has. */
function readOrRefused(text: string): 'read' | 'refused' {
  let file: LayoutFile;
  try {
    file = parseLayoutFile(text, 'hot.yaml');
  } catch (error) {
    assert.ok(error instanceof Problem, `${error instanceof Error ? error.stack : error}\n${text}`);
    assert.ok(error.diagnostics.length > 0);
    const lines = text.replace(/^\ufeff/, '').split('\n');
    for (const { at, code, summary, detail } of error.diagnostics) {
      assert.match(summary, /^(cannot|refusing to) /);
      assert.doesNotMatch(detail.join(''), /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
      if (code === 'E_SPEC_MORE') continue;
      const [, line, column] = /^hot\.yaml:(\d+):(\d+)$/.exec(at ?? '')?.map(Number) ?? [];
      assert.ok(
        Number(column) <= (lines[Number(line) - 1]?.length ?? -1) + 1,
        `${at} in ${JSON.stringify(text)}`,
      );
    }
    return 'refused';
  }
  assertHarmless(
    file.monitoring,
    file.layout.services.map(({ name }) => name),
  );
  assert.deepEqual(parseLayoutFile(renderLayoutFile(file), 'x'), file);
  return 'read';
}

function assertHarmless(monitoring: Monitoring, services: readonly string[]): void {
  const { disk, eachService, marginPercent, samples } = monitoring;
  for (const { warning, critical } of [disk, eachService, ...monitoring.services.values()]) {
    assert.ok(!((warning.usedPercent ?? 0) > (critical.usedPercent ?? Number.POSITIVE_INFINITY)));
    assert.ok(!((warning.inodesPercent ?? 0) > (critical.inodesPercent ?? Number.POSITIVE_INFINITY)));
    assert.ok(!((warning.freeBytes ?? Number.POSITIVE_INFINITY) < (critical.freeBytes ?? 0)));
    assert.ok(!((warning.fullInSeconds ?? Number.POSITIVE_INFINITY) < (critical.fullInSeconds ?? 0)));
    for (const { softLimit: _, hardLimit: __, ...values } of [warning, critical])
      for (const value of Object.values(values))
        assert.ok(value === null || (Number.isFinite(value) && value > 0), String(value));
  }
  for (const name of monitoring.services.keys()) assert.ok(services.includes(name), name);
  assert.ok(marginPercent >= 0 && marginPercent <= 50);
  assert.ok(Number.isInteger(samples) && samples >= 1);
  for (const channel of monitoring.alerts.channels) {
    assert.equal(checkChannelName(channel.name), null);
    assert.doesNotMatch(JSON.stringify(channel), /\\[ntr0]|\\u00/);
    if (channel.type === 'command') assert.equal(checkProgram(channel.argv[0] ?? ''), null);
    if (channel.type === 'mail') for (const to of channel.to) assert.equal(checkMailAddress(to), null);
    if (channel.type === 'webhook' && typeof channel.url === 'string') {
      assert.match(new URL(channel.url).protocol, /^https?:$/);
      assert.ok(!hasCredentials(channel.url));
    }
  }
}

const keys = fc.constantFrom(
  ...[
    'group',
    'levels',
    'alerts',
    'disk',
    'each-service',
    'services',
    'margin',
    'samples',
    'warning',
    'critical',
  ],
  ...[
    'used',
    'free',
    'inodes',
    'full-in',
    'repeat',
    'timeout',
    'attempts',
    'channels',
    'type',
    'from',
    'run',
  ],
  ...['url', 'url-file', 'url-environment', 'token-file', 'token-environment', 'token', 'to', 'sender'],
  ...[
    'kafka',
    'redis',
    'kafak',
    'monitoring',
    '',
    '__proto__',
    'constructor',
    'toString',
    '0',
    '-',
    'a\nb',
    '\ud800',
  ],
);
const scalars = fc.oneof(
  fc.constantFrom(
    ...[
      '80%',
      '90%',
      '0%',
      '200%',
      '80',
      '200GB',
      '1GB',
      '3d',
      '1h',
      '1w',
      'never',
      '1',
      '100',
      'adm',
      'journal',
    ],
    ...[
      'command',
      'webhook',
      'mail',
      'warning',
      'critical',
      'https://example.org/x',
      '/bin/page',
      'root',
      'T',
    ],
    ...[
      '',
      '~',
      'true',
      '.inf',
      'NaN',
      '-1',
      '9'.repeat(400),
      'a\nb',
      '\0',
      '\x1b[2J',
      '\ud800',
      '%',
      '\u2028',
    ],
    ...['https://a:b@c/', 'javascript:x', '-x', '../x', '__proto__'],
  ),
  fc.constantFrom(false, null, true, 80, 0.8, -1, 0),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.array(fc.tuple(keys, tie('anything')), { maxLength: 4 }).map((all) => Object.fromEntries(all)),
  ),
}));

/** The shape that is wanted, with anything in one place of it or another. */
function almost(value: unknown): fc.Arbitrary<unknown> {
  const whole = Array.isArray(value)
    ? fc.tuple(...value.map(almost))
    : typeof value === 'object' && value !== null
      ? fc
          .tuple(
            fc.tuple(
              ...Object.entries(value).map(([key, inner]) =>
                fc.tuple(
                  fc.oneof({ weight: 60, arbitrary: fc.constant(key) }, { weight: 1, arbitrary: keys }),
                  almost(inner),
                ),
              ),
            ),
            fc.array(fc.nat({ max: 60 }), { maxLength: 2 }),
          )
          .map(([all, dropped]) => Object.fromEntries(all.filter((_, i) => !dropped.includes(i))))
      : fc.constant(value);
  return fc.oneof({ weight: 60, arbitrary: whole }, { weight: 1, arbitrary: anything });
}

const GOOD = {
  group: 'adm',
  levels: {
    disk: {
      warning: { used: '75%', free: '200GB', inodes: '80%', 'full-in': '3d' },
      critical: { used: '85.5%', free: false, 'full-in': '1d' },
    },
    'each-service': { warning: { used: '80%' }, critical: false },
    services: { kafka: { warning: { used: '95%' }, critical: { used: '120%' } }, redis: false },
    margin: '2.5%',
    samples: 2,
  },
  alerts: {
    repeat: 'never',
    timeout: '10s',
    attempts: '3',
    channels: {
      log: { type: 'journal' },
      pager: { type: 'command', run: ['/usr/local/bin/page', '--team'], from: 'critical' },
      team: { type: 'webhook', url: 'https://example.org/hook', 'token-file': '/etc/jts/token' },
      mail: { type: 'mail', to: ['ops@example.org', 'root'], sender: 'jts@example.org' },
    },
  },
};

describe('whatever is in the section, it is read or refused at a place', () => {
  it('when it is anything at all', () => {
    fc.assert(
      fc.property(anything, (monitoring) => {
        readOrRefused(JSON.stringify({ monitoring }));
      }),
      random(1000, 20261123),
    );
  });

  it('when it is almost right', () => {
    const ends = { read: 0, refused: 0 };
    fc.assert(
      fc.property(almost(GOOD), (monitoring) => {
        ends[readOrRefused(JSON.stringify({ monitoring }))] += 1;
      }),
      random(1000, 20261124),
    );
    // Else this would prove little.
    assert.ok(ends.read > atLeast(100) && ends.refused > atLeast(100), JSON.stringify(ends));
  });

  it('when bits of a good file have flipped', () => {
    const whole = Buffer.from(WHOLE);
    const flips = fc.array(fc.nat({ max: whole.length * 8 - 1 }), { minLength: 1, maxLength: 3 });
    const ends = { read: 0, refused: 0 };
    fc.assert(
      fc.property(flips, (bits) => {
        const bytes = Buffer.from(whole);
        for (const bit of bits) bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        ends[readOrRefused(bytes.toString('utf8'))] += 1;
      }),
      random(1000, 20261125),
    );
    assert.ok(ends.read > atLeast(20) && ends.refused > atLeast(100), JSON.stringify(ends));
  });

  it('when parts of it are cut, doubled or moved', () => {
    const lines = WHOLE.trimEnd().split('\n');
    const line = fc.nat({ max: lines.length - 1 });
    fc.assert(
      fc.property(line, line, fc.constantFrom('cut', 'double', 'move', 'indent'), (from, to, how) => {
        const moved = lines[from] as string;
        const rest = how === 'double' ? lines : lines.filter((_, i) => i !== from);
        const put = how === 'cut' ? [] : [how === 'indent' ? `  ${moved}` : moved];
        readOrRefused([...rest.slice(0, to), ...put, ...rest.slice(to), ''].join('\n'));
      }),
      random(500, 20261126),
    );
  });
});

// For editors

it('the schema, read by itself, takes what the reader takes and finds what an editor should', () => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(layoutJsonSchema())));
  const takes = (monitoring: unknown) => schema.safeParse({ monitoring }).success;
  for (const value of [
    null,
    {},
    GOOD,
    { levels: null, alerts: null },
    { levels: { disk: false, 'each-service': { warning: false, critical: null }, services: null } },
    { levels: { samples: '3' }, alerts: { repeat: '6h', attempts: 2, channels: null } },
    { alerts: { channels: { a: { type: 'webhook', 'url-file': '/a', 'token-environment': 'T' } } } },
  ]) {
    assert.ok(takes(value), JSON.stringify(value));
    assert.equal(readOrRefused(JSON.stringify({ monitoring: value })), 'read');
  }
  for (const value of [
    [],
    { level: {} },
    { group: 'Adm' },
    { levels: { disk: { warning: { used: 80 } } } },
    { levels: { disk: { warning: { used: '80' } } } },
    { levels: { disk: { used: '80%' } } },
    { levels: { services: { kafka: { warning: { free: '1' } } } } },
    { levels: { margin: false } },
    { levels: { samples: 0 } },
    { alerts: { repeat: false } },
    { alerts: { channels: { a: {} } } },
    { alerts: { channels: { a: { type: 'slack' } } } },
    { alerts: { channels: { a: { type: 'command', run: [] } } } },
    { alerts: { channels: { a: { type: 'command', run: ['page'] } } } },
    { alerts: { channels: { a: { type: 'webhook', url: 'ftp://a', token: 'x' } } } },
    { alerts: { channels: { a: { type: 'mail', to: 'a@b' } } } },
    { alerts: { channels: { a: { type: 'mail', to: ['-x'] } } } },
  ]) {
    assert.ok(!takes(value), JSON.stringify(value));
    assert.equal(readOrRefused(JSON.stringify({ monitoring: value })), 'refused');
  }
});
