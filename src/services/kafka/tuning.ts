// What Kafka wishes of the kernel, as its manual and that of Confluent's distribution of it have it.
import type { TuningFacet, WishSource } from '../tuning.ts';

const PRODUCTION: WishSource = {
  document: 'Charmed Apache Kafka documentation',
  section: 'Performance tuning, Virtual memory handling',
  version: '3',
};

export const tuning: TuningFacet = [
  {
    setting: 'vm.max_map_count',
    want: { atLeast: 262_144 },
    severity: 'warning',
    why: 'each segment of a log maps two index files; its manual gives no number, and this is room for 130,000 segments',
    loses: 'the whole broker, once there are more than 32,000 segments: it ends with “Map failed”',
    itself: 'larger or fewer segments (log.segment.bytes, log.retention.*)',
    source: {
      document: 'Apache Kafka documentation',
      section: '6.4 Hardware and OS, OS',
      version: '4.0',
    },
  },
  {
    setting: 'vm.swappiness',
    want: { atMost: 1 },
    severity: 'hint',
    why: 'its heap is to stay in memory, and the page cache is what it reads from',
    loses: 'time to longer pauses of garbage collection, where its heap was swapped out',
    itself: 'MemorySwapMax=0 in its unit keeps it out of swap',
    source: PRODUCTION,
  },
  {
    setting: 'vm.dirty_background_ratio',
    want: { atMost: 5 },
    severity: 'hint',
    why: 'the kernel begins early to write, so that little is left for a burst',
    loses: 'steady speed of writing',
    itself: null,
    source: PRODUCTION,
  },
  {
    setting: 'vm.dirty_ratio',
    want: { atLeast: 60, atMost: 80 },
    severity: 'hint',
    why: 'it leaves writing to the kernel and to its replicas, and a burst is taken by memory',
    loses: 'speed of producers in a burst',
    itself: null,
    source: PRODUCTION,
  },
];
