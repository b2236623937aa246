// What holds for every report, whatever is in it: at most 80 characters a line, no escape codes without colour, the same
// words with it, and nothing from outside that reaches a terminal as a control character.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { contextOf, createHost, NVME } from '../../test/cases/host.ts';
import { validateCommand } from '../checks/validate.ts';
import { renderValidate } from '../checks/validate-text.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { renderDiagnostic } from '../messages/diagnostic-text.ts';
import { createPaint, type Paint } from '../messages/paint.ts';
import { builtInLayout } from '../services/index.ts';
import { planCommand } from '../setup/plan.ts';
import { renderPlan, renderRepair, renderSetup } from '../setup/plan-text.ts';
import { repairCommand } from '../setup/repair.ts';
import { listRuns, rollbackCommand } from '../setup/rollback.ts';
import { renderRollback } from '../setup/rollback-text.ts';
import { setupCommand } from '../setup/setup.ts';
import { summariseSpec } from '../setup/spec.ts';
import { renderSpecCheck } from '../setup/spec-text.ts';
import { monitorCommand } from './monitor.ts';
import { renderMonitor, renderMonitorSummary } from './monitor-text.ts';
import { usageCommand } from './usage.ts';
import { renderUsage } from './usage-text.ts';

const AT = '2026-01-01T00:00:00Z';
const MONITOR = {
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  record: false,
  timeoutMs: null,
};
const USAGE = {
  service: null,
  top: 10,
  depth: 3,
  filesOverBytes: null,
  logsOverBytes: null,
  temporaryOlderThanSeconds: null,
  timeoutSeconds: null,
};
const NASTY = 'a\x1b[31m\r\n\t\x07\x9b2J\x7f\u202e\u200b\u2028';
const BASES = ['/data/jts/hot', '/srv/storage/nvme-mirror-0/trading-platform/jts-production/hot'];

/** More than fits on a line, and worth every warning. */
const MUCH_WATCHED: Monitoring = {
  ...builtInMonitoring,
  services: new Map(['kafka', NASTY, 'x'.repeat(200)].map((name) => [name, builtInMonitoring.eachService])),
  alerts: {
    ...builtInMonitoring.alerts,
    channels: Array.from({ length: 12 }, (_, i) => ({
      name: `channel-of-thirty-two-letters-${i + 10}`,
      from: i % 2 === 0 ? 'WARNING' : 'CRITICAL',
      type: 'webhook',
      url: i % 3 === 0 ? 'https://hooks.slack.com/services/x' : 'http://alerts.example.org/',
      token: { file: '/etc/jts/token' },
    })),
  },
};

type Report = readonly [string, (paint: Paint) => string];

