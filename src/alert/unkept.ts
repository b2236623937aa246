// Owns what is to be told where the history cannot be written: kept in memory, for one run. Nothing of it is recorded, so
// the next run tells it again: on a disk that is full, once too often is better than never.
import type { Delivery, History } from '../usage/history.ts';

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
