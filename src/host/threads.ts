// Owns whether this process has threads that touch a disk. It ends at once then (`exitNow`): one that hangs on a disk
// cannot be waited for, and one that still loads its libraries would abort the process if Node.js stopped it.

/** One of the threads that measure, started before this program was loaded (start.ts). */
declare const firstScanWorker: object | null;

let noted = typeof firstScanWorker === 'object' && firstScanWorker !== null;

export function noteThread(): void {
  noted = true;
}

export function hasThreads(): boolean {
  return noted;
}
