// What servers say of themselves is shown, and plays no tricks on a terminal.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPaint } from '../messages/paint.ts';
import type { RunResult, VerifyResult } from './backup-document.ts';
import { renderRun, renderVerify } from './backup-text.ts';

const TRICK = '\x1b]0;owned\x07\r\x1b[2J';

it('names of tables, positions and limits are shown without control characters', () => {
  const manifest = {
    begun: '2026-11-27T10:14:03.000Z',
    ended: '2026-11-27T10:14:09.000Z',
    bytes: 100,
    taken: { parent: null, limits: [`without ${TRICK}`], position: `0/1${TRICK}` },
  };
  const service = {
    service: 'redis',
    says: `by ${TRICK}`,
    sourceBytes: 1,
    needBytes: 1,
    manifest,
    path: '/b',
  };
  const room = { freeBytes: 1, plannedBytes: 1, keptBytes: 1 };
  const run = { outcome: 'done', room, removed: [`x${TRICK}`], services: [{ ...service, outcome: 'done' }] };
  const counts = [{ what: `table ${TRICK}`, count: 1, isExact: true }];
  const proved = { service: 'redis', name: 'n', outcome: 'good', verification: { seconds: 1, counts } };
  const texts = [
    renderRun(run as unknown as RunResult, createPaint(false)),
    renderVerify({ outcome: 'good', backups: [proved] } as unknown as VerifyResult, createPaint(false)),
  ];
  for (const text of texts) {
    assert.match(text, /owned/);
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  }
});

it('a service that was skipped is one line, and no backup', () => {
  const room = { freeBytes: 1, plannedBytes: 1, keptBytes: 0 };
  const service = {
    service: 'postgresql',
    outcome: 'skipped',
    manifest: null,
    path: null,
    sourceBytes: null,
  };
  const run = { outcome: 'done', room, removed: [], services: [service] };
  const [first, ...others] = renderRun(run as unknown as RunResult, createPaint(false)).split('\n');
  assert.equal(first, 'postgresql  skipped: it is stopped, and its tool wants it running');
  assert.equal(others.length, 1);
});
