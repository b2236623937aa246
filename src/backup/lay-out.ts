// Owns laying a backup out as a data directory, with those that it needs, by the hands that its service is given for that.
import type { Context } from '../command/context.ts';
import type { Flow } from '../host/backup/pipes.ts';
import { type As, runAs } from '../host/backup/programs.ts';
import type { BackupStore, Draft, Stored } from '../host/backup/store.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { BackupFacet, RestoreLink } from '../services/backing-up.ts';
import { manifestOf } from './manifest.ts';
import type { Manifest } from './manifest-document.ts';
import { extractAs, putAs } from './put.ts';
import { programsFor } from './subject.ts';

export interface Found {
  readonly stored: Stored;
  readonly manifest: Manifest;
}

export interface LayOut {
  readonly facet: BackupFacet;
  readonly as: As;
  readonly store: BackupStore;
  readonly draft: Draft;
  readonly flow: Flow;
  /** Oldest first; the last one is what is wanted. */
  readonly chain: readonly Found[];
  /** An empty directory of the service's user. */
  readonly directory: string;
  /** What it is called afterwards. */
  readonly place: string;
}

/** All that a backup needs, oldest first, itself last. Throws a Problem where one of them is gone or damaged. */
export function chainOf(store: BackupStore, wanted: Found): readonly Found[] {
  const chain: Found[] = [wanted];
  for (let first = wanted; first.manifest.taken.parent !== null; ) {
    const { parent } = first.manifest.taken;
    const { service } = wanted.stored;
    const stored = store.names(service).includes(parent) ? store.open(service, parent) : null;
    const found = stored === null ? { damaged: 'it is gone' } : manifestOf(stored);
    if (!('manifest' in found) || stored === null || chain.length > MOST_LINKS)
      throw new Problem(EXIT.failed, [
        diagnostic('E_NO_PARENT', 'cannot use a backup without the one that it needs', {
          at: wanted.stored.path,
          detail: `want ${parent}; found ${'damaged' in found ? found.damaged : 'too many of them'}`,
          hint: 'see what else there is: sudo jts-hot backup list',
        }),
      ]);
    first = { stored, manifest: found.manifest };
    chain.unshift(first);
  }
  return chain;
}

const MOST_LINKS = 1000;

export async function layOut(context: Context, of: LayOut): Promise<void> {
  const { facet, as, draft, flow, chain, directory, place } = of;
  const { signal } = flow;
  const last = chain.at(-1);
  if (last === undefined) throw new Error('a chain has at least one backup');
  const { manifest } = last;
  const who = { as, signal };
  const into = (stored: Stored, at: string): Pick<RestoreLink, 'extract' | 'put'> => ({
    extract: (file, below) =>
      extractAs(who, {
        source: stored.read(file),
        file,
        flow,
        directory: below === '' ? at : `${at}/${below}`,
      }),
    put: (file, below) => putAs(who, { source: stored.read(file), file, flow, path: `${at}/${below}` }),
  });
  const links = chain.map(({ stored, manifest: { taken, files } }, i): RestoreLink => {
    // One that stands alone is laid out where it is wanted.
    const at = chain.length === 1 ? directory : draft.directoryFor(`link-${i + 1}`, as);
    return {
      name: stored.name,
      directory: at,
      taken,
      files: files.map(({ name }) => name),
      ...into(stored, at),
    };
  });
  await facet.restore({
    taken: manifest.taken,
    directory,
    place,
    files: manifest.files.map(({ name }) => name),
    ...programsFor(context, manifest.service, as),
    run: (argv, more = {}) => runAs({ argv, as, signal, ...more }),
    ...into(last.stored, directory),
    async write(below, text) {
      const { Readable } = await import('node:stream');
      const source = Readable.from([Buffer.from(text)]);
      await putAs(who, { source, file: '', flow, path: `${directory}/${below}` });
    },
    chain: links,
  });
}
