// What ClickHouse wishes of the kernel: what it warns of when it starts (src/Server/StartupWarnings.cpp), and what its manual asks
// for.
import type { TuningFacet, WishSource } from '../tuning.ts';

const STARTUP: WishSource = { document: 'ClickHouse, system.warnings', section: 'at start', version: '26.9' };

const manual = (section: string): WishSource => ({ document: 'ClickHouse manual', section, version: '26.9' });

export const tuning: TuningFacet = [
  {
    setting: 'thp',
    want: { oneOf: ['madvise', 'never'] },
    severity: 'warning',
    why: 'they work against its memory allocator, and it warns of “always” when it starts',
    loses: 'speed, and memory that is not given back',
    itself: 'MemoryTHP=disable in its unit, from systemd 260 on; it warns all the same',
    source: manual('Usage recommendations, Huge Pages'),
  },
  {
    setting: 'vm.overcommit_memory',
    want: { oneOf: ['0', '1'] },
    severity: 'warning',
    why: 'it asks for much more address space than it uses, and warns of 2 when it starts',
    loses: 'queries that fail for memory while there is some',
    itself: null,
    source: manual('Usage recommendations, RAM'),
  },
  {
    setting: 'swap',
    want: { oneOf: ['none'] },
    severity: 'hint',
    why: 'it keeps within the limits that it was given, and swapped pages make queries wait',
    loses: 'latency, where pages of it were swapped out',
    itself: 'MemorySwapMax=0 in its unit keeps it out of swap',
    source: manual('Requirements, RAM'),
  },
  {
    setting: 'fs.file-max',
    want: { atLeast: 500_000 },
    severity: 'warning',
    why: 'each part of a table has several files, and it warns of less when it starts',
    loses: 'queries and merges that cannot open their files',
    itself: null,
    source: STARTUP,
  },
  {
    setting: 'kernel.pid_max',
    want: { atLeast: 30_000 },
    severity: 'warning',
    why: 'each of its threads takes a number, and it warns of less when it starts',
    loses: 'queries that cannot start their threads',
    itself: null,
    source: STARTUP,
  },
  {
    setting: 'kernel.threads-max',
    want: { atLeast: 30_000 },
    severity: 'warning',
    why: 'it starts thousands of threads, and warns of less when it starts',
    loses: 'queries that cannot start their threads',
    itself: null,
    source: STARTUP,
  },
  {
    setting: 'kernel.task_delayacct',
    want: { oneOf: ['1'] },
    severity: 'hint',
    why: 'how long queries waited for the disk is counted only then, and it warns of 0 when it starts',
    loses: 'the figure OSIOWaitMicroseconds of its queries',
    itself: null,
    source: STARTUP,
  },
  {
    setting: 'readahead',
    want: { atLeast: 128 },
    severity: 'hint',
    why: 'it reads long ranges of columns in order, and warns of a spinning disk without any readahead',
    loses: 'speed of scans',
    itself: 'a file system of its own has a readahead of its own (storage in the layout)',
    source: STARTUP,
  },
];
