// The append-only files of a Redis from 7.0 on: which of them count, how they are copied while it writes, and how a snapshot stands
// for them. Their manifest: aof.c of Redis. Must not change a setting of the server.
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../messages/diagnostic.ts';
import type { RestoreHands, TakeHands } from '../backing-up.ts';
import { type Client, infoOf } from './asking.ts';

export interface AppendOnlyNames {
  readonly directory: string;
  /** What names of the files begin with. */
  readonly file: string;
}

export const ARCHIVE = 'append-only';
const REWRITE_WAIT_MS = 10 * 60_000;
const LOOK_MS = 500;
const TRIES = 3;

interface Appended {
  readonly name: string;
  /** Its line in the manifest. */
  readonly line: string;
}

/** Redis 8 says offsets behind it. */
const LINE = /^file ([\w.+-]+) seq \d+ type ([bhi])(?: [a-z]+ \d+)*$/;

/** Those that are loaded, in their order; null: no manifest, or one that cannot be read. History files are none of them. */
export function filesIn(manifest: string | null): readonly Appended[] | null {
  if (manifest === null) return null;
  const files: Appended[] = [];
  for (const line of manifest.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, type] = LINE.exec(line) ?? [];
    if (name === undefined || type === undefined || /^[.-]/.test(name)) return null;
    if (type !== 'h') files.push({ name, line });
  }
  return files.length === 0 ? null : files;
}

/**
 * Copies what the manifest names. A rewrite replaces these files, and gives the manifest new numbers: what was copied while it
 * stayed the same is whole up to the moment at which each file was looked at. null: it is in the backup; else why it is not.
 */
export async function copyAppendOnly(
  hands: TakeHands,
  { client, directory }: { readonly client: Client; readonly directory: string },
): Promise<string | null> {
  const manifestName = hands.names(directory).find((name) => name.endsWith('.manifest'));
  if (manifestName === undefined) return `no manifest is in ${directory}`;
  const manifest = () => hands.text(`${directory}/${manifestName}`);
  for (let tried = 1; tried <= TRIES; tried += 1) {
    if (!(await rewriteHasEnded(client))) return 'a rewrite of them did not end within 10 minutes';
    const before = manifest();
    const files = filesIn(before);
    if (files === null) return `its manifest ${manifestName} cannot be read`;
    const name = `${ARCHIVE}-${tried}`;
    try {
      await hands.archive(name, {
        place: `${hands.place}/${directory}`,
        names: files.map(({ name: file }) => file),
        mayChange: true,
      });
    } catch (error) {
      // A file that was rewritten away meanwhile.
      if (!(error instanceof Problem) || manifest() === before) throw error;
      continue;
    }
    if (manifest() !== before) continue;
    // Line by line: nothing goes into the backup that is not of a manifest.
    await hands.write(`${name}.manifest`, files.map(({ line }) => `${line}\n`).join(''));
    return null;
  }
  return `they were rewritten each of the ${TRIES} times that they were copied`;
}

async function rewriteHasEnded(client: Client): Promise<boolean> {
  const until = Date.now() + REWRITE_WAIT_MS;
  for (;;) {
    const info = infoOf(await client.ask('INFO', 'persistence'));
    if (info.get('aof_rewrite_in_progress') !== '1' && info.get('aof_rewrite_scheduled') !== '1') return true;
    if (Date.now() > until) return false;
    await sleep(LOOK_MS);
  }
}

/** The try that succeeded: it alone has a manifest beside it. */
export function copiedIn(
  files: readonly string[],
): { readonly archive: string; readonly manifest: string } | null {
  const manifest = files.find((file) => file.startsWith(`${ARCHIVE}-`) && /\.manifest(\.zst)?$/.test(file));
  const name = manifest?.slice(0, manifest.indexOf('.manifest'));
  const archive = files.find((file) => file.startsWith(`${name}.tar`));
  return archive === undefined || manifest === undefined ? null : { archive, manifest };
}

export async function layOutCopied(
  hands: RestoreHands,
  { archive, manifest }: { readonly archive: string; readonly manifest: string },
  { directory, file }: AppendOnlyNames,
): Promise<void> {
  await hands.extract(archive, directory);
  await hands.put(manifest, `${directory}/${file}.manifest`);
}

/** A server with `appendonly yes` that finds none of these files starts empty, whatever snapshot is there. */
export async function layOutFromSnapshot(
  hands: RestoreHands,
  { directory, file }: AppendOnlyNames,
  layOutSnapshot: (below: string) => Promise<void>,
): Promise<void> {
  const base = `${file}.1.base.rdb`;
  const appended = `${file}.1.incr.aof`;
  await layOutSnapshot(`${directory}/${base}`);
  await hands.write(`${directory}/${appended}`, '');
  const manifest = [`file ${base} seq 1 type b`, `file ${appended} seq 1 type i`, ''];
  await hands.write(`${directory}/${file}.manifest`, manifest.join('\n'));
}
