// Which level is asked for by which rule, and what a level does that hovers about its line.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { builtInMonitoring, type Levels, OFF, type Thresholds } from '../layout/monitoring.ts';
import { NO_EPISODES } from './episodes.ts';
import type { Level, LevelState } from './level.ts';
import { type Decision, decideLevel, firedRule, type Measure, percentOf } from './levels.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const GB = 1e9;

/** A disk of 1000 GB with so much in use. */
function disk(usedGb: number, more: Partial<Measure> = {}): Measure {
  return {
    usedBytes: usedGb * GB,
    limitBytes: 1000 * GB,
    freeBytes: (1000 - usedGb) * GB,
    inodes: 10,
    inodesLimit: 1000,
    fullInSeconds: null,
    ...more,
  };
}

const BY_USED: Levels = { warning: { ...OFF, usedPercent: 80 }, critical: { ...OFF, usedPercent: 90 } };

function levels(warning: Partial<Thresholds>, critical: Partial<Thresholds> = {}): Levels {
  return { warning: { ...OFF, ...warning }, critical: { ...OFF, ...critical } };
}

/** What each of these measures leads to, one after another, an hour apart. */
function run(
  measures: readonly Measure[],
  of: Partial<Omit<Decision, 'measure' | 'now'>> = {},
): readonly LevelState[] {
  const states: LevelState[] = [];
  let state: LevelState | null = of.state ?? null;
  for (const [hour, measure] of measures.entries()) {
    const now = hour * HOUR * 1000;
    state = decideLevel({
      levels: BY_USED,
      marginPercent: 2,
      samples: 1,
      isSample: true,
      ...of,
      state,
      measure,
      now,
    });
    states.push(state);
  }
  return states;
}

function runLevels(usedGb: readonly number[], of: Parameters<typeof run>[1] = {}): readonly Level[] {
  return run(
    usedGb.map((used) => disk(used)),
    of,
  ).map(({ level }) => level);
}

/** Of a service with a soft limit of 600 GB and a hard one of 900. */
function limited(usedBytes: number): Measure {
  const quota = { usedBytes, softBytes: 600 * GB, hardBytes: 900 * GB };
  return { ...disk(0), limitBytes: 0, usedBytes, quota };
}

const BY_QUOTA = levels({ softLimit: true }, { hardLimit: true });

describe('firedRule', () => {
  const table: readonly (readonly [string, Measure, Levels, string])[] = [
    ['nothing', disk(79), BY_USED, 'OK'],
    ['used, on the line', disk(800), BY_USED, 'WARNING used 80 of 80'],
    ['at its soft limit', limited(600 * GB), BY_QUOTA, 'OK'],
    ['over its soft limit', limited(601 * GB), BY_QUOTA, `WARNING soft-limit ${601 * GB} of ${600 * GB}`],
    [
      'critical over its soft limit',
      limited(601 * GB),
      levels({}, { softLimit: true }),
      `CRITICAL soft-limit ${601 * GB} of ${600 * GB}`,
    ],
    ['no rule of quotas', limited(900 * GB), BY_USED, 'OK'],
    [
      'a MiB before its hard limit',
      limited(900 * GB - 2 ** 20),
      BY_QUOTA,
      `WARNING soft-limit ${900 * GB - 2 ** 20} of ${600 * GB}`,
    ],
    [
      'at its hard limit',
      limited(900 * GB - 2 ** 20 + 1),
      BY_QUOTA,
      `CRITICAL hard-limit ${900 * GB - 2 ** 20 + 1} of ${900 * GB}`,
    ],
    [
      'at its hard limit, and over its plan',
      { ...limited(900 * GB), limitBytes: 900 * GB },
      { warning: OFF, critical: { ...OFF, usedPercent: 90, hardLimit: true } },
      `CRITICAL hard-limit ${900 * GB} of ${900 * GB}`,
    ],
    ['used, what reads 80.0 %', disk(799.6), BY_USED, 'WARNING used 80 of 80'],
    ['used, just below', disk(799.4), BY_USED, 'OK'],
    ['critical before warning', disk(912), BY_USED, 'CRITICAL used 91.2 of 90'],
    ['over its plan', disk(1500), BY_USED, 'CRITICAL used 150 of 90'],
    ['no plan at all', disk(5, { limitBytes: 0, freeBytes: 0 }), BY_USED, 'OK'],
    ['free', disk(900), levels({ freeBytes: 100 * GB }), `WARNING free ${100 * GB} of ${100 * GB}`],
    ['not so little free', disk(899), levels({ freeBytes: 100 * GB }), 'OK'],
    ['inodes', disk(0, { inodes: 850 }), levels({}, { inodesPercent: 85 }), 'CRITICAL inodes 85 of 85'],
    ['inodes without number', disk(0, { inodes: 850, inodesLimit: 0 }), levels({ inodesPercent: 1 }), 'OK'],
    [
      'full-in',
      disk(600, { fullInSeconds: DAY }),
      levels({ fullInSeconds: DAY }),
      `WARNING full-in ${DAY} of ${DAY}`,
    ],
    ['full-in later', disk(600, { fullInSeconds: DAY + 1 }), levels({ fullInSeconds: DAY }), 'OK'],
    ['never full', disk(600, { fullInSeconds: null }), levels({ fullInSeconds: DAY }), 'OK'],
    ['too little history', disk(600), levels({ fullInSeconds: DAY }), 'OK'],
    ['half empty', disk(499, { fullInSeconds: HOUR }), levels({ fullInSeconds: DAY }), 'OK'],
    [
      'what is measured before what is foretold',
      disk(950, { inodes: 990, fullInSeconds: 0 }),
      levels({ usedPercent: 80, freeBytes: 90 * GB, inodesPercent: 50, fullInSeconds: DAY }),
      'WARNING used 95 of 80',
    ],
    [
      'a critical forecast before a warning that is measured',
      disk(850, { fullInSeconds: HOUR }),
      builtInMonitoring.disk,
      `CRITICAL full-in ${HOUR} of ${DAY}`,
    ],
  ];
  for (const [name, measure, of, want] of table)
    it(`${name}: ${want}`, () => {
      const fired = firedRule(measure, of);
      const found =
        fired === null ? 'OK' : `${fired.level} ${fired.rule} ${fired.value} of ${fired.threshold}`;
      assert.equal(found, want);
    });
});

