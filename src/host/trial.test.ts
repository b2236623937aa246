// Real programs that judge copies of files: what they see, which user they run as, how long, and that nothing is left of it.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { requires } from '../../test/requirement.ts';
import type { Trial } from '../port/host.ts';
import { tryOut } from './trial.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };

const trial = (script: string, more: Partial<Trial> = {}): Trial => ({
  files: () => ({ 'main.conf': 'main\n', 'conf.d/ours.conf': 'ours\n' }),
  argv: (directory) => ['sh', '-c', script, directory],
  identity: NOBODY,
  timeoutMs: 60_000,
  until: null,
  ...more,
});
const left = () => globSync(`/run/jts-hot-trial-${process.pid}-*`);

describe('a trial of files', () => {
  it('shows the copies to the service’s user, who owns them, and to nobody else', async (t) => {
    if (!requires(t, 'root')) return;
    const script =
      'pwd; id -u; id -G; cat main.conf conf.d/ours.conf; find . -printf "%P %u %m\\n" | sort; env | sort';
    const { status, output } = await tryOut(trial(script));
    assert.equal(status, 0, output);
    const [where, ...lines] = output.trimEnd().split('\n');
    assert.match(where ?? '', new RegExp(`^/run/jts-hot-trial-${process.pid}-`));
    assert.deepEqual(lines.slice(0, 8), [
      '65534',
      '65534',
      'main',
      'ours',
      ' nobody 700',
      'conf.d nobody 700',
      'conf.d/ours.conf nobody 600',
      'main.conf nobody 600',
    ]);
    const names = lines.slice(8).map((line) => line.replace(/=.*/, ''));
    assert.deepEqual(
      names.filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL', 'NODE_V8_COVERAGE'].includes(name)),
      ['LC_ALL', 'PATH'],
    );
    assert.deepEqual(left(), []);
  });

  it('is told by how it ends, with the end of what it said on both ways', async (t) => {
    if (!requires(t, 'root')) return;
    assert.deepEqual(await tryOut(trial('echo bad >&2; exit 3')), { status: 3, output: 'bad\n' });
    const { output } = await tryOut(trial('yes | head -c 100000; echo the end'));
    assert.ok(output.length <= 8000 && output.endsWith('the end\n'));
    assert.deepEqual(left(), []);
  });

  it('is content once it has said what is waited for, and does not run on', async (t) => {
    if (!requires(t, 'root')) return;
    const said = await tryOut(trial('echo now ready; exec sleep 1000', { until: 'ready' }));
    assert.deepEqual(said, { status: 0, output: 'now ready\n' });
  });

  it('that does not end is ended: that is no success', async (t) => {
    if (!requires(t, 'root')) return;
    const said = await tryOut(trial('echo busy; exec sleep 1000', { timeoutMs: 300, until: 'ready' }));
    assert.deepEqual(said, { status: null, output: 'busy\n' });
    assert.deepEqual(left(), []);
  });

  it('as root it runs as root; a program that is not there is a failure', async (t) => {
    if (!requires(t, 'root')) return;
    const identity = { uid: 0, gid: 0 };
    assert.equal((await tryOut(trial('id -u', { identity }))).output, '0\n');
    const { status, output } = await tryOut(trial('', { argv: () => ['/no/such/program'] }));
    assert.ok(status !== 0 && output.includes('/no/such/program'), output);
  });

  it('whose copies cannot be made leaves nothing', async (t) => {
    if (!requires(t, 'root')) return;
    const broken = trial('true', {
      files: () => {
        throw new Error('cannot read it');
      },
    });
    await assert.rejects(tryOut(broken), /cannot read it/);
    assert.deepEqual(left(), []);
  });
});