/** Every kind of report, of a host on which as much as possible is wrong. */
async function reports(base: string): Promise<readonly Report[]> {
  const layout: Layout = { ...builtInLayout, base };
  const host = createHost({
    base,
    fileSystem: { ...NVME, device: null, sizeBytes: 5e11 },
    container: 'docker',
  });
  const context = contextOf(host, layout);
  const all: Report[] = [];
  const add = (name: string, render: (paint: Paint) => string) => all.push([name, render]);
  const setUp = async (what: string, adopt: readonly string[] = []) => {
    const { result, problems } = await setupCommand(context, { adopt, strict: false, saved: null });
    assert.ok(result !== null);
    add(`setup, ${what}`, (paint) => renderSetup(result, paint));
    for (const problem of problems)
      add(`problem of setup, ${what}`, (paint) => renderDiagnostic(problem, paint));
  };
  const repair = async (service: string | null, recursive: boolean, allowInUse = false) => {
    const { result, problems } = await repairCommand(context, { service, recursive, allowInUse });
    assert.ok(result !== null);
    const name = `repair ${service} ${recursive}`;
    add(name, (paint) => renderRepair(result, paint));
    for (const problem of problems) add(`problem of ${name}`, (paint) => renderDiagnostic(problem, paint));
    return result;
  };
  const rollBack = async () => {
    const { result, problems } = await rollbackCommand(context, null);
    assert.ok(result !== null);
    add('rollback', (paint) => renderRollback(result, paint));
    for (const problem of problems) add('problem of rollback', (paint) => renderDiagnostic(problem, paint));
  };
  const look = async (what: string) => {
    const plan = await planCommand(context, { adopt: [] });
    const checks = (await validateCommand(context)).result;
    const space = (await monitorCommand(context, MONITOR)).result;
    const usage = (await usageCommand(context, USAGE)).result;
    const runs = listRuns(context).result;
    assert.ok(plan.result !== null && checks !== null && space !== null && runs !== null && usage !== null);
    const { result } = plan;
    add(`plan, ${what}`, (paint) => renderPlan(result, paint));
    for (const problem of plan.problems)
      add(`problem of plan, ${what}`, (paint) => renderDiagnostic(problem, paint));
    add(`validate, ${what}`, (paint) => renderValidate(checks, paint, false));
    add(`validate -v, ${what}`, (paint) => renderValidate(checks, paint, true));
    add(`monitor, ${what}`, (paint) => renderMonitor(space, AT, paint));
    add(`usage, ${what}`, (paint) => renderUsage(usage, paint));
    add(`rollback --list, ${what}`, (paint) => renderRollback(runs, paint));
  };
  host.prepare.addUser({ name: 'redis', uid: 900, gid: 900, home: '/', shell: '/bin/bash' });
  host.prepare.file(`${base}/mongodb/data/foreign`, { uid: 999, gid: 999 });
  host.prepare.chown(`${base}/mongodb/data`, 999, 999);
  await look('fresh');
  await setUp('refused');
  await setUp('applied', ['mongodb']);
  await setUp('again');
  await look('converged');
  // Whole trees of names that somebody chose to annoy.
  for (let i = 0; i < 45; i++) {
    host.prepare.file(`${base}/kafka/data/${NASTY}/${i}${NASTY}`, { mode: '0666', bytes: 1e9 });
    host.prepare.link(`${base}/redis/data/${i}${NASTY}`, NASTY);
  }
  host.prepare.directory(`${base}/clickhouse/data/${NASTY}`);
  host.prepare.mount(`${base}/clickhouse/data/${NASTY}`);
  const release = host.prepare.hold(`${base}/kafka/data/${NASTY}`);
  await repair(null, true);
  release();
  host.prepare.chmod(`${base}/kafka`, '0777');
  host.prepare.chown(`${base}/redis`, 0, 0);
  host.prepare.remove(`${base}/docker/tmp`);
  host.prepare.link(`${base}/docker/tmp`, '/etc');
  await look('damaged');
  await setUp('with a link in the way');
  host.prepare.remove(`${base}/docker/tmp`);
  host.prepare.directory(`${base}/docker/tmp`);
  assert.ok((await repair(null, true)).left.length > 40);
  await repair('kafka', false);
  await rollBack();
  await rollBack();
  await look('rolled back as far as it goes');
  await rollBack();
  const watched = summariseSpec({ layout, monitoring: MUCH_WATCHED, file: null }).result;
  add('spec check, much watched', (paint) => renderSpecCheck(watched, paint));
  const { result } = summariseSpec({ layout, monitoring: builtInMonitoring, file: `/etc/${NASTY}.yaml` });
  add('spec check', (paint) => renderSpecCheck(result, paint));
  return all;
}

for (const base of BASES)
  describe(`every report, at ${base}`, () => {
    it('keeps to 80 characters a line, but for what cannot be broken', async () => {
      for (const [name, render] of await reports(base))
        for (const line of render(createPaint(false)).split('\n')) {
          const [, ...words] = line.trim().split(/ +/);
          const unbreakable = words.length <= 4 && [line, ...words].some((word) => word.length > 50);
          // A command that is to be copied stays on its line.
          const isFix = /^ +fix: /.test(line);
          assert.ok(line.length <= 80 || unbreakable || isFix, `${name} (${line.length}): ${line}`);
        }
    });

    it('has no control characters without colour, and the same words with it', async () => {
      for (const [name, render] of await reports(base)) {
        const text = render(createPaint(false));
        assert.doesNotMatch(text, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u, name);
        assert.equal(stripVTControlCharacters(render(createPaint(true))), text, name);
      }
    });
  });

describe('monitor -s', () => {
  it('is one line without control characters', async () => {
    const host = createHost();
    const { result } = await monitorCommand(contextOf(host), MONITOR);
    assert.ok(result !== null);
    const text = renderMonitorSummary({ ...result, base: `/data/${NASTY}` }, AT);
    assert.doesNotMatch(text, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.match(text, /^UNKNOWN 2026-01-01T00:00:00Z \/data\/a\\x1b\[31m/);
  });
});
