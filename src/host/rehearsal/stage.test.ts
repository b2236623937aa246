// What is said where a stage could not be built, and that no other place is taken for one.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isNameless } from './nameless-disk.ts';
import { asRehearsed, onStage } from './rehearsed-disk.ts';
import { stageArgv, whyNot } from './stage.ts';

it('the step that failed is told, with what was said of it', () => {
  assert.deepEqual(
    whyNot('step: a file system in memory\nstep: an overlay of the root directory\nmount: no\n'),
    {
      at: 'an overlay of the root directory',
      said: 'mount: no',
    },
  );
  assert.deepEqual(whyNot('unshare: unshare failed: Operation not permitted\n'), {
    at: 'namespaces of its own',
    said: 'unshare: unshare failed: Operation not permitted',
  });
  assert.deepEqual(whyNot(''), { at: 'namespaces of its own', said: 'nothing was said' });
});

it('dies with the process that starts it', () => {
  const argv = stageArgv({ argv: ['true'] });
  assert.deepEqual(argv.slice(0, 3), ['setpriv', '--pdeathsig', 'KILL']);
  assert.ok(argv.includes('--kill-child') && argv.at(-1) === 'true');
});

it('is believed where the root directory is one, whatever a variable says', () => {
  const told = JSON.stringify({ disk: { name: 'loop0', number: '7:0' }, group: 'g' });
  assert.equal(onStage(undefined), null);
  assert.equal(onStage(told), null);
  const device = { name: 'loop0', number: '7:0', kind: 'loop', serial: null };
  assert.equal(asRehearsed(device as Parameters<typeof asRehearsed>[0]), device);
});

it('only a file without a name is one of a rehearsal', () => {
  assert.ok(isNameless('/var/tmp/#1234 (deleted)'));
  for (const other of ['/var/tmp/disk (deleted)', '/var/tmp/#1234', '/var/tmp/#12x (deleted)', ''])
    assert.equal(isNameless(other), false, other);
});
