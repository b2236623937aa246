// Owns what is on record of a move while it goes on, and how it is read back. Where the host says something else, the host is
// right: who reads this looks there first.
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { MoveStore } from '../port/move-store.ts';
import type { KnownDirectory } from '../port/tree-moving.ts';

/** What was about to be done when the record was written. */
export const PHASES = [
  'copying',
  'stopping',
  'comparing',
  'switching',
  'starting',
  'going back',
  'moved',
  'deleting',
] as const;
export type Phase = (typeof PHASES)[number];

export interface MoveRecord {
  readonly version: 2;
  readonly service: string;
  readonly base: string;
  /** `rename`: both places are on one file system; there is no copy, and the old place gets the new name. */
  readonly how: 'copy' | 'rename';
  /** Its whole directory with all that is in it; else that of its data alone. */
  readonly isWhole: boolean;
  /** What the layout file said of its path before; null: that was not changed. */
  readonly layoutBefore: LayoutBefore | null;
  /** The old place, as it was when the move began. */
  readonly from: KnownDirectory;
  /** Where the layout wants the data. */
  readonly to: string;
  /** Its own configuration file; null: there is none, or it has its data elsewhere by that. */
  readonly file: string | null;
  /** What is stopped and started; null: nothing of it ran when the move began. */
  readonly unit: string | null;
  /** Units that would start it and ran: they are stopped with it, and started after it. */
  readonly triggers: readonly string[];
  readonly begun: string;
  readonly phase: Phase;
  /** When it was stopped; null: it was not yet. */
  readonly stopped: string | null;
  /** The copy, once it is whole. */
  readonly copy: KnownDirectory | null;
  /** The run that wrote the settings; null: none did yet. */
  readonly run: number | null;
  /** What the old place was like when it had been compared, the service stopped. */
  readonly old: OldPlace | null;
  /** It was to be started on the copy at least once: that may hold what is nowhere else. */
  readonly hasStarted: boolean;
}

export interface LayoutBefore {
  readonly file: string;
  readonly path: string;
}

export interface OldPlace {
  /** Of names, sizes and times of all that is in it. */
  readonly sha256: string;
  readonly entries: number;
  readonly bytes: number;
}

export function isOpen({ phase }: Pick<MoveRecord, 'phase'>): boolean {
  return phase !== 'moved' && phase !== 'deleting';
}

/** null: there is none. */
export function readMove(moves: MoveStore, service: string): MoveRecord | null {
  const text = moves.text(service);
  if (text === null) return null;
  const found = parsed(text);
  if (found !== null && found.service === service) return found;
  throw new Problem(EXIT.failed, [
    diagnostic('E_MOVE_RECORD', 'cannot read the record of a move', {
      at: `service ${service}`,
      detail: 'want one that this program wrote, found something else in /var/lib/jts-hot/moves',
      hint: 'a newer jts-hot may have written it: run the same command with that one',
    }),
  ]);
}

export function keepMove(moves: MoveStore, record: MoveRecord): MoveRecord {
  moves.set(record.service, `${JSON.stringify(record, null, 1)}\n`);
  return record;
}

/** The first version copied the data of services that ran. */
const FIRST_VERSION = { how: 'copy', isWhole: false, layoutBefore: null } as const;

function parsed(text: string): MoveRecord | null {
  try {
    const said = JSON.parse(text) as Omit<MoveRecord, 'version'> & { readonly version: unknown };
    const isKnown = (said.version === 1 || said.version === 2) && PHASES.includes(said.phase);
    const isUnit = said.unit === null || typeof said.unit === 'string';
    if (!isKnown || !isUnit || typeof said.to !== 'string' || typeof said.from?.path !== 'string')
      return null;
    return { ...FIRST_VERSION, ...said, version: 2 };
  } catch {
    return null;
  }
}
