// Owns growing random directory trees with everything in them that counting disk use gets wrong, the same for the same
// seed: holes, several names, links, special files, names that are long, not UTF-8 or several lines.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes `trees` below `top`, with about `entries` entries, some of which have names in several trees. */
export function growTrees(
  top: string,
  {
    trees,
    entries,
    seed,
  }: { readonly trees: readonly string[]; readonly entries: number; readonly seed: number },
): void {
  const random = randomFrom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const directories = trees.map((tree) => Buffer.from(`${top}/${tree}`));
  for (const directory of directories) mkdirSync(directory);
  const files: Buffer[] = [];
  const pipes: Buffer[] = [];

  const name = (i: number): Buffer => {
    const kind = below(10);
    if (kind === 0) return Buffer.concat([Buffer.from(`${i}-`), Buffer.alloc(250 - `${i}`.length, 'x')]);
    if (kind === 1) return Buffer.from(`caf\xe9 ${i} \xff`, 'latin1');
    if (kind === 2) return Buffer.from(`two\nlines ${i}\t\u0001`);
    if (kind === 3) return Buffer.from(`…名前 ${i}`);
    if (kind === 4) return Buffer.from(`.${i}`);
    return Buffer.from(`${i}.log`);
  };

  for (let i = 0; i < entries; i += 1) {
    const at = Buffer.concat([
      directories[below(directories.length)] ?? Buffer.of(),
      Buffer.from('/'),
      name(i),
    ]);
    // A path for one call.
    if (at.length > 4000) continue;
    const kind = below(20);
    if (kind < 4) {
      mkdirSync(at);
      directories.push(at);
    } else if (kind < 7 && files.length > 0) linkSync(files[below(files.length)] ?? at, at);
    else if (kind === 7) symlinkSync('x'.repeat(1 + below(300)), at);
    else if (kind === 8) pipes.push(at);
    else {
      writeFileSync(at, Buffer.alloc(below(4) === 0 ? below(200_000) : below(2) * below(9000)));
      if (kind === 9) truncateSync(at, below(2 ** 40));
      files.push(at);
    }
  }
  if (pipes.length > 0)
    execFileSync('xargs', ['-0', 'mkfifo', '--'], {
      input: Buffer.concat(pipes.flatMap((pipe) => [pipe, Buffer.of(0)])),
    });
}
