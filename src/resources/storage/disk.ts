// The disk that the hot tier is made on: found by its name, judged, and emptied only where that was agreed to in so many words. What
// is ours is left alone. Before the first write its ends are saved; what is made on it is the business of the other kinds.
import { type Difference, NO_DIFFERENCE, type Resource, type Step } from '../../engine/resource.ts';
import { type Diagnostic, diagnostic } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import type { BlockDevice, DeviceContents } from '../../port/block-device.ts';
import { endsInManifest, imageManifest } from '../../port/disk-image.ts';
import { type FoundDisk, findDisk, identityOf } from '../../port/find-disk.ts';
import type { HostReader } from '../../port/host.ts';
import { type DiskEnds, isSameDisk } from '../../port/saved-disk.ts';
import { type DiskName, describeDisk, type PlannedDisk } from '../../port/storage.ts';
import { diskInUse, noSerial, notLookedAt, setUpBefore, unseen } from './disk-refusals.ts';
import { judgeUse, type Usability } from './usable.ts';

export interface DiskWant {
  readonly disk: DiskName;
  /** The serial number that the layout lets be formatted; null: none. */
  readonly allowFormat: string | null;
  /** The serial number given with --confirm. */
  readonly confirmed: string | null;
  /** Given with --backup. */
  readonly backup: DiskBackup | null;
  /** The serial number given with --no-backup. */
  readonly noBackup: string | null;
  /** Services that may have file systems of ours on it. */
  readonly services: readonly string[];
  /** The recorded run that set this disk up and was not undone (run-of-disk.ts); null: none. */
  readonly setUpBy: number | null;
  /** Where fstab has a line for a file system of ours on it: it was set up, whatever became of the record. */
  readonly isInFstab?: boolean;
  /** What looks at what may be left of it, and changes nothing: `sudo xfs_repair -n /dev/nvme1n1`. */
  readonly look?: string;
  /** The recorded run that emptied it and did not come to its end: what nothing knows of on it is that run's. null: none. */
  readonly begunBy: number | null;
  /** What to type to do it: `storage --apply`. */
  readonly command: string;
}

export interface DiskBackup {
  readonly file: string;
  /** Of the state that it was made of: the hash of the ends. null: what stands beside the image says it. */
  readonly ofEnds: string | null;
}

export interface DiskHave {
  readonly found: FoundDisk;
  readonly devices: readonly BlockDevice[];
  /** null: there is no such disk. */
  readonly contents: DeviceContents | null;
  /** null: there is no such disk, or its ends are not for us to read. */
  readonly ends: DiskEnds | null;
  /** What the image given with --backup is of; null: there is none, or it is of another disk. */
  readonly backedUp: string | null;
  /** The state that erasing it began from, and did not come to its end; null: none did. */
  readonly begun: string | null;
}

export const disk: Resource<DiskWant, DiskHave> = {
  kind: 'disk',
  role: 'device',
  creates: [],
  tools: { wipefs: 'util-linux', sfdisk: 'fdisk' },
  isRepaired: false,
  irreversible: null,
  address: (want) => describeDisk(want.disk),
  checkId: (want) => `disk.${want.disk.serial ?? want.disk.wwid}`,
  service: () => null,
  observe: (host, wants) => wants.map((want) => observe(host, want)),
  diff: (want, have) => diff(want, have),
  expected: () => 'a disk with the hot tier on it',
  found: (want, have) => foundWords(want, have),
};

/** As a step is planned for it; null: it tells no serial number. */
export function plannedDisk({ serial, namespace, wwid, sizeBytes }: BlockDevice): PlannedDisk | null {
  return serial === null ? null : { serial, namespace, wwid, sizeBytes };
}

function observe(host: HostReader, want: DiskWant): DiskHave {
  const devices = host.blockDevices();
  const found = findDisk(devices, want.disk);
  const none = { found, devices, contents: null, ends: null, begun: null, backedUp: null };
  if ('refusal' in found) return none;
  const [contents = null] = host.deviceContents([found.disk.name]);
  const planned = plannedDisk(found.disk);
  if (planned === null || contents?.probed.ok !== true) return { ...none, contents };
  const ends = host.diskEnds(planned);
  return {
    ...none,
    contents,
    ends,
    begun: ends === null ? null : begunFrom(host, planned, ends),
    backedUp: want.backup === null ? null : (want.backup.ofEnds ?? imageOf(host, want.backup.file, planned)),
  };
}

function imageOf(host: HostReader, file: string, planned: PlannedDisk): string | null {
  const manifest = imageManifest(file);
  if (host.entry(file).type !== 'file' || host.entry(manifest).type !== 'file') return null;
  return endsInManifest(host.text(manifest) ?? '', planned);
}

