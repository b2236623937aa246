// Owns what a backup of ClickHouse does not have, in sentences. Pure.
import { type Inventory, isFrozen, isHere, isLeft, keyOf } from './backup-tables.ts';

/** More names are only counted. */
const NAMES_SHOWN = 10;

/** `detached`: tables of which only a definition is known. */
export function limitsOf(
  have: Inventory,
  by: 'freeze' | 'sql',
  detached: readonly string[],
): readonly string[] {
  const { tables, disks, changing, databases } = have;
  const left = tables.filter((table) => by === 'freeze' && isLeft(table));
  const far = tables.filter((table) => by === 'freeze' && isFrozen(table) && !isHere(table, disks));
  const memory = tables.filter(({ engine }) => engine === 'Memory');
  const others = databases.filter(
    ({ engine }) => !/^(Ordinary|Atomic|Lazy|Memory|Overlay|Replicated)$/.test(engine),
  );
  return [
    ...sentence(
      'Come back empty, since no snapshot can be taken of their engines',
      left.map((table) => `${keyOf(table)} (${table.engine})`),
    ),
    ...sentence('Come back empty, since they have a disk that is not local', far.map(keyOf)),
    ...sentence('Come back empty, since they are in memory alone', memory.map(keyOf)),
    ...sentence('Are detached, so only their definitions are here', detached),
    ...sentence('Had a mutation that was not finished: start it again after a restore', changing),
    ...sentence(
      'Databases that are elsewhere, so only their definitions are here',
      others.map(({ name, engine }) => `${name} (${engine})`),
    ),
  ];
}

function sentence(says: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return [`${says}: ${shown}${more}.`];
}
