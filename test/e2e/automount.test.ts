// A base on a real automount of systemd: its disk is mounted by the first look below it, so nothing is compared before that,
// and nothing is built on what lies below.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { bootHost } from './booted-host.ts';
import { jtsHot } from './product.ts';
import { REPOSITORY } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const UNITS = '/etc/systemd/system';
/** The disk: a file system of its own, which keeps what is on it while it is not mounted at the base. */
const PREPARE = `mkdir -p ${BASE} /store
printf '[Mount]\\nWhat=tmpfs\\nWhere=/store\\nType=tmpfs\\nOptions=mode=0755\\n' > ${UNITS}/store.mount
printf '[Unit]\\nRequires=store.mount\\nAfter=store.mount\\n[Mount]\\nWhat=/store\\nWhere=${BASE}\\nType=none\\nOptions=bind\\n' > ${UNITS}/data-jts-hot.mount
printf '[Automount]\\nWhere=${BASE}\\n' > ${UNITS}/data-jts-hot.automount
`;

it('an automount is triggered before the disk is compared, by every command, and needs no hand', (t) => {
  if (!requires(t, 'root', 'systemd-nspawn', 'useradd', '/dev/autofs')) return;
  using host = bootHost({
    prepare: PREPARE,
    binds: { '/dev/autofs': '/dev/autofs', [REPOSITORY]: REPOSITORY },
  });
  const run = (argv: readonly string[], expected: number) => {
    const { status, stdout, stderr } = host.run(argv);
    assert.equal(status, expected, `${argv.join(' ')}: ${stdout}${stderr}`);
    return stdout + stderr;
  };
  const types = () =>
    run(['findmnt', '--noheadings', '--output', 'FSTYPE', '--mountpoint', BASE], 0).trim().split('\n');
  run(['systemctl', 'start', 'data-jts-hot.automount'], 0);
  assert.deepEqual(types(), ['autofs']);
  run(jtsHot('setup'), 0);
  assert.deepEqual(types(), ['autofs', 'tmpfs']);
  for (const command of ['validate -q', 'monitor -s', 'plan', 'look']) {
    run(['systemctl', 'stop', 'data-jts-hot.mount'], 0);
    assert.deepEqual(types(), ['autofs'], command);
    run(jtsHot(...command.split(' ')), 0);
    assert.deepEqual(types(), ['autofs', 'tmpfs'], command);
  }
  // Without it the disk is not mounted, which the unit says: nothing is built below.
  run(['systemctl', 'stop', 'data-jts-hot.automount', 'data-jts-hot.mount'], 0);
  const refused = run(jtsHot('setup'), 3);
  assert.match(refused, /\[E_NOT_MOUNTED\]/);
  assert.equal(run(['ls', BASE], 0), '');
  const [fix = ''] = /systemctl start data-jts-hot\.(auto)?mount/.exec(refused) ?? assert.fail(refused);
  run(fix.split(' '), 0);
  run(jtsHot('validate', '-q'), 0);
});
