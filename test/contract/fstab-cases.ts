// What the Linux host alone does before it replaces /etc/fstab: findmnt judges the new one, and its new lines are mounted once.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { FSTAB } from '../../src/disk/wanted.ts';
import type { Host } from '../../src/port/host.ts';
import { fails, type OnHost, ROOT } from './cases.ts';

const UUID = 'c0ffee00-0000-8000-8000-000000000003';

export function fstabCases(on: OnHost): void {
  const written = (host: Host, text: string) => {
    const entry = host.entry(FSTAB);
    const before = entry.type === 'file' ? host.text(FSTAB) : null;
    const mode = entry.type === 'file' ? entry.mode : '0644';
    const state = (of: string) => ({ ...host.hold(of), mode, owner: ROOT });
    const from = before === null ? null : state(before);
    return { type: 'writeFile', path: FSTAB, from, to: state(text) } as const;
  };

  describe('linux: fstab', () => {
    on('takes a line that is mounted in a trial, and none that is not', ({ host, prepare }, base) => {
      const before = host.entry(FSTAB).type === 'file' ? (host.text(FSTAB) ?? '') : '';
      prepare.fileSystem(UUID, 'ext4');
      prepare.directory(`${base}/m`);
      const line = (options: string, uuid = UUID) => `${before}UUID=${uuid} ${base}/m ext4 ${options} 0 2\n`;
      const mounts = host.mountedAt(`${base}/m`).mountPoint;
      fails(host, written(host, line('noatime,nofail,nosuchoption')), 'E_COMMAND');
      fails(host, written(host, line('noatime,nofail', UUID.replace(/3$/, '4'))), 'E_FSTAB_VERIFY');
      fails(host, written(host, `${before}one\n`), 'E_FSTAB_VERIFY');
      const right = written(host, line('noatime,nofail,x-systemd.device-timeout=30s'));
      host.perform(right);
      assert.ok(host.text(FSTAB)?.includes(UUID));
      assert.equal(host.mountedAt(`${base}/m`).mountPoint, mounts, 'the trial is seen by nobody');
      // Taken out again it is judged, too.
      host.perform(written(host, before));
      assert.equal(host.text(FSTAB), before);
    });
  });
}
