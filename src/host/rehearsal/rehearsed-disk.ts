// Owns which disk a rehearsal has: only a process on a stage has one, and no layout file and no word of the command line makes another
// loop device a disk. Set once, by the command line, after a look at where this process is.
import { readFileSync } from 'node:fs';
import type { BlockDevice } from '../../port/block-device.ts';
import { STAGE } from './stage.ts';

/** What the stage is given along. */
export interface RehearsedDisk {
  readonly disk: { readonly name: string; readonly number: string } | null;
  /** Name of a volume group that no other host and no layout has. */
  readonly group: string;
}

/** What it says of itself: a layout with this name means nothing anywhere else. */
export const REHEARSED_SERIAL = 'REHEARSAL';

let here: RehearsedDisk | null = null;

/** null: this is no stage, whatever the environment says. */
export function onStage(told: string | undefined): RehearsedDisk | null {
  if (told === undefined) return null;
  const root = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .findLast((line) => line.split(' ')[4] === '/');
  if (!root?.includes(` - overlay ${STAGE} `)) return null;
  here = JSON.parse(told) as RehearsedDisk;
  return here;
}

export function isOnStage(): boolean {
  return here !== null;
}

/**
 * A device as a process on a stage sees it; null: there is none. Nothing else is a disk there: what this host has besides is not
 * to be had.
 */
export function asRehearsed(device: BlockDevice): BlockDevice | null {
  if (here === null) return device;
  const { disk } = here;
  if (disk === null) return null;
  if (device.name === disk.name && device.number === disk.number)
    return {
      ...device,
      kind: 'disk',
      model: 'sparse file',
      serial: REHEARSED_SERIAL,
    };
  return device.kind === 'device mapper' && device.slaves.includes(disk.name) ? device : null;
}
