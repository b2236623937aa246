// `jts-hot setup --rehearse`: what setup would do, done on a stage (host/rehearsal/) with a sparse file in the place of the disk, and
// taken away. Here is what is asked for and what is told of it; what is played is rehearsed-parts.ts. Must not change the host.
import { RECOMMENDED_BYTES } from '../checks/preflight.ts';
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import type { RehearsedDisk } from '../host/rehearsal/rehearsed-disk.ts';
import { REHEARSED_SERIAL } from '../host/rehearsal/rehearsed-disk.ts';
import { hasVolumes, PLACE, runStage } from '../host/rehearsal/run-stage.ts';
import type { Layout } from '../layout/layout.ts';
import { wantedFileSystems } from '../layout/storage.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { BlockDevice } from '../port/block-device.ts';
import { findDisk } from '../port/find-disk.ts';
import { sectorBytesOf } from '../port/place-device.ts';
import { describeDisk } from '../port/storage.ts';
import { formatBytes } from '../values/size.ts';
import type { RehearsalPart, RehearsalResult } from './rehearsal-document.ts';

/** How the program on the stage is called, and where. */
export interface Again {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** By it the program on the stage knows its disk. It is believed on a stage only. */
export const STAGE_VARIABLE = 'JTS_HOT_STAGE';
/** Begins a line of what the program on the stage tells meanwhile. */
export const TELLS = 'rehearsing: ';

/** For what is written besides: accounts, /etc, saved ends of disks. Only what is written takes room. */
const LAYERS_BYTES = 8 * 1024 ** 3;
/** What is really written: the log of an XFS file system is at most 2 GiB, and zeroed; the rest is small. */
const ROOM = { xfs: 2.1 * 1024 ** 3, other: 0.5 * 1024 ** 3 } as const;

/** The layout as a stage has it: on its own disk, and in a volume group that nothing else has. */
export function onRehearsedDisk(layout: Layout, { disk, group }: RehearsedDisk, volumes: boolean): Layout {
  const { storage, mount: _, ...rest } = layout;
  if (storage === undefined || disk === null) return rest;
  return {
    ...rest,
    storage: {
      ...storage,
      disk: { serial: REHEARSED_SERIAL, namespace: 1, wwid: null },
      allowFormat: REHEARSED_SERIAL,
      volumes: storage.volumes === null || !volumes ? null : { ...storage.volumes, group },
    },
  };
}

export async function rehearseCommand(context: Context, again: Again): Promise<Answer<RehearsalResult>> {
  requireRoot(context);
  const { layout, host } = context;
  requireThisHost(host.root);
  const disk = layout.storage === undefined ? null : diskFor(context);
  requireRoom(context);
  context.progress('building a copy of this host');
  const end = await runStage({
    base: layout.base,
    showsBase: disk === null,
    layersBytes: Math.max(LAYERS_BYTES, disk === null ? host.fileSystem(layout.base).sizeBytes : 0),
    disk: disk?.asked ?? null,
    variable: STAGE_VARIABLE,
    ...again,
    onLine: (line) => {
      if (line.startsWith(TELLS)) context.progress(line);
    },
    stopRequested: context.stopRequested,
  });
  context.progress('');
  const { result, problems } = answerIn(end.stdout);
  const parts = [...(result?.parts ?? []), takenAway(end.left)];
  if (result === null)
    return {
      exitCode: EXIT.failed,
      problems: problems.length > 0 ? problems : [cutShort(end.stderr)],
      result: null,
    };
  return {
    exitCode: parts.every(({ held }) => held === true) ? EXIT.ok : EXIT.failed,
    problems: parts.flatMap((part) => part.problems),
    result: {
      ...result,
      disk: disk === null ? null : { called: disk.called, ...disk.asked },
      parts,
      notRehearsed: [...notRehearsed(layout, disk), ...result.notRehearsed],
    },
  };
}

function requireThisHost(root: string): void {
  if (root === '/') return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_IMAGE', 'refusing to rehearse on an image', {
      at: '--root',
      detail: 'want the live host, whose kernel it is to be tried on',
      hint: 'type it on the host that was made from the image',
    }),
  ]);
}

