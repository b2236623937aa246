// Types the two commands at the top of README.md, as they stand there, in a fresh clone of what is committed, in a clean
// environment. The first installs the libraries; the second must do with them. Must not set up this machine.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { describe } from './product.ts';
import { REPOSITORY, type RunResult, startHost } from './throwaway-host.ts';

const CLONE = '/srv/jts-hot';
const HOME = '/srv/home';

it('README.md: its first two commands work in a fresh clone', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
  using host = startHost({
    freshAccounts: true,
    // A sudo that asks nothing, and a clone of a checkout that may belong to another user.
    prepare: `
      printf '#!/bin/sh\\nexec "$@"\\n' > /usr/local/bin/sudo
      chmod 755 /usr/local/bin/sudo
      mkdir ${HOME}
      printf '[safe]\n\tdirectory = *\n' > /srv/gitconfig
      GIT_CONFIG_GLOBAL=/srv/gitconfig git clone --quiet --no-hardlinks '${REPOSITORY}' ${CLONE}`,
  });
  const type = (command: string): RunResult => {
    const clean = ['env', '-i', `HOME=${HOME}`, 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'];
    const result = host.run([...clean, 'sh', '-c', command], { cwd: CLONE });
    assert.equal(result.status, 0, `${command}: ${describe(result)}`);
    return result;
  };

  const readme = type('cat README.md').stdout;
  const [setUp = '', test = ''] = [...readme.matchAll(/^```sh\n(.*)\n```$/gm)].map(([, command]) => command);
  assert.match(setUp, /^sudo /);
  assert.match(type(setUp).stdout, /^Verified: /m);
  assert.match(host.run(['id', 'kafka']).stdout, /kafka/);

  const installed = () => type('stat -c %y node_modules/.package-lock.json').stdout;
  const before = installed();
  assert.equal(test, 'npm test');
  // All the tests would have this one among them.
  const { stdout } = type(`${test} -- src/values/size.test.ts`);
  assert.match(stdout, /^ℹ tests [1-9]/m);
  assert.match(stdout, /^ℹ fail 0$/m);
  assert.equal(installed(), before, 'installed once');
  assert.equal(type('git status --porcelain').stdout, '', 'nothing that git would see is made');
});
