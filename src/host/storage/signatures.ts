// Reads what wipefs(8) prints of a device, and where LVM keeps the name of a volume group. Pure.
import type { Signature } from '../../port/block-device.ts';

/** Partition tables, as wipefs calls them; PMBR stands before a GPT and says nothing of its own. */
const TABLES: ReadonlySet<string> = new Set([
  'gpt',
  'dos',
  'sun',
  'sgi',
  'bsd',
  'mac',
  'atari',
  'minix',
  'ultrix',
  'unixware',
  'solaris_x86',
]);
const PROTECTIVE = 'PMBR';

export interface Probed {
  readonly partitionTable: string | null;
  readonly signatures: readonly Signature[];
}

/** Of `wipefs --json --no-act`; nothing printed: nothing found. null: it is not what wipefs prints. */
export function parseWipefs(text: string): Probed | null {
  if (text.trim() === '') return { partitionTable: null, signatures: [] };
  const all = signaturesIn(text);
  if (all === null) return null;
  const table = all.find(({ type }) => TABLES.has(type));
  return {
    partitionTable: table?.type ?? null,
    // A file system may be there beside the table: then both are told.
    signatures: each(all.filter(({ type }) => !TABLES.has(type) && type !== PROTECTIVE)),
  };
}

/** Where the same stands several times (LUKS twice, ZFS more than a hundred times), the first of them. */
function each(all: readonly Signature[]): readonly Signature[] {
  const isSame = (a: Signature, b: Signature) =>
    a.type === b.type && a.uuid === b.uuid && a.label === b.label;
  return all.filter((one, i) => all.findIndex((other) => isSame(one, other)) === i);
}

function signaturesIn(text: string): readonly Signature[] | null {
  let all: unknown;
  try {
    all = (JSON.parse(text) as { readonly signatures?: unknown }).signatures;
  } catch {
    return null;
  }
  if (!Array.isArray(all)) return null;
  return all.flatMap((one: Readonly<Record<string, unknown>>) => {
    const [type, uuid, label] = [one['type'], one['uuid'], one['label']].map(textOrNull);
    if (type === null || type === undefined) return [];
    return [{ type, offset: Number(one['offset']) || 0, uuid: uuid ?? null, label: label ?? null }];
  });
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

const SECTOR = 512;
const LABEL_SECTORS = 4;
const AREA_MAGIC = ' LVM2 x[5A%r0N*>';

/**
 * By the beginning of a physical volume: its label in one of the first four sectors, the areas that it lists, the text in the first
 * of them (lib/format_text/layout.h of LVM2). null: it is in no group, or this is none.
 */
export function volumeGroupIn(beginning: Buffer): string | null {
  for (let sector = 0; sector < LABEL_SECTORS; sector += 1) {
    const label = beginning.subarray(sector * SECTOR, (sector + 1) * SECTOR);
    if (label.length < SECTOR || label.toString('latin1', 0, 8) !== 'LABELONE') continue;
    const area = metadataArea(label);
    return area === null ? null : groupAt(beginning, area);
  }
  return null;
}

/** The list of areas for data ends with zeros; that of areas for metadata follows it. */
function metadataArea(label: Buffer): number | null {
  const header = label.readUInt32LE(20);
  let at = header + 40;
  for (let lists = 0; at + 16 <= label.length; at += 16) {
    const offset = Number(label.readBigUInt64LE(at));
    if (lists === 1) return offset === 0 ? null : offset;
    if (offset === 0) lists += 1;
  }
  return null;
}

function groupAt(beginning: Buffer, area: number): string | null {
  if (beginning.length < area + SECTOR || beginning.toString('latin1', area + 4, area + 20) !== AREA_MAGIC)
    return null;
  const text = area + Number(beginning.readBigUInt64LE(area + 40));
  if (text === area) return null;
  return /^([\w+.-]{1,127}) \{/.exec(beginning.toString('latin1', text, text + 160))?.[1] ?? null;
}