/** Erasing it was cut short: some of it is as it was saved, the rest is zeros. */
function begunFrom(host: HostReader, planned: PlannedDisk, { hash, isZero }: DiskEnds): string | null {
  if (isZero) return null;
  const saved = host.savedDisks().filter((one) => isSameDisk(one.disk, planned));
  if (saved.some((one) => one.hash === hash)) return null;
  return saved.find((one) => host.diskEnds(planned, { one: one.hash, other: null })?.isBetween)?.hash ?? null;
}

function judged(want: DiskWant, { found, devices, contents }: DiskHave): Usability | null {
  if ('refusal' in found) return null;
  return judgeUse({ device: found.disk, contents, devices, services: want.services, health: null });
}

function diff(want: DiskWant, have: DiskHave): Difference {
  if ('refusal' in have.found) return refused(have.found.refusal);
  const { disk: device } = have.found;
  const usability = judged(want, have);
  // Never formatted, whatever was agreed to.
  if (usability === null || usability.use === 'ours') return NO_DIFFERENCE;
  const planned = plannedDisk(device);
  if (planned === null) return refused(noSerial(device));
  const probed = have.contents?.probed;
  if (probed?.ok === false && probed.why === 'root') return refused(unseen(device));
  const [first] = usability.refusals;
  if (first !== undefined) return refused(diskInUse(device, usability.refusals, first));
  const { contents, ends } = have;
  if (contents === null || !contents.probed.ok || ends === null)
    return refused(notLookedAt(device, contents));
  const isLost = want.isInFstab === true && usability.use !== 'empty' && want.begunBy === null;
  if (want.setUpBy !== null || isLost) return refused(setUpBefore(device, contents, want));
  const missing = missingConsent(want, {
    device,
    contents,
    ends,
    serial: planned.serial,
    use: usability.use,
    // Where erasing it was cut short, the image is of what was there before.
    backedUp: have.begun !== null && have.backedUp === have.begun ? ends.hash : have.backedUp,
  });
  if (missing.length > 0) return { ...NO_DIFFERENCE, refusals: missing };
  return { ...NO_DIFFERENCE, steps: stepsFor(planned, have, contents) };
}

function stepsFor(
  planned: PlannedDisk,
  { ends, begun }: DiskHave,
  contents: DeviceContents,
): readonly Step[] {
  if (ends === null) return [];
  const address = describeDisk(planned);
  const hash = begun ?? ends.hash;
  const undo = { type: 'restoreDisk', disk: planned, ends: hash, over: null } as const;
  const save: Step = {
    address,
    action: '+',
    summary: `${address}  first and last 16 MiB saved`,
    reason: 'what it begins and ends with can be put back',
    do: { type: 'saveDisk', disk: planned, ends: hash },
    // Of an empty one there is nothing to erase, and the zeros come back with this.
    undo: ends.isZero ? undo : null,
    needs: [],
  };
  if (ends.isZero) return [save];
  const erase: Step = {
    address,
    action: '-',
    summary: `${address}  erased: ${contentsWords(contents)}`,
    reason: 'it is to hold the hot tier',
    do: { type: 'eraseDisk', disk: planned, ends: hash },
    undo,
    needs: [],
  };
  return begun === null ? [save, erase] : [erase];
}

/** What was on it, in a few words: `gpt, ext4 “old”`. */
export function contentsWords({ partitionTable, signatures }: DeviceContents): string {
  const all = [
    ...(partitionTable === null ? [] : [partitionTable]),
    ...signatures.map(({ type, label }) => (label === null ? type : `${type} “${label}”`)),
  ];
  return all.join(', ') || 'data that nothing is known of';
}

/** For the record of the run: what was agreed to. */
export function diskDecisions(want: DiskWant, have: DiskHave): readonly string[] {
  const { found, contents, ends } = have;
  if ('refusal' in found || contents === null || ends === null || judged(want, have)?.use === 'ours')
    return [];
  const address = describeDisk(want.disk);
  const agreed = `${address} may be formatted (allowFormat in the layout, --confirm ${want.confirmed})`;
  if (ends.isZero) return [`${agreed}: it is empty`];
  const was = `it held: ${contentsWords(contents)}`;
  const backup =
    want.backup === null
      ? `no backup is made of it (--no-backup ${want.noBackup})`
      : `a verified image of it is ${want.backup.file} (--backup)`;
  return [`${agreed}; ${was}; ${backup}`];
}

interface Judged {
  readonly device: BlockDevice;
  readonly contents: DeviceContents;
  readonly ends: DiskEnds;
  readonly serial: string;
  readonly use: Usability['use'];
  readonly backedUp: string | null;
}

