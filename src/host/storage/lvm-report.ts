// Owns what LVM's programs say: the report of `lvm fullreport` as JSON, the settings of lvm.conf(5), and why LVM leaves a device
// out. Pure: text in. Starting the programs is volume-groups.ts.
import type {
  LvmRejection,
  PhysicalVolume,
  Volume,
  VolumeGroup,
  VolumeGroups,
} from '../../port/volume-group.ts';

/** Of the report: a group each with its physical volumes and volumes, and one for each physical volume in no group. */
export const REPORT_ARGV = [
  'lvm',
  'fullreport',
  '--reportformat',
  'json',
  // Not json_std, which later versions have, too: strings everywhere, as ever.
  ...['--units', 'b', '--nosuffix', '--binary'],
  ...['--config', 'report { mark_hidden_devices = 1 list_item_separator = "," }'],
  ...['--configreport', 'vg', '-o'],
  'vg_name,vg_uuid,vg_extent_size,vg_extent_count,vg_free_count,vg_exported,vg_shared,vg_systemid',
  ...[
    '--configreport',
    'pv',
    '-o',
    'pv_name,pv_uuid,pv_major,pv_minor,pe_start,pv_missing,pv_in_use,vg_uuid',
  ],
  ...['--configreport', 'lv', '-o'],
  'lv_name,lv_uuid,lv_size,lv_layout,lv_role,lv_active_locally,lv_device_open,lv_kernel_major,lv_kernel_minor',
  // These are longer than all the rest, and are not read.
  ...['--configreport', 'pvseg', '-o', 'pvseg_start', '--configreport', 'seg', '-o', 'seg_start_pe'],
] as const;

type Row = Readonly<Record<string, string>>;

interface Part {
  readonly vg?: readonly Row[];
  readonly pv?: readonly Row[];
  readonly lv?: readonly Row[];
}

/**
 * Where all could be read it ends with 0, also with warnings: of a disk that is missing, of two groups of one name. With 5 the
 * report has what it could read, and a group may be missing from it: that is no answer, since it could be the one on our disk.
 */
export function readReport(
  text: string,
  { status, said }: { readonly status: number; readonly said: string },
): VolumeGroups {
  const { parts, log } = partsOf(text);
  if (parts === null || status !== 0)
    return {
      ok: false,
      why: 'failed',
      said: firstOf([said, ...log].join('\n')) || `lvm ended with ${status}`,
    };
  try {
    return all(parts);
  } catch (error) {
    return { ok: false, why: 'failed', said: (error as Error).message };
  }
}

/** Throws where something is not as LVM reports it. */
function all(parts: readonly Part[]): VolumeGroups {
  const groups = parts.flatMap((part) => (part.vg ?? []).map((row) => groupOf(row, part)));
  const alone = parts.flatMap(({ vg = [], pv = [] }) => (vg.length === 0 ? pv.map(physicalVolumeOf) : []));
  return {
    ok: true,
    groups,
    physicalVolumes: [...groups.flatMap(({ physicalVolumes }) => physicalVolumes), ...alone],
  };
}

