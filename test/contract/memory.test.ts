// Holds the memory host to the contract of all hosts.
import { nvmeDisk } from '../memory-host/block-devices.ts';
import { createMemoryHost } from '../memory-host/memory-host.ts';
import { hostContract } from './host-contract.ts';
import { labelContract } from './label-contract.ts';
import { storageContract } from './storage-contract.ts';

const fileSystem = {
  source: '/dev/nvme0n1',
  type: 'ext4',
  readOnly: false,
  options: ['rw'],
  sizeBytes: 4e12,
  freeBytes: 3e12,
  availableBytes: 2.8e12,
  inodes: 1e6,
  inodesFree: 9e5,
  device: null,
} as const;

hostContract('memory', (base, mounts) => {
  const host = createMemoryHost({
    base,
    ...(mounts && { mounts }),
    fileSystem,
    tools: ['sh', 'useradd'],
    kernel: { 'vm.stat_interval': '1\n' },
  });
  return {
    host,
    prepare: host.prepare,
    entryAs: (uid, path) => host.as(uid).entry(path),
    dispose: () => {},
  };
});

labelContract('memory', () => {
  const types = ['var_t', 'var_lib_t', 'etc_t'];
  const host = createMemoryHost({
    fileSystem,
    selinux: { enforcing: true, policy: 'default', types, kept: [], denials: [], rules: [] },
  });
  host.prepare.directory('/srv');
  return {
    host,
    base: '/srv',
    directory: (path) => host.prepare.directory(path),
    file: (path) => host.prepare.file(path),
    link: (path, target) => host.prepare.link(path, target),
    special: (path) => host.prepare.special(path),
    label: host.prepareLabel,
  };
});

const SIZE_BYTES = 2 ** 36;

storageContract('memory', () => {
  const name = 'nvme0n1';
  const disk = { serial: 'CONTRACT1', namespace: 1, wwid: 'eui.01', sizeBytes: SIZE_BYTES };
  const host = createMemoryHost({
    fileSystem,
    disks: [{ name, serial: disk.serial, model: null, busyMs: null }],
    devices: [nvmeDisk({ name, ...disk })],
  });
  const signed = (type: string) => ({
    signatures: [{ type, offset: 0, uuid: null, label: null }],
    edges: null,
  });
  let type = '';
  return {
    host,
    name,
    disk,
    isQuick: true,
    prepare: {
      sign: (made, on = name) => {
        type = made;
        host.prepareDisk.put(on, signed(type));
      },
      use: (on = name) => {
        const mounts = [{ device: on, mountPoint: '/mnt', isElsewhere: false }];
        host.prepareDisk.put(on, { ...signed(type), mounts, isHeld: true });
        return () => host.prepareDisk.put(on, signed(type));
      },
      lock: () => host.prepareDisk.lock(disk.serial),
    },
    dispose: () => {},
  };
});
