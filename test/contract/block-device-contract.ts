// What every host must tell of block devices, and of what is on them: by loop devices, which need no hardware.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { BlockDevice, DeviceContents } from '../../src/port/block-device.ts';
import type { Host } from '../../src/port/host.ts';
import type { OnHost } from './cases.ts';

const BYTES = 48 * 1024 ** 2;

export function blockDeviceContract(name: string, on: OnHost): void {
  const deviceOf = (host: Host, device: string): BlockDevice =>
    host.blockDevices().find((one) => one.name === device) ?? assert.fail(`no ${device}`);
  const contentsOf = (host: Host, device: string): DeviceContents => {
    const [one, ...others] = host.deviceContents([device]);
    assert.ok(one !== undefined && others.length === 0 && one.name === device);
    return one;
  };

  describe(`${name}: blockDevices`, () => {
    on('are those that are there, each once', ({ host, prepare }) => {
      const name = prepare.loop('nothing', { bytes: BYTES });
      const all = host.blockDevices();
      if (host.root !== '/') return assert.deepEqual(all, []);
      assert.deepEqual([...new Set(all.map((one) => one.name))].length, all.length);
      const { path, kind, sizeBytes, isReadOnly, serial, wwid, partOf, parts, slaves } = deviceOf(host, name);
      assert.deepEqual(
        { path, kind, sizeBytes, isReadOnly, serial, wwid, partOf, parts, slaves },
        {
          path: `/dev/${name}`,
          kind: 'loop',
          sizeBytes: BYTES,
          isReadOnly: false,
          serial: null,
          wwid: null,
          partOf: null,
          parts: [],
          slaves: [],
        },
      );
    });

    on('say which takes no writes', ({ host, prepare }) => {
      const name = prepare.loop('ext4', { bytes: BYTES, isReadOnly: true });
      if (host.root === '/') assert.equal(deviceOf(host, name).isReadOnly, true);
    });
  });

  describe(`${name}: deviceContents`, () => {
    on('of one with nothing on it', ({ host, prepare }) => {
      const name = prepare.loop('nothing', { bytes: BYTES });
      if (host.root !== '/') return assert.deepEqual(host.deviceContents([name]), []);
      assert.deepEqual(contentsOf(host, name), {
        name,
        probed: { ok: true },
        partitionTable: null,
        signatures: [],
        edges: 'zeros',
        isHeld: false,
        memberOf: [],
        mounts: [],
        swap: [],
        open: [],
        unseen: 0,
      });
    });

    on('of one that is smaller than its edges are', ({ host, prepare }) => {
      const name = prepare.loop('data', { bytes: 1024 ** 2 });
      if (host.root === '/') assert.equal(contentsOf(host, name).edges, 'data');
    });

    on('of one with data that has no signature', ({ host, prepare }) => {
      const name = prepare.loop('data', { bytes: BYTES });
      if (host.root !== '/') return;
      const { probed, signatures, partitionTable, edges } = contentsOf(host, name);
      assert.deepEqual([probed.ok, signatures, partitionTable, edges], [true, [], null, 'data']);
    });

    on('of one with a file system', ({ host, prepare }) => {
      const name = prepare.loop('ext4', { bytes: BYTES });
      if (host.root !== '/') return;
      const { signatures, partitionTable, edges, memberOf } = contentsOf(host, name);
      const [one, ...others] = signatures;
      assert.deepEqual([one?.type, one?.offset, one?.label, others], ['ext4', 0x438, null, []]);
      assert.match(one?.uuid ?? '', /^[0-9a-f-]{36}$/);
      assert.deepEqual([partitionTable, edges, memberOf], [null, null, []]);
    });

    on('of one with a partition table', ({ host, prepare }) => {
      const name = prepare.loop('gpt', { bytes: BYTES });
      if (host.root !== '/') return;
      const { signatures, partitionTable, edges } = contentsOf(host, name);
      assert.deepEqual([partitionTable, signatures, edges], ['gpt', [], null]);
    });

    on(
      'of several, in the order in which they were asked for; none of one that is not there',
      ({ host, prepare }) => {
        const names = [1, 2].map(() => prepare.loop('ext4', { bytes: BYTES }));
        if (host.root !== '/') return;
        const asked = [...names.toReversed(), 'nvme77n1', '../vda'];
        assert.deepEqual(
          host.deviceContents(asked).map((one) => one.name),
          names.toReversed(),
        );
        assert.deepEqual(host.deviceContents([]), []);
      },
    );
  });
}
