// Layout files at random: what is rendered is read back as the same layout, and whatever is done to a file, it is read, or refused
// at a place that it has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Directory, Layout, Service } from '../../src/layout/layout.ts';
import { builtInMonitoring } from '../../src/layout/monitoring.ts';
import { ROLES } from '../../src/layout/role.ts';
import { parseLayoutFile } from '../../src/layout-file/layout-file.ts';
import { renderLayoutFile } from '../../src/layout-file/render.ts';
import { type Diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { builtInLayout } from '../../src/services/index.ts';
import { laterServices } from '../cases/run-book.ts';
import { random } from '../random.ts';

/** The layout that a file describes. */
function parseLayout(text: string, fileName: string): Layout {
  return parseLayoutFile(text, fileName).layout;
}

/** A layout as a file. */
function renderLayout(layout: Layout): string {
  return renderLayoutFile({ layout, monitoring: builtInMonitoring });
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

// Round trip

const modes = fc.constantFrom('0700', '0750', '0755', '0770', '0775', '0711', '0701');
const users = fc.oneof(fc.constant('root'), fc.stringMatching(/^[a-z_][a-z0-9_-]{0,31}$/));
const plainText = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text));
const awkward = [
  'false',
  'null',
  '~',
  'no',
  '# x',
  'a: b',
  '- a',
  '*a',
  '&a',
  '!a',
  '0750',
  '1e3',
  "'",
  '"',
  '{',
  '...',
];
const purposes = fc.oneof(
  plainText,
  fc.constantFrom('', ...awkward, ' x ', '---', '%x', '|', '>-', '\\', '@a', '`a`'),
);
const names = fc
  .oneof(
    fc.stringMatching(/^[a-z0-9_.]([a-zé0-9_ .,#&*!'"%@{}[\]?|-]{0,20}[a-z0-9])?$/),
    fc.constantFrom(...awkward, 'constructor', 'toString', '1', '20', '03'),
  )
  .filter((name) => !['.', '..', 'base', '- a', 'a: b'].includes(name));
const directory: fc.Arbitrary<Omit<Directory, 'name'>> = fc.record({
  role: fc.constantFrom(...ROLES),
  mode: modes,
  accept: fc.array(modes, { maxLength: 3 }),
  purpose: purposes,
});
const directories = fc
  .dictionary(names, directory, { maxKeys: 4, noNullPrototype: true })
  .map((map): readonly Directory[] => Object.entries(map).map(([name, fields]) => ({ name, ...fields })));
const fields = fc.record({
  user: users,
  group: users,
  sharesUser: fc.boolean(),
  mode: modes,
  accept: fc.array(modes, { maxLength: 3 }),
  plannedBytes: fc.double({ min: 1, max: 1e18, noNaN: true }).map(Math.round),
  purpose: purposes,
  deep: fc.boolean(),
});

/** Some of the built-in services, some changed, with some of their directories and new ones; then one's own. */
const layouts: fc.Arbitrary<Layout> = fc
  .record({
    base: fc.stringMatching(/^(\/data[a-z0-9 _.]{0,8}[a-z0-9]){1,4}$/),
    builtIn: fc.tuple(
      ...builtInLayout.services.map((service) =>
        fc.record({
          how: fc.constantFrom('left out', 'kept', 'changed'),
          fields,
          known: fc.subarray([...service.directories]).chain((kept) =>
            fc.tuple(
              ...kept.map((one) =>
                fc.oneof(
                  fc.constant(one),
                  directory.map((other) => ({ ...one, ...other })),
                ),
              ),
            ),
          ),
          added: directories,
        }),
      ),
    ),
    own: fc.dictionary(names, fc.tuple(fields, directories), { maxKeys: 5, noNullPrototype: true }),
  })
  .map(({ base, builtIn, own }) => {
    const place = (name: string, deep: boolean) => (deep ? `some where/${name}` : name);
    const known = builtInLayout.services.flatMap((service, index): Service[] => {
      const choice = builtIn[index];
      if (choice === undefined || choice.how === 'left out') return [];
      if (choice.how === 'kept') return [service];
      const { deep, ...changes } = choice.fields;
      const taken = service.directories.map(({ name }) => name);
      const added = choice.added.filter(({ name }) => !taken.includes(name));
      const path = place(service.name, deep);
      return [{ name: service.name, path, ...changes, directories: [...choice.known, ...added] }];
    });
    const builtInNames = builtInLayout.services.map(({ name }) => name);
    const mine = Object.entries(own)
      .filter(([name]) => !builtInNames.includes(name))
      .map(([name, [{ deep, ...rest }, directories]]) => ({
        name,
        path: place(name, deep),
        ...rest,
        directories,
      }));
    return { base, services: [...known, ...mine] };
  });

test('what is rendered is read back as the same layout', () => {
  assert.deepEqual(parseLayout(renderLayout(builtInLayout), 'x'), builtInLayout);
  fc.assert(
    fc.property(layouts, (layout) => {
      assert.deepEqual(parseLayout(renderLayout(layout), 'x'), layout);
    }),
    random(500, 20260803),
  );
});

test('a rendered layout is what a person would write', () => {
  const later = laterServices.map((name) => `  ${name}: false\n`);
  const text = `services:
  postgresql: false
  clickhouse: false
  kafka: { purpose: "", directories: { logs: false, data: { purpose: "" } } }
  mongodb: false
  redis: false
  docker: { accept: [], directories: { volumes: false, containers: { accept: [] }, tmp: false } }
  backup: false
${later.join('')}  grafana: { user: grafana, planned: 512GiB, path: apps/grafana, directories: { data: } }
  bare: { user: root, planned: 1B }
`;
  assert.equal(
    later.reduce((rendered, line) => rendered.replace(line, ''), renderLayout(parseLayout(text, 'x'))),
    `version: 1
base: /data/jts/hot
services:
  postgresql: false
  clickhouse: false
  kafka:
    user: kafka
    group: kafka
    mode: "0750"
    planned: 600GB
    purpose: ""
    directories:
      data: { mode: "0750", purpose: "" }
      logs: false
  mongodb: false
  redis: false
  docker:
    user: root
    group: docker
    mode: "0755"
    accept: []
    planned: 500GB
    purpose: container engine
    directories:
      volumes: false
      containers: { mode: "0755", accept: [], purpose: container data }
      tmp: false
  backup: false
  grafana:
    user: grafana
    group: grafana
    mode: "0750"
    planned: 512GiB
    path: apps/grafana
    directories:
      data: { mode: "0750" }
  bare:
    user: root
    group: root
    mode: "0755"
    planned: 1B
monitoring:
  levels:
    disk:
      warning: { used: 80%, free: false, inodes: 80%, full-in: 3d }
      critical: { used: 90%, free: false, inodes: 90%, full-in: 1d }
    each-service:
      warning: { used: 80%, free: false, inodes: false, full-in: false }
      critical: { used: 90%, free: false, inodes: false, full-in: false }
    margin: 2%
    samples: 1
  alerts:
    repeat: 1d
    timeout: 10s
    attempts: 3
    channels: {}
`,
  );
});

test('whatever is done to a file, it is read or refused at a place that it has', () => {
  const whole = renderLayout(builtInLayout);
  const place = fc.nat({ max: whole.length });
  const noise = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('\t', '\n', '- ', ': ', '{', '}', '&a ', '*a', '"', '\0', '? '),
  );
  fc.assert(
    fc.property(place, fc.nat({ max: 40 }), noise, (start, length, put) => {
      const text = whole.slice(0, start) + put + whole.slice(start + length);
      const lines = text.split('\n');
      for (const { at } of diagnosticsOf(text)) {
        const [, line, column] = /^hot\.yaml:(\d+):(\d+)$/.exec(at ?? '')?.map(Number) ?? [];
        assert.ok(
          Number(column) <= (lines[Number(line) - 1]?.length ?? -1) + 1,
          `${at} in ${JSON.stringify(text)}`,
        );
      }
    }),
    random(500, 20260804),
  );
});
