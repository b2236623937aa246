// `jts-hot device restore`: what was saved of disks, and putting it back as a recorded run, which rollback takes back. What is there now is
// saved first. Refuses a disk that is in use, and one that holds something newer, unless that was agreed to.
import type { Answer, Context } from '../command/context.ts';
import { type Planned, runRecorded, taking } from '../command/recorded-run.ts';
import type { Step } from '../engine/resource.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { DeviceContents } from '../port/block-device.ts';
import { findDisk } from '../port/find-disk.ts';
import type { Host } from '../port/host.ts';
import type { SavedDisk } from '../port/saved-disk.ts';
import { describeDisk } from '../port/storage.ts';
import { contentsWords } from '../resources/storage/disk.ts';
import { diskInUse } from '../resources/storage/disk-refusals.ts';
import { runOfDisk } from '../resources/storage/run-of-disk.ts';
import { judgeUse } from '../resources/storage/usable.ts';
import type { RestoreResult } from './device-document.ts';

export interface RestoreRequest {
  readonly serial: string | null;
  /** How the name of the saved state begins. */
  readonly saved: string | null;
  readonly confirmed: string | null;
  readonly replaceLive: boolean;
  readonly isDry: boolean;
}

export async function deviceRestoreCommand(
  context: Context,
  request: RestoreRequest,
): Promise<Answer<RestoreResult>> {
  const { host } = context;
  const { serial } = request;
  const kept = host.savedDisks().filter(({ disk }) => serial === null || disk.serial === serial);
  if (serial === null || request.saved === null) {
    if (serial !== null && kept.length === 0) throw noneKept(serial);
    return { exitCode: EXIT.ok, problems: [], result: { did: 'list saved', saved: kept } };
  }
  const saved = oneOf(kept, serial, request.saved);
  // Nobody else writes to it from the first look on.
  const release = request.isDry ? () => {} : holdWhereThere(host, saved);
  try {
    const ran = await runRecorded(context, {
      command: 'device',
      scope: `restore ${describeDisk(saved.disk)}`,
      isDry: request.isDry,
      plan: () => planRestore(host, saved, request),
      decisions: () => [
        `the ends of ${describeDisk(saved.disk)} may be overwritten (--confirm ${request.confirmed})`,
        ...(request.replaceLive ? ['what is newer on it may be overwritten (--replace-live)'] : []),
      ],
      act: taking(({ steps }) => steps),
      again: () => context.invocation,
    });
    const { exitCode, problems, outcome, run, planned } = ran;
    return { exitCode, problems, result: { did: 'restore', saved, outcome, run, steps: planned.steps } };
  } finally {
    release();
  }
}

/** A disk that is not there is refused by the plan. */
function holdWhereThere(host: Host, { disk }: SavedDisk): () => void {
  return host.diskEnds(disk) === null ? () => {} : host.holdDisk(disk);
}

function planRestore(host: Host, saved: SavedDisk, request: RestoreRequest): Planned {
  const { disk, hash } = saved;
  const refused = (refusal: Diagnostic): Planned => ({ steps: [], refusals: [refusal] });
  const devices = host.blockDevices();
  const found = findDisk(devices, disk);
  if ('refusal' in found) return refused(found.refusal);
  const device = found.disk;
  const [contents = null] = host.deviceContents([device.name]);
  const ends = host.diskEnds(disk, { one: null, other: hash });
  if (ends === null || contents === null || !contents.probed.ok)
    return refused(anotherSize(saved, device.sizeBytes));
  if (ends.hash === hash) return { steps: [], refusals: [] };
  const { refusals } = judgeUse({ device, contents, devices, services: [], health: null });
  // A volume group that is not active is what is on it, and no use of it.
  const inUse = refusals.filter(({ cause }) => cause !== 'member' || contents.isHeld);
  const [first] = inUse;
  if (first !== undefined) return refused(diskInUse(device, inUse, first));
  const missing = [
    confirmation(saved, request),
    agreement(saved, contents, { ends, request, setUpBy: runOfDisk(host.journal, disk).setUpBy }),
  ];
  const refusalsOfConsent = missing.filter((one) => one !== null);
  if (refusalsOfConsent.length > 0) return { steps: [], refusals: refusalsOfConsent };
  return { steps: stepsFor(saved, ends.hash, contents), refusals: [] };
}

