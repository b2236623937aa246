import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { build } from 'esbuild';
import * as z from 'zod';
import { schemaFiles } from '../../test/write-schemas.ts';
import { type Layout, MAX_LAYOUT_BYTES, type Service } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { type Diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { builtInLayout } from '../services/index.ts';
import { layoutJsonSchema, parseLayoutFile } from './layout-file.ts';
import { renderLayoutFile } from './render.ts';

/** The layout that a file describes. */
function parseLayout(text: string, fileName: string): Layout {
  return parseLayoutFile(text, fileName).layout;
}

function serviceOf(layout: Layout, name: string): Service {
  const service = layout.services.find((service) => service.name === name);
  assert.ok(service, `no service ${name}`);
  return service;
}

/** The built-in layout with one service exchanged. */
function builtInBut(name: string, changes: Partial<Service>): Layout {
  const services = builtInLayout.services.map((service) =>
    service.name === name ? { ...service, ...changes } : service,
  );
  return { ...builtInLayout, services };
}

function diagnosticsOf(text: string): readonly Diagnostic[] {
  try {
    parseLayout(text, 'hot.yaml');
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.exitCode, EXIT.usage);
    return error.diagnostics;
  }
  return [];
}

// What a good file means

for (const [what, text] of Object.entries({
  'an empty file': '',
  'a file of comments': '# nothing yet\n\n# base: /x\n',
  'a bare document mark': '---\n',
  'a bare nothing': '~\n',
  'an empty map': '{}\n',
  'a version alone': 'version: 1\n',
  'a quoted version': 'version: "1"\n',
  'services without any': 'services:\n',
  'a service without changes': 'services:\n  kafka:\n    # planned: 700GB\n',
  'directories without any': 'services:\n  kafka:\n    directories:\n',
  'a directory without changes': 'services:\n  postgresql:\n    directories:\n      data:\n',
}))
  test(`${what} means the built-in layout`, () => {
    assert.deepEqual(parseLayout(text, 'hot.yaml'), builtInLayout);
  });

test('a base of one’s own, with its slashes put right', () => {
  assert.deepEqual(parseLayout('base: //srv/hot//', 'hot.yaml'), { ...builtInLayout, base: '/srv/hot' });
});

test('a built-in service is left out with false', () => {
  for (const word of ['false', 'False', 'FALSE']) {
    const { services } = parseLayout(`services: { redis: ${word} }`, 'hot.yaml');
    assert.deepEqual(
      services,
      builtInLayout.services.filter((service) => service.name !== 'redis'),
    );
  }
});

test('one field of a built-in service changes, and nothing else', () => {
  const text = 'services:\n  kafka:\n    planned: 700GB\n';
  assert.deepEqual(parseLayout(text, 'hot.yaml'), builtInBut('kafka', { plannedBytes: 700e9 }));
});

test('a service of one’s own in six lines', () => {
  const text = `services:
  grafana:
    user: grafana
    planned: 20GB
    directories:
      data: { purpose: dashboards and users }
`;
  const grafana: Service = {
    name: 'grafana',
    path: 'grafana',
    user: 'grafana',
    group: 'grafana',
    sharesUser: false,
    mode: '0750',
    accept: [],
    plannedBytes: 20_000_000_000,
    purpose: '',
    directories: [{ name: 'data', role: 'data', mode: '0750', accept: [], purpose: 'dashboards and users' }],
  };
  assert.deepEqual(parseLayout(text, 'hot.yaml'), {
    ...builtInLayout,
    services: [...builtInLayout.services, grafana],
  });
});

test('every field of a service of one’s own', () => {
  const text = `services:
  metrics:
    user: prometheus
    group: monitoring
    mode: 770
    accept: [0o700, '0750']
    planned: 1.5 TiB
    purpose: "time series: all of them"
    path: apps/metrics/hot
    sharesUser: true
    directories:
      data:
      logs:
      wal: { mode: 0700, accept: [0750], role: backup }
`;
  const metrics: Service = {
    name: 'metrics',
    path: 'apps/metrics/hot',
    user: 'prometheus',
    group: 'monitoring',
    sharesUser: true,
    mode: '0770',
    accept: ['0700', '0750'],
    plannedBytes: 1_649_267_441_664,
    purpose: 'time series: all of them',
    directories: [
      { name: 'data', role: 'data', mode: '0770', accept: [], purpose: '' },
      { name: 'logs', role: 'log', mode: '0770', accept: [], purpose: '' },
      { name: 'wal', role: 'backup', mode: '0700', accept: ['0750'], purpose: '' },
    ],
  };
  assert.deepEqual(serviceOf(parseLayout(text, 'hot.yaml'), 'metrics'), metrics);
});

