// Every state that a wanted or unwanted file can be found in, held against the step with its undo, or the refusal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { fileState } from '../../test/file-state.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import type { Consent, Difference } from '../engine/resource.ts';
import type { Operation } from '../port/operation.ts';
import { asidePath } from '../port/operations/aside.ts';
import type { FileState } from '../port/operations/words.ts';
import { MAX_FILE_BYTES } from '../values/content.ts';
import { type FileHave, type FileWant, file, standingOf } from './file.ts';

const PATH = '/etc/cron.d/jts-hot';
const ROOT = { user: 'root', group: 'root' };
const isOurs = (text: string) => text.startsWith('ours');
const WANT: FileWant = { path: PATH, text: 'ours, new\n', unit: null, purpose: 'test', isOurs };
const AWAY: FileWant = { ...WANT, text: null };
const NEW = fileState({ text: 'ours, new\n', mode: '0644', owner: ROOT });
const ASKED = NO_CONSENT;
const AGREED: Consent = { ...NO_CONSENT, flags: new Set(['--replace'] as const) };

type Prepare = (prepare: MemoryHost['prepare']) => void;

function host(prepare: Prepare = () => {}): MemoryHost {
  const made = createHost();
  made.prepare.directory('/etc/cron.d');
  prepare(made.prepare);
  return made;
}

function observe(made: MemoryHost, want: FileWant): FileHave {
  return file.observe(made, [want])[0] as FileHave;
}

function diff(want: FileWant, prepare: Prepare, consent = ASKED): Difference {
  return file.diff(want, observe(host(prepare), want), consent);
}

function operations({ steps }: Difference): readonly (readonly [Operation, Operation | null])[] {
  return steps.map((step) => [step.do, step.undo]);
}

const containing =
  (text: string, more: Parameters<MemoryHost['prepare']['file']>[1] = {}): Prepare =>
  (prepare) =>
    prepare.file(PATH, { text, ...more });
const state = (text: string, mode = '0644', uid = 0): FileState =>
  fileState({ text, mode, owner: { user: uid, group: 0 } });
const write = (from: FileState | null, to: FileState): Operation => ({
  type: 'writeFile',
  path: PATH,
  from,
  to,
});
const remove = (from: FileState): Operation => ({ type: 'removeFile', path: PATH, from });

