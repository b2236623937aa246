// Owns noticing, while something is waited for, that the run must stop.

/** A signal is heard this often. */
const POLL_MS = 100;

/** Call `end` when nothing is waited for any more: until then the process stays. */
export function stopSignal(stopRequested: () => boolean): {
  readonly signal: AbortSignal;
  readonly end: () => void;
} {
  const controller = new AbortController();
  const look = () => {
    if (stopRequested()) controller.abort();
  };
  look();
  const poll = setInterval(look, POLL_MS);
  return { signal: controller.signal, end: () => clearInterval(poll) };
}
