// The record of runs of a host in memory. A crash can come before or after each write, or tear its last line.
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { ContentStore } from '../../src/port/content-store.ts';
import type { JournalFile, JournalStore, RecordFile } from '../../src/port/journal-store.ts';
import type { Events } from './events.ts';
import type { Run, State } from './state.ts';

export function journalOf(
  state: State,
  { event, requireAlive }: Events,
  content: ContentStore,
): JournalStore {
  function recorded(run: number): Run {
    const found = state.runs.get(run);
    if (found === undefined)
      throw new Problem(EXIT.failed, [
        diagnostic('E_NOT_THERE', 'cannot find the record of the run', { detail: `run ${run}` }),
      ]);
    return found;
  }

  function runs(): number[] {
    return [...state.runs.keys()].sort((a, b) => a - b);
  }

  function fileOf(recording: Run): JournalFile {
    return {
      append: (lines) => {
        const added = asBytes(lines);
        // Half of the last line.
        const torn = added.length - Math.floor(Buffer.byteLength(lines.at(-1) ?? '') / 2) - 1;
        event(
          () => write(added),
          () => write(added.subarray(0, torn)),
        );
      },
      close: () => {},
    };

    function write(added: Uint8Array): void {
      recording.bytes = Buffer.concat([recording.bytes, added]);
    }
  }

  function recordOf(run: number): RecordFile {
    return {
      run,
      open: () => {
        const { bytes } = recorded(run);
        return {
          size: bytes.length,
          read: (into, at) => {
            const found = bytes.subarray(at, at + into.length);
            into.set(found);
            return found.length;
          },
          close: () => {},
        };
      },
    };
  }

  return {
    content,
    runs,
    record: recordOf,
    newestFirst: () => runs().reverse().map(recordOf),
    create(run, lines) {
      requireAlive();
      if (state.runs.has(run))
        throw new Problem(EXIT.failed, [
          diagnostic('E_EXISTS', 'cannot record the run', { detail: `run ${run} is recorded already` }),
        ]);
      const made: Run = { bytes: asBytes(lines) };
      event(
        () => state.runs.set(run, made),
        () => {},
      );
      return fileOf(made);
    },
    reopen(run) {
      requireAlive();
      const found = recorded(run);
      found.bytes = found.bytes.subarray(0, found.bytes.lastIndexOf(NEWLINE) + 1);
      return fileOf(found);
    },
  };
}

const NEWLINE = 10;

function asBytes(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
