// Owns delivering what enqueue.ts left in the history: attempts, patience between them, and what is recorded of each.
// A channel that fails delays no other channel.

import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../command/context.ts';
import { stopSignal } from '../command/stop-signal.ts';
import type { AlertEvent, Message } from '../history/event.ts';
import type { Delivery } from '../history/history.ts';
import type { Alerting, Channel } from '../layout/monitoring.ts';
import { Problem } from '../messages/diagnostic.ts';
import { openChannel, secretReader } from './channels/channel.ts';
import { type Attempt, failed, type Outcome, type Send } from './channels/send.ts';
import type { AlertFacts } from './deliver-document.ts';
import { type AlertQueue, claimedOrRead, complaintOf } from './unkept.ts';

/** Randomness and time, which a test replaces. */
export interface Means {
  readonly open: (channel: Channel) => Promise<Send>;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Returns early when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REAL_MEANS: Means = {
  open: openChannel,
  random: Math.random,
  sleep: (ms, signal) => pause(ms, undefined, { signal }).catch(() => {}),
};

/** The first pause between two attempts; each further one is twice as long, up to the time of an attempt. */
const FIRST_PAUSE_MS = 500;
/** A receiver may ask for a pause, but no longer than this. */
const LONGEST_WAIT_MS = 3_600_000;
/** The next run takes over what a killed run held, this long after that should have ended. */
const LEASE_SLACK_MS = 60_000;

/**
 * Ends within about `attempts` × `timeoutSeconds`: what there was no time for is left to the next run. Channels are
 * served side by side; in each, what is told of one subject is told in order, and only as it is now.
 */
export async function deliverAlerts(
  context: Context,
  history: AlertQueue,
  means: Means = REAL_MEANS,
): Promise<AlertFacts> {
  const { alerts } = context.monitoring;
  // What an image says of programs, secrets and addresses is about the image.
  if (context.host.root !== '/') return { delivered: 0, waiting: 0, failures: [] };
  const stop = stopSignal(context.stopRequested);
  try {
    const all = await Promise.all(
      alerts.channels.map((channel) =>
        deliverOrSayWhyNot(context, { history, channel, means, stop: stop.signal }),
      ),
    );
    return {
      delivered: sum(all.map(({ delivered }) => delivered)),
      waiting: sum(all.map(({ waiting }) => waiting)),
      failures: all.flatMap(({ channel, error }) => (error === null ? [] : [{ channel, error }])),
    };
  } finally {
    stop.end();
  }
}

interface ChannelFacts {
  readonly channel: string;
  readonly delivered: number;
  readonly waiting: number;
  readonly error: string | null;
}

interface Work {
  readonly history: AlertQueue;
  readonly channel: Channel;
  readonly means: Means;
  readonly stop: AbortSignal;
}

/** Where the history cannot be written (a full disk), every channel is still told, and the report is still made. */
async function deliverOrSayWhyNot(context: Context, work: Work): Promise<ChannelFacts> {
  try {
    return await deliverChannel(context, work);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return {
      channel: work.channel.name,
      delivered: 0,
      waiting: 0,
      error: complaintOf(error),
    };
  }
}

async function deliverChannel(context: Context, work: Work): Promise<ChannelFacts> {
  const { channel, means, stop } = work;
  const history = claimedOrRead(work.history);
  const { alerts } = context.monitoring;
  const readSecret = secretReader(context);
  const { owners } = context;
  const now = () => Date.parse(context.now());
  const budgetMs = alerts.attempts * alerts.timeoutSeconds * 1000;
  // Not by the clock on the wall, which may be set meanwhile.
  const deadline = performance.now() + budgetMs;
  let delivered = 0;
  let error: string | null = null;
  let send: Send | null = null;
  // Repeated until nothing is left: another run may have added something while this one held the channel.
  while (error === null) {
    const claimed = history.claim(now(), budgetMs + LEASE_SLACK_MS, channel.name);
    if (claimed.length === 0) break;
    send ??= await means.open(channel);
    let silent: Outcome | null = null;
    for (const { message, deliveries } of bySubject(claimed)) {
      const outcome: Outcome =
        silent ?? (await persist(send, { message, alerts, means, stop, deadline, readSecret, owners, now }));
      if (outcome.ok) {
        for (const { id } of deliveries) history.delivered(id, now());
        delivered += 1;
        continue;
      }
      error ??= outcome.error;
      const tryAgainAt = now() + Math.min(outcome.waitMs ?? 0, LONGEST_WAIT_MS);
      for (const { id } of deliveries) history.failed(id, outcome.error, tryAgainAt);
      // A receiver that did not answer would not answer for the rest either, one time-out after the other.
      if (outcome.again || stop.aborted) silent = outcome;
    }
  }
  return {
    channel: channel.name,
    delivered,
    waiting: waitingFor(history, channel.name),
    error: error ?? history.complaint(),
  };
}

/** Of deliveries looked at for those that wait; of one subject all but the newest go with it. */
const LOOKED_AT = 1000;

function waitingFor(history: AlertQueue, channel: string): number {
  return history
    .deliveries(LOOKED_AT)
    .filter((delivery) => delivery.channel === channel && delivery.deliveredAt === null).length;
}

const STOPPED = 'stopped with this run';

/** Of what was missed before; after a month of failing there may be a hundred. */
const MISSED_TOLD = 5;

interface Bundle {
  readonly message: Message;
  readonly deliveries: readonly Delivery[];
}

/**
 * What waited is told as it is now: of one subject only the newest goes out, and says what was missed. In the order in
 * which those were written.
 */
function bySubject(claimed: readonly Delivery[]): readonly Bundle[] {
  const subjects = new Map<string, Delivery[]>();
  for (const delivery of claimed) {
    const { subject } = delivery.event;
    const earlier = subjects.get(subject) ?? [];
    // The newest decides the place.
    subjects.delete(subject);
    subjects.set(subject, [...earlier, delivery]);
  }
  return [...subjects.values()].map((deliveries) => {
    const events = deliveries.map(({ event }) => event);
    const event = events[events.length - 1] as AlertEvent;
    return { message: { event, missed: events.slice(0, -1).slice(-MISSED_TOLD) }, deliveries };
  });
}

/** One message, as often as the layout says and time allows. */
async function persist(
  send: Send,
  task: {
    readonly message: Message;
    readonly alerts: Alerting;
    readonly means: Means;
    readonly stop: AbortSignal;
    /** Of `performance.now`. */
    readonly deadline: number;
    readonly readSecret: Attempt['readSecret'];
    readonly owners: Attempt['owners'];
    readonly now: () => number;
  },
): Promise<Outcome> {
  const { message, alerts, means, stop, deadline, readSecret, owners, now } = task;
  let outcome: Outcome = failed(stop.aborted ? STOPPED : 'there was no time left for it in this run');
  for (let attempt = 1; attempt <= alerts.attempts; attempt += 1) {
    const leftMs = deadline - performance.now();
    if (stop.aborted || leftMs <= 0) break;
    const timeoutMs = Math.min(alerts.timeoutSeconds * 1000, leftMs);
    outcome = await attempted(send, message, { timeoutMs, signal: stop, now: now(), readSecret, owners });
    if (outcome.ok || !outcome.again || attempt === alerts.attempts) break;
    const pauseMs = outcome.waitMs ?? backoffMs(attempt, alerts.timeoutSeconds, means.random());
    if (pauseMs >= deadline - performance.now()) break;
    await means.sleep(pauseMs, stop);
  }
  return outcome;
}

/** Nothing that is wrong with a channel may end the run. */
async function attempted(send: Send, message: Message, attempt: Attempt): Promise<Outcome> {
  try {
    return await send(message, attempt);
  } catch (error) {
    // The message of an unforeseen error may have a secret in it; its name cannot.
    return failed(`cannot send it: ${(error as NodeJS.ErrnoException).code ?? (error as Error).name}`);
  }
}

/** Twice as long each time, and never in step with other hosts that failed at the same moment. */
function backoffMs(attempt: number, timeoutSeconds: number, random: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), timeoutSeconds * 1000);
  return longest * (0.5 + random / 2);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