/** `log`: what later versions say there, and not as text beside it. */
function partsOf(text: string): { readonly parts: readonly Part[] | null; readonly log: readonly string[] } {
  // Among the lines of the report stand those of notes, such as `Retrying metadata scan.`
  const lines = text.split('\n').filter((line) => /^\s*[[\]{}",]/.test(line));
  try {
    const { report, log } = JSON.parse(lines.join('\n')) as { report?: unknown; log?: unknown };
    const said = Array.isArray(log) ? log.map((row: Row) => row['log_message'] ?? '') : [];
    return { parts: Array.isArray(report) ? report : null, log: said };
  } catch {
    return { parts: null, log: [] };
  }
}

function groupOf(row: Row, { pv = [], lv = [] }: Part): VolumeGroup {
  const extentBytes = numberIn(row, 'vg_extent_size');
  return {
    name: textIn(row, 'vg_name'),
    uuid: textIn(row, 'vg_uuid'),
    extentBytes,
    extents: numberIn(row, 'vg_extent_count'),
    freeExtents: numberIn(row, 'vg_free_count'),
    physicalVolumes: pv.map(physicalVolumeOf),
    volumes: lv.map((one) => volumeOf(one, extentBytes)),
    locked: lockOf(row),
  };
}

function lockOf(row: Row): string | null {
  if (isYes(row, 'vg_exported')) return 'it was exported';
  if (isYes(row, 'vg_shared')) return 'it is shared with other machines';
  // Without a system ID of our own LVM takes no group that has one.
  const { vg_systemid: machine = '' } = row;
  return machine === '' ? null : `it belongs to the machine ${machine}`;
}

function physicalVolumeOf(row: Row): PhysicalVolume {
  const { vg_uuid: group = '' } = row;
  return {
    uuid: textIn(row, 'pv_uuid'),
    device: isYes(row, 'pv_missing') ? null : deviceIn(row, 'pv'),
    startBytes: numberIn(row, 'pe_start'),
    group: group === '' ? null : group,
    isLost: group === '' && isYes(row, 'pv_in_use'),
  };
}

function volumeOf(row: Row, extentBytes: number): Volume {
  const isActive = isYes(row, 'lv_active_locally');
  return {
    // Those that are LVM's own are in brackets.
    name: textIn(row, 'lv_name').replace(/^\[(.*)\]$/, '$1'),
    uuid: textIn(row, 'lv_uuid'),
    extents: numberIn(row, 'lv_size') / extentBytes,
    isActive,
    isOpen: isYes(row, 'lv_device_open'),
    device: isActive ? deviceIn(row, 'lv_kernel') : null,
    layout: textIn(row, 'lv_layout'),
  };
}

function deviceIn(row: Row, of: 'pv' | 'lv_kernel'): string | null {
  const { [`${of}_major`]: major = '-1', [`${of}_minor`]: minor = '-1' } = row;
  return /^\d+$/.test(major) && /^\d+$/.test(minor) && major !== '0' ? `${major}:${minor}` : null;
}

function textIn(row: Row, field: string): string {
  const found = row[field];
  if (found === undefined || found === '') throw new Error(`lvm reports no ${field}`);
  return found;
}

function numberIn(row: Row, field: string): number {
  const text = textIn(row, field);
  if (!/^\d+$/.test(text)) throw new Error(`lvm reports ${field} as ${text}`);
  return Number(text);
}

/** `1`; unknown is `-1`. */
function isYes(row: Row, field: string): boolean {
  return row[field] === '1';
}

/** The first line that says something, without what LVM only warns of. */
function firstOf(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => line !== '' && !line.startsWith('WARNING:')) ??
    lines.find((line) => line !== '') ??
    ''
  );
}

/** Of `lvmconfig`: a setting a line, as `filter=["a|.*|"]`. */
export function readSettings(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^\s*(\w+)\s*=\s*(.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])));
}

/** The settings that it asks for. */
export const SETTINGS = ['filter', 'global_filter', 'use_devicesfile', 'devicesfile'] as const;

/**
 * What LVM says of a device that it is asked for by its path, where it does not take it; null: it takes it, as a physical volume or
 * as one that could become one.
 */
export function rejectionIn(said: string, settings: ReadonlyMap<string, string>): LvmRejection | null {
  const line = said.split('\n').find((one) => /Cannot use |Failed to find device /.test(one));
  if (line === undefined) return null;
  // Some say why, some do not: then it is in the settings.
  const reason = line.replace(/^.*Cannot use \S+: /, '').trim();
  const isListed = reason.includes('devices file') || settings.get('use_devicesfile') === '1';
  const file = unquoted(settings.get('devicesfile') ?? '"system.devices"');
  if (isListed) return { said: reason, by: { file: `/etc/lvm/devices/${file}` } };
  const setting = (['global_filter', 'filter'] as const).find((one) => settings.get(one)?.includes('"r'));
  return {
    said: reason,
    by: setting === undefined ? null : { setting, value: settings.get(setting) ?? '' },
  };
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1');
}
