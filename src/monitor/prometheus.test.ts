// The metrics as they are scraped: what each says, and that every line of every report can be read back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyReport, REPORT } from '../../test/monitor-report.ts';
import { random } from '../../test/random.ts';
import { renderPrometheus } from './prometheus.ts';
import { renderMetrics } from './prometheus-format.ts';
import type { MonitorResult } from './report-document.ts';

const AT = '2026-01-01T00:00:00Z';
const AT_SECONDS = 1_767_225_600;

const render = (report: MonitorResult) => renderPrometheus(report, AT, '1.2.3');
const of = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** The format to the letter: HELP, TYPE, then all samples of that name; throws on everything else. */
function parse(text: string): readonly Sample[] {
  assert.ok(text.endsWith('\n'));
  const samples: Sample[] = [];
  const series = new Set<string>();
  const helped = new Set<string>();
  let current = '';
  let typed = false;
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z][a-z0-9_]*) (\S.*\.)$/.exec(line);
    if (help !== null) {
      current = help[1] as string;
      assert.ok(!helped.has(current), `${current} stands in two places`);
      helped.add(current);
      typed = false;
      continue;
    }
    if (line === `# TYPE ${current} gauge`) {
      typed = true;
      continue;
    }
    const [, name = '', inside = '', value = ''] =
      /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/su.exec(line) ?? [];
    assert.equal(name, current, `not a sample of ${current}: ${JSON.stringify(line)}`);
    assert.ok(typed);
    const id = line.slice(0, line.lastIndexOf(' '));
    assert.ok(!series.has(id), `twice: ${id}`);
    series.add(id);
    samples.push({ name, labels: parseLabels(inside), value: Number(value) });
  }
  return samples;
}

function parseLabels(inside: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const one = /([a-z_]+)="((?:[^"\\]|\\[\\"n])*)"(,|$)/uy;
  while (one.lastIndex < inside.length) {
    const [, name = '', value = ''] = one.exec(inside) ?? assert.fail(`not labels: ${inside}`);
    assert.ok(!labels.has(name));
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)),
    );
  }
  return labels;
}

