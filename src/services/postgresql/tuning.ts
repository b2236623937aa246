// What PostgreSQL wishes of the kernel, as its manual has it; what its manual leaves open, as the profile of tuned for it.
import type { TuningFacet } from '../tuning.ts';

const TUNED = { document: 'tuned, profile postgresql', version: '2.24' } as const;

export const tuning: TuningFacet = [
  {
    setting: 'vm.overcommit_memory',
    want: { oneOf: ['2'] },
    severity: 'hint',
    why: 'a query that asks for too much is then refused, instead of the server being killed; meant for a host of its own',
    loses: 'all sessions, and time for a recovery, where one of its processes is killed for memory',
    itself: 'OOMScoreAdjust=-900 in its unit has the kernel kill others first',
    source: { document: 'PostgreSQL manual', section: '18.4.4 Linux Memory Overcommit', version: '17' },
  },
  {
    setting: 'thp',
    want: { oneOf: ['madvise', 'never'] },
    severity: 'warning',
    why: 'they are known to slow it down on some kernels, and its manual discourages them',
    loses: 'steady latency',
    itself: 'MemoryTHP=disable in its unit, from systemd 260 on',
    source: { document: 'PostgreSQL manual', section: '19.4.1 Memory, huge_pages', version: '17' },
  },
  {
    setting: 'vm.swappiness',
    want: { atMost: 3 },
    severity: 'hint',
    why: 'its shared buffers are to stay in memory',
    loses: 'latency, where pages of it were swapped out',
    itself: 'MemorySwapMax=0 in its unit keeps it out of swap',
    source: { ...TUNED, section: '[sysctl]' },
  },
  {
    setting: 'vm.dirty_background_ratio',
    want: { atMost: 5 },
    severity: 'hint',
    why: 'what is not written yet when a checkpoint syncs must be written at once, and commits wait for it',
    loses: 'latency of commits at the end of a checkpoint',
    itself: 'its settings checkpoint_flush_after and bgwriter_flush_after have the kernel write earlier',
    source: { ...TUNED, section: '[vm]' },
  },
  {
    setting: 'vm.dirty_ratio',
    want: { atMost: 20 },
    severity: 'hint',
    why: 'the more may wait unwritten, the longer the sync of a checkpoint takes',
    loses: 'latency of commits at the end of a checkpoint',
    itself: 'its settings checkpoint_flush_after and bgwriter_flush_after have the kernel write earlier',
    source: { ...TUNED, section: '[vm]' },
  },
];
