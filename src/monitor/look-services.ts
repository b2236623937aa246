// Owns what a look sees of services: those that the kernel counts, at a cost that does not depend on how many files they have. Must
// not judge.
import type { Context } from '../command/context.ts';
import type { LookedAt } from '../port/file-system.ts';
import { countings, usageOf } from '../space/source.ts';
import { roomFor } from './own-file-systems.ts';
import { limitsOf, quotasOf } from './quotas.ts';
import { serviceSubject } from './subjects.ts';
import type { Subject } from './watched.ts';

/** `fileSystem`: of the base. `own`: of services that have one; a service whose own does not answer is left out by the caller. */
export function countedSubjects(
  { layout, host }: Pick<Context, 'layout' | 'host'>,
  rooms: {
    readonly fileSystem: LookedAt;
    readonly own: readonly { readonly service: string; readonly fileSystem: LookedAt }[];
  },
): readonly Subject[] {
  if (layout.quota === undefined) return [];
  const known = countings(layout, host).filter(({ counted }) => counted !== null);
  const quotas = quotasOf(known);
  const services = known.map(({ service }) => service);
  const limits = limitsOf({ ...layout, services }, host, { rooms, quotas });
  return known.flatMap((counting) => {
    const { name } = counting.service;
    return serviceSubject(usageOf(layout, counting), {
      fs: roomFor(name, rooms),
      limit: limits.get(name),
      quota: quotas.get(name)?.limits ?? null,
    });
  });
}
