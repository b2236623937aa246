// Owns what is told where the history cannot be written: kept in memory, for one run. Nothing of it is recorded, so
// the next run tells it again, by the same id: on a disk that is full, once too often is better than never.
import { createHash } from 'node:crypto';
import type { AlertEvent } from '../history/event.ts';
import type { Delivery, History } from '../history/history.ts';
import { Problem } from '../messages/diagnostic.ts';
import { DAY_MS } from '../space/thinning.ts';

/** What alerts need of a history: who was told what, and what is still to be delivered. */
export type AlertQueue = Pick<
  History,
  'enqueue' | 'lastTold' | 'claim' | 'delivered' | 'failed' | 'deliveries'
>;

export function createUnkeptQueue(lastTold: ReturnType<History['lastTold']>): AlertQueue {
  let deliveries: readonly Delivery[] = [];
  const change = (id: number, more: Partial<Delivery>) => {
    deliveries = deliveries.map((one) =>
      one.id === id ? { ...one, attempts: one.attempts + 1, ...more } : one,
    );
  };
  return {
    lastTold: () => lastTold,
    enqueue(event, channels) {
      for (const channel of channels) {
        const id = deliveries.length + 1;
        deliveries = [...deliveries, { id, channel, event, attempts: 0, error: null, deliveredAt: null }];
      }
    },
    claim: (_now, _leaseMs, channel) =>
      deliveries.filter((one) => one.channel === channel && one.attempts === 0),
    delivered: (id, at) => change(id, { deliveredAt: at, error: null }),
    failed: (id, error) => change(id, { error }),
    deliveries: (most) => deliveries.toReversed().slice(0, most),
  };
}

/** Deliveries looked at for those that wait. */
const LOOKED_AT = 1000;

/**
 * One channel's news where they cannot be claimed, or not be written down as delivered: they go out as they are read, and
 * again by a later run, with the same id. The caller tells what cannot even be read.
 */
export function claimedOrRead(history: AlertQueue): AlertQueue & { readonly complaint: () => string | null } {
  const done = new Set<number>();
  let complaint: string | null = null;
  const unlessProblem = (act: () => void) => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      complaint ??= complaintOf(error);
    }
  };
  const written = (id: number, write: () => void) => {
    done.add(id);
    unlessProblem(write);
  };
  return {
    ...history,
    complaint: () => complaint,
    claim(now, leaseMs, channel) {
      let claimed: readonly Delivery[] | null = null;
      unlessProblem(() => {
        claimed = history.claim(now, leaseMs, channel);
      });
      return (
        claimed ??
        history
          .deliveries(LOOKED_AT)
          .filter((one) => one.channel === channel && one.deliveredAt === null && !done.has(one.id))
          .toReversed()
      );
    },
    delivered: (id, at) => written(id, () => history.delivered(id, at)),
    failed: (id, error, tryAgainAt) => written(id, () => history.failed(id, error, tryAgainAt)),
  };
}

export function complaintOf({ diagnostics: [first] }: Problem): string {
  return first === undefined ? 'cannot use the history' : [first.summary, ...first.detail].join(': ');
}

/**
 * With ids that follow from what is told, and from when the channel was told of the subject before: the same news from
 * memory and from the history are one, however often they are sent. Where it never was, the day takes the place of that.
 */
export function withOwnIds(history: AlertQueue): AlertQueue {
  return {
    ...history,
    enqueue(event, channels) {
      const last = new Map(
        history
          .lastTold()
          .flatMap(({ channel, subject, at }) => (subject === event.subject ? [[channel, at]] : [])),
      );
      const groups = new Map<number | null, string[]>();
      for (const channel of channels) {
        const before = last.get(channel) ?? null;
        groups.set(before, [...(groups.get(before) ?? []), channel]);
      }
      for (const [before, names] of groups) history.enqueue({ ...event, id: idOf(event, before) }, names);
    },
  };
}

function idOf({ kind, at, host, base, subject, level, before }: AlertEvent, toldAt: number | null): string {
  const since = toldAt ?? `day ${Math.floor(at / DAY_MS)}`;
  const hash = createHash('sha256')
    .update(JSON.stringify([host, base, subject, kind, level, before, since]))
    .digest('hex');
  // In the form that ids have always had.
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