describe('percentOf', () => {
  it('is to a tenth, and 0 of nothing', () => {
    assert.deepEqual([percentOf(1, 3), percentOf(2, 3), percentOf(5, 0)], [33.3, 66.7, 0]);
  });
});

describe('decideLevel: when a level ends', () => {
  it('only below its threshold minus the margin', () => {
    assert.deepEqual(runLevels([790, 800, 790, 780, 779, 790, 800]), [
      'OK',
      'WARNING',
      'WARNING',
      'WARNING',
      'OK',
      'OK',
      'WARNING',
    ]);
  });
  it('the same from critical to warning, and past both at once', () => {
    assert.deepEqual(runLevels([900, 890, 880, 879, 880, 900, 785, 900, 779]), [
      'CRITICAL',
      'CRITICAL',
      'CRITICAL',
      'WARNING',
      'WARNING',
      'CRITICAL',
      'WARNING',
      'CRITICAL',
      'OK',
    ]);
  });
  it('without a margin on the line itself', () => {
    assert.deepEqual(runLevels([800, 799, 800], { marginPercent: 0 }), ['WARNING', 'OK', 'WARNING']);
  });
  it('at half of its threshold where the margin is larger than that', () => {
    const of = { levels: levels({ usedPercent: 1 }), marginPercent: 5 };
    assert.deepEqual(runLevels([10, 5, 4], of), ['WARNING', 'WARNING', 'OK']);
  });

  const others: readonly (readonly [string, Partial<Thresholds>, (value: number) => Measure, number[]])[] = [
    [
      'free bytes: that part of them more',
      { freeBytes: 100 * GB },
      (free) => disk(1000 - free),
      [100, 102, 102.1],
    ],
    ['inodes: points', { inodesPercent: 50 }, (inodes) => disk(0, { inodes }), [500, 480, 479]],
    [
      'time: that part of it longer',
      { fullInSeconds: 1000 },
      (seconds) => disk(600, { fullInSeconds: seconds }),
      [1000, 1020, 1021],
    ],
    [
      'time, when less than half is used again',
      { fullInSeconds: 1000 },
      (used) => disk(used, { fullInSeconds: 1 }),
      [500, 480, 479],
    ],
  ];
  for (const [name, thresholds, measure, values] of others)
    it(name, () => {
      const found = run(values.map(measure), { levels: levels(thresholds) }).map(({ level }) => level);
      assert.deepEqual(found, ['WARNING', 'WARNING', 'OK']);
    });

  it('when another rule has taken over, which is then named', () => {
    const of = levels({ usedPercent: 80, inodesPercent: 50 });
    const [first, second, third] = run([disk(800), disk(790, { inodes: 600 }), disk(700, { inodes: 490 })], {
      levels: of,
    });
    assert.deepEqual(
      [first?.fired?.rule, second?.fired?.rule, third?.fired?.rule],
      ['used', 'inodes', 'inodes'],
    );
    assert.deepEqual([second?.since, third?.since], [0, 0]);
    assert.equal(third?.fired?.value, 49);
  });
});

