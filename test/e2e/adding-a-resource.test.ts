// docs/adding-a-resource.md, followed in a copy of the checkout and run: the kind that it adds does all that kinds do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { type Copy, copyOfSources, follow, touchedBy, typeErrors } from './followed-document.ts';
import { startHost } from './throwaway-host.ts';

const NAME = 'docs/adding-a-resource.md';
const BASE = '/data/jts/hot';
const COPY = '/opt/jts-hot-copy';
const SETTING = '/proc/sys/vm/max_map_count';
const SCRIPT = 'test/e2e/documented-kind.ts';

describe(NAME, () => {
  let copy: Copy;
  before(() => {
    copy = copyOfSources(['test/memory-host', 'test/cases', 'test/write-schemas.ts', SCRIPT]);
    follow(NAME, copy.path);
  });
  after(() => copy[Symbol.dispose]());

  function run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: copy.path,
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  }

  it('takes at most six files, without tests', () => {
    const files = touchedBy(NAME).filter((path) => !path.startsWith('test/'));
    assert.ok(files.length >= 4 && files.length <= 6, files.join(', '));
  });

  it('leaves nothing for the compiler to name', () => {
    assert.deepEqual([...typeErrors(copy.path).values()], []);
  });

  it('survives plan, setup, validate, repair, rollback, a saved plan and a crash at each moment', (t) => {
    t.diagnostic(run(SCRIPT).trim());
  });

  it('does so on a real host, too', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
    using host = startHost({ freshAccounts: true, mounted: ['/var'], disks: [{ at: BASE, size: '4t' }] });
    cpSync(copy.path, host.path(COPY), { recursive: true, verbatimSymlinks: true });
    // A file in place of the kernel's own: what is set there is set for all of this machine.
    const replaced = host.run([
      'sh',
      '-euc',
      `mount -t tmpfs tmpfs ${dirname(SETTING)}; echo 65530 > ${SETTING}`,
    ]);
    assert.equal(replaced.status, 0, replaced.stderr);
    const set = (to: string) => host.run(['sh', '-c', `echo ${to} > ${SETTING}`]);
    const value = () => host.run(['cat', SETTING]).stdout.trim();
    const type = (expected: number, ...words: readonly string[]) => {
      const { status, stdout, stderr } = host.run([process.execPath, `${COPY}/src/main.ts`, ...words]);
      assert.equal(status, expected, `${words.join(' ')}\n${stdout}${stderr}`);
      return stdout;
    };
    assert.match(type(0, 'plan'), /~ {2}setting +vm\.max_map_count +65530 -> 1048576/);
    type(0, 'setup');
    assert.equal(value(), '1048576');
    type(0, 'validate', '-q');
    set('70000');
    assert.match(type(1, 'validate'), /kernel\.vm\.max_map_count/);
    type(0, 'repair');
    assert.equal(value(), '1048576');
    type(0, 'rollback');
    assert.equal(value(), '70000');
    set('1048576');
    type(0, 'rollback');
    assert.equal(value(), '65530');
  });

  it('is in the published schemas once they are written', () => {
    run('test/write-schemas.ts');
    assert.match(copy.read('schema/plan.schema.json'), /"setKernelSetting"/);
  });
});
