// What validate says of the history: nothing where there is none, whose it is, and whether it can be read.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { requires } from '../../test/requirement.ts';
import type { History, HistoryAccess } from '../history/history.ts';
import { createPatience } from '../history/store/database.ts';
import { openHistoryFile } from '../history/store/file.ts';
import { createPaint } from '../messages/paint.ts';
import { setupCommand } from '../setup/setup.ts';
import { checkHistory } from './history.ts';
import { validateCommand } from './validate.ts';
import { renderValidate } from './validate-text.ts';

const LAYOUT = smallLayout('kafka');
const STATE = '/var/lib/jts-hot';
const FILE = `${STATE}/history/history.db`;

function recorded(): MemoryHost {
  const host = createHost();
  host.prepare.directory(`${STATE}/history`, { mode: '0700' });
  host.prepare.file(FILE, { mode: '0600' });
  host.prepare.file(`${STATE}/history/lock`, { mode: '0600' });
  host.prepare.directory(`${STATE}/published`, { mode: '0750', gid: 50 });
  host.prepare.file(`${STATE}/published/history.db`, { mode: '0640', gid: 50 });
  return host;
}

const never = (): never => assert.fail('it was opened');

describe('whose it is', () => {
  it('where none was begun nothing is said, and none is opened', () => {
    assert.deepEqual(checkHistory(contextOf(createHost(), LAYOUT, { history: never })), []);
  });

  it('as record leaves it, with a copy for a group, it holds', () => {
    const [check] = checkHistory(contextOf(recorded(), LAYOUT));
    assert.deepEqual([check?.id, check?.status], ['history', 'pass']);
  });

  it('is named in the row of the host', async () => {
    const host = recorded();
    await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
    const { result } = await validateCommand(contextOf(host, LAYOUT));
    assert.ok(result !== null);
    assert.match(renderValidate(result, createPaint(false), false), / host .* {2}history, disk, space$/m);
  });

  const rows: readonly (readonly [string, (host: MemoryHost) => void, string])[] = [
    ['a mode of the file', (host) => host.prepare.chmod(FILE, '0644'), `sudo chmod 0600 ${FILE}`],
    ['an owner of the file', (host) => host.prepare.chown(FILE, 900, 0), `sudo chown -h root:root ${FILE}`],
    ['a group of the file', (host) => host.prepare.chown(FILE, 0, 900), `sudo chown -h root:root ${FILE}`],
    [
      'a mode of the directory',
      (host) => host.prepare.chmod(`${STATE}/history`, '0755'),
      `sudo chmod 0700 ${STATE}/history`,
    ],
    [
      'both of the directory: the directory first',
      (host) => {
        host.prepare.chmod(FILE, '0666');
        host.prepare.chown(`${STATE}/history`, 900, 900);
        host.prepare.chmod(`${STATE}/history`, '0777');
      },
      `sudo sh -c 'chown -h root:root ${STATE}/history && chmod 0700 ${STATE}/history && chmod 0600 ${FILE}'`,
    ],
    [
      'a copy that everybody may read',
      (host) => host.prepare.chmod(`${STATE}/published/history.db`, '0644'),
      `sudo chmod 0600 ${STATE}/published/history.db`,
    ],
    [
      'a copy that its group may write',
      (host) => host.prepare.chmod(`${STATE}/published`, '0770'),
      `sudo chmod 0700 ${STATE}/published`,
    ],
  ];
  for (const [name, damage, fix] of rows)
    it(`${name}: told before it is opened, with the command that mends it`, () => {
      const host = recorded();
      damage(host);
      const [check, ...more] = checkHistory(contextOf(host, LAYOUT, { history: never }));
      assert.deepEqual(
        [check?.id, check?.severity, check?.status, check?.fix, more],
        ['history', 'error', 'fail', fix, []],
      );
    });
});

/** A history in a file; null: the test was skipped. */
function inFile(t: TestContext): {
  readonly open: (access: HistoryAccess) => History | null;
  readonly file: string;
} | null {
  if (!requires(t, 'root')) return null;
  const root = mkdtempSync('/dev/shm/history-check-');
  chmodSync(root, 0o755);
  t.after(() => rmSync(root, { recursive: true }));
  const place = {
    root,
    base: LAYOUT.base,
    machine: '0123456789abcdef0123456789abcdef',
    gidOf: () => undefined,
    now: () => Date.UTC(2026, 0, 1),
    patience: createPatience(200),
  };
  const open = (access: HistoryAccess) => openHistoryFile(place, access);
  open({ mode: 'write', group: null })?.close();
  return { open, file: join(root, FILE) };
}

describe('whether it can be read', () => {
  it('holds for one that was just begun', (t) => {
    const made = inFile(t);
    if (made === null) return;
    const [check] = checkHistory(contextOf(recorded(), LAYOUT, { history: made.open }));
    assert.equal(check?.status, 'pass');
  });

  it('a damaged one: the command that begins another one, and keeps it', (t) => {
    const made = inFile(t);
    if (made === null) return;
    writeFileSync(made.file, 'nothing\n');
    const [check] = checkHistory(contextOf(recorded(), LAYOUT, { history: made.open }));
    assert.deepEqual(
      [check?.status, check?.severity, check?.fix, check?.hint],
      ['fail', 'error', 'sudo jts-hot record', 'it sets the file aside and begins a new one'],
    );
    assert.match(check?.found ?? '', /^file is not a database/);
    made.open({ mode: 'write', group: null })?.close();
    const [after] = checkHistory(contextOf(recorded(), LAYOUT, { history: made.open }));
    assert.equal(after?.status, 'pass');
  });
});
