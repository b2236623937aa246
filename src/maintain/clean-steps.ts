// Owns the steps of cleaning: into the trash, and out of it for good. Must not look at a host.
import type { Step } from '../engine/resource.ts';
import { rangeText, trashOf } from '../port/operations/trash.ts';
import { formatDuration } from '../values/duration.ts';
import type { Verdict } from './decide.ts';
import type { FoundThing } from './listing.ts';
import { rangesOf, type Stamped } from './trash.ts';

const ROOT = { user: 0, group: 0 } as const;

export function trashStep(base: string): Step {
  const path = trashOf(base);
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
    readonly base: string;
    readonly stamp: string;
    readonly number: number;
    readonly deletes: boolean;
    readonly nowMs: number;
  },
): Step {
  const path = `${of.path}/${thing.path}`;
  const { inode, born, bytes, entries, writtenAt } = thing.whole;
  const trash = `${trashOf(of.base)}/${of.stamp}${of.deletes ? 'd' : ''}-${of.number}`;
  const age = formatDuration((of.nowMs - thing.changedMs) / 1000);
  return {
    address: `thing ${path}`,
    action: '-',
    summary: `${path}  ${age} old`,
    reason: `rule ${rule.name}`,
    do: { type: 'moveToTrash', path, trash, inode, born, bytes, entries, writtenAt, rule: rule.name },
    undo: { type: 'takeFromTrash', path, trash, inode, born },
    needs: [`directory ${trashOf(of.base)}`],
  };
}

/** What is due goes for good: agreed to before any of it is planned. */
export function* emptySteps(base: string, due: readonly Stamped[]): Generator<Step> {
  const path = trashOf(base);
  for (const stamped of due)
    for (const { first, last, count } of rangesOf(stamped)) {
      const { stamp } = stamped;
      yield {
        address: `trash ${stamp} ${rangeText(first, last)}`,
        action: '-',
        summary: `trash of ${stamp}: ${count} deleted`,
        reason: 'it was in the trash for long enough, or was to be deleted',
        do: { type: 'emptyTrash', path, stamp, first, last },
        undo: null,
        needs: [],
      };
    }
}
