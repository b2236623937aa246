// Types what docs/storage.md says, in its order, on one machine with a bare disk, and compares what it shows. The blocks are those of
// test/e2e/docs.test.ts with `vm` in the place of `run`. `UPDATE_DOCS=1 VM=full` writes what is shown anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { runConsole, runScript } from '../e2e/console-block.ts';
import { partsOf, settingOf } from '../e2e/followed-document.ts';
import { REPOSITORY } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { mustRun, startMachine } from './machine.ts';
import { putProduct } from './product.ts';

const NAME = 'docs/storage.md';
/** As the document calls it. */
const DISK = { serial: 'HOT1', sizeBytes: 4_000_787_030_016 };
const OTHER = { serial: 'OTHER', sizeBytes: 1_000_204_886_016 };

/** Beside all other tests an emulated machine takes ten times as long as alone: all of this page six minutes. */
const COMMAND_TIMEOUT_MS = 900_000;

/** One that asks nothing. */
const SUDO = `printf '#!/bin/sh\\nexec "$@"\\n' >/usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo`;

it(`${NAME}: what it says to type does what it shows`, (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const text = readFileSync(join(REPOSITORY, NAME), 'utf8');
  const runs = partsOf(text).flatMap((part) =>
    part.type === 'block' && part.words.includes('vm') ? [part] : [],
  );
  assert.ok(runs.length > 5, `only ${runs.length} blocks`);
  const [disk, other] = [makeDisk(DISK), makeDisk(OTHER)];
  using machine = startMachine({ disks: [disk, other] });
  putProduct(machine);
  mustRun(machine, ['sh', '-c', SUDO]);
  const before = other.fingerprint();
  const type = (command: string) =>
    machine.run(['env', 'NO_COLOR=1', 'COLUMNS=80', 'sh', '-c', `exec 2>&1\n${command}`], {
      timeoutMs: COMMAND_TIMEOUT_MS,
    });
  const lines = text.split('\n');
  const edits: { readonly start: number; readonly count: number; readonly lines: readonly string[] }[] = [];
  for (const part of runs) {
    const [language] = part.words;
    const file = settingOf(part.words, 'file');
    const begun = Date.now();
    try {
      if (file !== undefined) {
        const input = `${part.lines.join('\n')}\n`;
        mustRun(machine, ['sh', '-c', 'mkdir -p "$(dirname "$1")"; cat >"$1"', 'sh', file], { input });
      } else if (language === 'console')
        edits.push({ start: part.start, count: part.lines.length, lines: runConsole(type, part) });
      else runScript(type, part);
    } catch (error) {
      if (error instanceof assert.AssertionError)
        error.message = `${NAME}:${part.start + 1}: ${error.message}`;
      throw error;
    }
    t.diagnostic(`line ${part.start + 1}: ${Math.round((Date.now() - begun) / 1000)} s`);
  }
  // From the end, so that line numbers hold.
  for (const { start, count, lines: real } of edits.toReversed()) lines.splice(start, count, ...real);
  assert.equal(other.fingerprint(), before, 'the other disk');
  const updated = lines.join('\n');
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(join(REPOSITORY, NAME), updated);
  else assert.equal(updated, text, `${NAME} shows something else: UPDATE_DOCS=1 VM=full writes it anew`);
});