function stepsFor({ disk, hash, held }: SavedDisk, now: string, contents: DeviceContents): readonly Step[] {
  const address = describeDisk(disk);
  return [
    {
      address,
      action: '+',
      summary: `${address}  first and last 16 MiB saved: ${contentsWords(contents)}`,
      reason: 'what is there now can be put back, too',
      do: { type: 'saveDisk', disk, ends: now },
      undo: null,
      needs: [],
    },
    {
      address,
      action: '~',
      summary: `${address}  put back: ${held.join(', ') || 'nothing was on it'}`,
      reason: 'it is to be as it was saved',
      do: { type: 'restoreDisk', disk, ends: hash, over: now },
      undo: { type: 'restoreDisk', disk, ends: now, over: hash },
      needs: [],
    },
  ];
}

function confirmation({ disk }: SavedDisk, { confirmed, saved }: RestoreRequest): Diagnostic | null {
  const { serial } = disk;
  if (confirmed === serial) return null;
  return diagnostic('E_NOT_CONFIRMED', 'refusing to write to a disk that was not confirmed', {
    at: '--confirm',
    detail: `want --confirm ${serial}, found ${confirmed ?? 'none'}`,
    fix: `sudo jts-hot device restore ${shellWord(serial)} --saved ${saved} --confirm ${shellWord(serial)}`,
  });
}

function agreement(
  { disk, savedAt, held }: SavedDisk,
  contents: DeviceContents,
  of: {
    readonly ends: { readonly isBetween: boolean };
    readonly request: RestoreRequest;
    readonly setUpBy: number | null;
  },
): Diagnostic | null {
  const { ends, request, setUpBy } = of;
  const { partitionTable, signatures, edges } = contents;
  const isBare = partitionTable === null && signatures.length === 0 && edges !== 'data';
  // Zeros, or half of what is put back.
  if (request.replaceLive || isBare || ends.isBetween) return null;
  const { serial } = disk;
  return diagnostic('E_NEWER_DATA', 'refusing to put an old state of a disk over something newer', {
    at: '--replace-live',
    detail: [
      `want nothing on it, or what was saved at ${savedAt} (${held.join(', ') || 'nothing'})`,
      `found ${contentsWords(contents)}`,
    ],
    ...(setUpBy === null ? {} : { fix: `sudo jts-hot rollback ${setUpBy}` }),
    hint: `what is on it now would be lost; to agree to that: sudo jts-hot device restore ${shellWord(serial)} --saved ${request.saved} --confirm ${shellWord(serial)} --replace-live`,
  });
}

function anotherSize({ disk }: SavedDisk, sizeBytes: number): Diagnostic {
  return diagnostic('E_DISK_CHANGED', 'refusing to write to another disk than was saved', {
    at: describeDisk(disk),
    detail: `want ${disk.sizeBytes} bytes that can be read, found ${sizeBytes} bytes`,
    hint: 'see what there is: sudo jts-hot device list',
  });
}

function oneOf(kept: readonly SavedDisk[], serial: string, name: string): SavedDisk {
  if (kept.length === 0) throw noneKept(serial);
  const [found, ...more] = kept.filter(({ hash }) => hash.startsWith(name));
  if (found !== undefined && more.length === 0) return found;
  throw new Problem(EXIT.usage, [
    diagnostic('E_NO_SUCH_STATE', 'cannot tell which saved state of the disk is meant', {
      at: '--saved',
      detail: [
        `want the beginning of one of ${kept.map(({ hash }) => hash.slice(0, 12)).join(', ')}`,
        `found ${JSON.stringify(name)}`,
      ],
      fix: `sudo jts-hot device restore ${shellWord(serial)}`,
    }),
  ]);
}

function noneKept(serial: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_KEPT', 'cannot find what was saved of a disk', {
      at: `disk ${serial}`,
      detail: 'want something that was saved of it, found none in /var/lib/jts-hot/disks',
      fix: 'sudo jts-hot device restore',
    }),
  ]);
}
