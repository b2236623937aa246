// What MongoDB wishes of the kernel, as its manual has it for the versions from 8.0 on. Earlier ones wish the opposite of THP.
import type { TuningFacet, WishSource } from '../tuning.ts';

const CHECKLIST: WishSource = {
  document: 'MongoDB manual',
  section: 'Operations Checklist for Self-Managed Deployments, Linux',
  version: '8.0',
};
const NOTES: WishSource = {
  document: 'MongoDB manual',
  section: 'Production Notes for Self-Managed Deployments, Linux',
  version: '8.0',
};
const TCMALLOC: WishSource = {
  document: 'MongoDB manual',
  section: 'TCMalloc Performance Optimization, Enable THP',
  version: '8.0',
};

export const tuning: TuningFacet = [
  {
    setting: 'thp',
    want: { oneOf: ['always'] },
    severity: 'warning',
    why: 'from 8.0 on its allocator gives memory out in large pages, and it warns of anything else when it starts; 7.0 and earlier want never',
    loses: 'some throughput, and warns when it starts',
    itself:
      'from systemd 260 on the host can be set to always, with MemoryTHP=disable in the units of all others',
    source: TCMALLOC,
  },
  {
    setting: 'thp-defrag',
    want: { oneOf: ['defer+madvise'] },
    severity: 'hint',
    why: 'large pages are then made in the background, and nobody waits for one',
    loses: 'latency, where a process waits for a large page',
    itself: null,
    source: TCMALLOC,
  },
  {
    setting: 'vm.swappiness',
    want: { atMost: 1 },
    severity: 'warning',
    why: 'swap is to be a last resort: its cache is sized to fit into memory',
    loses: 'latency, where its cache was swapped out',
    itself: 'MemorySwapMax=0 in its unit keeps it out of swap',
    source: NOTES,
  },
  {
    setting: 'vm.max_map_count',
    want: { atLeast: 131_060 },
    severity: 'warning',
    why: 'each connection takes two maps, and it warns of less when it starts',
    loses: 'connections, from about 32,000 on',
    itself: 'a smaller net.maxIncomingConnections',
    source: CHECKLIST,
  },
  {
    setting: 'fs.file-max',
    want: { atLeast: 98_000 },
    severity: 'warning',
    why: 'each table, index and connection takes a file',
    loses: 'connections, and tables that cannot be opened',
    itself: null,
    source: CHECKLIST,
  },
  {
    setting: 'kernel.pid_max',
    want: { atLeast: 64_000 },
    severity: 'warning',
    why: 'each connection has a thread, and each thread a number',
    loses: 'connections, once all numbers are taken',
    itself: null,
    source: CHECKLIST,
  },
  {
    setting: 'kernel.threads-max',
    want: { atLeast: 64_000 },
    severity: 'warning',
    why: 'each connection has a thread',
    loses: 'connections, once there are as many threads',
    itself: null,
    source: CHECKLIST,
  },
  {
    setting: 'readahead',
    want: { atLeast: 4, atMost: 16 },
    severity: 'hint',
    why: 'it reads small pieces here and there, and what is read ahead takes room from its cache (8 to 32 sectors)',
    loses: 'page cache, to what nobody asked for',
    itself: 'a file system of its own has a readahead of its own (storage in the layout)',
    source: CHECKLIST,
  },
  {
    setting: 'clock',
    want: { oneOf: ['synchronized'] },
    severity: 'warning',
    why: 'members of a replica set and of a sharded cluster compare their clocks',
    loses: 'elections and leases that rest on time',
    itself: null,
    source: { ...NOTES, section: 'Production Notes for Self-Managed Deployments, Clock Synchronization' },
  },
];
