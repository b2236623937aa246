// Owns the steps of cleaning: into the trash, and out of it for good. Must not look at a host.
import type { Step } from '../engine/resource.ts';
import { rangeText, trashOf } from '../port/operations/trash.ts';
import { formatDuration } from '../values/duration.ts';
import type { Verdict } from './decide.ts';
import type { FoundThing } from './listing.ts';
import { rangesOf, type Stamped, type Trash } from './trash.ts';

const ROOT = { user: 0, group: 0 } as const;

/** `at`: the directory that the trash is in. */
export function trashStep(at: string): Step {
  const path = trashOf(at);
  return {
    address: `directory ${path}`,
    action: '+',
    summary: `${path}  root:root 0700`,
    reason: 'what is cleaned away goes there first',
    do: { type: 'makeDirectory', path, owner: ROOT, mode: '0700' },
    undo: { type: 'removeDirectory', path, owner: ROOT },
    needs: [],
  };
}

export function moveStep(
  { thing, rule }: Pick<Verdict<FoundThing>, 'thing' | 'rule'>,
  of: {
    readonly path: string;
    /** The directory that the trash is in. */
    readonly at: string;
    readonly stamp: string;
    readonly number: number;
    readonly deletes: boolean;
    readonly nowMs: number;
  },
): Step {
  const path = `${of.path}/${thing.path}`;
  const { inode, born, bytes, entries, writtenAt } = thing.whole;
  const trash = `${trashOf(of.at)}/${of.stamp}${of.deletes ? 'd' : ''}-${of.number}`;
  const age = formatDuration((of.nowMs - thing.changedMs) / 1000);
  return {
    address: `thing ${path}`,
    action: '-',
    summary: `${path}  ${age} old`,
    reason: `rule ${rule.name}`,
    do: { type: 'moveToTrash', path, trash, inode, born, bytes, entries, writtenAt, rule: rule.name },
    undo: { type: 'takeFromTrash', path, trash, inode, born },
    needs: [`directory ${trashOf(of.at)}`],
  };
}

/** What is due goes for good: agreed to before any of it is planned. */
export function* emptySteps(
  { service, at }: Pick<Trash, 'service' | 'at'>,
  due: readonly Stamped[],
): Generator<Step> {
  const path = trashOf(at);
  const whose = service === null ? 'trash' : `trash of ${service},`;
  for (const stamped of due)
    for (const { first, last, count } of rangesOf(stamped)) {
      const { stamp } = stamped;
      yield {
        address: `${whose} ${stamp} ${rangeText(first, last)}`,
        action: '-',
        summary: `${whose} ${service === null ? 'of ' : ''}${stamp}: ${count} deleted`,
        reason: 'it was in the trash for long enough, or was to be deleted',
        do: { type: 'emptyTrash', path, stamp, first, last },
        undo: null,
        needs: [],
      };
    }
}