describe('decideLevel: when a level begins', () => {
  it('after so many samples in a row', () => {
    const used = [810, 810, 700, 810, 810, 810, 790];
    assert.deepEqual(runLevels(used, { samples: 3 }), ['OK', 'OK', 'OK', 'OK', 'OK', 'WARNING', 'WARNING']);
  });
  it('each level after its own, and what asks for critical asks for warning too', () => {
    const used = [810, 910, 910, 910, 850, 910, 910, 910];
    assert.deepEqual(runLevels(used, { samples: 3 }), [
      'OK',
      'OK',
      'WARNING',
      'CRITICAL',
      'WARNING',
      'WARNING',
      'WARNING',
      'CRITICAL',
    ]);
  });
  it('straight at critical', () => {
    assert.deepEqual(runLevels([950, 950], { samples: 2 }), ['OK', 'CRITICAL']);
    assert.deepEqual(runLevels([950]), ['CRITICAL']);
  });
  it('with the time of that sample, kept while it lasts, and never one that is still to come', () => {
    assert.deepEqual(
      run([700, 810, 810, 950].map((used) => disk(used))).map(({ since }) => since / HOUR / 1000),
      [0, 1, 1, 3],
    );
    const state: LevelState = {
      level: 'OK',
      since: 9e12,
      fired: null,
      pending: null,
      episodes: NO_EPISODES,
      unmeasured: null,
    };
    assert.equal(run([disk(1)], { state })[0]?.since, 0);
  });
  it('and what waits is remembered and forgotten', () => {
    const pending = run(
      [810, 910, 910, 910, 700].map((used) => disk(used)),
      { samples: 3 },
    ).map((state) => state.pending);
    assert.deepEqual(pending, [
      { warning: 1, critical: 0 },
      { warning: 2, critical: 1 },
      { warning: 3, critical: 2 },
      null,
      null,
    ]);
  });
  it('a warning by samples that asked for more names what they asked by', () => {
    const measures = [disk(850), disk(850), disk(100, { inodes: 970 })];
    const [, , state] = run(measures, {
      levels: levels({ usedPercent: 80 }, { inodesPercent: 95 }),
      samples: 3,
    });
    assert.deepEqual(
      [state?.level, state?.fired],
      ['WARNING', { rule: 'inodes', level: 'WARNING', value: 97, threshold: 95 }],
    );
  });
});

const WEIGHT: Readonly<Record<Level, number>> = { OK: 0, WARNING: 1, CRITICAL: 2 };

