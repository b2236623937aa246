// `port` and `settings` of services in a layout file: what they mean, what is refused and where, and the way back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { random } from '../../test/random.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { Problem } from '../messages/diagnostic.ts';
import { builtIn, builtInLayout } from '../services/index.ts';
import { layoutJsonSchema, parseLayoutFile } from './layout-file.ts';
import { renderLayoutFile } from './render.ts';

const parse = (text: string) => parseLayoutFile(text, 'hot.yaml').layout;
const render = (layout: Layout) => renderLayoutFile({ layout, monitoring: builtInMonitoring });

function settingsOf(text: string, name = 'redis') {
  return parse(text).services.find((service) => service.name === name)?.settings;
}

describe('settings', () => {
  it('are text, numbers and switches, as YAML has them', () => {
    const text = `services: { docker: { settings: {
      a: 1, b: "1", c: true, d: "true", e: false, f: 0750, g: 1e3, h: -1.5, i: on, j: 18446744073709551615, k: "", l: 10m } } }`;
    assert.deepEqual(settingsOf(text, 'docker'), {
      a: 1,
      b: '1',
      c: true,
      d: 'true',
      e: false,
      f: '0750',
      g: '1e3',
      h: -1.5,
      i: 'on',
      j: '18446744073709551615',
      k: '',
      l: '10m',
    });
  });

  it('without any are none, and are shared by an alias', () => {
    for (const text of ['settings:', 'settings: {}'])
      assert.deepEqual(parse(`services: { redis: { ${text} } }`), builtInLayout, text);
    const shared = 'services: { kafka: { settings: &s { x: 1 } }, redis: { settings: *s } }';
    assert.deepEqual(settingsOf(shared), { x: 1 });
  });
});

/** Where the value is wrong, its place; where the name is, that. */
const REFUSED: readonly (readonly [
  service: string,
  fields: string,
  code: string,
  at: string,
  detail: RegExp,
])[] = [
  ['redis', 'port: 0', 'E_SPEC_PORT', '3:11', /want a port from 1 to 65535, found `0`/],
  ['redis', 'port: 65536', 'E_SPEC_PORT', '3:11', /found `65536`/],
  ['redis', 'port: 06379', 'E_SPEC_PORT', '3:11', /found `06379`/],
  ['redis', 'port: [1]', 'E_SPEC_PORT', '3:11', /found a list/],
  ['docker', 'port: 2375', 'E_SPEC_PORT', '3:5', /services\.docker: want no `port`/],
  ['backup', 'port: 1', 'E_SPEC_PORT', '3:5', /want no `port`/],
  ['backup', 'settings: { x: 1 }', 'E_SPEC_SETTING', '3:5', /want no `settings`/],
  ['own', 'user: own\n    planned: 1GB\n    settings:', 'E_SPEC_SETTING', '5:5', /want no `settings`/],
  ['redis', 'settings: x', 'E_SPEC_SETTING', '3:15', /want settings by name, found `x`/],
  ['redis', 'settings: { x: [1] }', 'E_SPEC_SETTING', '3:20', /settings\.x: want one value.*found a list/],
  ['redis', 'settings: { x: }', 'E_SPEC_SETTING', '3:17', /found nothing/],
  [
    'redis',
    'settings: { DIR: /x }',
    'E_SPEC_SETTING',
    '3:17',
    /want no setting that jts-hot makes itself, found `DIR`/,
  ],
  ['redis', 'settings: { port: 1 }', 'E_SPEC_SETTING', '3:17', /want the port beside `settings`/],
  ['redis', 'settings: { user: on }', 'E_SPEC_SETTING', '3:17', /want one that a single line says/],
  ['redis', 'settings: { "a b": 1 }', 'E_SPEC_SETTING', '3:17', /want a name that redis settings can have/],
  ['redis', 'settings: { "#x": 1 }', 'E_SPEC_SETTING', '3:17', /want a name/],
  ['redis', 'settings: { __proto__: 1 }', 'E_SPEC_SETTING', '3:17', /want a name/],
  [
    'redis',
    'settings: { hz: 1, HZ: 2 }',
    'E_SPEC_SETTING',
    '3:24',
    /want each setting once, found `HZ` after `hz`/,
  ],
  ['postgresql', 'settings: { logging_collector: off }', 'E_SPEC_SETTING', '3:17', /makes itself/],
  ['postgresql', 'settings: { a-b: 1 }', 'E_SPEC_SETTING', '3:17', /want a name that postgresql settings/],
  ['clickhouse', 'settings: { path: /x }', 'E_SPEC_SETTING', '3:17', /makes itself/],
  ['clickhouse', 'settings: { clickhouse.x: 1 }', 'E_SPEC_SETTING', '3:17', /without clickhouse before it/],
  ['clickhouse', 'settings: { x: "\\e" }', 'E_SPEC_SETTING', '3:20', /has a character that XML has not/],
  ['mongodb', 'settings: { storage: x }', 'E_SPEC_SETTING', '3:17', /makes itself/],
  ['mongodb', 'settings: { net.port: 1 }', 'E_SPEC_SETTING', '3:17', /want the port beside/],
  ['mongodb', 'settings: { a..b: 1 }', 'E_SPEC_SETTING', '3:17', /want a name that yaml settings/],
  ['mongodb', 'settings: { a.b: 1, a: 1 }', 'E_SPEC_SETTING', '3:25', /found `a` after `a\.b`/],
  ['docker', 'settings: { data-root: /x }', 'E_SPEC_SETTING', '3:17', /makes itself/],
  [
    'kafka',
    'port: 1\n    settings: { listeners: "A://:1" }',
    'E_SPEC_SETTING',
    '4:17',
    /want one of `port` and `listeners`, found both/,
  ],
];

