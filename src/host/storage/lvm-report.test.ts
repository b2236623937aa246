// What LVM's programs of Debian 12 (2.03.16) and 13 (2.03.31) said on a real kernel, in test/recorded/lvm, and what it comes to.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { VolumeGroups } from '../../port/volume-group.ts';
import { readReport, readSettings, rejectionIn } from './lvm-report.ts';

interface Recorded {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PLACE = new URL('../../../test/recorded/lvm/', import.meta.url);
const OURS = '0aBcDe-1111-2222-3333-4444-5555-fghij6';

for (const release of ['debian-12', 'debian-13']) {
  const recorded = (name: string): Recorded =>
    JSON.parse(readFileSync(new URL(`${release}/${name}.json`, PLACE), 'utf8'));
  const report = (name: string): VolumeGroups => {
    const { stdout, status, stderr } = recorded(name);
    return readReport(stdout, { status, said: stderr });
  };
  const seen = (name: string) => {
    const found = report(name);
    assert.ok(found.ok, JSON.stringify(found));
    return found;
  };

  describe(`the report of LVM in ${release}`, () => {
    it('has nothing', () => {
      assert.deepEqual(report('nothing'), { ok: true, groups: [], physicalVolumes: [] });
    });

    it('has a physical volume in no group, with its alignment', () => {
      assert.deepEqual(report('physical-volume'), {
        ok: true,
        groups: [],
        physicalVolumes: [
          { uuid: OURS, device: '259:0', startBytes: 4 * 1024 ** 2, group: null, isLost: false },
        ],
      });
    });

    it('has a group without volumes, of extents of 4 MiB', () => {
      const { groups, physicalVolumes } = seen('group');
      const [{ uuid, ...group } = assert.fail()] = groups;
      const ours = { uuid: OURS, device: '259:0', startBytes: 4 * 1024 ** 2, group: uuid, isLost: false };
      assert.match(uuid, /^\w{6}(-\w{4}){5}-\w{6}$/);
      assert.deepEqual(group, {
        name: 'jts-hot',
        extentBytes: 4 * 1024 ** 2,
        extents: 16_383,
        freeExtents: 16_383,
        physicalVolumes: [ours],
        volumes: [],
        locked: null,
      });
      assert.deepEqual(physicalVolumes, [ours]);
    });

    it('has volumes: one mounted, with a snapshot where there could be one, one not active', () => {
      const [group] = seen('volumes').groups;
      const [base, kafka, snapshot] = (group?.volumes ?? []).map(({ uuid: _, ...one }) => one);
      assert.deepEqual(
        [base, kafka],
        [
          { name: 'base', extents: 1200, isActive: true, isOpen: true, device: '253:0', layout: 'linear' },
          { name: 'kafka', extents: 500, isActive: false, isOpen: false, device: null, layout: 'linear' },
        ],
      );
      assert.equal(group?.freeExtents, 16_383 - 1200 - 500 - (snapshot?.extents ?? 0));
    });

    it('has two groups of one name, each with its own', () => {
      const { groups } = seen('same-name');
      assert.deepEqual(
        groups
          .map(({ name, physicalVolumes, volumes }) => [
            name,
            physicalVolumes.map(({ device }) => device),
            volumes.map((volume) => volume.name),
          ])
          .sort(),
        [
          ['jts-hot', ['259:0'], ['base', 'kafka']],
          ['jts-hot', ['259:1'], ['l']],
        ],
      );
    });

    it('has a group on two disks, and then without one of them', () => {
      const devices = (name: string) =>
        seen(name).groups.map(({ physicalVolumes }) => physicalVolumes.map(({ device }) => device));
      assert.deepEqual(devices('two-disks'), [['259:0', '259:1']]);
      assert.deepEqual(devices('missing'), [['259:0', null]]);
    });

    it('has a group that was exported', () => {
      assert.deepEqual(
        seen('exported').groups.map(({ locked }) => locked),
        ['it was exported'],
      );
    });

    it('has a physical volume without its group, where that cannot be read: said to be lost', () => {
      // A note among the lines of the report; in later versions in its log.
      assert.match(recorded('damaged').stdout, /(^ {2}|")Retrying metadata scan\./m);
      const { groups, physicalVolumes } = seen('damaged');
      assert.deepEqual(groups, []);
      assert.deepEqual(
        physicalVolumes.map(({ uuid, group, isLost }) => [uuid, group, isLost]),
        [[OURS, null, true]],
      );
    });

    it('has nothing of a disk that lvm.conf leaves out; why is said where it is asked for by its path', () => {
      const rejection = (scene: string, path = '') => {
        const { stderr } = recorded(`pvs-${scene}${path}`);
        return rejectionIn(stderr, readSettings(recorded(`lvmconfig-${scene}`).stdout));
      };
      assert.deepEqual(seen('filtered').groups, []);
      assert.deepEqual(rejection('filtered'), {
        said: 'device is rejected by filter config',
        by: { setting: 'global_filter', value: '"r|.*|"' },
      });
      assert.deepEqual(seen('devices-file').groups, []);
      const listed = {
        said: 'device is not in devices file',
        by: { file: '/etc/lvm/devices/system.devices' },
      };
      assert.deepEqual(rejection('devices-file'), listed);
      assert.deepEqual(rejection('devices-file', '-bare'), listed);
      // Of one with nothing on it LVM says something else.
      assert.equal(rejectionIn(recorded('pvs-bare').stderr, new Map()), null);
      assert.notEqual(recorded('pvs-bare').status, 0);
    });

    it('is read with every setting', () => {
      assert.deepEqual(Object.fromEntries(readSettings(recorded('lvmconfig').stdout)), {
        filter: '["a|.*|"]',
        global_filter: '["a|.*|"]',
        use_devicesfile: '0',
        devicesfile: '"system.devices"',
      });
    });
  });
}

describe('what LVM says', () => {
  it('is no answer where it is no report, or is cut off', () => {
    for (const text of ['', '{', '[]', '{"report": 1}', 'null', '{"report": [{"pv": [{"pv_uuid"'])
      assert.ok(!readReport(text, { status: 0, said: '' }).ok, text);
    assert.deepEqual(readReport('{"report": []}', { status: 5, said: '  WARNING: a\n  Cannot b\n' }), {
      ok: false,
      why: 'failed',
      said: 'Cannot b',
    });
    const log = [{ log_message: 'WARNING: c' }, { log_message: 'Cannot d' }];
    const later = readReport(JSON.stringify({ report: [], log }), { status: 5, said: '' });
    assert.equal(later.ok || later.said, 'Cannot d');
    assert.deepEqual(readReport('{"report": []}', { status: 5, said: '' }), {
      ok: false,
      why: 'failed',
      said: 'lvm ended with 5',
    });
  });

  it('with a field that is missing, or is no number, is not guessed at', () => {
    const report = (vg: object) =>
      readReport(JSON.stringify({ report: [{ vg: [vg] }] }), { status: 0, said: '' });
    assert.ok(!report({ vg_name: 'a' }).ok);
    const row = {
      vg_name: 'a',
      vg_uuid: 'b',
      vg_extent_size: '4.00m',
      vg_extent_count: '1',
      vg_free_count: '1',
    };
    assert.ok(!report(row).ok);
    assert.ok(report({ ...row, vg_extent_size: '4194304' }).ok);
  });

  it('of a shared group, and one of another machine, is that nothing may be changed', () => {
    const locked = (more: object) => {
      const row = {
        vg_name: 'a',
        vg_uuid: 'b',
        vg_extent_size: '4',
        vg_extent_count: '1',
        vg_free_count: '1',
      };
      const found = readReport(JSON.stringify({ report: [{ vg: [{ ...row, ...more }] }] }), {
        status: 0,
        said: '',
      });
      return found.ok ? found.groups[0]?.locked : 'failed';
    };
    assert.equal(locked({ vg_shared: '1' }), 'it is shared with other machines');
    assert.equal(locked({ vg_systemid: 'db7' }), 'it belongs to the machine db7');
    assert.equal(locked({ vg_shared: '0', vg_systemid: '' }), null);
  });
});
