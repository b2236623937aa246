// Keeps making, filling, renaming and removing files and directories in two directories until its stdin ends. Prints
// `ready` once there is something to meet. Usage: node scan-churn.ts DIRECTORY OTHER
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const [, , directory = '', other = ''] = process.argv;
let ended = false;
process.stdin.on('end', () => {
  ended = true;
});
process.stdin.resume();

for (let round = 0; !ended; round += 1) {
  const at = join(directory, `${round % 7}`);
  rmSync(at, { recursive: true, force: true });
  mkdirSync(join(at, 'a/b/c'), { recursive: true });
  for (let i = 0; i < 20; i += 1) writeFileSync(join(at, 'a', `${i}`), Buffer.alloc(i * 1000));
  linkSync(join(at, 'a/5'), join(at, 'a/b/c/five'));
  const away = join(other, `${round % 3}`);
  rmSync(away, { recursive: true, force: true });
  renameSync(join(at, 'a/b'), away);
  renameSync(join(at, 'a/6'), join(away, 'six'));
  if (round === 3) process.stdout.write('ready\n');
  await setImmediate();
}
