// Nineteen disks watched for ninety days: no time at CRITICAL is missed, each is known within ten minutes, and nobody is told
// so often that they stop reading. On other seeds too, so that nothing fits one course alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Row, rowsOf, SEED, tableInPage, tableOf, watchedOn } from './table.ts';

/** What is asked of each disk, on every seed. */
function requireWatched(rows: readonly Pick<Row, 'course' | 'now'>[]): void {
  assert.equal(rows.length, 19);
  for (const { course, now } of rows) {
    const said = `${course.name}: ${JSON.stringify(now)}`;
    assert.equal(now.missed, 0, said);
    assert.ok((now.slowestMinutes ?? 0) <= 10, said);
    assert.ok(now.falseAlarms <= 1, said);
    if (!course.wave) continue;
    assert.ok(now.mostADay <= 1, said);
    assert.ok(now.messages > 60, `${said}: what goes on is told again`);
  }
}

describe('ninety days', () => {
  it('as the table of docs/forecast.md says, which samples alone would not do', async () => {
    const rows = await rowsOf(SEED);
    requireWatched(rows);
    assert.equal(tableInPage(), tableOf(rows), 'to write it: node test/simulation/table.ts');
    const backup = rows.find(({ course }) => course.name.startsWith('nightly backup'));
    assert.deepEqual([backup?.now.episodes, backup?.before.missed], [90, 90]);
    // It is about something: every kind of course that gets there does.
    assert.ok(rows.filter(({ now }) => now.episodes > 0).length >= 8);
  });

  for (const seed of [2, 3, 4, 5])
    it(`with other hours, heights and days (${seed})`, async () => requireWatched(await watchedOn(seed)));
});