function missingConsent(want: DiskWant, of: Judged): readonly Diagnostic[] {
  return [allowed(want, of), confirmed(want, of), backedUp(want, of)].filter((one) => one !== null);
}

function allowed({ allowFormat }: DiskWant, { device, serial }: Judged): Diagnostic | null {
  if (allowFormat === serial) return null;
  const detail = [`want allowFormat: ${serial}`, `found ${allowFormat ?? 'none'}; ${identityOf(device)}`];
  return allowFormat === null
    ? diagnostic(
        'E_FORMAT_NOT_ALLOWED',
        'refusing to format a disk that the layout does not let be formatted',
        {
          at: 'storage.allowFormat',
          detail,
          hint: `where it may lose all that is on it, put this below storage: in the layout: allowFormat: ${serial}`,
        },
      )
    : diagnostic(
        'E_FORMAT_OTHER_ALLOWED',
        'refusing to format another disk than the layout lets be formatted',
        {
          at: 'storage.allowFormat',
          detail,
          hint: 'look which disk is meant (sudo jts-hot device list), and correct the layout',
        },
      );
}

function confirmed({ confirmed: given, command }: DiskWant, { device, serial }: Judged): Diagnostic | null {
  if (given === serial) return null;
  const detail = [`want --confirm ${serial}`, `found ${given ?? 'none'}; ${identityOf(device)}`];
  return given === null
    ? diagnostic('E_NOT_CONFIRMED', 'refusing to format a disk that was not confirmed', {
        at: '--confirm',
        detail,
        fix: `sudo jts-hot ${command} --confirm ${shellWord(serial)}`,
      })
    : diagnostic('E_CONFIRMED_OTHER', 'refusing to format another disk than was confirmed', {
        at: '--confirm',
        detail,
        hint: 'look which disk is meant (sudo jts-hot device list), and confirm that one',
      });
}

function backedUp(want: DiskWant, { contents, ends, serial, use, backedUp }: Judged): Diagnostic | null {
  if (use === 'empty' || ends.isZero) return null;
  const { backup, noBackup, begunBy } = want;
  // Half a file system of ours: a disk with anything that is known to anybody is another matter.
  if (begunBy !== null && contents.partitionTable === null && contents.signatures.length === 0) return null;
  const held = `found on it: ${contentsWords(contents)}`;
  if (backup !== null) return imaged(want, { serial, backedUp, file: backup.file, held, ends });
  if (noBackup === serial) return null;
  if (noBackup !== null)
    return diagnostic('E_NO_BACKUP_OF_OTHER', 'refusing to format a disk without a backup', {
      at: '--no-backup',
      detail: [`want --no-backup ${serial}, found ${noBackup}`, held],
      hint: 'look which disk is meant (sudo jts-hot device list)',
    });
  return diagnostic(
    'E_BACKUP_WANTED',
    'refusing to format a disk that has something on it without a backup',
    {
      at: '--backup',
      detail: [`want --backup FILE, or --no-backup ${serial}; found neither`, held],
      hint: `make one: sudo jts-hot device backup ${serial} --to FILE; without one: sudo jts-hot ${want.command} --confirm ${serial} --no-backup ${serial}`,
    },
  );
}

function imaged(
  { command }: DiskWant,
  of: Pick<Judged, 'serial' | 'backedUp' | 'ends'> & { readonly file: string; readonly held: string },
): Diagnostic | null {
  const { serial, backedUp, ends, file, held } = of;
  if (backedUp === ends.hash) return null;
  const detail = `want an image of what is on it now, found ${backedUp === null ? 'none' : 'an earlier one'}: ${file}`;
  return backedUp === null
    ? diagnostic('E_BACKUP_NOT_MADE', 'refusing to format a disk whose image is not made yet', {
        at: '--backup',
        detail: [detail, held],
        fix: `sudo jts-hot device backup ${shellWord(serial)} --to ${shellWord(file)}`,
        hint: `then type this again: ${command} --confirm ${serial} --backup ${file}`,
      })
    : diagnostic('E_BACKUP_OLD', 'refusing to format a disk that has changed since its image was made', {
        at: '--backup',
        detail: [detail, held],
        hint: `make a new one: sudo jts-hot device backup ${shellWord(serial)} --to FILE`,
      });
}

function refused(refusal: Diagnostic): Difference {
  return { ...NO_DIFFERENCE, refusals: [refusal] };
}

function foundWords(want: DiskWant, have: DiskHave): string {
  if ('refusal' in have.found) return 'no such disk';
  if (judged(want, have)?.use === 'ours') return 'as set up';
  return have.contents === null
    ? 'a disk that was not looked at'
    : `a disk with ${contentsWords(have.contents)}`;
}
