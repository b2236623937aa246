// What is to be typed, for each thing that can be found: the most urgent first, each by its cause.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceCheck } from '../configure/check-document.ts';
import { diagnostic } from '../messages/diagnostic.ts';
import type { Facts } from './facts.ts';
import { nextToType } from './next.ts';

type Report = NonNullable<Facts['report']>;
type Parts<T> = {
  readonly [K in keyof T]?: T[K] extends readonly (infer E)[] ? readonly Partial<E>[] : unknown;
};

const FINE = {
  fileSystem: { fired: null },
  services: [],
  health: [],
  backups: [],
  checks: { level: 'OK', failed: 0, skipped: 0 },
  history: { notes: [] },
};

function next(facts: Partial<Omit<Facts, 'report'>>, report: Parts<Report> | null = {}) {
  const all = {
    ...{ wrong: [], checks: [], changes: [], isRoot: true, isSetUp: true },
    ...facts,
    report: report === null ? null : { ...FINE, ...report },
  };
  return nextToType(all as unknown as Facts).map(({ why, fix, hint }) => [why, fix ?? hint]);
}

const check = (state: ServiceCheck['state'], problems: ServiceCheck['problems'] = []): ServiceCheck =>
  ({ service: 'redis', state, problems }) as unknown as ServiceCheck;
const fired = (rule: string, level = 'WARNING') => ({ rule, level, value: 85, threshold: 80 });

describe('what to type next', () => {
  it('is nothing where all is well', () => {
    assert.deepEqual(next({ checks: [check('running on the hot tier'), check('not installed')] }), []);
  });

  it('is what mends the disk, and nothing else, where that is wrong', () => {
    const wrong = [
      diagnostic('E_NOT_MOUNTED', 'refusing', { detail: 'found nothing', fix: 'sudo mount /x' }),
    ];
    assert.deepEqual(next({ wrong, checks: [check('running')], isSetUp: false }, null), [
      ['not on its disk: found nothing', 'sudo mount /x'],
    ]);
  });

  it('is where a service that does not run on the hot tier is looked at, or mended', () => {
    const elsewhere = diagnostic('E_ELSEWHERE', 'cannot find it there', {
      detail: ['want /a', 'found /b'],
      fix: 'sudo jts-hot move redis',
    });
    assert.deepEqual(
      next({ checks: [check('running', [elsewhere]), check('configured'), check('running')] }),
      [
        ['redis: cannot find it there; want /a', 'sudo jts-hot move redis'],
        ['redis: does not run', 'see what decides: sudo jts-hot config redis --check'],
        ['redis: runs, and not on the hot tier', 'see what decides: sudo jts-hot config redis --check'],
      ],
    );
  });

  it('is a measurement where there was none, by who may', () => {
    assert.deepEqual(next({}, null), [['nothing was measured yet', 'sudo jts-hot record']]);
    assert.deepEqual(next({ isRoot: false }, null), [
      ['there is no report that you may read', 'sudo jts-hot status'],
    ]);
  });

  it('says of a service only what does not follow from the disk', () => {
    const services = [
      { service: 'kafka', usedBytes: 1, status: 'WARNING', fired: fired('of-disk') },
      { service: 'redis', usedBytes: 1, status: 'WARNING', fired: fired('used') },
      { service: 'docker', usedBytes: null, status: 'UNKNOWN', fired: null },
    ] as unknown as Report['services'];
    const said = next({}, { fileSystem: { fired: fired('used') }, services });
    assert.deepEqual(
      said.map(([why]) => String(why).split(',')[0]),
      ['the disk: WARNING', 'redis: WARNING', 'docker: could not be measured'],
    );
  });

  it('is a proof, a backup, a timer, by what is lacking', () => {
    const backups = [
      { service: 'redis', causes: [{ level: 'CRITICAL', cause: 'none', found: 'there is no good backup' }] },
      {
        service: 'kafka',
        causes: [{ level: 'WARNING', cause: 'unproved', found: 'none was ever restored' }],
      },
      { service: 'docker', causes: [{ level: 'WARNING', cause: 'ahead', found: 'x is dated ahead' }] },
    ] as unknown as Report['backups'];
    const health = [{ serial: 'HOT1', level: 'CRITICAL' }] as unknown as Report['health'];
    const notes = ['no sample since then, though one was due: see jts-hot schedule'];
    assert.deepEqual(next({}, { backups, health, checks: null, history: { notes } }), [
      ['disk HOT1: its health is CRITICAL', 'see why: sudo jts-hot device show HOT1'],
      ['backups of redis: CRITICAL, there is no good backup', 'sudo jts-hot backup run redis'],
      ['backups of kafka: WARNING, none was ever restored', 'sudo jts-hot backup verify kafka'],
      ['backups of docker: WARNING, x is dated ahead', 'see whether the clock is right: timedatectl'],
      ['nothing is measured any more', 'sudo jts-hot schedule --install'],
      ['the layout was never proved', 'sudo jts-hot validate --record'],
    ]);
    const checks = { level: 'CRITICAL', failed: 2, skipped: 1 };
    assert.deepEqual(next({}, { checks }), [
      ['the last proof: 3 checks did not hold', 'see them, with what mends each: sudo jts-hot validate'],
    ]);
  });

  it('is the way on or back of the newest run, where it was cut short', () => {
    const run = { run: 3, command: 'repair', scope: 'kafka', state: 'interrupted' };
    const changes = [run, { ...run, run: 2 }] as unknown as Facts['changes'];
    assert.deepEqual(next({ changes }), [
      [
        'run 3 (repair kafka) was not finished: interrupted',
        'type the same command again, or go back: sudo jts-hot rollback 3',
      ],
    ]);
  });
});
