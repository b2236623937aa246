// A disk that fills and is cleaned up between two samples: looks tell it, say nothing else, and complain once a day. A real
// file system, a clock that is moved on (faketime), and a disk that answers nothing at all.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import type { LookResult } from '../../src/monitor/look-document.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { REPOSITORY, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const LAYOUT = `monitoring:
  alerts:
    channels:
      pager: { type: command, run: [/usr/local/bin/page] }
`;
const PREPARE = `
mkdir -p ${BASE} /etc/jts
cat > /etc/jts/hot-storage.yaml <<'END'
${LAYOUT}END
printf '#!/bin/sh\\necho "$JTS_HOT_SUBJECT $JTS_HOT_LEVEL" >> /root/pager\\n' > /usr/local/bin/page
chmod +x /usr/local/bin/page
`;
const START = Date.parse('2026-03-01T00:00:00Z');
const MINUTE = 60_000;

function at(host: ThrowawayHost, minutes: number, ...args: readonly string[]): RunResult {
  const stamp = new Date(START + minutes * MINUTE).toISOString().slice(0, 19).replace('T', ' ');
  const argv = ['faketime', '-f', `@${stamp}`, ...jtsHot(...args)];
  return host.run(argv, { env: { TZ: 'UTC', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
}

/** It looks, and nobody hears of it. */
function look(host: ThrowawayHost, minutes: number, expected = 0): void {
  const result = at(host, minutes, 'look');
  assert.deepEqual([result.status, result.stdout, result.stderr], [expected, '', ''], describe(result));
}

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

function pager(host: ThrowawayHost): readonly string[] {
  return inside(host, 'cat /root/pager 2>/dev/null || true').trim().split('\n');
}

it('what begins and ends between two samples is told, and nothing is printed or added', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'faketime')) return;
  using host = startHost({ freshAccounts: true, prepare: PREPARE });
  inside(host, `mount -t tmpfs -o size=100M,mode=0755 hot ${BASE}`);
  runJtsHot(host, ['setup']);
  assert.equal(at(host, 0, 'record').status, 0);
  const fill = (megabytes: number) =>
    inside(host, `head -c ${megabytes}M /dev/zero > ${BASE}/kafka/data/segment`);

  fill(83);
  look(host, 65);
  fill(93);
  look(host, 70);
  look(host, 75);
  inside(host, `rm ${BASE}/kafka/data/segment`);
  look(host, 80);
  assert.equal(at(host, 360, 'record').status, 0);
  assert.deepEqual(pager(host), ['/ WARNING', '/ CRITICAL', '/ OK']);
  // The two that were asked for, and one because the disk moved.
  const { result } = JSON.parse(at(host, 361, 'history', '-j').stdout);
  assert.equal(result.subjects.find(({ subject }: { subject: string }) => subject === '/').samples.length, 3);

  // What the history cannot take is still told, once, and complained of once a day.
  inside(host, 'mount --bind /var/lib/jts-hot/history /var/lib/jts-hot/history');
  inside(host, 'mount -o remount,bind,ro /var/lib/jts-hot/history');
  fill(93);
  const first = at(host, 365, 'look');
  assert.equal(first.status, 1, describe(first));
  assert.match(first.stderr, /E_HISTORY/);
  look(host, 370, 1);
  look(host, 375, 1);
  assert.deepEqual(pager(host).slice(3), ['/ CRITICAL']);
  const nextDay = at(host, 365 + 24 * 60, 'look');
  assert.match(nextDay.stderr, /E_HISTORY/);
  const { exitCode, result: looked } = JSON.parse(at(host, 400, 'look', '-j').stdout) as {
    readonly exitCode: number;
    readonly result: LookResult;
  };
  assert.deepEqual([exitCode, looked.status], [1, 'CRITICAL']);
});

it('a disk that answers nothing is told by the look itself, and asked by one look only', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', '/dev/fuse')) return;
  using host = startHost({ freshAccounts: true, prepare: PREPARE });
  inside(host, `mount -t tmpfs -o size=100M,mode=0755 hot ${BASE}; mknod /dev/fuse c 10 229`);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['record']);
  const both = jtsHot('look')
    .map((word) => `'${word}'`)
    .join(' ');
  const started = performance.now();
  const { stdout } = host.run([
    process.execPath,
    join(REPOSITORY, 'test/e2e/hanging-disk.ts'),
    'all',
    BASE,
    'sh',
    '-c',
    `${both} 2>/dev/null & sleep 65; ${both} 2>/dev/null; echo "ended: $?"; cat /root/pager`,
  ]);
  assert.match(stdout, /ended: 1\n\/ UNKNOWN\n/);
  assert.ok(performance.now() - started < 80_000);
});
