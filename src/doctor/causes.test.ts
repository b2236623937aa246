// The order of causes: what a check and a message say together first, the same once, and nothing of what is over.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Check } from '../checks/check.ts';
import { diagnostic } from '../messages/diagnostic.ts';
import type { Meaning } from '../services/diagnosing.ts';
import { causesOf, type Evidence } from './causes.ts';

const check = (id: string, more: Partial<Check> = {}): Check => ({
  id,
  at: id,
  service: 'redis',
  severity: 'error',
  status: 'fail',
  expected: 'a',
  found: 'b',
  fix: `sudo fix ${id}`,
  hint: null,
  because: null,
  ...more,
});
const meaning = (id: string, says: RegExp, checks: readonly string[] = [], more = {}): Meaning => ({
  ...{ id, says, checks, versions: 'all' },
  ...{ means: `means ${id} {word}`, hint: `hint ${id}` },
  ...more,
});

function causes(more: Partial<Evidence>): readonly string[] {
  const evidence: Evidence = {
    ...{ service: 'redis', isUp: false, checks: [], meanings: [], lines: [], problems: [] },
    ...{ unit: 'redis.service', report: null },
    ...more,
  };
  return causesOf(evidence).map(
    ({ check: id, message, cause }) => [id, message].filter(Boolean).join(' ') || cause,
  );
}

describe('the causes of a service that is unwell', () => {
  it('begin with the disk, and with a unit that is masked', () => {
    const report = { load: 'masked', active: 'inactive', result: 'success', begunAt: null, lines: [] };
    assert.deepEqual(causes({ checks: [check('write.redis'), check('disk.mounted')], report }), [
      'disk.mounted',
      'redis.service is masked: nothing can start it',
      'write.redis',
    ]);
  });

  it('name a check before others where a message says the same, and once', () => {
    const checks = [check('write.redis/logs'), check('inside.redis.owner'), check('directory.redis/data')];
    const meanings = [meaning('closed', /^cannot open/, ['directory.redis/data', 'inside.{service}'])];
    assert.deepEqual(causes({ checks, meanings, lines: ['cannot open x', 'Permission denied'] }), [
      'directory.redis/data redis.closed',
      'write.redis/logs',
      'inside.redis.owner',
    ]);
  });

  it('are what it said last, before what it said earlier; a message that no check explains before checks', () => {
    const meanings = [meaning('first', /^one (?<word>\S+)$/), meaning('second', /^two$/)];
    const found = causesOf({
      ...{ service: 'redis', isUp: false, checks: [check('write.redis')], meanings },
      ...{ lines: ['two', 'one a', 'one b', 'nothing'], problems: [], unit: null, report: null },
    });
    assert.deepEqual(
      found.map(({ cause, evidence }) => [cause, evidence[0]]),
      [
        ['means first b', 'one b'],
        ['means second ', 'two'],
        ['write.redis: want a', 'found b'],
      ],
    );
  });

  it('take the words of the kernel where the server has none of its own', () => {
    const lines = ['x: No space left on device'];
    assert.deepEqual(causes({ lines }), ['redis.no-room']);
    assert.deepEqual(causes({ lines, checks: [check('space.free')] }), ['space.free redis.no-room']);
    assert.deepEqual(causes({ lines, meanings: [meaning('own', /^x: /)] }), ['redis.own']);
  });

  it('are not taken from what a server said that runs, but where a check finds the same', () => {
    const meanings = [meaning('own', /^x/, ['write.redis'])];
    assert.deepEqual(causes({ isUp: true, meanings, lines: ['x'] }), []);
    assert.deepEqual(causes({ isUp: true, meanings, lines: ['x'], checks: [check('write.redis')] }), [
      'write.redis redis.own',
    ]);
  });

  it('are its settings, where nothing else was found, and else that nothing is known', () => {
    const problems = [diagnostic('E_ELSEWHERE', 'cannot find it there')];
    assert.deepEqual(causes({ problems }), ['cannot find it there']);
    const failed = { load: 'loaded', active: 'failed', result: 'exit-code', begunAt: 1, lines: [] };
    assert.deepEqual(causes({ report: failed }), ['it does not run, and what it said is not known here']);
    const stopped = { ...failed, active: 'inactive', result: 'success' };
    assert.deepEqual(causes({ report: stopped }), ['it was stopped, or never started']);
  });

  it('are found in lines that are no text, or try to be commands, and those are shown as they are', () => {
    const lines = ['\u001b[2Jcannot open $(reboot)', '\u0000'.repeat(100_000), 'x'.repeat(1_000_000)];
    const [first] = causesOf({
      ...{
        service: 'redis',
        isUp: false,
        checks: [],
        meanings: [meaning('own', /cannot open (?<word>.+)$/, [], { hint: 'sudo ls {word}' })],
        lines,
      },
      ...{ problems: [], unit: null, report: null },
    });
    assert.deepEqual(
      [first?.cause, first?.fix, first?.hint],
      ['means own $(reboot)', null, "sudo ls '$(reboot)'"],
    );
  });
});