test('units are said, kept, and left out where the file says nothing', () => {
  const iec = parseLayout('units: iec', 'hot.yaml');
  assert.deepEqual(iec, { ...builtInLayout, units: 'iec' });
  const again = parseLayoutFile(renderLayoutFile({ layout: iec, monitoring: builtInMonitoring }), 'hot.yaml');
  assert.deepEqual(again.layout, iec);
  assert.equal('units' in parseLayout('version: 1', 'hot.yaml'), false);
  assert.deepEqual(complaintsOf('units: binary'), [
    {
      at: '1:8',
      code: 'E_SPEC_VALUE',
      says: 'units: want si (powers of 1000) or iec (powers of 1024), found `binary`',
    },
  ]);
});

test('a service of root’s is root’s group’s and open to read', () => {
  const archive = serviceOf(
    parseLayout('services: { archive: { user: root, planned: 1TB } }', 'x'),
    'archive',
  );
  assert.deepEqual([archive.user, archive.group, archive.mode], ['root', 'root', '0755']);
});

test('the group of a built-in service follows a new user, and only a new one', () => {
  const ownership = (fields: string, name: string) => {
    const { user, group, mode } = serviceOf(parseLayout(`services: { ${name}: { ${fields} } }`, 'x'), name);
    return `${user}:${group} ${mode}`;
  };
  assert.equal(ownership('user: confluent', 'kafka'), 'confluent:confluent 0750');
  assert.equal(ownership('user: confluent, group: kafka', 'kafka'), 'confluent:kafka 0750');
  assert.equal(ownership('group: streams', 'kafka'), 'kafka:streams 0750');
  assert.equal(ownership('user: root', 'docker'), 'root:docker 0755');
  assert.equal(ownership('user: podman', 'docker'), 'podman:podman 0755');
  assert.equal(ownership('user: root', 'kafka'), 'root:root 0750');
});

test('directories of a built-in service are merged by name', () => {
  const text = `services:
  postgresql:
    mode: 0700
    directories:
      config: false
      logs: { mode: 0770 }
      wal: { purpose: write-ahead log }
`;
  const { directories } = serviceOf(parseLayout(text, 'hot.yaml'), 'postgresql');
  assert.deepEqual(directories, [
    { name: 'data', role: 'data', mode: '0700', accept: ['0750'], purpose: 'data files' },
    { name: 'logs', role: 'log', mode: '0770', accept: [], purpose: 'server and transaction logs' },
    { name: 'wal', role: 'data', mode: '0700', accept: [], purpose: 'write-ahead log' },
  ]);
});

test('an accept list replaces the built-in one', () => {
  assert.deepEqual(serviceOf(parseLayout('services: { docker: { accept: [] } }', 'x'), 'docker').accept, []);
});

test('a mode is one mode, quoted or not', () => {
  for (const mode of ['0700', '700', '"0700"', "'700'", '0o700'])
    assert.equal(serviceOf(parseLayout(`services: { kafka: { mode: ${mode} } }`, 'x'), 'kafka').mode, '0700');
});

test('a service takes the place of one that is left out', () => {
  const text = 'services: { kafka: false, redpanda: { user: redpanda, planned: 600GB, path: kafka } }';
  assert.equal(serviceOf(parseLayout(text, 'hot.yaml'), 'redpanda').path, 'kafka');
});

test('settings are shared by an alias', () => {
  const text = `services:
  one: &small { user: shared, planned: 5GB, directories: { data: } }
  two: *small
`;
  const { services } = parseLayout(text, 'hot.yaml');
  const [one, two] = services.slice(-2);
  assert.deepEqual(two, { ...one, name: 'two', path: 'two' });
});

test('byte order mark, CRLF and YAML 1.1 change nothing', () => {
  const text = '%YAML 1.1\n---\nservices:\n  kafka:\n    mode: 0700\n';
  const layout = builtInBut('kafka', { mode: '0700' });
  assert.deepEqual(parseLayout(text, 'x'), layout);
  assert.deepEqual(parseLayout(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'x'), layout);
});

// What a bad file is told

interface Complaint {
  readonly at: string;
  readonly code: string;
  readonly says: string;
  readonly hint?: string;
}

function complaintsOf(text: string): readonly Complaint[] {
  return diagnosticsOf(text).map(({ at, code, detail, hint }) => ({
    at: (at ?? '').replace(/^hot\.yaml:/, ''),
    code,
    says: detail.join('\n'),
    ...(hint === null ? {} : { hint }),
  }));
}

const SIZE = 'want a size such as 800GB, 1.5TB or 512GiB';
const MODE = 'want an octal mode such as 0750';
const USER = 'want a user name such as kafka';
const USERADD =
  'want a name that useradd takes: a-z, 0-9, `_` and `-`, a letter or `_` first, at most 32 characters';
