// The files in monitoring/: rules that were seen to fire and to keep still, and no query for what is not exported.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { renderPrometheus } from '../../src/monitor/prometheus.ts';
import { renderMetrics } from '../../src/monitor/prometheus-format.ts';
import type { MonitorResult } from '../../src/monitor/report-document.ts';
import { PROGRAM } from '../../src/resources/program.ts';
import { anyReport, REPORT } from '../monitor-report.ts';
import { random } from '../random.ts';
import { requires } from '../requirement.ts';
import { jtsHot } from './product.ts';
import { REPOSITORY } from './throwaway-host.ts';

const FOLDER = join(REPOSITORY, 'monitoring');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const metrics = (report: MonitorResult) => renderPrometheus(report, '2026-01-01T00:00:00Z', '1.2.3');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
const rules: readonly Rule[] = parseYaml(read('prometheus-rules.yml')).groups.flatMap(
  (group: { readonly rules: readonly Rule[] }) => group.rules,
);

function promtool(args: readonly string[], input = ''): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: FOLDER, encoding: 'utf8', input });
  assert.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`);
  // What promtool finds fault with, and lets pass.
  assert.equal(stderr, '', `promtool ${args.join(' ')}`);
}

/** Each query of the dashboard, as Prometheus gets it once a host was chosen. */
function dashboardQueries(): readonly { readonly title: string; readonly query: string }[] {
  const { panels, templating } = JSON.parse(read('grafana-dashboard.json'));
  const queries: { readonly title: string; readonly query: string }[] = [];
  for (const { title, targets } of panels)
    for (const { expr } of targets) queries.push({ title, query: expr.replace(/\$(\w+)/g, 'x') });
  for (const { name, definition } of templating.list) {
    const [, query, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? [];
    if (query !== undefined)
      queries.push({
        title: `variable ${name}`,
        query: `sum by (${label}) (${query.replace(/\$(\w+)/g, 'x')})`,
      });
  }
  return queries;
}

/** By metric, the labels that it is exported with. A report that has something of everything. */
function exported(): ReadonlyMap<string, ReadonlySet<string>> {
  const [kafka] = REPORT.services;
  assert.ok(kafka !== undefined);
  const { checks } = REPORT;
  const { forecast } = REPORT.fileSystem;
  assert.ok(forecast.known && checks !== null);
  const rich = {
    ...REPORT,
    unaccountedBytes: 1,
    fileSystems: [
      {
        ...REPORT.fileSystem,
        ...{ service: 'kafka', services: ['kafka'], plannedBytes: 1, plannableBytes: 2, fit: true },
      },
    ],
    checks: { ...checks, onHotTier: { kafka: true } },
    cleaning: {
      ...{ at: '2026-01-01T00:00:00Z', run: 7, things: 1, bytes: 1, deletedThings: 1 },
      ...{ freedBytes: 1, freedTotalBytes: 2, trashThings: 3, trashBytes: 4 },
    },
    services: [
      {
        ...kafka,
        reachableBytes: 2,
        usedPercentOfReachable: 50,
        quota: {
          ...{ project: 1, enforced: true, usedBytes: 1, softBytes: 2, hardBytes: 3 },
          graceEndsAt: null,
        },
        growth: { dayBytes: 1, weekBytes: 1, monthBytes: 1 },
        forecast: { ...forecast, planned: { earliestSeconds: 1, likelySeconds: 2, latestSeconds: 3 } },
      },
    ],
  };
  const available = renderMetrics([
    { name: 'jts_hot_report_available', help: 'X.', series: [[{ base: 'x' }, 1]] },
  ]);
  const found = new Map<string, Set<string>>();
  for (const line of (metrics(rich) + available).split('\n')) {
    const [, name, labels = ''] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
    if (name === undefined) continue;
    // Prometheus adds these to whatever it scrapes.
    const known = found.get(name) ?? new Set(['instance', 'job']);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

function checkQuery(what: string, query: string): void {
  const known = exported();
  const used = [...query.matchAll(/\b(jts_hot_\w+)(?:\{([^}]*)\})?/g)];
  assert.ok(used.length > 0, what);
  for (const [, name = '', matchers = ''] of used) {
    const labels = known.get(name) ?? assert.fail(`${what}: nothing exports ${name}`);
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[=!]~?\s*"/g))
      assert.ok(labels.has(label), `${what}: ${name} has no label ${label}`);
  }
}

describe('monitoring/prometheus-rules.yml', () => {
  it('passes its own tests, and every alert has one', (t) => {
    if (!requires(t, 'promtool')) return;
    promtool(['check', 'rules', 'prometheus-rules.yml']);
    promtool(['test', 'rules', 'prometheus-rules.test.yml']);
    const { tests } = parseYaml(read('prometheus-rules.test.yml'));
    const fired = new Set<string>();
    for (const { alert_rule_test } of tests)
      for (const { alertname, exp_alerts } of alert_rule_test)
        for (const { exp_labels } of exp_alerts) fired.add(`${alertname} ${exp_labels.severity}`);
    assert.deepEqual(new Set(rules.map(({ alert, labels }) => `${alert} ${labels['severity']}`)), fired);
  });

  for (const { alert, expr, annotations } of rules)
    it(`${alert} asks for what is exported, and says what to type`, () => {
      checkQuery(alert, expr);
      assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook']);
    });

  it('names commands that there are', () => {
    const typed = rules.flatMap(({ annotations }) => annotations['runbook']?.match(/jts-hot .*$/) ?? []);
    assert.ok(typed.length > 5);
    for (const line of new Set(typed)) {
      const words = line
        .replace(/\{\{.*?\}\}/g, 'x')
        .split(' ')
        .slice(1);
      const [node = '', ...args] = jtsHot(...words, '--help');
      const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' });
      assert.equal(status, 0, `${line}: ${stderr}`);
      for (const flag of words.filter((word) => word.startsWith('--')))
        assert.ok(stdout.includes(`${flag} `), `${line}: no ${flag} in\n${stdout}`);
    }
  });
});

describe('monitoring/grafana-dashboard.json', () => {
  it('asks for what is exported', () => {
    const queries = dashboardQueries();
    assert.ok(queries.length > 15);
    for (const { title, query } of queries) checkQuery(title, query);
  });

  it('asks in words that Prometheus understands', (t) => {
    if (!requires(t, 'promtool')) return;
    const directory = mkdtempSync(join(tmpdir(), 'dashboard-'));
    try {
      const path = join(directory, 'queries.json');
      const recorded = dashboardQueries().map(({ query }, i) => ({ record: `panel:${i}`, expr: query }));
      // JSON is YAML.
      writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
      promtool(['check', 'rules', path]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('has a number and a place of its own for each panel', () => {
    const { panels } = JSON.parse(read('grafana-dashboard.json'));
    const taken = new Set<string>();
    for (const { id, gridPos: at } of panels) {
      assert.ok(!taken.has(id));
      taken.add(id);
      assert.ok(at.x + at.w <= 24);
      for (let x = at.x; x < at.x + at.w; x += 1)
        for (let y = at.y; y < at.y + at.h; y += 1) {
          assert.ok(!taken.has(`${x} ${y}`), `panel ${id} lies on another`);
          taken.add(`${x} ${y}`);
        }
    }
  });
});

describe('the other files in monitoring/', () => {
  it('are taken by systemd', (t) => {
    if (!requires(t, 'systemd-analyze')) return;
    const directory = mkdtempSync(join(tmpdir(), 'unit-'));
    try {
      const unit = join(directory, 'jts-hot-serve.service');
      // What it starts is not installed on every machine that tests it.
      writeFileSync(unit, read('jts-hot-serve.service').replace(PROGRAM, '/bin/true'));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
        encoding: 'utf8',
      });
      assert.deepEqual([status, stderr], [0, '']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('are taken by Prometheus and Alertmanager', (t) => {
    if (!requires(t, 'promtool', 'Prometheus and Alertmanager')) return;
    promtool(['check', 'config', 'prometheus-scrape.yml']);
    const { status, stdout, stderr } = spawnSync(
      'amtool',
      ['check-config', join(FOLDER, 'alertmanager.yml')],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(status, 0, stdout + stderr);
  });

  it('hold back only alerts that there are', () => {
    const alerts = new Set(rules.map(({ alert }) => alert));
    const named = [...read('alertmanager.yml').matchAll(/\bJtsHot\w+/g)].map(([name]) => name);
    assert.ok(named.length > 0);
    for (const name of named) assert.ok(alerts.has(name), name);
  });
});

describe('what is exported', () => {
  it('is what docs/monitoring-systems.md lists, with its labels', () => {
    const text = readFileSync(join(REPOSITORY, 'docs/monitoring-systems.md'), 'utf8');
    const listed = new Map(
      [...text.matchAll(/^\| `(jts_hot_\w+)` \| ([^|]*)\|/gm)].map(([, name = '', labels = '']) => [
        name,
        new Set([...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)),
      ]),
    );
    const own = [...exported()].map(([name, labels]) => {
      const always = ['instance', 'job', 'base', ...(name.startsWith('jts_hot_service_') ? ['service'] : [])];
      return [name, new Set([...labels].filter((label) => !always.includes(label)))] as const;
    });
    assert.deepEqual(listed, new Map(own));
  });

  it('has its rules listed there', () => {
    const text = readFileSync(join(REPOSITORY, 'docs/monitoring-systems.md'), 'utf8');
    const listed = [...text.matchAll(/^\| `(JtsHot\w+)` \| (\w+) \|/gm)].map(
      ([, name, severity]) => `${name} ${severity}`,
    );
    assert.deepEqual(
      listed,
      rules.map(({ alert, labels }) => `${alert} ${labels['severity']}`),
    );
  });

  it('is as promtool wants it, for the report of every host', (t) => {
    if (!requires(t, 'promtool')) return;
    promtool(['check', 'metrics'], metrics(REPORT));
    for (const report of fc.sample(anyReport, random(10))) promtool(['check', 'metrics'], metrics(report));
  });
});
