// Holds the hosts that tests break to this: nothing that a use of the program left on the machine is on them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { jtsHot, LAUNCHER_NOTES, runJtsHot } from './product.ts';
import { REPOSITORY, startHost } from './throwaway-host.ts';

/** Starts a host on the machine that it runs on, and prints which of its arguments are there. */
const LOOK = `
  import { startHost } from '${REPOSITORY}/test/e2e/throwaway-host.ts';
  using host = startHost({ freshAccounts: true });
  const script = 'for path; do if [ -e "$path" ] || [ -L "$path" ]; then echo "$path"; fi; done; getent passwd kafka; true';
  process.stdout.write(host.run(['sh', '-c', script, 'sh', ...process.argv.slice(1)]).stdout);`;

it('a host on a machine where the README was followed is as on a new one', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
  const programs = ['cron', 'logrotate'].map(
    (name) => `[ -e /usr/sbin/${name} ] || ln -s /bin/true /usr/sbin/${name}`,
  );
  using machine = startHost({ freshAccounts: true, prepare: programs.join('\n') });
  // As the README and docs/schedule.md say, with what a person adds.
  for (const words of [['setup'], ['schedule', '--cron', '--install']]) runJtsHot(machine, words);
  const own = `mkdir -p /etc/jts; echo 'version: 1' > /etc/jts/hot-storage.yaml; touch /var/log/jts-storage-monitor.log
    ln -s ${REPOSITORY}/bin/jts-hot /usr/local/bin/jts-hot
    ln -s ${REPOSITORY}/scripts/jts-storage-monitor.sh /usr/local/bin/jts-storage`;
  assert.equal(machine.run(['sh', '-ec', own]).status, 0);

  const left = machine
    .changes()
    .filter((change) => change.startsWith('created ') && !LAUNCHER_NOTES.test(change))
    .map((change) => change.slice('created '.length))
    // What shadow-utils keep beside their files says nothing to anybody.
    .filter((path) => !/^\/etc\/[\w.]+[-k]$/.test(path));
  for (const path of ['/data/jts/hot/kafka', '/var/lib/jts-hot', '/etc/jts', '/etc/cron.d/jts-hot'])
    assert.ok(left.includes(path), `${path} is not among ${left.join(' ')}`);

  const argv = [process.execPath, '--input-type=module', '-e', LOOK, '--', ...left];
  const { status, stdout, stderr } = machine.run(argv);
  assert.deepEqual({ status, there: stdout }, { status: 0, there: '' }, stderr);
  // The machine has it all, so that there was something to leave out.
  assert.match(machine.run(jtsHot('setup')).stdout, /^Nothing to do: /m);
});