const SETTINGS = 'want the settings of a service';
const DIRECTORY = 'want the settings of a directory (mode, accept, role, purpose) or nothing';
const RELATIVE = 'want a path below the base, not an absolute one';
const SERVICE_KEYS = 'want one of user, group, sharesUser, mode, accept, planned, purpose, path, directories';

/** One bad thing each. A field of kafka: `kafka` is its line, and what follows the field's name begins at column 5. */
const oneEach: readonly (readonly [what: string, text: string, Complaint])[] = [
  // YAML
  [
    'an open bracket',
    'services: {kafka',
    {
      at: '1:17',
      code: 'E_SPEC_YAML',
      says: 'Flow map in block collection must be sufficiently indented and end with a }',
    },
  ],
  [
    'a tab as indentation',
    'services:\n\tkafka:\n',
    { at: '2:1', code: 'E_SPEC_YAML', says: 'Tabs are not allowed as indentation' },
  ],
  ['an open quote', 'base: "/data\n', { at: '2:1', code: 'E_SPEC_YAML', says: 'Missing closing "quote' }],
  [
    'two documents',
    'base: /a\n---\nbase: /b\n',
    { at: '2:1', code: 'E_SPEC_YAML', says: 'want one document, found another after `---`' },
  ],
  [
    'a tag',
    'services: { kafka: { mode: !!int 750 } }',
    { at: '1:28', code: 'E_SPEC_YAML', says: 'Unresolved tag: tag:yaml.org,2002:int' },
  ],
  [
    'an unknown directive',
    '%FOO\n---\n{}',
    { at: '1:1', code: 'E_SPEC_YAML', says: 'Unknown directive %FOO' },
  ],
  [
    'an alias of nothing',
    'base: *x',
    { at: '1:7', code: 'E_SPEC_YAML', says: 'want an anchor above the alias, found `*x` alone' },
  ],
  [
    'a list as key',
    'services:\n  ? [kafka]\n  : false\n',
    { at: '2:5', code: 'E_SPEC_YAML', says: 'want a word as key, found a list, a map or an alias' },
  ],
  [
    'a NUL byte',
    'base: /a\n# \0\n',
    { at: '2:3', code: 'E_SPEC_YAML', says: 'want UTF-8 text, found the character U+0000' },
  ],
  [
    'an escape character',
    'base: /a\u001b[2J\n',
    { at: '1:9', code: 'E_SPEC_YAML', says: 'want UTF-8 text, found the character U+001B' },
  ],

  // Keys
  [
    'a list for a layout',
    '- kafka\n',
    { at: '1:1', code: 'E_SPEC_VALUE', says: 'want `base:` and `services:`, found a list' },
  ],
  [
    'a word for a layout',
    'kafka\n',
    { at: '1:1', code: 'E_SPEC_VALUE', says: 'want `base:` and `services:`, found `kafka`' },
  ],
  [
    'a misspelt key',
    'servces: {}\n',
    {
      at: '1:1',
      code: 'E_SPEC_KEY',
      says: 'want one of version, base, mount, units, services, monitoring, clean, backups, storage, quota, selinux, found `servces`',
      hint: 'did you mean `services`?',
    },
  ],
  [
    'an unknown key',
    'colour: red\n',
    {
      at: '1:1',
      code: 'E_SPEC_KEY',
      says: 'want one of version, base, mount, units, services, monitoring, clean, backups, storage, quota, selinux, found `colour`',
    },
  ],
  [
    'a service at the top',
    'kafka: { planned: 1TB }\n',
    {
      at: '1:1',
      code: 'E_SPEC_KEY',
      says: 'want one of version, base, mount, units, services, monitoring, clean, backups, storage, quota, selinux, found `kafka`',
      hint: 'services go below `services:`',
    },
  ],
  [
    'a misspelt field',
    'services:\n  kafka:\n    planed: 1TB\n',
    {
      at: '3:5',
      code: 'E_SPEC_KEY',
      says: `services.kafka: ${SERVICE_KEYS}, port, settings, found \`planed\``,
      hint: 'did you mean `planned`?',
    },
  ],
  [
    'a misspelt field of one’s own service',
    'services:\n  x: { user: x, planned: 1TB, pth: y }\n',
    {
      at: '2:31',
      code: 'E_SPEC_KEY',
      says: `services.x: ${SERVICE_KEYS}, found \`pth\``,
      hint: 'did you mean `path`?',
    },
  ],
  [
    'a merge key',
    'services:\n  kafka:\n    <<: { mode: 0700 }\n',
    { at: '3:5', code: 'E_SPEC_KEY', says: `services.kafka: ${SERVICE_KEYS}, port, settings, found \`<<\`` },
  ],
  [
    'a misspelt field of a directory',
    'services: { kafka: { directories: { data: { purpos: x } } } }',
    {
      at: '1:45',
      code: 'E_SPEC_KEY',
      says: 'services.kafka.directories.data: want one of mode, accept, role, purpose, found `purpos`',
      hint: 'did you mean `purpose`?',
    },
  ],
  [
    'a dangerous key',
    '__proto__: {}\n',
    {
      at: '1:1',
      code: 'E_SPEC_KEY',
      says: 'want one of version, base, mount, units, services, monitoring, clean, backups, storage, quota, selinux, found `__proto__`',
    },
  ],
  [
    'a key twice',
    'base: /a/b\nservices: {}\nbase: /c/d\n',
    {
      at: '3:1',
      code: 'E_SPEC_DUPLICATE',
      says: 'want each key once, found `base` again; the first is on line 1',
    },
  ],
  [
    'a service twice',
    'services:\n  redis: false\n  kafka: false\n  "redis": false\n',
    {
      at: '4:3',
      code: 'E_SPEC_DUPLICATE',
      says: 'want each key once, found `redis` again; the first is on line 2',
    },
  ],
  [
    'a version to come',
    'version: 2\n',
    { at: '1:10', code: 'E_SPEC_VERSION', says: 'version: want version 1, found `2`' },
  ],
  [
    'no version',
    'version:\n',
    { at: '1:1', code: 'E_SPEC_VERSION', says: 'version: want version 1, found nothing' },
  ],

  // Services
  [
    'a list of services',
    'services:\n  - kafka\n',
    {
      at: '2:3',
      code: 'E_SPEC_VALUE',
      says: 'services: want services by name, each with its settings, found a list',
    },
  ],
  [
    'false for all services',
    'services: false\n',
    {
      at: '1:11',
      code: 'E_SPEC_VALUE',
      says: 'services: want services by name, each with its settings, found `false`',
    },
  ],
  [
    'true for a service',
    'services: { kafka: true }',
    {
      at: '1:20',
      code: 'E_SPEC_VALUE',
      says: `services.kafka: ${SETTINGS}, or \`false\` to leave it out, found \`true\``,
    },
  ],
  [
    'a list for a service',
    'services: { kafka: [a] }',
    {
      at: '1:20',
      code: 'E_SPEC_VALUE',
      says: `services.kafka: ${SETTINGS}, or \`false\` to leave it out, found a list`,
    },
  ],
  [
    'false for a service that is not built in',
    'services: { kafkka: false }',
    {
      at: '1:21',
      code: 'E_SPEC_VALUE',
      says: `services.kafkka: ${SETTINGS}; only a built-in one can be left out, found \`false\``,
      hint: 'did you mean the built-in service `kafka`?',
    },
  ],
  [
    'nothing for a service of one’s own',
    'services:\n  grafana:\n',
    {
      at: '2:3',
      code: 'E_SPEC_VALUE',
      says: `services.grafana: ${SETTINGS}: user and planned at least, found nothing`,
    },
  ],
  [
    'no user',
    'services:\n  grafana: { planned: 1GB }\n',
    { at: '2:3', code: 'E_SPEC_MISSING', says: 'services.grafana: want `user`, found no such setting' },
  ],
  [
    'no planned',
    'services:\n  grafana: { user: a }\n',
    { at: '2:3', code: 'E_SPEC_MISSING', says: 'services.grafana: want `planned`, found no such setting' },
  ],
  [
    'a misspelt built-in service',
    'services:\n  postgres: { planned: 1GB }\n',
    {
      at: '2:3',
      code: 'E_SPEC_MISSING',
      says: 'services.postgres: want `user`, found no such setting',
      hint: 'did you mean the built-in service `postgresql`?',
    },
  ],
  [
    'directories in a list',
    'services:\n  kafka:\n    directories: [a]\n',
    {
      at: '3:18',
      code: 'E_SPEC_VALUE',
      says: 'services.kafka.directories: want directories by name, found a list',
    },
  ],
  [
    'a word for a directory',
    'services: { kafka: { directories: { x: 0700 } } }',
    { at: '1:40', code: 'E_SPEC_VALUE', says: `services.kafka.directories.x: ${DIRECTORY}, found \`0700\`` },
  ],
  [
    'a word for a built-in directory',
    'services: { kafka: { directories: { data: no } } }',
    {
      at: '1:43',
      code: 'E_SPEC_VALUE',
      says: `services.kafka.directories.data: ${DIRECTORY}, or \`false\` to leave it out, found \`no\``,
    },
  ],
  [
    'false for a directory that is not built in',
    'services: { kafka: { directories: { x: false } } }',
    {
      at: '1:40',
      code: 'E_SPEC_VALUE',
      says: `services.kafka.directories.x: ${DIRECTORY}; only a built-in one can be left out, found \`false\``,
    },
  ],
  [
    'a purpose of two lines',
    'services: { kafka: { purpose: "a\\nb" } }',
    {
      at: '1:31',
      code: 'E_SPEC_VALUE',
      says: 'services.kafka.purpose: want one line of text, found `a\\u{a}b`',
    },
  ],
  [
    'a list for a purpose',
    'services: { kafka: { purpose: [a] } }',
    { at: '1:31', code: 'E_SPEC_VALUE', says: 'services.kafka.purpose: want text, found a list' },
  ],

  // Places
  [
    'two services in one place',
    'services:\n  kafka: { path: redis }\n',
    {
      at: '2:18',
      code: 'E_SPEC_PLACE',
      says: 'services.kafka: want a directory of its own, found `redis`, which is also `redis` of service `redis`',
    },
  ],
  [
    'two of one’s own in one place',
    'services:\n  a: { user: a, planned: 1GB }\n  b: { user: b, planned: 1GB, path: a }\n',
    {
      at: '3:37',
      code: 'E_SPEC_PLACE',
      says: 'services.b: want a directory of its own, found `a`, which is also `a` of service `a`',
    },
  ],
  [
    'the other way round',
    'services:\n  b: { user: b, planned: 1GB, path: a }\n  a: { user: a, planned: 1GB }\n',
    {
      at: '3:3',
      code: 'E_SPEC_PLACE',
      says: 'services.a: want a directory of its own, found `a`, which is also `a` of service `b`',
    },
  ],
  [
    'a service in another’s sub-directory',
    'services:\n  x: { user: x, planned: 1GB, path: kafka/data }\n',
    {
      at: '2:37',
      code: 'E_SPEC_PLACE',
      says: 'services.x: want a directory of its own, found `kafka/data`, which is inside `kafka` of service `kafka`',
    },
  ],
  [
    'a service deep in another',
    'services:\n  x: { user: x, planned: 1GB, path: kafka/y/z }\n',
    {
      at: '2:37',
      code: 'E_SPEC_PLACE',
      says: 'services.x: want a directory of its own, found `kafka/y/z`, which is inside `kafka` of service `kafka`',
    },
  ],
  [
    'a service around another',
    'services:\n  kafka: { path: a/b }\n  x: { user: x, planned: 1GB, path: a }\n',
    {
      at: '3:37',
      code: 'E_SPEC_PLACE',
      says: 'services.x: want a directory of its own, found `a`, which holds `a/b` of service `kafka`',
    },
  ],

  // Names
  [
    'an empty name',
    'services: { "": { user: a, planned: 1GB } }',
    { at: '1:13', code: 'E_SPEC_NAME', says: 'services: want a name that is not empty, found ``' },
  ],
  [
    'the parent for a name',
    'services: { ..: { user: a, planned: 1GB } }',
    { at: '1:13', code: 'E_SPEC_NAME', says: 'services: want a name, not `.` or `..`, found `..`' },
  ],
  [
    'a dot for a name',
    'services: { .: { user: a, planned: 1GB } }',
    { at: '1:13', code: 'E_SPEC_NAME', says: 'services: want a name, not `.` or `..`, found `.`' },
  ],
  [
    'a slash in a name',
    'services: { a/b: { user: a, planned: 1GB } }',
    { at: '1:13', code: 'E_SPEC_NAME', says: 'services: want one name, without a slash, found `a/b`' },
  ],
  [
    'an absolute name',
    'services: { /a: { user: a, planned: 1GB } }',
    { at: '1:13', code: 'E_SPEC_NAME', says: 'services: want one name, without a slash, found `/a`' },
  ],
  [
    'an option for a name',
    'services: { -rf: { user: a, planned: 1GB } }',
    {
      at: '1:13',
      code: 'E_SPEC_NAME',
      says: 'services: want a name that does not begin with `-`, found `-rf`',
    },
  ],
  [
    'a control character in a name',
    'services: { "a\\x1b[2Jb": { user: a, planned: 1GB } }',
    {
      at: '1:13',
      code: 'E_SPEC_NAME',
      says: 'services: want a name without control or invisible characters, found `a\\u{1b}[2Jb`',
    },
  ],
  [
    'half a character in a name',
    'services: { "a\\ud800": { user: a, planned: 1GB } }',
    {
      at: '1:13',
      code: 'E_SPEC_NAME',
      says: 'services: want a name without control or invisible characters, found `a\\u{d800}`',
    },
  ],
  [
    'a long name',
    `services: { ${'x'.repeat(256)}: { user: a, planned: 1GB } }`,
    {
      at: '1:13',
      code: 'E_SPEC_NAME',
      says: `services: want a name of at most 255 bytes, found \`${'x'.repeat(60)}…\``,
    },
  ],
  [
    'a reserved name',
    'services:\n  base: { user: a, planned: 1GB }\n',
    {
      at: '2:3',
      code: 'E_SPEC_NAME',
      says: 'services: want another name, this one is the base directory’s own, found `base`',
    },
  ],
  [
    'a dangerous name',
    'services:\n  __proto__: { user: a, planned: 1GB }\n',
    { at: '2:3', code: 'E_SPEC_NAME', says: 'services: want another name, found `__proto__`' },
  ],
  [
    'a dangerous directory',
    'services: { kafka: { directories: { __proto__: } } }',
    {
      at: '1:37',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.directories: want another name, found `__proto__`',
    },
  ],
  [
    'a slash in a directory',
    'services: { kafka: { directories: { a/b: } } }',
    {
      at: '1:37',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.directories: want one name, without a slash, found `a/b`',
    },
  ],
  [
    'the parent for a directory',
    'services: { x: { user: x, planned: 1GB, directories: { "..": {} } } }',
    {
      at: '1:56',
      code: 'E_SPEC_NAME',
      says: 'services.x.directories: want a name, not `.` or `..`, found `..`',
    },
  ],
  [
    'an empty directory name',
    'services: { kafka: { directories: { "": } } }',
    {
      at: '1:37',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.directories: want a name that is not empty, found ``',
    },
  ],
  [
    'a new line in a directory',
    'services: { kafka: { directories: { "a\\nb": } } }',
    {
      at: '1:37',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.directories: want a name without control or invisible characters, found `a\\u{a}b`',
    },
  ],
  [
    'an absolute path',
    'services: { kafka: { path: /kafka } }',
    { at: '1:28', code: 'E_SPEC_NAME', says: `services.kafka.path: ${RELATIVE}, found \`/kafka\`` },
  ],
  [
    'an empty path',
    'services: { kafka: { path: "" } }',
    { at: '1:28', code: 'E_SPEC_NAME', says: 'services.kafka.path: want a name that is not empty, found ``' },
  ],
  [
    'no path',
    'services:\n  kafka:\n    path:\n',
    {
      at: '3:5',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.path: want a path below the base, found nothing',
    },
  ],
  [
    'a path that climbs',
    'services: { kafka: { path: a/../../etc } }',
    {
      at: '1:28',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.path: want a name, not `.` or `..`, between its slashes, found `a/../../etc`',
    },
  ],
  [
    'a path with a slash too many',
    'services: { kafka: { path: a/ } }',
    {
      at: '1:28',
      code: 'E_SPEC_NAME',
      says: 'services.kafka.path: want a name that is not empty, between its slashes, found `a/`',
    },
  ],

  // Sizes
  ...(
    [
      ['lots', SIZE],
      ['1e12B', SIZE],
      ['NaN', SIZE],
      ['[1GB]', SIZE, 'a list'],
      ['{ a: b }', SIZE, 'a map'],
      ['false', SIZE],
      ['800', 'want a size with its unit, such as 800GB or 800GiB'],
      ['-1GB', 'want a size above zero'],
      ['0GB', 'want a size above zero'],
      ['1001PB', 'want at most 1000PB'],
      [
        '800gb',
        'want the unit kB, MB, GB, TB, PB (powers of 1000) or KiB, MiB, GiB, TiB, PiB (powers of 1024)',
      ],
    ] as const
  ).map(([value, want, found = `\`${value}\``]): [string, string, Complaint] => [
    `the size ${value}`,
    `services:\n  kafka:\n    planned: ${value}\n`,
    { at: '3:14', code: 'E_SPEC_SIZE', says: `services.kafka.planned: ${want}, found ${found}` },
  ]),
  [
    'no size',
    'services:\n  kafka:\n    planned:\n',
    { at: '3:5', code: 'E_SPEC_SIZE', says: `services.kafka.planned: ${SIZE}, found nothing` },
  ],

  // Modes
  ...(
    [
      ['999', MODE],
      ['rwxr-x---', MODE],
      ['75', MODE],
      ['777', 'want a mode that is not world-writable'],
      ['0702', 'want a mode that is not world-writable'],
      ['2750', 'want a mode without setuid, setgid and sticky bits'],
      ['0550', 'want a mode whose owner may read, write and enter (0700 at least)'],
    ] as const
  ).map(([value, want]): [string, string, Complaint] => [
    `the mode ${value}`,
    `services:\n  kafka:\n    mode: ${value}\n`,
    { at: '3:11', code: 'E_SPEC_MODE', says: `services.kafka.mode: ${want}, found \`${value}\`` },
  ]),
  [
    'no mode',
    'services:\n  kafka:\n    mode:\n',
    { at: '3:5', code: 'E_SPEC_MODE', says: `services.kafka.mode: ${MODE}, found nothing` },
  ],
  [
    'one mode for a list',
    'services:\n  kafka:\n    accept: 0700\n',
    {
      at: '3:13',
      code: 'E_SPEC_MODE',
      says: 'services.kafka.accept: want a list of modes such as [0700, 0710], found `0700`',
    },
  ],
  [
    'a bad mode in a list',
    'services:\n  kafka:\n    accept: [0700, 0777]\n',
    {
      at: '3:20',
      code: 'E_SPEC_MODE',
      says: 'services.kafka.accept[1]: want a mode that is not world-writable, found `0777`',
    },
  ],
  [
    'a bad mode of a directory',
    'services: { kafka: { directories: { data: { mode: 8 } } } }',
    { at: '1:51', code: 'E_SPEC_MODE', says: `services.kafka.directories.data.mode: ${MODE}, found \`8\`` },
  ],

  // Users
  ...['Kafka', '1000', 'a b', 'a:b', 'x'.repeat(33), 'grafana$', 'é'].map(
    (name): [string, string, Complaint] => [
      `the user ${name}`,
      `services:\n  kafka:\n    user: ${name}\n`,
      { at: '3:11', code: 'E_SPEC_USER', says: `services.kafka.user: ${USERADD}, found \`${name}\`` },
    ],
  ),
  [
    'no user name',
    'services:\n  kafka:\n    user:\n',
    { at: '3:5', code: 'E_SPEC_USER', says: `services.kafka.user: ${USER}, found nothing` },
  ],
  [
    'a bad group',
    'services:\n  kafka:\n    group: -x\n',
    { at: '3:12', code: 'E_SPEC_USER', says: `services.kafka.group: ${USERADD}, found \`-x\`` },
  ],

  // Bases
  ...(
    [
      ['data/hot', 'want an absolute path such as /data/jts/hot'],
      ['false', 'want an absolute path such as /data/jts/hot'],
      ['[a]', 'want an absolute path such as /data/jts/hot', 'a list'],
      ['/', 'want a directory of its own, not / itself'],
      ['//var//', 'want a directory of its own, not /var itself'],
      ['/etc/hot', 'want a directory outside /etc, from which programs read their configuration'],
      ['/data/../etc', 'want a name, not `.` or `..`, between its slashes'],
      ['/data/./hot', 'want a name, not `.` or `..`, between its slashes'],
    ] as const
  ).map(([value, want, found = `\`${value}\``]): [string, string, Complaint] => [
    `the base ${value}`,
    `base: ${value}\n`,
    { at: '1:7', code: 'E_SPEC_BASE', says: `base: ${want}, found ${found}` },
  ]),
  [
    'no base',
    'base:\n',
    {
      at: '1:1',
      code: 'E_SPEC_BASE',
      says: 'base: want an absolute path such as /data/jts/hot, found nothing',
    },
  ],
  [
    'a role that there is not',
    'services: { kafka: { directories: { data: { role: logs } } } }',
    {
      at: '1:51',
      code: 'E_SPEC_VALUE',
      says: 'services.kafka.directories.data.role: want one of data, log, config, temporary, backup, found `logs`',
    },
  ],
];
for (const [what, text, complaint] of oneEach)
  test(`${what} is refused at its place`, () => {
    assert.deepEqual(complaintsOf(text), [complaint]);
  });

