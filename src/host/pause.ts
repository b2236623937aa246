// Owns waiting within work that is in step: nothing else of this thread runs meanwhile. Must not be used where signals are to be heard.

const nobody = new Int32Array(new SharedArrayBuffer(4));

export function pause(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
