// Owns how steps and the texts of files come together in a record: a step names a text by its hash. Records of formats 1 and
// 2 have the texts themselves in their steps: read back, they are named and held like others.
import type { ContentStore } from '../../port/content-store.ts';
import type { Operation } from '../../port/operation.ts';
import type { FileState } from '../../port/operations/words.ts';
import type { RecordedStep } from './record.ts';

/** The hashes of all texts that a step or its undo may write. */
export function hashesOf({ do: did, undo }: Pick<RecordedStep, 'do' | 'undo'>): readonly string[] {
  return [did, undo].flatMap((operation) => (operation?.type === 'writeFile' ? [operation.to.hash] : []));
}

export function withoutTexts(step: RecordedStep, content: ContentStore): RecordedStep {
  const did = renamed(step.do, content);
  const undo = step.undo === null ? null : renamed(step.undo, content);
  return did === step.do && undo === step.undo ? step : { ...step, do: did, undo };
}

type OldFileState = Pick<FileState, 'mode' | 'owner'> & { readonly text: string };

function renamed(operation: Operation, content: ContentStore): Operation {
  const named = (file: FileState | OldFileState): FileState => {
    if (!('text' in file)) return file;
    const { text, mode, owner } = file;
    return { ...content.hold(text), mode, owner };
  };
  if (operation.type === 'removeFile') return { ...operation, from: named(operation.from) };
  if (operation.type !== 'writeFile') return operation;
  const { from, to } = operation;
  return { ...operation, from: from === null ? null : named(from), to: named(to) };
}