test('every problem is told, in the order of the file', () => {
  const text = `base: data
verison: 1
services:
  kafka:
    planned: lots
    mode: 777
  redis: { path: kafka/logs }
  grafana:
    planned: 20
    directories:
      a/b:
  redis: false
  base: false
`;
  assert.deepEqual(
    complaintsOf(text).map(({ at, code }) => `${at} ${code}`),
    [
      '1:7 E_SPEC_BASE',
      '2:1 E_SPEC_KEY',
      '5:14 E_SPEC_SIZE',
      '6:11 E_SPEC_MODE',
      '7:18 E_SPEC_PLACE',
      '8:3 E_SPEC_MISSING',
      '9:14 E_SPEC_SIZE',
      '11:7 E_SPEC_NAME',
      '12:3 E_SPEC_DUPLICATE',
      '13:3 E_SPEC_NAME',
      '13:9 E_SPEC_VALUE',
    ],
  );
});

test('summaries are constant and in the house’s words', () => {
  const summaries = new Map<string, Set<string>>();
  for (const [, text] of oneEach)
    for (const { code, summary } of diagnosticsOf(text))
      summaries.set(code, (summaries.get(code) ?? new Set()).add(summary));
  for (const [code, texts] of summaries) {
    assert.equal(texts.size, 1, code);
    for (const text of texts) assert.match(text, /^(cannot|refusing to) /, code);
  }
});

