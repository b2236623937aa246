// That a disk may be formatted once its image is made, and only as long as it is as in the image.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { nvmeDisk } from '../../test/memory-host/block-devices.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { type DiskWant, disk } from '../resources/storage/disk.ts';
import { deviceBackupCommand } from './backup.ts';
import { renderBackup } from './backup-text.ts';

const SERIAL = 'S5GXNX0T1234';

it('makes the image that --backup asks for, of what is on the disk now', async () => {
  const device = nvmeDisk({ name: 'nvme0n1', serial: SERIAL });
  const host = createHost({ devices: [device] });
  const signed = (type: string) => ({
    signatures: [{ type, offset: 0, uuid: null, label: null }],
    edges: null,
  });
  host.prepareDisk.put('nvme0n1', signed('ext4'));
  const want: DiskWant = {
    disk: { serial: SERIAL, namespace: 1, wwid: null },
    allowFormat: SERIAL,
    confirmed: SERIAL,
    backup: { file: '/disk.img', ofEnds: null },
    noBackup: null,
    services: [],
    setUpBy: null,
    begunBy: null,
    command: 'storage --apply',
  };
  const codes = () => {
    const [have] = disk.observe(host, [want]);
    assert.ok(have !== undefined);
    const { refusals, steps } = disk.diff(want, have, NO_CONSENT);
    return refusals.length > 0 ? refusals.map(({ code, fix }) => [code, fix]) : steps.length;
  };
  assert.deepEqual(codes(), [['E_BACKUP_NOT_MADE', `sudo jts-hot device backup ${SERIAL} --to /disk.img`]]);
  const context = contextOf(host, smallLayout('kafka'));
  const { exitCode, result } = await deviceBackupCommand(context, SERIAL, '/disk.img');
  assert.ok(exitCode === 0 && result !== null);
  assert.match(renderBackup(result), /--backup \/disk\.img$/);
  assert.equal(codes(), 2);
  // Never over a file.
  await assert.rejects(deviceBackupCommand(context, SERIAL, '/disk.img'), { exitCode: 3 });
  // Somebody wrote to it since.
  host.prepareDisk.put('nvme0n1', signed('xfs'));
  assert.deepEqual(codes(), [['E_BACKUP_OLD', null]]);
  // A signal ends it, and nothing is left.
  const stopped = await deviceBackupCommand({ ...context, stopRequested: () => true }, SERIAL, '/other.img');
  assert.deepEqual([stopped.exitCode, host.entry('/other.img').type], [1, 'missing']);
  // Not of a disk in use.
  const mounts = [{ device: 'nvme0n1', mountPoint: '/srv', isElsewhere: false }];
  host.prepareDisk.put('nvme0n1', { ...signed('xfs'), mounts, isHeld: true });
  await assert.rejects(deviceBackupCommand(context, SERIAL, '/other.img'), { exitCode: 3 });
});
