// `jts-hot validate`: proves the layout. Nothing is changed; what the write probes make is gone when it returns.

import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { compareDisk } from '../command/right-disk.ts';
import { compareServices, without } from '../command/service-disks.ts';
import type { Wanted } from '../engine/examine.ts';
import { checkServiceNames } from '../engine/plan.ts';
import { hasTreeOfItsOwn } from '../layout/layout.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { lookingOnce } from '../port/looking-once.ts';
import { formatCount } from '../values/count.ts';
import { type Check, failed } from './check.ts';
import { checkCountedUse } from './counted-use.ts';
import type { Draft } from './follow.ts';
import { checkHistory } from './history.ts';
import { type Deep, type Inside, lookInside } from './inside.ts';
import { usersMadeOn } from './made-accounts.ts';
import { mixedTree } from './mixed-tree.ts';
import { checkServicePlaces } from './service-places.ts';
import type { ValidateResult } from './validate-document.ts';
import { validate } from './validation.ts';

/** `regularRuns`: the checks of the schedule, which is of another room. */
export async function validateCommand(
  context: Context,
  deep: Deep = 'none',
  regularRuns: () => Promise<readonly Draft[]> = async () => [],
): Promise<Answer<ValidateResult>> {
  // Only root can be each service user in turn.
  requireRoot(context);
  if (typeof deep === 'object') requireTree(context, deep.service);
  const judgement = await compareDisk(context);
  const isRight = (judgement?.wrong ?? null) === null;
  const services = isRight ? await compareServices(context) : [];
  const right = without(
    context,
    services.flatMap(({ mount, wrong }) => (wrong === null ? [] : [mount])),
  );
  // Several checks are about one directory. To look inside whole trees takes minutes: then what was seen before is old.
  const before = lookingOnce(context.host);
  // On a wrong disk nothing is looked at.
  const inside: Inside = isRight
    ? await lookInside({ ...right, host: before }, deep, lookingProgress(context))
    : new Map();
  const counted = isRight ? await checkCountedUse(right, deep, scanningProgress(context)) : [];
  const host = deep === 'none' ? before : lookingOnce(context.host);
  const places = await checkServicePlaces(right.layout, host, judgement);
  const kept = [
    ...counted,
    ...places.drafts,
    ...(await regularRuns()),
    ...checkHistory({ ...context, host }),
  ];
  const made = usersMadeOn(context.host);
  const storage = await storageOf(context);
  const checks = validate(context.layout, host, judgement, inside, kept, made, services, storage);
  const trees = [...inside.values()];
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  const errors = failed(checks, 'error').length;
  return {
    exitCode: errors === 0 && count('skip') === 0 ? EXIT.ok : EXIT.failed,
    problems: [],
    result: {
      root: context.host.root,
      base: context.layout.base,
      passed: count('pass'),
      failed: errors,
      warnings: failed(checks, 'warning').length,
      skipped: count('skip'),
      inside: {
        entries: trees.reduce((sum, { entries }) => sum + entries, 0),
        whole: trees.every(({ whole }) => whole),
      },
      services: places.services,
      following: checks.filter((check) => check.because !== null).length,
      checks,
    },
  };
}

/** Loaded only where the layout describes storage, of this host. */
async function storageOf({ layout, host, now }: Context): Promise<readonly Wanted[]> {
  if (layout.storage === undefined || host.root !== '/') return [];
  const { storageWanted, NO_CONSENTS } = await import('../storage/storage-wanted.ts');
  const today = now().slice(0, 10);
  return storageWanted({ layout, host }, { ...NO_CONSENTS, command: 'setup', today });
}

function lookingProgress(context: Context): (entries: number) => void {
  return (entries) => context.progress(`looking inside: ${formatCount(entries)} entries`);
}

function scanningProgress(context: Context): (entries: number) => void {
  return (entries) => context.progress(`scanning what the kernel counts: ${formatCount(entries)} entries`);
}

function requireTree({ layout }: Context, name: string): void {
  checkServiceNames(layout, [name], 'SERVICE');
  if (layout.services.some((service) => service.name === name && hasTreeOfItsOwn(service))) return;
  throw mixedTree(name, 'jts-hot validate');
}
