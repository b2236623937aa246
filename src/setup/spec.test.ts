// What a layout is said to need.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import { schemaOf } from '../json/schemas.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { createPaint } from '../messages/paint.ts';
import { summariseSpec } from './spec.ts';
import { renderSpecCheck } from './spec-text.ts';

function planning(plannedBytes: number): Layout {
  const { base, services } = smallLayout('kafka');
  return { base, services: services.map((service) => ({ ...service, plannedBytes })) };
}

it('the built-in layout leaves a 4 TB disk nothing, and says so', () => {
  const { exitCode, result } = summariseSpec({
    layout: runBookLayout,
    monitoring: builtInMonitoring,
    file: null,
  });
  assert.equal(exitCode, 0);
  assert.deepEqual(result, {
    file: null,
    spec: runBookLayout,
    monitoring: { ...builtInMonitoring, services: [] },
    plannedBytes: 4_000_000_000_000,
    neededBytes: 4_210_526_315_790,
    warnings: [
      {
        id: 'space.planned',
        expected: 'room for the file system itself and a reserve of 5 %',
        found: 'a plan that a recommended disk of 4 TB cannot give',
      },
    ],
  });
});

for (const [plannedBytes, neededBytes, warnings] of [
  [3_800_000_000_000, 4_000_000_000_000, 0],
  [3_800_000_000_001, 4_000_000_000_002, 1],
  [4_000_000_000_001, 4_210_526_315_791, 1],
  // A layout for another disk altogether: the recommended one cannot give that either.
  [8_000_000_000_000_000, 8_421_052_631_578_948, 1],
] as const)
  it(`${plannedBytes} bytes need ${neededBytes}: ${warnings === 0 ? 'no warning' : 'a warning'}`, () => {
    const { result } = summariseSpec({
      layout: planning(plannedBytes),
      monitoring: builtInMonitoring,
      file: '/etc/jts/hot-storage.yaml',
    });
    assert.deepEqual(
      [result.plannedBytes, result.neededBytes, result.warnings.length, result.file],
      [plannedBytes, neededBytes, warnings, '/etc/jts/hot-storage.yaml'],
    );
  });

const EACH_KIND = `monitoring:
  group: adm
  levels: { services: { kafka: { warning: { used: 95%, free: 1GB } , critical: false } } }
  alerts:
    channels:
      log: { type: journal }
      pager: { type: command, run: [/usr/local/bin/page, --team], from: critical }
      plain: { type: webhook, url: http://127.0.0.1:9093/hook, token-environment: TOKEN }
      hidden: { type: webhook, url-file: /etc/jts/url }
      clear: { type: webhook, url: http://alerts.example.org/, token-file: /etc/jts/token }
      slack: { type: webhook, url: https://hooks.slack.com/services/T0/B0/x }
      mail: { type: mail, to: [root] }
`;

it('what is watched is in the document, as its schema says', () => {
  const { layout, monitoring } = parseLayoutFile(EACH_KIND, 'hot.yaml');
  const { exitCode, result } = summariseSpec({ layout, monitoring, file: 'hot.yaml' });
  const document = {
    schemaVersion: 3,
    command: 'spec',
    program: '0.1.0',
    at: '2026-01-01T00:00:00Z',
    exitCode,
    problems: [],
    result: JSON.parse(JSON.stringify(result)),
  };
  assert.deepEqual(schemaOf('spec-summary').parse(document), document);
  const { services, ...rest } = document.result.monitoring;
  const { services: _, ...same } = monitoring;
  assert.deepEqual(rest, same);
  assert.deepEqual(services, [{ service: 'kafka', ...monitoring.services.get('kafka') }]);
});

it('a secret that the layout file or the network gives away is warned of', () => {
  const { layout, monitoring } = parseLayoutFile(EACH_KIND, 'hot.yaml');
  const { result } = summariseSpec({ layout, monitoring, file: 'hot.yaml' });
  assert.deepEqual(
    result.warnings.map(({ id }) => id),
    ['space.planned', 'alerts.clear.token', 'alerts.slack.url'],
  );
  assert.ok(!JSON.stringify(result.warnings).includes('T0'));
});

it('for people: who gets the alerts, also where nobody does', () => {
  const paint = createPaint(false);
  const line = (text: string) => {
    const { layout, monitoring } = parseLayoutFile(text, 'hot.yaml');
    const shown = renderSpecCheck(summariseSpec({ layout, monitoring, file: null }).result, paint);
    return /^ {2}(levels .*(?:\n {4}.*)*)$/m.exec(shown)?.[1]?.replace(/\n {4}/g, ' ');
  };
  assert.equal(line(''), 'levels for disk and services; alerts to nobody');
  assert.equal(
    line(EACH_KIND),
    'levels for disk and services, of their own for kafka; alerts to log, pager (critical only), plain, hidden, clear, slack, mail',
  );
});