describe('refused, at its place, is', () => {
  for (const [service, fields, code, at, detail] of REFUSED)
    it(`${service} ${fields}`, () => {
      const [found, ...more] = problemsOf(`services:\n  ${service}:\n    ${fields}\n`);
      assert.deepEqual([found?.code, found?.at, more], [code, `hot.yaml:${at}`, []]);
      assert.match(found?.detail.join(' ') ?? '', detail);
    });

  it('one port for two services', () => {
    const [found, ...more] = problemsOf('services:\n  redis: { port: 7000 }\n  kafka: { port: 7000 }\n');
    assert.deepEqual([found?.code, found?.at, more], ['E_SPEC_PORT', 'hot.yaml:3:18', []]);
    assert.match(found?.detail.join(' ') ?? '', /also that of service `redis`/);
  });

  it('a secret, which is not shown', () => {
    const SECRETS: readonly (readonly [string, string])[] = [
      ['redis', 'requirepass: Tr0ub4dor'],
      ['redis', 'masterauth: "Tr0ub4dor"'],
      ['redis', 'requirepass: "Tr0ub4dor\\0"'],
      ['kafka', 'sasl.jaas.config: Tr0ub4dor'],
      ['kafka', 'ssl.keystore.password: Tr0ub4dor'],
      ['kafka', 'x: y password="Tr0ub4dor"'],
      ['postgresql', 'primary_conninfo: host=x password=Tr0ub4dor'],
      ['postgresql', 'archive_command: "curl https://ops:Tr0ub4dor@example.org/ -T %p"'],
      ['mongodb', 'net.tls.certificateKeyFilePassword: Tr0ub4dor'],
      ['docker', 'x.api_key: Tr0ub4dor'],
      ['clickhouse', 'interserver_http_credentials.password: Tr0ub4dor'],
    ];
    for (const [service, setting] of SECRETS) {
      const problems = problemsOf(`services:\n  ${service}:\n    settings:\n      ${setting}\n`);
      assert.deepEqual(
        problems.map(({ code }) => code),
        ['E_SPEC_SECRET'],
        setting,
      );
      assert.ok(!JSON.stringify(problems).includes('Tr0ub4dor'), setting);
    }
  });

  it('but not what only times, turns on or names the file of a secret', () => {
    const text = `services:
  postgresql: { settings: { ssl_key_file: /etc/ssl/key.pem, password_encryption: scram-sha-256, authentication_timeout: 1min } }
  kafka: { settings: { ssl.client.auth: required, ssl.keystore.location: /etc/kafka/ks.jks } }
  mongodb: { settings: { security.authorization: enabled } }
  redis: { settings: { tls-key-file: /etc/redis/key.pem, tls-auth-clients: optional } }
`;
    assert.equal(parse(text).services.filter(({ settings }) => settings !== undefined).length, 4);
  });
});

it('what is written is read back as the same', () => {
  const name = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);
  const value = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      'true',
      'false',
      'null',
      '~',
      'on',
      '0750',
      '1',
      '1e3',
      '-0',
      '.5',
      ' x ',
      '# x',
      'a: b',
      "it's",
      '\\',
    ),
    fc.integer(),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((number) => number + 0),
    fc.boolean(),
  );
  const fields = fc.record(
    {
      port: fc.integer({ min: 1, max: 65_535 }),
      settings: fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fields, fc.constantFrom('postgresql', 'clickhouse', 'mongodb', 'redis'), (given, one) => {
      const services = builtInLayout.services.map((service) => {
        const { port, settings = {} } = given;
        if (service.name !== one) return service;
        return {
          ...service,
          ...(port === undefined ? {} : { port }),
          ...(Object.keys(settings).length === 0 ? {} : { settings }),
        };
      });
      const layout = { ...builtInLayout, services };
      const text = render(layout);
      let back: Layout;
      try {
        back = parse(text);
      } catch (error) {
        // What a service cannot be told has no way in either.
        assert.ok(
          error instanceof Problem &&
            error.diagnostics.every(({ code }) => /_(SETTING|SECRET|YAML)$/.test(code)),
          text,
        );
        return;
      }
      assert.deepEqual(back, layout, text);
    }),
    random(500, 20261127),
  );
});

it('editors are shown them for services that take them only', () => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(layoutJsonSchema())));
  const takes = (service: string, fields: object) =>
    schema.safeParse({ services: { [service]: fields } }).success;
  for (const { name } of builtInLayout.services) {
    const further = builtIn(name)?.configuration?.further;
    assert.equal(takes(name, { settings: { a: 1, b: 'x', c: true } }), further !== undefined, name);
    assert.equal(takes(name, { port: 7000 }), further !== undefined && further.port !== null, name);
    assert.equal(takes(name, { port: 70_000 }) || takes(name, { settings: { a: [] } }), false, name);
  }
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
