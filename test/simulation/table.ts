// Owns the table of docs/forecast.md that says how well nineteen disks are watched for ninety days. Run by itself it writes
// the table there: node test/simulation/table.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Course, coursesOf } from './series.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import { watch } from './watching.ts';

export interface Row {
  readonly course: Course;
  /** Every six hours and nothing in between. */
  readonly before: Verdict;
  readonly now: Verdict;
}

const OFFSET_MS = 137_000;

export async function rowsOf(seed: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const watched of await watchedOn(seed))
    rows.push({ ...watched, before: await verdict(watched.course, { looks: false }) });
  return rows;
}

/** With looks, as everybody is watched. */
export async function watchedOn(seed: number): Promise<readonly Omit<Row, 'before'>[]> {
  const found: Omit<Row, 'before'>[] = [];
  for (const course of coursesOf(seed)) found.push({ course, now: await verdict(course, { looks: true }) });
  return found;
}

async function verdict(course: Course, { looks }: { readonly looks: boolean }): Promise<Verdict> {
  return verdictOf(course, await watch(course, { looks, offsetMs: OFFSET_MS }));
}

/** Of the seed that the table is of. */
export const SEED = 1;

export function tableOf(rows: readonly Row[]): string {
  return [
    '| disk | times at CRITICAL | by samples alone: missed | known after | with looks: missed | known after | messages | in 24 h | false alerts | samples |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...rows.map(({ before, now }) => {
      const { name, episodes, missed, messages, mostADay, falseAlarms, samples } = now;
      return `| ${[name, episodes, before.missed, known(before), missed, known(now), messages, mostADay, falseAlarms, samples].join(' | ')} |`;
    }),
  ].join('\n');
}

function known({ slowestMinutes }: Verdict): string {
  return slowestMinutes === null ? '' : `${Math.ceil(slowestMinutes)} min`;
}

const PAGE = join(import.meta.dirname, '../../docs/forecast.md');
const [BEGIN, END] = ['<!-- simulation -->\n', '\n<!-- end of simulation -->'];

export function tableInPage(): string {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`want a place for the table in ${PAGE}, found none`);
  return page.slice(from + BEGIN.length, to);
}

if (process.argv[1] === import.meta.filename) {
  const table = tableOf(await rowsOf(SEED));
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(tableInPage(), () => table),
  );
}
