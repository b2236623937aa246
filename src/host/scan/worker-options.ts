// How a thread that scans is started, be it by start.ts or by scan.ts. Must not import anything.

export const SCAN_WORKER_OPTIONS = {
  execArgv: [],
  // Descriptors are handed from thread to thread.
  trackUnmanagedFds: false,
  // It writes to none: to connect them with those of the process loads what Node.js has for streams.
  stdout: true,
  stderr: true,
  resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64, stackSizeMb: 1 },
};
