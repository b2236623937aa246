// Owns what project quotas mean for the services of a report: how far each can grow. Must not judge levels.
import { type Layout, servicePath } from '../layout/layout.ts';
import type { LookedAt } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { type Limited, ownLimit } from '../space/own-limit.ts';
import { limitsIn, type QuotaLimits } from '../space/quota-limits.ts';
import { type Counting, keepsProjectLimits } from '../space/source.ts';
import { roomFor } from './own-file-systems.ts';
import type { ServiceQuota } from './report-document.ts';

export interface Quota {
  readonly shown: ServiceQuota;
  /** null: none holds. */
  readonly limits: QuotaLimits | null;
}

/** By service, of those that the kernel counts, whether all of it is counted or not. */
export function quotasOf(countings: readonly Counting[]): ReadonlyMap<string, Quota> {
  return new Map(
    countings.flatMap(({ service, own }) => {
      if (own.state === 'off') return [];
      const { usedInodes: _, isGraceOver: __, graceEndsAt, ...quota } = own.quota;
      const shown = {
        ...quota,
        enforced: own.state === 'enforced',
        graceEndsAt: graceEndsAt === null ? null : new Date(graceEndsAt).toISOString(),
      };
      return [[service.name, { shown, limits: limitsIn(own) }] as const];
    }),
  );
}

/** By service, of those that can have less than all of the disk. Where the kernel keeps project quotas at all: one question each. */
export function limitsOf(
  layout: Layout,
  host: HostReader,
  of: {
    readonly rooms: Parameters<typeof roomFor<LookedAt>>[1];
    readonly quotas: ReadonlyMap<string, Quota>;
  },
): ReadonlyMap<string, Limited> {
  return new Map(
    layout.services.flatMap((service) => {
      const whole = roomFor(service.name, of.rooms);
      if (!keepsProjectLimits(whole)) return [];
      const quota = of.quotas.get(service.name)?.limits ?? null;
      const limit = ownLimit(host.fileSystem(servicePath(layout, service)), whole, quota);
      return limit === null ? [] : [[service.name, limit] as const];
    }),
  );
}
