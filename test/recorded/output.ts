// Owns how tests read what tools of Debian 12 and 13 printed of disks: test/recorded/record.ts wrote it. Must not change it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RELEASES = ['debian-12', 'debian-13'] as const;
export type Release = (typeof RELEASES)[number];

export interface RecordedOutput {
  readonly command: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `recordedOutput('debian-12', 'lvm-volumes', 'vgs.json')`; which scenes there are: test/recorded/scenes.ts. */
export function recordedOutput(release: Release, scene: string, file: string): RecordedOutput {
  const directory = join(import.meta.dirname, release, scene);
  const commands = JSON.parse(readFileSync(join(directory, 'commands.json'), 'utf8'));
  const found = commands[file];
  if (found === undefined) throw new Error(`${file} was not recorded in ${release} ${scene}`);
  return { ...found, stdout: readFileSync(join(directory, file), 'utf8') };
}

/** Every scene that has it, of both releases: a parser is tested against all of them. */
export function recordedOf(file: string): readonly (RecordedOutput & { readonly of: string })[] {
  return RELEASES.flatMap((release) =>
    readdirSync(join(import.meta.dirname, release), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted()
      .filter((scene) => readdirSync(join(import.meta.dirname, release, scene)).includes(file))
      .map((scene) => ({ of: `${release} ${scene}`, ...recordedOutput(release, scene, file) })),
  );
}