describe('a wanted file', () => {
  it('missing: written; the undo removes it', () => {
    const found = diff(WANT, () => {});
    assert.deepEqual(found.steps, [
      {
        address: `file ${PATH}`,
        action: '+',
        summary: `${PATH}  root:root 0644, 1 line`,
        reason: 'test: the file is missing',
        do: write(null, NEW),
        undo: remove(NEW),
        needs: ['directory /etc/cron.d'],
      },
    ]);
  });

  it('as wanted: nothing', () => {
    assert.deepEqual(diff(WANT, containing('ours, new\n')), { steps: [], refusals: [], warnings: [] });
  });

  it('ours, of an earlier run: replaced; the undo restores it with mode and owner', () => {
    const earlier = state('ours, old\n', '0600', 7);
    const found = diff(WANT, containing('ours, old\n', { mode: '0600', uid: 7 }));
    const changes = ['- ********', '+ ours, new'];
    assert.deepEqual(operations(found), [[{ ...write(earlier, NEW), changes }, write(NEW, earlier)]]);
  });

  it('ours, but for its mode: put right', () => {
    const closed = state('ours, new\n', '0600');
    assert.deepEqual(operations(diff(WANT, containing('ours, new\n', { mode: '0600' }))), [
      [write(closed, NEW), write(NEW, closed)],
    ]);
  });

  it("somebody else's: refused with what is different; replaced where that was agreed to", () => {
    const theirs = containing('MAILTO=ops\ntheirs\n', { mode: '0640' });
    const { refusals, steps } = diff(WANT, theirs);
    assert.deepEqual(steps, []);
    assert.deepEqual(refusals, [
      {
        code: 'E_FOREIGN_FILE',
        summary: 'refusing to touch a file that somebody else wrote or changed',
        detail: [
          'want no file there, or one of ours',
          'found: root:root 0640, 2 lines',
          'line 1: "MAILTO=********"',
        ],
        at: `file ${PATH}`,
        fix: null,
        hint: `look at it (cat ${PATH}); if it is not needed, run the same command with --replace; rollback gives it back`,
      },
    ]);
    const before = state('MAILTO=ops\ntheirs\n', '0640');
    const changes = ['- MAILTO=********', '- ********', '+ ours, new'];
    assert.deepEqual(operations(diff(WANT, theirs, AGREED)), [
      [{ ...write(before, NEW), changes }, write(NEW, before)],
    ]);
  });

  it('too large to be kept for an undo: refused whatever was agreed to', () => {
    const large = containing('x'.repeat(MAX_FILE_BYTES + 1));
    for (const consent of [ASKED, AGREED])
      assert.equal(diff(WANT, large, consent).refusals[0]?.code, 'E_FOREIGN_FILE');
  });

  it('as large as a real configuration: its steps hold neither its text nor its secrets', () => {
    const line = '# requirepass foobared is only an example\n';
    const theirs = `${line.repeat(3000)}requirepass s3cr3t\nport 1\n`;
    const want: FileWant = { ...WANT, text: `${line.repeat(3000)}port 2\nours 1\n` };
    const { steps } = diff(want, containing(theirs), AGREED);
    const [replace] = steps.map((step) => step.do);
    assert.deepEqual(replace?.type === 'writeFile' && replace.changes, [
      '- requirepass ********',
      '- port 1',
      '+ port 2',
      '+ ours 1',
    ]);
    const written = JSON.stringify(steps);
    assert.ok(theirs.length > 100_000 && written.length < 2000, `${written.length}`);
    assert.ok(!written.includes('s3cr3t'));
  });

  const obstacles: readonly (readonly [string, Prepare])[] = [
    ['a link', (p) => p.link(PATH, '/dev/null')],
    ['a directory', (p) => p.directory(PATH)],
    ['a pipe', (p) => p.special(PATH)],
  ];
  for (const [what, prepare] of obstacles)
    it(`${what}: refused whatever was agreed to`, () => {
      for (const consent of [ASKED, AGREED])
        assert.equal(diff(WANT, prepare, consent).refusals[0]?.code, 'E_NOT_A_FILE');
    });

  it('behind a link: refused, and says which', () => {
    const made = createHost();
    made.prepare.directory('/etc');
    made.prepare.link('/etc/cron.d', '/srv');
    const { refusals } = file.diff(WANT, observe(made, WANT), AGREED);
    assert.equal(refusals[0]?.at, 'file /etc/cron.d');
  });

  it('as wanted, with what a killed run left beside it: cleared away, and nothing to undo', () => {
    const left: Prepare = (p) => {
      p.file(PATH, { text: 'ours, new\n' });
      p.file(asidePath(PATH), { text: 'ours, old\n' });
    };
    const found = diff(WANT, left);
    assert.deepEqual(operations(found), [[write(state('ours, old\n'), NEW), write(NEW, NEW)]]);
    const made = host(left);
    for (const step of found.steps) made.perform(step.do);
    assert.deepEqual(file.diff(WANT, observe(made, WANT), ASKED).steps, []);
  });

  it('of a unit that the service manager has an older version of: read anew', () => {
    const path = '/etc/systemd/system/a.timer';
    const want: FileWant = { ...WANT, path, unit: 'a.timer' };
    const made = createHost({ runsSystemd: true });
    made.prepare.file(path, { text: 'ours, old\n' });
    made.perform({ type: 'startUnit', unit: 'a.timer' });
    made.prepare.remove(path);
    made.prepare.file(path, { text: 'ours, new\n' });
    const { steps } = file.diff(want, observe(made, want), ASKED);
    assert.match(steps[0]?.reason ?? '', /has not read it yet/);
    for (const step of steps) made.perform(step.do);
    assert.deepEqual(file.diff(want, observe(made, want), ASKED).steps, []);
  });
});

describe('a file that is not wanted', () => {
  it('missing: nothing', () => {
    assert.deepEqual(diff(AWAY, () => {}).steps, []);
  });

  it('ours: removed; the undo restores it', () => {
    const ours = state('ours, old\n', '0640');
    assert.deepEqual(operations(diff(AWAY, containing('ours, old\n', { mode: '0640' }))), [
      [remove(ours), write(null, ours)],
    ]);
  });

  it("somebody else's: refused; removed where that was agreed to", () => {
    assert.equal(diff(AWAY, containing('theirs\n')).refusals[0]?.code, 'E_FOREIGN_FILE');
    assert.deepEqual(operations(diff(AWAY, containing('theirs\n'), AGREED)), [
      [remove(state('theirs\n')), write(null, state('theirs\n'))],
    ]);
  });

  it('gone, with what a killed run left beside it: cleared away, and nothing to undo', () => {
    const left: Prepare = (p) => p.file(asidePath(PATH), { text: 'ours, old\n' });
    const gone = remove(state('ours, old\n'));
    assert.deepEqual(operations(diff(AWAY, left)), [[gone, gone]]);
  });
});

describe('standing', () => {
  for (const [found, prepare] of [
    ['missing', () => {}],
    ['as wanted', containing('ours, new\n')],
    ['older', containing('ours, old\n')],
    ['foreign', containing('theirs\n')],
    ['foreign', (p) => p.link(PATH, '/')],
  ] as const satisfies readonly (readonly [string, Prepare])[])
    it(found, () => {
      assert.equal(standingOf(WANT, observe(host(prepare), WANT)), found);
    });

  it('hidden', () => {
    const made = host(containing('ours, new\n'));
    made.prepare.chmod('/etc/cron.d', '0700');
    assert.equal(standingOf(WANT, observe(made.as(1000) as MemoryHost, WANT)), 'hidden');
  });
});
