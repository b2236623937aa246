// Owns comparing the files of a backup with the sums in its manifest. Reads all of it.
import { createHash } from 'node:crypto';
import { type Flow, sumOf } from '../host/backup/pipes.ts';
import { MANIFEST, SUMS } from '../host/backup/store.ts';
import { errnoOf, errnoText } from '../values/errno.ts';
import type { Found } from './lay-out.ts';

/** What is wrong, a line each; none: each file is what was written. */
export async function wrongFiles(
  { stored, manifest }: Found,
  flow: Pick<Flow, 'pass' | 'signal'>,
): Promise<readonly string[]> {
  const wrong = [...wrongSums({ stored, manifest })];
  const there = new Map(stored.files().map(({ name, bytes }) => [name, bytes]));
  for (const { name, bytes, sha256 } of manifest.files) {
    const found = there.get(name);
    there.delete(name);
    if (found === undefined) {
      wrong.push(`${name}: it is gone`);
      continue;
    }
    if (found !== bytes) {
      wrong.push(`${name}: want ${bytes} bytes, found ${found}`);
      continue;
    }
    try {
      const sum = await sumOf(stored.read(name), flow);
      if (sum.sha256 !== sha256) wrong.push(`${name}: want SHA-256 ${sha256}, found ${sum.sha256}`);
    } catch (error) {
      const errno = errnoOf(error);
      if (flow.signal.aborted || errno === undefined) throw error;
      wrong.push(`${name}: ${errnoText(errno)}`);
    }
  }
  for (const name of there.keys()) wrong.push(`${name}: it is not in the manifest`);
  return wrong;
}

interface Summed {
  readonly name: string;
  readonly sha256: string;
}

/** Each line as sha256sum(1) writes it: the backup can be checked without this program. */
export function sumsText(files: readonly Summed[]): string {
  return files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
}

/** The manifest, and the file of sums itself. */
function wrongSums({ stored, manifest }: Found): readonly string[] {
  const text = stored.text(MANIFEST) ?? '';
  const sha256 = createHash('sha256').update(text).digest('hex');
  const want = sumsText([...manifest.files, { name: MANIFEST, sha256 }]);
  return stored.text(SUMS) === want ? [] : [`${MANIFEST} or ${SUMS}: one is not as it was written`];
}