test('places are right behind a byte order mark, CRLF and blank lines', () => {
  assert.deepEqual(complaintsOf('\ufeff# x\r\nbase: data\r\n')[0]?.at, '2:7');
  assert.deepEqual(complaintsOf('\ufeffbase: data\r\n')[0]?.at, '1:7');
  assert.deepEqual(complaintsOf('\n\nbase: data\n')[0]?.at, '3:7');
});

test('a thousand problems are cut to what somebody reads', () => {
  const text = Array.from({ length: 1000 }, (_, i) => `wrong${i}: 1`).join('\n');
  const complaints = complaintsOf(text);
  assert.equal(complaints.length, 51);
  assert.deepEqual([complaints[50]?.code, complaints[50]?.says], ['E_SPEC_MORE', '950 more']);
});

test('a file over a mebibyte is refused', () => {
  const text = `#${'é'.repeat(MAX_LAYOUT_BYTES / 2)}`;
  const says = `want at most 1048576 bytes, found 1048577`;
  assert.deepEqual(complaintsOf(text), [{ at: '1:1', code: 'E_SPEC_LIMIT', says }]);
  assert.deepEqual(parseLayout(text.slice(0, -1), 'x'), builtInLayout);
});

// The published schema

for (const { url, text } of schemaFiles)
  test(`${url.pathname.split('/').slice(-2).join('/')} is up to date`, () => {
    assert.ok(readFileSync(url, 'utf8') === text, 'it is stale: run `node test/write-schemas.ts`');
  });

