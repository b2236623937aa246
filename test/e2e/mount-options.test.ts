// What `storage` prints where a file system is mounted in another way than its line of fstab says, typed: on real ones behind loop
// devices, in use where the kernel changes it so, else mounted anew with what lies on it.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { describe } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const UUIDS = { xfs: '0a1b2c3d-0000-8000-8000-00000000000a', ext4: '0a1b2c3d-0000-8000-8000-00000000000b' };
const [TOP, BELOW] = ['/srv/top', '/srv/top/below'];

const PREPARE = `
export PATH=$PATH:/usr/sbin
mkdir -p ${TOP}
truncate -s 320M /var/tmp/xfs.img; mkfs.xfs -q -m uuid=${UUIDS.xfs} /var/tmp/xfs.img
truncate -s 20M /var/tmp/ext4.img; mkfs.ext4 -q -U ${UUIDS.ext4} /var/tmp/ext4.img
`;

/** fstab names the images: this machine has no links by UUID. */
const fstab = (xfs: string, ext4: string) => `
cat > /etc/fstab <<'END'
/var/tmp/xfs.img ${TOP} xfs loop,${xfs} 0 0
/var/tmp/ext4.img ${BELOW} ext4 loop,${ext4} 0 2
END
`;

const SAID = `
import { openLinuxHost } from '${REPOSITORY}/src/host/linux.ts';
import { mounted } from '${REPOSITORY}/src/resources/storage/mounted.ts';
const host = openLinuxHost({ root: '/', base: '${TOP}' });
const of = { place: null, service: null, needs: [] };
const wants = [
  { ...of, uuid: '${UUIDS.xfs}', type: 'xfs', mountPoint: '${TOP}', options: ['noatime'], below: ['${BELOW}'] },
  { ...of, uuid: '${UUIDS.ext4}', type: 'ext4', mountPoint: '${BELOW}', options: ['noatime'], below: [] },
];
const haves = mounted.observe(host, wants);
console.log(JSON.stringify(wants.map((want, i) => mounted.diff(want, haves[i]).warnings.map(({ fix }) => fix))));
`;

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', `export PATH=$PATH:/usr/sbin; ${script}`]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

function said(host: ThrowawayHost): readonly (readonly string[])[] {
  const result = host.run([process.execPath, '--input-type=module', '-e', SAID]);
  assert.equal(result.status, 0, describe(result));
  return JSON.parse(result.stdout);
}

function started(t: TestContext): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'loop device')) return null;
  const host = startHost({ freshAccounts: true, prepare: PREPARE });
  inside(host, 'mknod /dev/loop-control c 10 237; for i in $(seq 0 31); do mknod /dev/loop$i b 7 $i; done');
  inside(host, fstab('noatime', 'noatime'));
  inside(host, `mount ${TOP}; mkdir -p ${BELOW}; mount ${BELOW}`);
  return host;
}

it('the printed command makes it so', (t) => {
  using host = started(t);
  if (host === null) return;
  assert.deepEqual(said(host), [[], []]);
  // In use, by a shell that stands in it.
  inside(
    host,
    `mount -o remount,nodev,strictatime ${TOP}; mount -o remount,lazytime,nosuid,discard ${BELOW}`,
  );
  const inUse = said(host).flat();
  assert.deepEqual(inUse, [
    `sudo mount -o remount,noatime,dev ${TOP}`,
    `sudo mount -o remount,suid,nolazytime,nodiscard ${BELOW}`,
  ]);
  inside(host, `cd ${BELOW}; ${inUse.map((fix) => fix.replace('sudo ', '')).join('; ')}`);
  assert.deepEqual(said(host), [[], []]);
  // Written, and not mounted anew since.
  inside(host, fstab('noatime,logbsize=256k', 'noatime,commit=30'));
  const anew = said(host).flat();
  assert.deepEqual(anew, [
    `sudo sh -c 'umount ${BELOW} && umount ${TOP} && mount ${TOP} && mount ${BELOW}'`,
    `sudo mount -o remount,commit=30 ${BELOW}`,
  ]);
  inside(host, anew[0]?.replace('sudo ', '') ?? '');
  assert.deepEqual(said(host), [[], []]);
});
