// A small file as operations name it, from the text that is in it.
import type { Host, HostReader } from '../src/port/host.ts';
import type { OperationOf } from '../src/port/operation.ts';
import type { FileState, Owner } from '../src/port/operations/words.ts';
import { contentOf } from '../src/values/content.ts';

export interface Written {
  readonly text: string;
  readonly mode: string;
  readonly owner: Owner;
}

export function fileState({ text, mode, owner }: Written): FileState {
  return { ...contentOf(text), mode, owner };
}

/** Held by the host, as a plan has it: it can be performed. */
export function writing(
  host: Host | HostReader,
  path: string,
  files: { readonly from: Written | null; readonly to: Written },
): OperationOf<'writeFile'> {
  const { from, to } = files;
  host.hold(to.text);
  return { type: 'writeFile', path, from: from === null ? null : fileState(from), to: fileState(to) };
}
