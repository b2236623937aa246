// Owns the seeds of random tests: each is printed once, can be given (SEED=n), and runs can be multiplied (RUNS=n).
// Must not draw anything for the product.

const { SEED, RUNS } = process.env;

/** How test/run.ts knows such a line on standard output. */
export const SEED_LINE = /^seed (\d+)\n?$/;

const given = SEED === undefined || SEED === '' ? null : whole('SEED', SEED);
const times = RUNS === undefined || RUNS === '' ? 1 : whole('RUNS', RUNS);
const drawn = Math.floor(Math.random() * 1e9);
const told = new Set<number>();

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name}=${text}: want a whole number`);
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
  return { seed: seedOf(usual), numRuns: numRuns * times };
}
