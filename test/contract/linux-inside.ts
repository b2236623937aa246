// Runs the contract against the Linux host; linux.test.ts starts it inside a throwaway host.
import { execFileSync } from 'node:child_process';
import { casesOn } from './cases.ts';
import { fstabCases } from './fstab-cases.ts';
import { hostContract } from './host-contract.ts';
import { linuxBench, makeAlternateRoot } from './linux-bench.ts';

// As on a real machine: else nothing of a loop device could be set.
execFileSync('mount', ['-o', 'remount,bind,rw', '/sys']);

hostContract('linux', (base, mounts) => linuxBench('/', base, mounts));
fstabCases(casesOn((base, mounts) => linuxBench('/', base, mounts)));

const root = makeAlternateRoot();
hostContract('linux, alternate root', (base, mounts) => linuxBench(root, base, mounts));
