// What Redis wishes of the kernel: what it warns of when it starts (src/syscheck.c, src/server.c), and what its manual asks for.
import type { TuningFacet } from '../tuning.ts';

const ADMINISTRATION = { document: 'Redis administration', section: 'Linux', version: '7.4' } as const;

export const tuning: TuningFacet = [
  {
    setting: 'vm.overcommit_memory',
    want: { oneOf: ['1'] },
    severity: 'error',
    why: 'a snapshot forks the whole process, and the kernel refuses that where it reckons with all of its memory twice',
    loses: 'snapshots, and copies for replicas, while memory is short',
    itself: null,
    source: ADMINISTRATION,
  },
  {
    setting: 'thp',
    want: { oneOf: ['never', 'madvise'] },
    severity: 'warning',
    why: 'while a snapshot is written, each byte that changes copies 2 MiB instead of 4 KiB',
    loses: 'latency and memory while a snapshot is written',
    itself:
      'its own setting disable-thp, which is yes unless it was changed, switches them off for its process',
    source: ADMINISTRATION,
  },
  {
    setting: 'net.core.somaxconn',
    want: { atLeast: 511 },
    severity: 'warning',
    why: 'its setting tcp-backlog is 511, and the kernel cuts it to this',
    loses: 'connections, while many clients connect at once',
    itself: 'a smaller tcp-backlog',
    source: { document: 'redis.conf', section: 'tcp-backlog', version: '7.0' },
  },
  {
    setting: 'swap',
    want: { oneOf: ['some'] },
    severity: 'hint',
    why: 'without any, the kernel kills it where memory runs out, and nobody was warned by growing latency',
    loses: 'time to react before it is killed',
    itself: 'its setting maxmemory keeps it below a size',
    source: ADMINISTRATION,
  },
];
