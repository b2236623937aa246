// The alert channels for people: what each delivered just now, or what they are, what waits and what was delivered.

import { columns, type Paint, plain, plural, WIDTH, wrap } from '../messages/paint.ts';
import { formatDuration } from '../values/duration.ts';
import type { AlertChannel, AlertDelivery, AlertResult } from './alert-document.ts';

export function renderAlert(result: AlertResult, paint: Paint): string {
  if (result.channels.length === 0) return noChannels(paint);
  return (result.what === 'test' ? tested(result, paint) : listed(result, paint)).join('\n');
}

function noChannels(paint: Paint): string {
  return [
    paint('bold', 'Nobody is told: the layout file names no channel. For example:'),
    '',
    '  monitoring:',
    '    alerts:',
    '      channels:',
    '        log:',
    '          type: journal',
    '        ops:',
    '          type: mail',
    '          to: [ops@example.org]',
  ].join('\n');
}

function tested(
  { channels, outcomes }: Extract<AlertResult, { readonly what: 'test' }>,
  paint: Paint,
): readonly string[] {
  const failed = outcomes.filter(({ error }) => error !== null).length;
  const rows = outcomes.map(({ channel, error, tookMs }) => [
    error === null ? 'ok' : 'FAIL',
    plain(channel),
    channels.find(({ name }) => name === channel)?.type ?? '',
    `${tookMs} ms`,
  ]);
  const lines = columns(rows, [3]).flatMap((line, i) => {
    const error = outcomes[i]?.error ?? null;
    return error === null
      ? [paint('green', `  ${line}`)]
      : [paint('red', `  ${line}`), wrap(error, '          ', '        ')];
  });
  return [
    paint('bold', 'A test through every channel'),
    '',
    ...lines,
    '',
    failed === 0
      ? paint('green', `Delivered: ${plural(outcomes.length, 'channel')}.`)
      : paint('red', `Not delivered: ${failed} of ${plural(outcomes.length, 'channel')}.`),
  ];
}

function listed(result: Extract<AlertResult, { readonly what: 'list' }>, paint: Paint): readonly string[] {
  const { channels, repeatSeconds, waiting, recent, notes } = result;
  return [
    paint('bold', 'Alert channels'),
    '',
    ...channelLines(channels, paint),
    '',
    repeatSeconds === null
      ? '  What lasts is told once.'
      : `  What lasts is told again every ${formatDuration(repeatSeconds)}.`,
    ...notes.map((note) => paint('yellow', wrap(note, '    ', '  '))),
    ...section('Waiting, for the next run', waiting, paint),
    ...section('Told last, each by itself or with a later one', recent, paint),
    ...(waiting.length + recent.length + notes.length === 0
      ? ['', '  There was nothing to tell so far.']
      : []),
  ];
}

/** Where a channel leads has a line of its own where it is long. */
function channelLines(channels: readonly AlertChannel[], paint: Paint): readonly string[] {
  const [head = '', ...lines] = columns([
    ['CHANNEL', 'TYPE', 'FROM', 'TO'],
    ...channels.map(({ name, type, from }) => [plain(name), type, from, '']),
  ]);
  const rows = lines.map((line, i) => {
    const to = channels[i]?.target ?? '';
    const column = head.length - 'TO'.length;
    return column + plain(to).length + 2 <= WIDTH
      ? `  ${line.padEnd(column)}${plain(to)}`
      : `  ${line}\n${wrap(to, '      ', '    ')}`;
  });
  return [paint('dim', `  ${head}`), ...rows];
}

function section(title: string, deliveries: readonly AlertDelivery[], paint: Paint): readonly string[] {
  if (deliveries.length === 0) return [];
  return ['', paint('bold', title), '', ...deliveries.map((delivery) => deliveryLines(delivery, paint))];
}

function deliveryLines(
  { channel, text, at, attempts, error, deliveredAt }: AlertDelivery,
  paint: Paint,
): string {
  const lines = [
    `  ${deliveredAt ?? at}  ${plain(channel)}`,
    wrap(text, '      ', '    '),
    ...(error === null || deliveredAt !== null
      ? []
      : [paint('red', wrap(`${plural(attempts, 'attempt')}: ${error}`, '      ', '    '))]),
  ];
  return lines.join('\n');
}
