// `jts-hot alert`: tries the channels that alerts go through, or lists them with what they delivered and what waits.

import type { Answer, Context } from '../command/context.ts';
import { stopSignal } from '../command/stop-signal.ts';
import type { AlertEvent } from '../history/event.ts';
import { type Delivery, DISK } from '../history/history.ts';
import type { Channel } from '../layout/monitoring.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { percentOf } from '../space/levels.ts';
import type { AlertChannel, AlertDelivery, AlertOutcome, AlertResult } from './alert-document.ts';
import { channelFindings } from './channel-findings.ts';
import { openChannel, secretReader } from './channels/channel.ts';
import { secretPlace } from './channels/send.ts';
import { eventText, isoTime } from './text.ts';

export function alertCommand(context: Context, what: 'test' | 'list'): Promise<Answer<AlertResult>> {
  return what === 'test' ? tryChannels(context) : Promise.resolve(listChannels(context));
}

/** One attempt each, side by side, whatever level a channel is told from. Recorded nowhere: a test must not come late. */
async function tryChannels(context: Context): Promise<Answer<AlertResult>> {
  const { channels } = context.monitoring.alerts;
  requireThisMachine(context);
  const described = channels.map(describeChannel);
  if (channels.length === 0)
    return {
      exitCode: EXIT.usage,
      problems: [NO_CHANNELS],
      result: { what: 'test', channels: described, outcomes: [] },
    };
  const event = testEvent(context);
  const stop = stopSignal(context.stopRequested);
  try {
    const outcomes = await Promise.all(
      channels.map((channel) => tryChannel(context, { channel, event, signal: stop.signal })),
    );
    const problems = channels.flatMap((channel) => channelFindings(channel, context.owners));
    const delivered = outcomes.every(({ error }) => error === null);
    const exitCode = problems.length > 0 ? EXIT.refused : delivered ? EXIT.ok : EXIT.failed;
    return { exitCode, problems, result: { what: 'test', channels: described, outcomes } };
  } finally {
    stop.end();
  }
}

/** Its programs and secrets belong to the image. */
function requireThisMachine({ host }: Context): void {
  if (host.root === '/') return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_ROOT_ALERTS', 'refusing to deliver alerts for an image', {
      at: '--root',
      detail: `want this machine, found ${host.root}: nothing of an image is started or told here`,
      hint: 'try the channels on the machine that the image becomes: sudo jts-hot alert test',
    }),
  ]);
}

const NO_CHANNELS: Diagnostic = diagnostic(
  'E_NO_CHANNELS',
  'cannot try alert channels where there are none',
  {
    detail: 'want at least one under `monitoring: alerts: channels:` in the layout file, found none',
    hint: 'jts-hot alert list',
  },
);

async function tryChannel(
  context: Context,
  { channel, event, signal }: { channel: Channel; event: AlertEvent; signal: AbortSignal },
): Promise<AlertOutcome> {
  const started = performance.now();
  const send = await openChannel(channel);
  const outcome = await send(
    { event, missed: [] },
    {
      timeoutMs: context.monitoring.alerts.timeoutSeconds * 1000,
      signal,
      now: event.at,
      readSecret: secretReader(context),
      owners: context.owners,
    },
  );
  const tookMs = Math.round(performance.now() - started);
  return { channel: channel.name, error: outcome.ok ? null : outcome.error, tookMs };
}

/** With true figures of the disk, so that it looks as the others do. */
function testEvent(context: Context): AlertEvent {
  const { sizeBytes, freeBytes, availableBytes } = context.host.fileSystem(context.layout.base);
  const usedBytes = sizeBytes - freeBytes;
  const limitBytes = usedBytes + availableBytes;
  return {
    id: crypto.randomUUID(),
    kind: 'test',
    at: Date.parse(context.now()),
    host: context.hostName,
    base: context.layout.base,
    subject: DISK,
    level: 'OK',
    before: 'OK',
    since: null,
    beforeSince: null,
    fired: null,
    why: null,
    usedBytes,
    limitBytes,
    usedPercent: percentOf(usedBytes, limitBytes),
  };
}

/** Deliveries looked at, and of those delivered, shown. */
const LOOKED_AT = 1000;
const RECENT = 10;

function listChannels(context: Context): Answer<AlertResult> {
  const { channels, repeatSeconds } = context.monitoring.alerts;
  const { deliveries, notes } = readDeliveries(context);
  return {
    exitCode: EXIT.ok,
    problems: [],
    result: {
      what: 'list',
      channels: channels.map(describeChannel),
      repeatSeconds,
      waiting: deliveries
        .filter(({ deliveredAt }) => deliveredAt === null)
        .reverse()
        .map(described),
      recent: deliveries
        .filter(({ deliveredAt }) => deliveredAt !== null)
        .slice(0, RECENT)
        .map(described),
      notes,
    },
  };
}

function readDeliveries(context: Context): {
  readonly deliveries: readonly Delivery[];
  readonly notes: readonly string[];
} {
  try {
    const history = context.history({ mode: 'read', group: context.monitoring.group });
    if (history === null) return { deliveries: [], notes: [] };
    try {
      return { deliveries: history.deliveries(LOOKED_AT), notes: [] };
    } finally {
      history.close();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return {
      deliveries: [],
      notes: error.diagnostics.map(({ summary, detail }) => [summary, ...detail].join(': ')),
    };
  }
}

function described({ channel, event, attempts, error, deliveredAt }: Delivery): AlertDelivery {
  return {
    channel,
    eventId: event.id,
    kind: event.kind,
    subject: event.subject,
    level: event.level,
    text: eventText(event),
    at: isoTime(event.at),
    attempts,
    error,
    deliveredAt: deliveredAt === null ? null : isoTime(deliveredAt),
  };
}

function describeChannel(channel: Channel): AlertChannel {
  const { name, type, from } = channel;
  return { name, type, from, target: targetOf(channel) };
}

function targetOf(channel: Channel): string {
  switch (channel.type) {
    case 'journal':
      return 'journald, or syslog';
    case 'command':
      return channel.argv.map(shellWord).join(' ');
    case 'webhook':
      return typeof channel.url === 'string'
        ? shownAddress(channel.url)
        : `the address in ${secretPlace(channel.url)}`;
    case 'mail':
      return channel.to.join(', ');
    default:
      return channel satisfies never;
  }
}

/** Without the parts that are often secret: user and password, and the query. */
function shownAddress(address: string): string {
  const url = URL.parse(address);
  return url === null ? 'no address' : `${url.protocol}//${url.host}${url.pathname}`;
}