describe('renderPrometheus', () => {
  it('says of services that were installed whether they ran on the hot tier, where that was proved', () => {
    const name = 'jts_hot_service_on_hot_tier';
    assert.deepEqual(of(render(REPORT), name), [], 'an earlier version did not look');
    const { checks } = REPORT;
    assert.ok(checks !== null);
    const proved = { ...REPORT, checks: { ...checks, onHotTier: { redis: true, kafka: false } } };
    assert.deepEqual(of(render(proved), name), [
      `${name}{base="/data/jts/hot",service="redis"} 1`,
      `${name}{base="/data/jts/hot",service="kafka"} 0`,
    ]);
  });

  it('says base units, times as times, ratios as ratios', () => {
    const text = render(REPORT);
    const want = [
      'jts_hot_build_info{base="/data/jts/hot",version="1.2.3"} 1',
      `jts_hot_sample_timestamp_seconds{base="/data/jts/hot"} ${AT_SECONDS}`,
      'jts_hot_source_info{base="/data/jts/hot",by="scan"} 1',
      'jts_hot_scan_entries{base="/data/jts/hot"} 1234',
      'jts_hot_history_recorded{base="/data/jts/hot"} 1',
      'jts_hot_alert_deliveries_waiting{base="/data/jts/hot"} 2',
      'jts_hot_alert_failed_deliveries{base="/data/jts/hot",channel="ops"} 1',
      'jts_hot_filesystem_info{base="/data/jts/hot",mountpoint="/data",device="/dev/nvme0n1p1",fstype="ext4"} 1',
      'jts_hot_filesystem_size_bytes{base="/data/jts/hot"} 4000000000000',
      'jts_hot_filesystem_used_bytes{base="/data/jts/hot"} 3000000000000',
      'jts_hot_filesystem_avail_bytes{base="/data/jts/hot"} 750000000000',
      'jts_hot_filesystem_used_ratio{base="/data/jts/hot"} 0.8',
      'jts_hot_filesystem_threshold_ratio{base="/data/jts/hot",level="critical"} 0.9',
      'jts_hot_filesystem_inodes{base="/data/jts/hot"} 244000000',
      'jts_hot_filesystem_inodes_used{base="/data/jts/hot"} 1000000',
      'jts_hot_filesystem_change_bytes{base="/data/jts/hot",period="day"} 864000000',
      'jts_hot_filesystem_growth_bytes_per_second{base="/data/jts/hot",estimate="likely"} 10000',
      'jts_hot_service_used_bytes{base="/data/jts/hot",service="kafka"} 850000000',
      'jts_hot_service_used_ratio{base="/data/jts/hot",service="kafka"} 0.85',
      'jts_hot_service_planned_bytes{base="/data/jts/hot",service="redis"} 500000000',
      'jts_hot_service_directory_used_bytes{base="/data/jts/hot",service="kafka",directory="logs"} 50000000',
      'jts_hot_service_unreadable_entries{base="/data/jts/hot",service="redis"} 1',
      'jts_hot_filesystem_usable_bytes{base="/data/jts/hot"} 3750000000000',
      'jts_hot_planned_bytes{base="/data/jts/hot"} 3500000000',
      'jts_hot_plannable_bytes{base="/data/jts/hot"} 3750000000000',
      'jts_hot_service_uncounted_mounts{base="/data/jts/hot",service="backup"} 1',
    ];
    const lines = new Set(text.split('\n'));
    for (const line of want) assert.ok(lines.has(line), `want ${line}\nin ${text}`);
  });

  it('gives a level as one series each, 1 at the one that holds, and the rule that set it', () => {
    const text = render(REPORT);
    assert.deepEqual(
      of(text, 'jts_hot_filesystem_level').map((line) => line.replace(/.*level="(\w+)"} /, '$1 ')),
      ['ok 0', 'warning 1', 'critical 0', 'unknown 0'],
    );
    assert.deepEqual(
      of(text, 'jts_hot_filesystem_level_rule').map((line) => line.replace(/.*rule="([\w-]+)"} /, '$1 ')),
      ['used 0', 'free 0', 'inodes 0', 'full-in 1', 'of-disk 0', 'soft-limit 0', 'hard-limit 0'],
    );
    assert.deepEqual(
      of(text, 'jts_hot_service_level').filter((line) => line.endsWith(' 1')),
      [
        'jts_hot_service_level{base="/data/jts/hot",service="backup",level="ok"} 1',
        'jts_hot_service_level{base="/data/jts/hot",service="kafka",level="warning"} 1',
        'jts_hot_service_level{base="/data/jts/hot",service="redis",level="unknown"} 1',
      ],
    );
  });

  it('says when a mark is reached; a mark that is never reached has no series', () => {
    assert.deepEqual(
      of(render(REPORT), 'jts_hot_filesystem_forecast_timestamp_seconds').map((line) =>
        line.replace('jts_hot_filesystem_forecast_timestamp_seconds{base="/data/jts/hot",', '{'),
      ),
      [
        `{mark="warning",estimate="earliest"} ${AT_SECONDS}`,
        `{mark="warning",estimate="likely"} ${AT_SECONDS}`,
        `{mark="warning",estimate="latest"} ${AT_SECONDS}`,
        `{mark="critical",estimate="earliest"} ${AT_SECONDS + 43_200}`,
        `{mark="critical",estimate="likely"} ${AT_SECONDS + 86_400}`,
        `{mark="critical",estimate="latest"} ${AT_SECONDS + 172_800}`,
        `{mark="full",estimate="earliest"} ${AT_SECONDS + 86_400}`,
        `{mark="full",estimate="likely"} ${AT_SECONDS + 172_800}`,
      ],
    );
  });

  it('has what the kernel counts and allows, of services that have a project, and nothing that it does not count', () => {
    const [kafka, ...others] = REPORT.services;
    assert.ok(kafka !== undefined);
    const counted = {
      ...kafka,
      apparentBytes: null,
      files: null,
      directories: [],
      quota: {
        project: 1_000_001,
        enforced: true,
        usedBytes: 850_000_000,
        softBytes: null,
        hardBytes: 1_000_000_000,
        graceEndsAt: null,
      },
    };
    const text = render({ ...REPORT, services: [counted, ...others] });
    assert.deepEqual(
      text
        .split('\n')
        .filter((line) => /^jts_hot_service_(quota|files|apparent|directory).*kafka/.test(line)),
      [
        'jts_hot_service_quota_used_bytes{base="/data/jts/hot",service="kafka"} 850000000',
        'jts_hot_service_quota_limit_bytes{base="/data/jts/hot",service="kafka",limit="hard"} 1000000000',
      ],
    );
    assert.doesNotMatch(render(REPORT), /quota/);
  });

  it('has no series for what was not measured, and none for inodes that are made as needed', () => {
    const { fileSystem: fs } = REPORT;
    const text = render({ ...REPORT, fileSystem: { ...fs, inodes: 0, usedBytes: 0, freeBytes: 0 } });
    const redis = text.split('\n').filter((line) => line.includes('service="redis"'));
    for (const what of ['used_bytes', 'used_ratio', 'apparent_bytes', 'inodes', 'files', 'directory'])
      assert.ok(!redis.some((line) => line.startsWith(`jts_hot_service_${what}`)), what);
    assert.doesNotMatch(text, /jts_hot_filesystem_(inodes|used_ratio)/);
    assert.doesNotMatch(text, /NaN|null|undefined|Infinity/);
  });

  it('keeps its order when one service overtakes another', () => {
    const turned = { ...REPORT, services: REPORT.services.toReversed() };
    assert.equal(render(turned), render(REPORT));
  });

  it('escapes what a label cannot hold, and replaces what is no UTF-8', () => {
    const [service] = REPORT.services;
    assert.ok(service !== undefined);
    const text = render({ ...REPORT, services: [{ ...service, service: 'a\\b"c\nd\udcffe{}é' }] });
    assert.ok(
      text.includes('jts_hot_service_files{base="/data/jts/hot",service="a\\\\b\\"c\\nd\ufffde{}é"} 100\n'),
    );
  });

  it('property: every line of every report can be read back, and no series comes twice', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const samples = parse(render(report));
        const planned = samples.filter(({ name }) => name === 'jts_hot_service_planned_bytes');
        const names = new Set(report.services.map(({ service }) => service.toWellFormed()));
        assert.deepEqual(new Set(planned.map(({ labels }) => labels.get('service'))), names);
        for (const { labels } of samples) assert.equal(labels.get('base'), report.base.toWellFormed());
      }),
      random(100),
    );
  });
});

describe('renderMetrics', () => {
  it('leaves out what has no value, and a second series of the same name', () => {
    const labels = { a: '1' };
    assert.equal(
      renderMetrics([
        { name: 'x_bytes', help: 'X.', series: [[labels, null]] },
        { name: 'y_bytes', help: 'Y.', series: [[labels, Number.NaN]] },
        {
          name: 'z_bytes',
          help: 'Z.',
          series: [
            [labels, 1e21],
            [labels, 2],
            [{}, -0.5],
          ],
        },
      ]),
      '# HELP z_bytes Z.\n# TYPE z_bytes gauge\nz_bytes{a="1"} 1e+21\nz_bytes -0.5\n',
    );
  });
});