test('the schema, read by itself, takes what the reader takes and finds what an editor should', () => {
  // Draft 7 by way of JSON: what an editor makes of the YAML, numbers included.
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(layoutJsonSchema())));
  const takes = (value: unknown) => schema.safeParse(value).success;
  const own = { user: 'grafana', planned: '20GB', directories: { data: { purpose: 'x' }, tmp: null } };
  for (const value of [
    {},
    { version: 1, base: '/data/hot', services: null },
    { services: { redis: false, kafka: { planned: '700GB' }, mongodb: null, grafana: own } },
    {
      services: {
        kafka: { mode: 750, accept: ['0700', 710], directories: { data: false, more: { mode: '0o700' } } },
      },
    },
  ]) {
    assert.ok(takes(value), JSON.stringify(value));
    assert.deepEqual(diagnosticsOf(JSON.stringify(value)), []);
  }
  for (const value of [
    { servces: {} },
    { version: 2 },
    { services: [] },
    { services: { grafana: false } },
    { services: { grafana: { user: 'grafana' } } },
    { services: { kafka: { planed: '1TB' } } },
    { services: { kafka: { planned: '1' } } },
    { services: { kafka: { planned: 1 } } },
    { services: { kafka: { mode: '0777' } } },
    { services: { kafka: { user: 'Kafka' } } },
    { services: { kafka: { directories: { more: false } } } },
  ]) {
    assert.ok(!takes(value), JSON.stringify(value));
    assert.notEqual(diagnosticsOf(JSON.stringify(value)).length, 0);
  }
});

