// Holds the disk of a rehearsal to the contract about storage: what a rehearsal proves is worth no more than that disk is like the
// one that it stands for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { runStage } from '../../src/host/rehearsal/run-stage.ts';
import { STAGE_VARIABLE } from '../../src/setup/rehearse.ts';
import { bringBackCoverage, COUNTED, REPOSITORY } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';

const MARK = 'lines gone through: ';
/** No file of a stage outlives it: which lines were gone through is printed. */
const PROGRAM = `"$0" --test-reporter=spec "$1"
[ -z "\${NODE_V8_COVERAGE-}" ] || echo "${MARK}$(tar -C "$NODE_V8_COVERAGE" -cz . | base64 --wrap=0)"`;

it('the disk of a rehearsal keeps the contract about storage', async (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'loop device', 'XFS and mkfs.xfs')) return;
  const said: string[] = [];
  const { stdout, left } = await runStage({
    base: '/data/jts/hot',
    showsBase: false,
    layersBytes: 2 ** 32,
    disk: { sizeBytes: 2 ** 30, sectorBytes: 512 },
    variable: STAGE_VARIABLE,
    argv: ['sh', '-c', PROGRAM, process.execPath, `${REPOSITORY}/test/contract/stage-inside.ts`],
    environment: { NO_COLOR: '1', LANG: 'C.UTF-8', ...COUNTED },
    cwd: REPOSITORY,
    onLine: (line) => said.push(line),
    stopRequested: () => t.signal.aborted,
  });
  const [report = '', counted] = stdout.split(MARK);
  if (counted !== undefined) bringBack(counted);
  assert.match(report, /^ℹ fail 0$/m, `${report}\n${said.join('\n')}`);
  assert.match(report, /^ℹ skipped 0$/m);
  assert.match(report, /✔ is held for a whole run, and not taken from who holds it/);
  assert.deepEqual(left, []);
});

function bringBack(counted: string): void {
  const scratch = mkdtempSync(join(tmpdir(), 'coverage-'));
  try {
    execFileSync('tar', ['-xz', '-C', scratch], { input: Buffer.from(counted, 'base64') });
    bringBackCoverage({ path: () => scratch });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
