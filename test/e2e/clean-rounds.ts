// Cleans again and again in one process, inside a throwaway host where somebody swaps what is cleaned, each time on a host that
// it opens anew. Usage: node clean-rounds.ts LAYOUT ROUNDS
// Puts what is old back before each round, never through a link. Prints as JSON how often each answer came, and why things were left.
import { closeSync, constants, openSync, utimesSync, writeFileSync } from 'node:fs';
import { cleanCommand } from '../../src/maintain/clean.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import { contextOfStart } from './context-of-start.ts';

const TMP = '/data/jts/hot/clickhouse/tmp';
const FLAGS = { service: null, deletes: true, trashes: false, trustsClock: false, isDry: false };
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** Old files, in the directory itself and in the one below it that is there just now. */
function refill(): void {
  for (const [place, names] of [
    [TMP, ['f.tmp', '1.tmp', '2.tmp']],
    [`${TMP}/d`, ['x.tmp', 'y.tmp']],
  ] as const) {
    let fd: number;
    try {
      fd = openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch {
      continue;
    }
    const old = Date.now() / 1000 - 3 * 86_400;
    for (const name of names)
      try {
        const path = `/proc/self/fd/${fd}/${name}`;
        const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o666);
        writeFileSync(file, 'old');
        closeSync(file);
        utimesSync(path, old, old);
      } catch {
        // It is there still, or the directory has gone by now.
      }
    closeSync(fd);
  }
}

const [spec = '', rounds = '1'] = process.argv.slice(2);
const answers: Record<string, number> = {};
const count = (answer: string) => {
  answers[answer] = (answers[answer] ?? 0) + 1;
};
for (let round = 0; round < Number(rounds); round += 1) {
  refill();
  try {
    const { exitCode, problems, result } = await cleanCommand(await contextOfStart('clean', spec), FLAGS);
    count([exitCode, ...problems.map(({ code }) => code)].join(' '));
    for (const { why } of result?.left ?? []) count(`left: ${why.replace(/\d+/g, 'N').slice(0, 90)}`);
    if ((result?.thingCount ?? 0) > 0) count('things were planned');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    count([error.exitCode, ...error.diagnostics.map(({ code }) => code)].join(' '));
  }
}
process.stdout.write(JSON.stringify(answers));
