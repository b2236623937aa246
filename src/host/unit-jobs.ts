// Owns stopping, starting and restarting units of systemd and waiting for them, while signals are heard. What that is for is not
// its business.
import { spawn } from 'node:child_process';
import type { Restarted } from '../port/host.ts';
import { SEARCH_PATH } from './process.ts';

/** Of what is said on the way the last so many characters. */
const KEPT = 2000;

export type UnitVerb = 'restart' | 'start' | 'stop';

/**
 * As systemctl ends: of a start, for most types of services once the program says that it is ready. Where that takes too long, the
 * manager goes on with it all the same. `keepOpen`: a descriptor that the program keeps for as long as it runs.
 */
export function changeUnits(
  verb: UnitVerb,
  units: readonly string[],
  { timeoutMs, keepOpen }: { readonly timeoutMs: number; readonly keepOpen: number | null },
): Promise<Restarted> {
  const child = spawn('systemctl', [verb, '--', ...units], {
    env: { PATH: SEARCH_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', ...(keepOpen === null ? [] : [keepOpen])],
    // In a session of its own: Ctrl-C at the terminal must not leave it halfway.
    detached: true,
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT);
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      resolve({ ok: false, why: `it is not done within ${timeoutMs / 1000} s` });
    }, timeoutMs);
    const end = (answer: Restarted) => {
      clearTimeout(timer);
      resolve(answer);
    };
    child.on('error', ({ message }) => end({ ok: false, why: message }));
    child.on('close', (status) =>
      end(
        status === 0
          ? { ok: true }
          : { ok: false, why: said.trim().split('\n')[0] || `exit status ${status}` },
      ),
    );
  });
}
