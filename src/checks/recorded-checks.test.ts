// What a proof that is recorded leads to: remembered, told once of each change, told also where nothing can be remembered.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Context } from '../command/context.ts';
import { builtInMonitoring, type Channel } from '../layout/monitoring.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Check } from './check.ts';
import { recordChecks } from './recorded-checks.ts';
import type { ValidateResult } from './validate-document.ts';

const DAY = 86_400_000;
const BEGIN = Date.parse('2026-01-01T06:30:00Z');

/** A channel that nobody takes from: what is queued for it stays to be looked at. */
const NOBODY: Channel = { name: 'ops', from: 'WARNING', type: 'command', argv: ['/nowhere'] };

function contextAt(host: MemoryHost, day: number, channel: Channel = NOBODY): Context {
  const alerts = { ...builtInMonitoring.alerts, repeatSeconds: null, attempts: 1, channels: [channel] };
  return {
    ...contextOf(host),
    monitoring: { ...builtInMonitoring, alerts },
    hostName: 'trader1',
    now: () => new Date(BEGIN + day * DAY).toISOString(),
  };
}

function proof(
  ...notHeld: readonly (readonly [id: string, severity: Check['severity'], status: Check['status']])[]
) {
  const checks = notHeld.map(
    ([id, severity, status]): Check => ({
      id,
      at: id,
      service: null,
      severity,
      status,
      expected: '',
      found: '',
      fix: null,
      hint: null,
      because: null,
    }),
  );
  const count = (severity: string, status: string) =>
    checks.filter((check) => check.severity === severity && check.status === status).length;
  const result: ValidateResult = {
    root: '/',
    base: '/data/jts/hot',
    passed: 80,
    failed: count('error', 'fail'),
    warnings: count('warning', 'fail'),
    skipped: count('error', 'skip'),
    following: 0,
    services: [{ service: 'redis', state: 'running' }],
    inside: { entries: 0, whole: true },
    checks,
  };
  return result;
}

const VALID = proof();
const WARNED = proof(['space.device', 'warning', 'fail']);
const BROKEN = proof(['space.device', 'warning', 'fail'], ['directory.kafka', 'error', 'fail']);
const MORE = proof(
  ['space.device', 'warning', 'fail'],
  ['directory.kafka', 'error', 'fail'],
  ['write.redis', 'error', 'skip'],
);

/** The newest first. */
function told(host: MemoryHost): readonly string[] {
  const history = host.history({ mode: 'read', group: null });
  assert.ok(history !== null);
  return history
    .deliveries(10)
    .map(({ event }) => `${event.level} ${event.checks?.notHeld.join(' ')}`.trim())
    .toReversed();
}

describe('a recorded proof', () => {
  it('is told once of each change: worse, other failures, better, valid again', async () => {
    const host = createHost();
    const days = [VALID, VALID, WARNED, WARNED, BROKEN, BROKEN, MORE, MORE, BROKEN, WARNED, VALID, VALID];
    const news: string[] = [];
    for (const [day, result] of days.entries()) {
      const before = day === 0 ? 0 : told(host).length;
      assert.deepEqual(await recordChecks(contextAt(host, day), result), []);
      news.push(told(host).slice(before).join() || '-');
    }
    assert.deepEqual(news, [
      ...['-', '-', 'WARNING space.device', '-'],
      ...['CRITICAL directory.kafka space.device', '-'],
      ...['CRITICAL directory.kafka write.redis space.device', '-'],
      // Less of the same is none, until the level is another one.
      ...['-', 'WARNING space.device', 'OK', '-'],
    ]);
  });

  it('is remembered with its counts, and since when its level lasts', async () => {
    const host = createHost();
    for (const [day, result] of [BROKEN, MORE].entries()) await recordChecks(contextAt(host, day), result);
    assert.deepEqual(host.history({ mode: 'read', group: null })?.checks(), {
      at: BEGIN + DAY,
      level: 'CRITICAL',
      since: BEGIN,
      passed: 80,
      failed: 1,
      warnings: 1,
      skipped: 1,
      notHeld: ['directory.kafka', 'write.redis', 'space.device'],
      onHotTier: { redis: false },
    });
  });

  it('is told of by a channel from its level on, and of the way down from there', async () => {
    const host = createHost();
    const from = { ...NOBODY, from: 'CRITICAL' } as const;
    for (const [day, result] of [WARNED, BROKEN, WARNED, VALID].entries())
      await recordChecks(contextAt(host, day, from), result);
    assert.deepEqual(told(host), ['CRITICAL directory.kafka space.device', 'WARNING space.device', 'OK']);
  });

  it('is told also where the history takes nothing, and fails', async (t) => {
    const place = mkdtempSync(join(tmpdir(), 'recorded-checks-'));
    t.after(() => rmSync(place, { recursive: true }));
    const host = createHost();
    const broken = {
      ...host,
      history() {
        throw new Problem(EXIT.failed, [diagnostic('E_HISTORY', 'cannot write the history', {})]);
      },
    } as MemoryHost;
    const argv = ['/bin/sh', '-c', `printf '%s' "$JTS_HOT_TEXT" > ${place}/told`];
    const problems = await recordChecks(contextAt(broken, 0, { ...NOBODY, type: 'command', argv }), BROKEN);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['E_HISTORY'],
    );
    assert.equal(
      readFileSync(join(place, 'told'), 'utf8'),
      'CRITICAL trader1 /data/jts/hot checks: of 82, 1 failed, 1 warning: directory.kafka, space.device',
    );
  });
});
