// Notes in /run, and whose turn it is to look at disks: real files, in a /run of the test's own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, it } from 'node:test';
import { inOwnNamespace } from '../../test/own-namespace.ts';
import { isDue, readNote, takeLookTurn, writeNote } from './run-notes.ts';

const AT = '/run/jts-hot';

inOwnNamespace(import.meta.filename, [], () => {
  afterEach(() => rmSync(AT, { recursive: true, force: true }));

  it('a note is kept for root alone, written anew as a whole, and taken away', () => {
    assert.equal(readNote('last'), null);
    writeNote('last', 'a long one');
    assert.deepEqual([statSync(AT).mode & 0o7777, statSync(`${AT}/last`).mode & 0o7777], [0o700, 0o600]);
    writeNote('last', 'short');
    assert.equal(readNote('last'), 'short');
    writeNote('last', null);
    assert.equal(readNote('last'), null);
    writeNote('last', null);
  });

  it('nothing is read or written where somebody else could have put it', () => {
    mkdirSync(AT);
    for (const [uid, mode] of [
      [1000, 0o700],
      [0, 0o777],
    ] as const) {
      chownSync(AT, uid, 0);
      chmodSync(AT, mode);
      writeNote('last', 'x');
      assert.equal(readNote('last'), null);
      assert.equal(takeLookTurn().is, 'mine', 'every process may look');
    }
    chownSync(AT, 0, 0);
    chmodSync(AT, 0o700);
    assert.equal(readNote('last'), null);
    writeFileSync('/run/elsewhere', 'secret');
    symlinkSync('/run/elsewhere', `${AT}/last`);
    assert.equal(readNote('last'), null);
    writeNote('last', 'x');
    assert.equal(readFileSync('/run/elsewhere', 'utf8'), 'secret');
    rmSync(AT, { recursive: true });
    symlinkSync('/tmp', AT);
    writeNote('last', 'x');
    assert.equal(readNote('last'), null);
    rmSync(AT);
  });

  it('something is due once in its time, also where a clock went back', () => {
    assert.deepEqual([isDue('shown', 60_000), isDue('shown', 60_000)], [true, false]);
    writeNote('shown', String(Date.now() - 61_000));
    assert.equal(isDue('shown', 60_000), true);
    writeNote('shown', String(Date.now() + 3_600_000));
    assert.equal(isDue('shown', 60_000), true);
    writeNote('shown', 'no number');
    assert.equal(isDue('shown', 60_000), true);
    assert.equal(isDue('shown', 60_000), false);
  });

  const other = () => {
    const code = `import { takeLookTurn } from ${JSON.stringify(import.meta.resolve('./run-notes.ts'))};
      process.stdout.write(takeLookTurn().is);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
    });
    assert.notEqual(stdout, '', stderr);
    return stdout;
  };

  it('one process looks at a time; one that hangs has the turn until it is gone', () => {
    const turn = takeLookTurn();
    assert.deepEqual([turn.is, takeLookTurn().is, other()], ['mine', 'taken', 'taken']);
    turn.end();
    assert.equal(other(), 'mine');
    const hanging = takeLookTurn();
    hanging.hangs();
    hanging.end();
    assert.equal(other(), 'hanging');
  });
});
