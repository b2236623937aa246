// Owns what is on record while a whole base is moved to another path, and how it is read back. What its services have come to
// stands in their own records.
import { BASE_NAME } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { MoveStore } from '../port/move-store.ts';

/**
 * `moving`: services go, one after the other. `going back`: given up, and on the way back. `moved`: all have gone, and the old
 * base is kept. `finishing`: what is in the old one is being deleted.
 */
export const BASE_PHASES = ['moving', 'going back', 'moved', 'finishing'] as const;
export type BasePhase = (typeof BASE_PHASES)[number];

export interface BaseRecord {
  readonly version: 1;
  readonly from: string;
  readonly to: string;
  readonly layoutFile: string;
  readonly begun: string;
  readonly phase: BasePhase;
}

/** null: no base is being moved. */
export function readBaseMove(moves: MoveStore): BaseRecord | null {
  const text = moves.text(BASE_NAME);
  if (text === null) return null;
  const found = parsed(text);
  if (found !== null) return found;
  throw new Problem(EXIT.failed, [
    diagnostic('E_MOVE_RECORD', 'cannot read the record of a move', {
      at: 'the base',
      detail: 'want one that this program wrote, found something else in /var/lib/jts-hot/moves',
      hint: 'a newer jts-hot may have written it: run the same command with that one',
    }),
  ]);
}

/** null: takes it away. */
export function keepBaseMove(moves: MoveStore, record: BaseRecord | null): void {
  moves.set(BASE_NAME, record === null ? null : `${JSON.stringify(record, null, 1)}\n`);
}

function parsed(text: string): BaseRecord | null {
  try {
    const said = JSON.parse(text) as BaseRecord;
    const isKnown = said.version === 1 && BASE_PHASES.includes(said.phase);
    const isWhole = [said.from, said.to, said.layoutFile, said.begun].every((one) => typeof one === 'string');
    return isKnown && isWhole ? said : null;
  } catch {
    return null;
  }
}
