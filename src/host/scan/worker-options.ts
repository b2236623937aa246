// How a thread that scans is started, be it by start.ts or by scan.ts. Must not import anything.

export const SCAN_WORKER_OPTIONS = {
  execArgv: [],
  // Descriptors are handed from thread to thread.
  trackUnmanagedFds: false,
  resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64, stackSizeMb: 1 },
};
