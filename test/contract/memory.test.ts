// Holds the memory host to the contract of all hosts.
import { createMemoryHost } from '../memory-host/memory-host.ts';
import { hostContract } from './host-contract.ts';

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

hostContract('memory', (base) => {
  const host = createMemoryHost({ base, fileSystem, tools: ['sh', 'useradd'] });
  return {
    host,
    prepare: host.prepare,
    entryAs: (uid, path) => host.as(uid).entry(path),
    dispose: () => {},
  };
});
