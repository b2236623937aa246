// Owns how a file of a backup becomes a file, or a tree, of a service's user: by programs of that user, which can write nowhere
// else. Must not write there itself: the directory is somebody else's.
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompression, type Flow, paced } from '../host/backup/pipes.ts';
import { type As, feedAs } from '../host/backup/programs.ts';

interface Given {
  readonly source: NodeJS.ReadableStream;
  /** What it is called in the backup: its end says how it is compressed. */
  readonly file: string;
  readonly flow: Pick<Flow, 'pass' | 'signal'>;
}

interface Who {
  readonly as: As;
  readonly signal: AbortSignal;
}

/** `path`: a new file. */
export async function putAs(who: Who, given: Given & { readonly path: string }): Promise<void> {
  const script = 'umask 077; set -C; mkdir -p "$(dirname "$1")" && cat > "$1"';
  const argv = ['sh', '-c', script, 'sh', given.path];
  await feedAs({ argv, ...who, timeoutMs: Number.POSITIVE_INFINITY }, (stdin) => feed(stdin, given));
}

/** A tar file, laid out in a directory, which is made where it is missing. */
export async function extractAs(who: Who, given: Given & { readonly directory: string }): Promise<void> {
  // Without that, tar gives back those in `user.` alone; those of the system are root's to give.
  const all = who.as.uid === 0 ? " --xattrs-include='*'" : '';
  const tar = `exec tar --extract --numeric-owner --same-permissions --acls --xattrs${all} --delay-directory-restore --directory="$1"`;
  const argv = ['sh', '-c', `umask 077; mkdir -p "$1" && ${tar}`, 'sh', given.directory];
  await feedAs({ argv, ...who, timeoutMs: Number.POSITIVE_INFINITY }, (stdin) => feed(stdin, given));
}

async function feed(stdin: Writable, { source, file, flow }: Given): Promise<void> {
  const through = decompression(file);
  const { signal } = flow;
  if (through === null) await pipeline([source, paced(flow), stdin], { signal });
  else await pipeline([source, paced(flow), through, stdin], { signal });
}
