// Owns strace of this machine on a host of another tree, which has none: with the libraries and the loader that it is for.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Inside, runInside, writeInside } from './server.ts';

const INSIDE = '/opt/strace';

export interface Strace extends Disposable {
  /** Of the host that is to have it. */
  readonly binds: Readonly<Record<string, string>>;
  bringTo(host: Inside): void;
}

export function strace(): Strace {
  const directory = mkdtempSync(join(tmpdir(), 'jts-hot-strace-'));
  const { stdout } = spawnSync('sh', ['-c', 'command -v strace && ldd "$(command -v strace)"'], {
    encoding: 'utf8',
  });
  const files = [...stdout.matchAll(/^(?:.* => )?\s*(\/\S+)/gm)].map(([, file = '']) => file);
  for (const file of files) copyFileSync(file, join(directory, basename(file)));
  const loader = files.map((file) => basename(file)).find((name) => name.startsWith('ld-'));
  return {
    binds: { [INSIDE]: directory },
    bringTo(host) {
      const path = '/usr/local/bin/strace';
      const program = `${INSIDE}/${loader} --library-path ${INSIDE} ${INSIDE}/strace`;
      writeInside(host, path, ['#!/bin/sh', `exec ${program} "$@"`]);
      runInside(host, ['chmod', '755', path]);
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
