// How disks are asked by nvme(1), and each way in which it has no answer: a program of the test stands in its place. What real ones
// print is read in src/health.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { it } from 'node:test';
import { inOwnNamespace, putProgram } from '../../test/own-namespace.ts';
import { askDiskHealth } from './disk-health.ts';

/** No machine has so many. */
const DISK = 'nvme99n1';

inOwnNamespace(import.meta.filename, [], () => {
  const log = async (script: string, timeoutMs = 60_000) => {
    putProgram('nvme', script);
    const [said] = await askDiskHealth([DISK], timeoutMs);
    return said?.log;
  };

  it('asks NVMe disks alone, each by its own name, and hands on what is printed', async () => {
    putProgram('nvme', 'echo "$*" >>/run/asked; echo "{}"');
    const said = await askDiskHealth(['sda', DISK, 'nvme98n1', 'loop0'], 60_000);
    assert.deepEqual(
      said.map((one) => ({ ...one })),
      [DISK, 'nvme98n1'].map((name) => ({ name, controller: null, readOnly: false, log: { text: '{}\n' } })),
    );
    assert.deepEqual(readFileSync('/run/asked', 'utf8').trimEnd().split('\n').toSorted(), [
      'smart-log --output-format=json /dev/nvme98n1',
      `smart-log --output-format=json /dev/${DISK}`,
    ]);
  });

  it('a failure is told by what was said of it, or by how it ended', async () => {
    const failed = (why: string) => ({ none: 'failed', why });
    assert.deepEqual(await log('echo "No such device" >&2; echo more >&2; exit 2'), failed('No such device'));
    assert.deepEqual(await log('exit 2'), failed('nvme ended with 2'));
    assert.deepEqual(await log('kill -9 $$'), failed('nvme was ended by SIGKILL'));
  });

  it('no answer in time is no answer', async () => {
    assert.deepEqual(await log('exec sleep 60', 200), {
      none: 'no answer',
      why: 'nvme had no answer in time',
    });
  });

  it('a machine without nvme is told so', async (t) => {
    rmSync('/usr/local/sbin/nvme', { force: true });
    const { log: said } = (await askDiskHealth([DISK], 60_000))[0] ?? assert.fail();
    if ('text' in said || said.none !== 'no program')
      return t.diagnostic(`nvme is installed: ${JSON.stringify(said)}`);
    assert.equal(said.why, 'nvme is not installed');
  });
});
