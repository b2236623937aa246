// Owns trying out texts before they become files: a program judges copies of them in a directory that is made for it and
// removed afterwards, as the user that it will run as. Nothing else on the host is touched.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Trial, Tried } from '../port/host.ts';
import { bytesOfText } from '../values/content.ts';
import { becoming, SEARCH_PATH } from './process.ts';
import { makeRunDirectory, removeRunDirectory } from './run-directory.ts';

const KEPT = 8000;

export async function tryOut({ files, argv, identity, timeoutMs, until }: Trial): Promise<Tried> {
  const directory = makeRunDirectory('trial');
  try {
    for (const [name, text] of Object.entries(files(directory))) {
      const path = join(directory, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, bytesOfText(text), { mode: 0o600 });
      for (let at = path; at !== directory; at = dirname(at)) chownSync(at, identity.uid, identity.gid);
    }
    chownSync(directory, identity.uid, identity.gid);
    chmodSync(directory, 0o700);
    const words = argv(directory);
    return await runUntil(words, { directory, identity, timeoutMs, until });
  } finally {
    removeRunDirectory('trial', directory);
  }
}

function runUntil(
  words: readonly string[],
  of: Pick<Trial, 'identity' | 'timeoutMs' | 'until'> & { readonly directory: string },
): Promise<Tried> {
  const become = of.identity.uid === 0 ? [] : becoming(of.identity);
  // It dies with us, however that comes.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...become, '--', ...words], {
    cwd: of.directory,
    env: { PATH: SEARCH_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), of.timeoutMs);
    const hear = (text: string) => {
      output = (output + text).slice(-KEPT);
      if (of.until !== null && output.includes(of.until)) child.kill('SIGKILL');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    child.on('error', ({ message }) => {
      clearTimeout(timer);
      resolve({ status: null, output: message });
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      const isHeard = of.until !== null && output.includes(of.until);
      resolve({ status: isHeard ? 0 : status, output });
    });
  });
}
