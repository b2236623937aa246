// Which files are trusted with a secret, and that nothing of what is in them is ever in a complaint.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { requires } from '../../../test/requirement.ts';
import { readSecretFile } from './secret-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'secret-'));
after(() => rmSync(directory, { recursive: true }));

const SECRET = 'xoxb-4711-hunter2';
let files = 0;

function file(text: string, mode = 0o600): string {
  const path = join(directory, `secret-${++files}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function complaint(path: string): string {
  const read = readSecretFile(path, [0]);
  assert.ok('complaint' in read, `${path} was read`);
  assert.doesNotMatch(read.complaint, /hunter2|xoxb/);
  return read.complaint;
}

describe('readSecretFile', () => {
  it('takes one word, without what an editor puts behind it', (t) => {
    if (!requires(t, 'root')) return;
    assert.deepEqual(readSecretFile(file(`${SECRET}\n`), [0]), { secret: SECRET });
    assert.deepEqual(readSecretFile(file(`\t${SECRET} \r\n\n`, 0o640), [0]), { secret: SECRET });
    const link = join(directory, 'link');
    symlinkSync(file(SECRET, 0o400), link);
    assert.deepEqual(readSecretFile(link, [0]), { secret: SECRET });
  });

  it('not what others can read or change', (t) => {
    if (!requires(t, 'root')) return;
    for (const mode of [0o644, 0o604, 0o602, 0o601, 0o660, 0o620])
      assert.equal(
        complaint(file(SECRET, mode)),
        `want root's, mode 0600 or 0640; found uid 0, mode 0${mode.toString(8)}`,
      );
    const foreign = file(SECRET);
    chownSync(foreign, 12345, 0);
    assert.equal(complaint(foreign), "want root's, mode 0600 or 0640; found uid 12345, mode 0600");
    assert.deepEqual(readSecretFile(foreign, [0, 12345]), { secret: SECRET }, 'of who called');
  });

  it('not what others can put another in the place of', (t) => {
    if (!requires(t, 'root')) return;
    const folder = join(directory, 'open');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const path = join(folder, 'token');
    writeFileSync(path, SECRET, { mode: 0o600 });
    assert.match(complaint(path), new RegExp(`others than root can change it; .* chmod go-w ${folder}$`));
  });

  it('not what is no secret', (t) => {
    if (!requires(t, 'root')) return;
    assert.equal(complaint(file('\n \n')), 'want a secret in it, found nothing');
    assert.equal(
      complaint(file(`${SECRET}\r\nX-Other: 1\n`)),
      'want one word of ASCII, found something else',
    );
    assert.equal(complaint(file(`${SECRET} hunter3`)), 'want one word of ASCII, found something else');
    assert.equal(complaint(file(`${SECRET}ü`)), 'want one word of ASCII, found something else');
    assert.equal(complaint(file(SECRET.repeat(1000))), 'want at most 4096 bytes, found 17000');
  });

  it('not what is no file', (t) => {
    if (!requires(t, 'root')) return;
    assert.equal(complaint(directory), 'want a plain file, found something else');
    assert.equal(complaint(join(directory, 'missing')), 'cannot open it: no such file or directory (ENOENT)');
    const pipe = join(directory, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    assert.equal(complaint(pipe), 'want a plain file, found something else');
  });
});