describe('decideLevel: of anything', () => {
  const thresholds = fc.record({
    usedPercent: fc.option(fc.integer({ min: 1, max: 100 })),
    freeBytes: fc.option(fc.integer({ min: 1, max: 1000 }).map((gb) => gb * GB)),
    inodesPercent: fc.option(fc.integer({ min: 1, max: 100 })),
    fullInSeconds: fc.option(fc.integer({ min: 1, max: 10 * DAY })),
    softLimit: fc.boolean(),
    hardLimit: fc.boolean(),
  });
  const quotaAt = (used: number) => ({ usedBytes: used * GB, softBytes: 600 * GB, hardBytes: 900 * GB });
  const anyLevels = fc.record({ warning: thresholds, critical: thresholds });
  const anyFullIn = fc.option(fc.integer({ min: 0, max: 20 * DAY }));
  const anyMeasure = fc
    .record({
      used: fc.integer({ min: 0, max: 1000 }),
      inodes: fc.integer({ min: 0, max: 1000 }),
      fullInSeconds: anyFullIn,
    })
    .map(({ used, inodes, fullInSeconds }) => disk(used, { inodes, fullInSeconds, quota: quotaAt(used) }));
  const anyPolicy = fc.record({
    levels: anyLevels,
    marginPercent: fc.integer({ min: 0, max: 20 }),
    samples: fc.integer({ min: 1, max: 4 }),
  });
  /** States that come from measures; others are never remembered. */
  const anyPast = fc.array(anyMeasure, { maxLength: 6 });

  it('without memory it is what is asked for now', () => {
    fc.assert(
      fc.property(anyMeasure, anyPolicy, (measure, policy) => {
        const [state] = run([measure], { ...policy, samples: 1 });
        const asked = firedRule(measure, policy.levels);
        assert.deepEqual([state?.level, state?.fired], [asked?.level ?? 'OK', asked]);
      }),
      random(100),
    );
  });

  it('more use never leads to a lower level', () => {
    fc.assert(
      fc.property(
        anyPast,
        anyMeasure,
        anyPolicy,
        fc.integer({ min: 0, max: 500 }),
        (past, measure, policy, more) => {
          const state = run(past, policy).at(-1) ?? null;
          const used = measure.usedBytes / GB + more;
          const { inodes, fullInSeconds } = measure;
          const [less] = run([measure], { ...policy, state });
          const [greater] = run(
            [disk(used, { inodes: inodes + more, fullInSeconds, quota: quotaAt(used) })],
            {
              ...policy,
              state,
            },
          );
          assert.ok(WEIGHT[greater?.level ?? 'OK'] >= WEIGHT[less?.level ?? 'OK']);
        },
      ),
      random(100),
    );
  });

  it('a sooner forecast never leads to a lower level', () => {
    fc.assert(
      fc.property(anyPast, anyPolicy, fc.nat(20 * DAY), fc.nat(20 * DAY), (past, policy, sooner, more) => {
        const state = run(past, policy).at(-1) ?? null;
        const at = (seconds: number) => run([disk(600, { fullInSeconds: seconds })], { ...policy, state })[0];
        assert.ok(WEIGHT[at(sooner)?.level ?? 'OK'] >= WEIGHT[at(sooner + more)?.level ?? 'OK']);
      }),
      random(100),
    );
  });

  it('a value that stays where it is changes its level as often as there are levels, then never again', () => {
    fc.assert(
      fc.property(anyPast, anyMeasure, anyPolicy, (past, measure, policy) => {
        const state = run(past, policy).at(-1) ?? null;
        const states = run(
          Array.from({ length: 12 }, () => measure),
          { ...policy, state },
        );
        const settled = states.slice(2 * policy.samples);
        assert.equal(new Set(settled.map(({ level, since }) => `${level} ${since}`)).size, 1);
        assert.deepEqual(settled.at(-1)?.pending ?? null, null);
      }),
      random(100),
    );
  });

  it('every level above OK names a rule', () => {
    fc.assert(
      fc.property(anyPast, anyPolicy, (past, policy) => {
        for (const { level, fired, pending } of run(past, policy)) {
          assert.equal(fired?.level ?? 'OK', level);
          // Asked for by CRITICAL alone, it may be at WARNING first: then the line that was crossed is that of CRITICAL.
          if (fired !== null)
            assert.ok(
              (['WARNING', 'CRITICAL'] as const).some(
                (one) => threshold(policy.levels, { ...fired, level: one }) === fired.threshold,
              ),
            );
          if (pending !== null) assert.ok(level !== 'CRITICAL' && pending.warning >= pending.critical);
        }
      }),
      random(100),
    );
  });

  it('a value within the margin about a line changes its level once at most', () => {
    const walk = fc.array(fc.integer({ min: 781, max: 819 }), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(walk, fc.integer({ min: 1, max: 3 }), (used, samples) => {
        assert.ok(changes(runLevels(used, { samples })) <= 1);
      }),
      random(100),
    );
  });

  it('a value that wanders has gone the margin for every second change', () => {
    const walk = fc
      .array(fc.integer({ min: -15, max: 15 }), { minLength: 10, maxLength: 300 })
      .map((steps) => {
        let at = 850;
        return steps.map((step) => (at += step));
      });
    fc.assert(
      fc.property(walk, fc.integer({ min: 1, max: 5 }), (used, marginPercent) => {
        const way = used.slice(1).reduce((sum, gb, at) => sum + Math.abs(gb - (used[at] ?? gb)), 0);
        const found = changes(runLevels(used, { marginPercent }));
        assert.ok(found <= 2 + (2 * way) / (marginPercent * 10), `${found} changes in ${way} GB`);
      }),
      random(100),
    );
  });
});

function threshold(
  of: Levels,
  { rule, level }: { readonly rule: string; readonly level: string },
): number | null {
  const { usedPercent, freeBytes, inodesPercent, fullInSeconds, softLimit, hardLimit } =
    level === 'CRITICAL' ? of.critical : of.warning;
  return (
    {
      used: usedPercent,
      free: freeBytes,
      inodes: inodesPercent,
      'full-in': fullInSeconds,
      'soft-limit': softLimit ? 600 * GB : null,
      'hard-limit': hardLimit ? 900 * GB : null,
    }[rule] ?? null
  );
}

function changes(found: readonly Level[]): number {
  return found.slice(1).filter((level, at) => level !== found[at]).length;
}
