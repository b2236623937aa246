// Owns the hands that a service takes its backup with: whatever they do ends as files of one draft, each with its sum.
import { Readable } from 'node:stream';
import type { Context } from '../command/context.ts';
import { compression, type Flow, paced, sumOf, type Written, writeFileFrom } from '../host/backup/pipes.ts';
import { answerOf, pipeAs } from '../host/backup/programs.ts';
import type { Draft, Stored } from '../host/backup/store.ts';
import { takeOver } from '../host/backup/take-over.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { ParentBackup, TakeHands } from '../services/backing-up.ts';
import type { Manifest } from './manifest-document.ts';
import { putAs } from './put.ts';
import { askHands, type Subject } from './subject.ts';

export interface Taking {
  readonly hands: TakeHands;
  /** All that was made, in the order of their names. */
  readonly files: () => Manifest['files'];
  /** However it ended. What could not be undone. */
  readonly end: () => Promise<readonly string[]>;
}

/** `--exclude` begins at the directory; nothing of it is guessed. */
const TAR = [
  'tar',
  '--create',
  '--format=posix',
  '--numeric-owner',
  '--sparse',
  '--acls',
  '--xattrs',
  '--one-file-system',
  '--anchored',
  '--sort=name',
];
/** One that has not ended by then hangs: 2.3 TB at 26 MB a second take half of it. */
const TOOL_MS = 48 * 3600_000;

/** tar(1): some files changed while they were read. */
const CHANGED = 1;

export function startTaking(
  context: Context,
  subject: Subject,
  of: {
    readonly draft: Draft;
    readonly flow: Flow;
    readonly bytesPerSecond: number;
    readonly parent: { readonly stored: Stored; readonly manifest: Manifest } | null;
  },
): Taking {
  const { draft, flow, bytesPerSecond, parent } = of;
  const { as, service } = subject;
  const { signal } = flow;
  const made = new Map<string, Written>();
  const undos: { readonly what: string; readonly undo: () => Promise<void> }[] = [];
  let directories = 0;

  async function keep(name: string, source: Readable, compress: boolean): Promise<void> {
    const file = compress ? `${name}.zst` : name;
    if (made.has(file)) throw new Error(`two files of a backup are called ${file}`);
    const through = compress ? [paced(flow), compression()] : [paced(flow)];
    requirePlain(file);
    made.set(file, await writeFileFrom(source, draft.placeFor(file), { flow, through }));
  }

  /** A copy in a directory of the user's, which goes with the draft. */
  function lending({ stored, manifest }: NonNullable<typeof parent>): ParentBackup {
    return {
      name: stored.name,
      taken: manifest.taken,
      async lend(file) {
        directories += 1;
        const path = draft.directoryFor(`lent-${directories}`, as);
        const plain = file.replace(/\.zst$/, '').replace(/^.*\//, '');
        await putAs({ as, signal }, { source: stored.read(file), file, path: `${path}/${plain}`, flow });
        return `${path}/${plain}`;
      },
    };
  }

  const hands: TakeHands = {
    ...askHands(context, subject, signal),
    parent: parent === null ? null : lending(parent),
    bytesPerSecond,
    stream: (name, argv, more = {}) =>
      pipeAs({ argv, as, signal, timeoutMs: TOOL_MS, ...more }, (stdout) => keep(name, stdout, true)),
    async written(into, argvFor, { compress = false, ...more } = {}) {
      directories += 1;
      const own = `by-${directories}`;
      const path = draft.directoryFor(own, as);
      const { stderr } = await answerOf({
        argv: argvFor(path),
        // The process that pg_basebackup has for the log would keep the server from removing any of it.
        hasOthers: true,
        as,
        signal,
        timeoutMs: TOOL_MS,
        ...more,
      });
      const files = await draft.within(own, (fd) => takeOver(fd, { uid: as.uid, path }));
      for (const { name, bytes } of files) {
        const file = into === '' ? name : `${into}/${name}`;
        if (made.has(file)) throw notItsOwn(file, 'a name that the backup has already');
        const from = `${own}/${name}`;
        if (typeof compress === 'boolean' ? compress : compress.includes(name)) {
          await keep(file, draft.read(from), true);
          continue;
        }
        // First: what there is no room for need not be read.
        flow.spend(bytes);
        made.set(file, await sumOf(draft.read(from), flow));
        requirePlain(file);
        draft.adopt(from, file);
      }
      return stderr;
    },
    archive(name, { place, names = ['.'], except = [], mayChange = false }) {
      // The user goes there itself: where its own directory has become a link, it comes no further than it may.
      const there = [`--directory=${place}`, ...except.map((one) => `--exclude=${one}`)];
      const argv = [...TAR, ...there, '--', ...names];
      const answers = mayChange ? [CHANGED] : [];
      return pipeAs({ argv, as, signal, timeoutMs: TOOL_MS, answers }, (stdout) =>
        keep(`${name}.tar`, stdout, true),
      );
    },
    write: (name, text) => keep(name, Readable.from([Buffer.from(text)]), false),
    atEnd: (what, undo) => {
      undos.push({ what, undo });
    },
  };
  return {
    hands,
    files: () =>
      [...made]
        .map(([name, written]) => ({ name, ...written }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async end() {
      const left: string[] = [];
      for (const { what, undo } of undos.toReversed()) {
        try {
          await undo();
        } catch (error) {
          left.push(`${service.name}: ${what}: ${(error as Error).message.split('\n')[0]}`);
        }
      }
      return left;
    },
  };
}

function requirePlain(file: string): void {
  if (file.split('/').some((part) => part === '..' || part === '')) throw notItsOwn(file, 'no plain name');
}

function notItsOwn(file: string, found: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_ITS_OWN', 'refusing to take over what the tool of a service cannot have made', {
      at: file,
      detail: `want a plain name of its own, found ${found}`,
    }),
  ]);
}
