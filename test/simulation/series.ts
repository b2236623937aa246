// Owns the courses of nineteen disks over ninety days, as the truth is every five minutes. A seed moves their hours, heights
// and days about. Must know nothing of how they are watched.

export const DAYS = 90;
export const STEP_MS = 5 * 60_000;
const A_DAY = 288;
const AN_HOUR = 12;
export const STEPS = DAYS * A_DAY;
const GB = 1e9;

export interface Course {
  readonly name: string;
  /** A daily wave around one threshold. */
  readonly wave: boolean;
  /** Bytes at each step. */
  readonly used: Float64Array;
  readonly limit: Float64Array;
}

/** Per cent in use at a step. */
type Percent = (step: number) => number;

export function coursesOf(seed: number): readonly Course[] {
  const random = seeded(seed);
  const between = (low: number, high: number) => low + random() * (high - low);
  /** Of a day. */
  const hour = (from: number, to: number) => Math.round(between(from, to) * AN_HOUR);
  const day = (from: number, to: number) => Math.floor(between(from, to)) * A_DAY;
  const noise = (size: number): Percent => {
    const drawn = Float64Array.from({ length: STEPS }, () => (random() - 0.5) * 2 * size);
    return (step) => drawn[step] ?? 0;
  };
  const wave = (around: number, height: number): Percent => {
    const [phase, wobble] = [hour(0, 24), noise(0.15)];
    return (step) => around + height * Math.sin(((step - phase) / A_DAY) * 2 * Math.PI) + wobble(step);
  };
  /** From `at` on: up by `rate` a step to `top`, there until `until`. Above `base`. */
  const burst = (
    step: number,
    it: {
      readonly at: number;
      readonly from: number;
      readonly top: number;
      readonly rate: number;
      readonly lasts: number;
    },
  ): number => {
    const since = step - it.at;
    return since < 0 || since >= it.lasts ? it.from : Math.min(it.top, it.from + since * it.rate);
  };

  const courses: (readonly [
    string,
    Percent,
    { readonly wave?: true; readonly limit?: (step: number) => number }?,
  ])[] = [];
  const add = (...course: (typeof courses)[number]) => courses.push(course);

  const still = noise(0.05);
  add('flat', (step) => 40 + still(step));

  const slope = between(0.25, 0.4);
  add('slow growth', (step) => 30 + (step / A_DAY) * slope + still(step));

  const daily = between(0.35, 0.5);
  add('growth on weekdays', (step) => {
    const [weeks, rest] = [Math.floor(step / (7 * A_DAY)), (step / A_DAY) % 7];
    return 35 + daily * (weeks * 5 + Math.min(5, rest));
  });

  const backup = { base: between(58, 62), top: between(95, 96), at: hour(1, 1.2), end: hour(4.8, 5) };
  add('nightly backup 01–05 h', (step) => {
    const at = step % A_DAY;
    if (at < backup.at || at >= backup.end) return backup.base;
    return Math.min(backup.top, backup.base + (at - backup.at) * (36 / (2 * AN_HOUR)));
  });

  for (const rate of [5, 20]) {
    const it = {
      at: day(20, 60) + hour(0, 24),
      from: between(48, 55),
      top: 100,
      rate: rate / AN_HOUR,
      lasts: 20 * AN_HOUR,
    };
    add(`runaway, ${rate} % an hour`, (step) => burst(step, it));
  }

  add('daily wave around 80', wave(80, between(4, 7)), { wave: true });
  add('daily wave around 90', wave(90, between(3, 6)), { wave: true });

  const teeth = { every: Math.round(between(5, 9) * A_DAY), rate: between(2.5, 3.2) };
  add('saw of clean-ups', (step) => 50 + ((step % teeth.every) / A_DAY) * teeth.rate);

  const logs = {
    at: day(10, 70) + hour(2, 20),
    from: between(60, 63),
    top: between(85, 88),
    rate: 25 / AN_HOUR,
  };
  const rotated = (Math.floor(logs.at / A_DAY) + 1) * A_DAY;
  add('burst of logs', (step) => burst(step, { ...logs, lasts: rotated - logs.at }));

  const step = {
    at: day(20, 40) + hour(0, 24),
    from: 50,
    top: between(84, 87),
    rate: 50,
    lasts: Math.round(between(2, 5) * A_DAY),
  };
  add('step up and back', (at) => burst(at, step));

  const drawn = noise(1);
  let drift = 0;
  const wander = Float64Array.from({ length: STEPS }, (_, at) => {
    drift = 0.98 * drift + 0.35 * drawn(at);
    return drift;
  });
  add('noise around 80', (at) => 80 + (wander[at] ?? 0));

  const weekly = { base: between(62, 66), top: between(91.5, 94), at: 5 * A_DAY + hour(20, 23) };
  add('full backup each week', (at) =>
    burst(at % (7 * A_DAY), {
      at: weekly.at,
      from: weekly.base,
      top: weekly.top,
      rate: 15 / AN_HOUR,
      lasts: 6 * AN_HOUR,
    }),
  );

  const monthly = { base: between(68, 71), top: between(90.5, 92), at: hour(6, 18) };
  add('end of the month', (at) =>
    burst(at % (30 * A_DAY), {
      at: 28 * A_DAY + monthly.at,
      from: monthly.base,
      top: monthly.top,
      rate: 4 / AN_HOUR,
      lasts: 14 * AN_HOUR,
    }),
  );

  const leak = { full: between(65, 80), cleaned: 82 * A_DAY + hour(0, 24) };
  add('slow leak to the end', (at) =>
    at >= leak.cleaned ? 50 + still(at) : Math.min(100, 50 + (at / A_DAY) * (50 / leak.full)),
  );

  const sudden = Array.from({ length: 8 }, (_, i) => ({
    at: (8 + 10 * i) * A_DAY + hour(0, 24),
    from: 70,
    top: between(91, 96),
    rate: between(3, 12),
    lasts: Math.round(between(8, 14)),
  }));
  add('fast, then deleted', (at) => Math.max(70, ...sudden.map((one) => burst(at, one))));

  const larger = day(30, 60) + hour(8, 16);
  add('disk replaced by a larger one', (at) => 82 + (at / A_DAY) * 0.08, {
    limit: (at) => (at < larger ? 1000 : 2000) * GB,
  });

  const load = {
    at: day(10, 40) + hour(0, 24),
    rate: 60 / (between(20, 36) * AN_HOUR),
    top: between(69, 71),
  };
  add('bulk load that stops at 70', (at) =>
    burst(at, { at: load.at, from: 10, top: load.top, rate: load.rate, lasts: STEPS }),
  );

  const plateau = [between(87.2, 87.8), noise(0.4)] as const;
  add('almost full, and so it stays', (at) => plateau[0] + plateau[1](at));

  return courses.map(([name, percent, { wave: isWave = false, limit = () => 1000 * GB } = {}]) => ({
    name,
    wave: isWave,
    used: Float64Array.from({ length: STEPS }, (_, at) =>
      Math.round((Math.min(100, Math.max(0, percent(at))) / 100) * 1000 * GB),
    ),
    limit: Float64Array.from({ length: STEPS }, (_, at) => limit(at)),
  }));
}

/** Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
