// Owns the machine that unit tests and cases start from: a 4 TB NVMe disk, every tool, one base, nothing set up yet.
// Must not prepare what a test is about: that stands in the test.

import { TOOLS } from '../../src/checks/preflight.ts';
import type { Context } from '../../src/command/context.ts';
import type { Layout, Service } from '../../src/layout/layout.ts';
import { builtInMonitoring } from '../../src/layout/monitoring.ts';
import {
  createMemoryHost,
  type MemoryFileSystem,
  type MemoryHost,
  type MemoryInitial,
} from '../memory-host/memory-host.ts';

export const NVME: MemoryFileSystem = {
  source: '/dev/nvme0n1p1',
  type: 'ext4',
  readOnly: false,
  options: ['rw', 'relatime'],
  sizeBytes: 4_000_000_000_000,
  freeBytes: 3_900_000_000_000,
  availableBytes: 3_700_000_000_000,
  inodes: 244_000_000,
  inodesFree: 243_900_000,
  device: { name: 'nvme0n1p1', sizeBytes: 4_000_000_000_000, nvme: true, disks: ['nvme0n1'] },
};

export const AT = '2026-01-01T00:00:00Z';

export function createHost(initial: MemoryInitial = {}): MemoryHost {
  return createMemoryHost({ fileSystem: NVME, tools: TOOLS, ...initial });
}

export function contextOf(
  host: MemoryHost,
  layout: Layout = smallLayout('kafka', 'redis'),
  more: Partial<Context> = {},
): Context {
  return {
    layout,
    monitoring: builtInMonitoring,
    host,
    history: host.history,
    layoutFile: null,
    // The user who runs the tests made their programs.
    owners: [0, process.geteuid?.() ?? 0],
    hostName: 'trader1',
    environment: () => undefined,
    openHost: (base) => {
      if (base !== host.base) throw new Error(`this host was made for ${host.base}, not for ${base}`);
      return host;
    },
    program: 'test',
    newDisk: false,
    invocation: 'test',
    now: () => AT,
    stopRequested: () => false,
    progress: () => {},
    ...more,
  };
}

/** A layout of a few services, for tests that want it small: each with its own user, a `data` and a `logs`. */
export function smallLayout(...names: readonly string[]): Layout {
  return { base: '/data/jts/hot', services: names.map(service) };
}

function service(name: string): Service {
  const part = { mode: '0750', accept: [], purpose: '' };
  return {
    name,
    path: name,
    user: name,
    group: name,
    sharesUser: false,
    mode: '0750',
    accept: [],
    plannedBytes: 1_000_000_000,
    purpose: '',
    directories: [
      { name: 'data', role: 'data', ...part },
      { name: 'logs', role: 'log', ...part },
    ],
  };
}
