// Owns asking NVMe disks for their SMART log with nvme(1), and what sysfs knows of them without asking them. A disk that does
// not answer hangs the program that asks, not us: what it never ends is left to itself.
import { setTimeout } from 'node:timers/promises';
import type { DiskHealthSaid } from '../port/disk-health.ts';
import { type ProgramEnd, startProgram } from './program.ts';
import { sysfsText } from './sysfs.ts';
import { noteThread } from './threads.ts';

/** At the same time, and within this time, or a little more. */
export function askDiskHealth(
  names: readonly string[],
  timeoutMs: number,
): Promise<readonly DiskHealthSaid[]> {
  return Promise.all(names.filter((name) => /^nvme\d/.test(name)).map((name) => askOne(name, timeoutMs)));
}

async function askOne(name: string, timeoutMs: number): Promise<DiskHealthSaid> {
  const end = await within(timeoutMs, (signal) =>
    startProgram({
      argv: ['nvme', 'smart-log', '--output-format=json', `/dev/${name}`],
      input: '',
      environment: {},
      timeoutMs,
      signal,
      keepsOutput: true,
    }),
  );
  return {
    name,
    controller: sysfsText(`/sys/block/${name}/device/state`),
    readOnly: sysfsText(`/sys/block/${name}/ro`) === '1',
    log: logOf(end),
  };
}

/** A program that waits for a disk in the kernel is not ended by any signal. */
const PATIENCE_MS = 1500;

async function within(
  timeoutMs: number,
  start: (signal: AbortSignal) => Promise<ProgramEnd>,
): Promise<ProgramEnd | null> {
  const stop = new AbortController();
  const over = new AbortController();
  const end = await Promise.race([
    start(stop.signal),
    setTimeout(timeoutMs + PATIENCE_MS, null, { signal: over.signal }).catch(() => null),
  ]);
  over.abort();
  // It would keep this process from ending as usual.
  if (end === null) noteThread();
  return end;
}

function logOf(end: ProgramEnd | null): DiskHealthSaid['log'] {
  if (end === null) return { none: 'no answer', why: 'nvme does not end' };
  switch (end.ended) {
    case 'exit':
      if (end.status === 0) return { text: end.stdout ?? '' };
      return { none: 'failed', why: firstLine(end.stderr) || `nvme ended with ${end.status}` };
    case 'signal':
      return { none: 'failed', why: `nvme was ended by ${end.signal}` };
    case 'timeout':
    case 'stopped':
      return { none: 'no answer', why: 'nvme had no answer in time' };
    case 'not started':
      return end.error === 'ENOENT'
        ? { none: 'no program', why: 'nvme is not installed' }
        : { none: 'failed', why: `nvme cannot be started: ${end.error}` };
    default:
      return end satisfies never;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
