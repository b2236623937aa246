// Owns how many test files have a machine at a time: emulated, each takes all that a core has, and when it boots more. Must not
// start one.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { sleep } from '../e2e/holder.ts';

const LOCKS = ['/var/lock/jts-hot-test-machine', '/var/lock/jts-hot-test-machine-2'];
const WAIT_MS = process.env['VM'] === 'full' ? 6 * 3_600_000 : 500_000;
const PAUSE_MS = 200;

let isOurs = false;

/** It is this process's turn then, until that ends, however it ends. */
export function waitForTurn(): void {
  mkdirSync('/var/lock', { recursive: true });
  const deadline = Date.now() + WAIT_MS;
  while (!isOurs) {
    for (const lock of LOCKS) {
      const fd = openSync(lock, 'w', 0o600);
      // It locks what this process has open, and stays open: no child is given it.
      const { status } = spawnSync('flock', ['--nonblock', '3'], {
        stdio: ['ignore', 'ignore', 'ignore', fd],
      });
      isOurs = status === 0;
      if (isOurs) return;
      closeSync(fd);
    }
    if (Date.now() > deadline) throw new Error('the machines of other tests run for too long');
    sleep(PAUSE_MS);
  }
}