test('every setting is described for editors', () => {
  const undescribed: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { properties = {} } = schema as { properties?: Record<string, { description?: string }> };
    for (const [name, property] of Object.entries(properties)) {
      if (!property.description) undescribed.push(`${path}/${name}`);
    }
    for (const [key, value] of Object.entries(schema)) visit(value, `${path}/${key}`);
  };
  visit(layoutJsonSchema(), '');
  assert.deepEqual(undescribed, []);
});

// What is loaded when there is no file to read

test('the layout itself is loaded without zod and yaml', async () => {
  const { metafile } = await build({
    entryPoints: [
      'layout/layout',
      'layout/monitoring',
      'layout/base',
      'values/size',
      'values/mode',
      'values/name',
      'services/index',
    ].map((name) => `${import.meta.dirname}/../${name}.ts`),
    bundle: true,
    write: false,
    metafile: true,
    outdir: '/nowhere',
    platform: 'node',
    format: 'esm',
  });
  // What is imported when it is asked for is not loaded.
  const inputs = new Set<string>();
  const reach = (input: string) => {
    if (inputs.has(input)) return;
    inputs.add(input);
    for (const { path, kind, external } of metafile.inputs[input]?.imports ?? [])
      if (kind !== 'dynamic-import' && external !== true) reach(path);
  };
  for (const { entryPoint } of Object.values(metafile.outputs))
    if (entryPoint !== undefined) reach(entryPoint);
  assert.ok([...inputs].some((input) => input.endsWith('src/layout/layout.ts')));
  assert.deepEqual(
    [...inputs].filter((input) => input.includes('node_modules')),
    [],
  );
});
