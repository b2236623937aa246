// Owns the seeds of random tests: each is printed once, can be given (SEED=n), and runs can be multiplied (RUNS=n, also 0.1).
// Must not draw anything for the product.

const { SEED, RUNS } = process.env;

/** How test/run.ts knows such a line on standard output. */
export const SEED_LINE = /^seed (\d+)\n?$/;

const given = SEED === undefined || SEED === '' ? null : number('SEED', SEED, /^\d{1,9}$/);
const times = RUNS === undefined || RUNS === '' ? 1 : number('RUNS', RUNS, /^\d{1,9}(\.\d+)?$/);
const drawn = Math.floor(Math.random() * 1e9);
const told = new Set<number>();

function number(name: string, text: string, like: RegExp): number {
  if (!like.test(text)) throw new Error(`${name}=${text}: want a number like ${like}`);
  return Number(text);
}

/** `usual` unless another one is given; without a usual one, a new one each time. */
export function seedOf(usual: number | null = null): number {
  const seed = given ?? usual ?? drawn;
  if (!told.has(seed)) process.stdout.write(`seed ${seed}\n`);
  told.add(seed);
  return seed;
}

/** Settings of a fast-check property. */
export function random(numRuns: number, usual: number | null = null): { seed: number; numRuns: number } {
  return { seed: seedOf(usual), numRuns: Math.ceil(numRuns * times) };
}

/** Of what is gone through from one end to the other, one of so many: all, unless RUNS takes a part. */
export const EACH = times < 1 ? Math.round(1 / times) : 1;

/** What a test that has drawn often enough must have met at least so often: less where it runs fewer times than usual. */
export function atLeast(usual: number): number {
  return times < 1 ? Math.floor((usual * times) / 2) : usual;
}