/** It goes as soon as it is over. A host whose disk it filled would notice all the same. */
function requireRoom({ layout, host }: Context): void {
  const logs = wantedFileSystems(layout).filter(({ type }) => type === 'xfs').length;
  const want = ROOM.other + logs * ROOM.xfs;
  const { availableBytes } = host.fileSystem(PLACE);
  if (availableBytes >= want) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_NO_ROOM', 'refusing to rehearse where it could fill a file system', {
      at: PLACE,
      detail: `want ${formatBytes(want)} for as long as it takes, found ${formatBytes(availableBytes)}`,
      hint: `make room there: sudo du -xhd 2 ${PLACE}`,
    }),
  ]);
}

interface DiskFor {
  readonly called: string;
  readonly asked: { readonly sizeBytes: number; readonly sectorBytes: number };
  /** null: it is not in this machine. */
  readonly device: BlockDevice | null;
}

/** A disk may be rehearsed for before it has come. Which of two is meant must be known, though. */
function diskFor({ layout, host }: Context): DiskFor | null {
  const { storage } = layout;
  if (storage === undefined) return null;
  const called = describeDisk(storage.disk);
  const found = findDisk(host.blockDevices(), storage.disk);
  if ('disk' in found) {
    const { disk: device } = found;
    return { called, asked: { sizeBytes: device.sizeBytes, sectorBytes: sectorBytesOf(device) }, device };
  }
  if (found.refusal.code !== 'E_NO_DISK') throw new Problem(EXIT.refused, [found.refusal]);
  return { called, asked: { sizeBytes: RECOMMENDED_BYTES, sectorBytes: 512 }, device: null };
}

function answerIn(stdout: string): {
  readonly result: RehearsalResult | null;
  readonly problems: readonly Diagnostic[];
} {
  try {
    return JSON.parse(stdout);
  } catch {
    return { result: null, problems: [] };
  }
}

function cutShort(stderr: string): Diagnostic {
  const last = stderr.split('\n').filter((line) => line !== '' && !line.startsWith(TELLS));
  return diagnostic('E_REHEARSAL', 'cannot rehearse to the end', {
    detail: ['it was ended before it could tell what it found', ...last.slice(-3)],
    hint: 'nothing of this host was changed; type the same command again',
  });
}

function takenAway(left: readonly string[]): RehearsalPart {
  const held = left.length === 0;
  return {
    part: 'taken away',
    held,
    steps: 0,
    found: held ? 'no mount, no volume, no loop device, no file is left' : `left: ${left.join(', ')}`,
    problems: held
      ? []
      : [
          diagnostic('E_LEFT', 'cannot take all of the rehearsal away', {
            detail: `left: ${left.join(', ')}, which another process has open`,
            hint: 'it goes with that process, or with the next rehearsal: sudo jts-hot setup --rehearse',
          }),
        ],
  };
}

type NotRehearsed = RehearsalResult['notRehearsed'];

function notRehearsed(layout: Layout, disk: DiskFor | null): NotRehearsed {
  const { storage } = layout;
  const hasNoVolumes = storage !== undefined && storage.volumes !== null && !hasVolumes();
  return [
    ...(disk === null
      ? [{ what: 'the disk', why: 'the layout has no section `storage`: what is mounted is used as it is' }]
      : []),
    ...(disk?.device === null
      ? [
          {
            what: 'this very disk',
            why: `${disk.called} is not in this machine: ${formatBytes(disk.asked.sizeBytes)} were taken for its size`,
          },
        ]
      : []),
    ...(disk?.device
      ? [
          {
            what: 'what is on the disk',
            why: `${disk.device.name} was not opened: whether it may be formatted is said by  sudo jts-hot plan`,
          },
        ]
      : []),
    ...(hasNoVolumes
      ? [
          {
            what: 'volumes',
            why: 'this kernel has no device mapper, or LVM is not installed: one file system was made on the whole disk',
          },
        ]
      : []),
    {
      what: 'systemd',
      why: 'its files were written, and it was not told: no unit was loaded, started or stopped',
    },
    { what: 'the next start', why: 'no machine was started: /etc/fstab was tried by findmnt(8) alone' },
    ...(disk === null ? [] : [{ what: 'udev', why: 'devices were named by us, not by its rules' }]),
  ];
}
