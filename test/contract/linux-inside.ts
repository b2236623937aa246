// Runs the contract against the Linux host; linux.test.ts starts it inside a throwaway host.
import { hostContract } from './host-contract.ts';
import { linuxBench, makeAlternateRoot } from './linux-bench.ts';

hostContract('linux', (base) => linuxBench('/', base));

const root = makeAlternateRoot();
hostContract('linux, alternate root', (base) => linuxBench(root, base));
