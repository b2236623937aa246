// What `jts-hot device` prints. What a disk says of itself, and labels on it, pass through `plain`.
import { healthText } from '../health/health-text.ts';
import { columns, type Paint, plain, plural, type Style, WIDTH, wrap } from '../messages/paint.ts';
import { formatCount } from '../values/count.ts';
import { formatBytes } from '../values/size.ts';
import type { DeviceResult, ListResult, SeenDevice, ShowResult } from './device-document.ts';

export function renderDevice(result: DeviceResult, paint: Paint): string {
  switch (result.did) {
    case 'list':
      return renderList(result, paint);
    case 'show':
      return renderShow(result, paint);
    default:
      return result satisfies never;
  }
}

const HEAD = ['DEVICE', 'SIZE', 'MODEL', 'SERIAL', 'NS', 'WHAT IS ON IT', 'USABLE'];
const MODEL = 2;
const WHAT = 5;
/** What may be cut off to fit, and to how much; a serial number is for copying, and never cut. */
const LEAST: readonly (readonly [column: number, characters: number])[] = [
  [MODEL, 8],
  [WHAT, 13],
];

const USES = {
  empty: ['yes', 'green'],
  'used before': ['consent', 'yellow'],
  ours: ['ours', 'green'],
  no: ['no', 'dim'],
  unknown: ['?', 'yellow'],
} as const satisfies Record<SeenDevice['use'], readonly [string, Style]>;

function renderList({ devices }: ListResult, paint: Paint): string {
  if (devices.length === 0) return 'There is no disk.';
  const rows = devices.map((device) => [
    plain(device.name),
    formatBytes(device.sizeBytes),
    plain(device.model ?? '-'),
    plain(device.serial ?? '-'),
    `${device.namespace}`,
    plain(whatIsOn(device)),
    USES[device.use][0],
  ]);
  const [head = '', ...lines] = columns(fitted([HEAD, ...rows]), [1, 4]);
  return [
    paint('dim', head),
    ...lines.map((line, i) => paint(USES[(devices[i] as SeenDevice).use][1], line)),
    '',
    ...devices.flatMap((device) => reasonLines(device)),
    ...closing(devices, paint),
  ].join('\n');
}

/** Columns that may be cut give what is too much. */
function fitted(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  let over = widths.reduce((sum, width) => sum + width, 2 * (HEAD.length - 1)) - WIDTH;
  for (const [column, least] of LEAST) {
    const gives = Math.max(0, Math.min(over, (widths[column] ?? 0) - least));
    widths[column] = (widths[column] ?? 0) - gives;
    over -= gives;
  }
  const cuts = LEAST.map(([column]) => column);
  return rows.map((row) =>
    row.map((cell, column) => (cuts.includes(column) ? cut(cell, widths[column] ?? 0) : cell)),
  );
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function reasonLines({ name, use, refusals, warnings }: SeenDevice): readonly string[] {
  const found = [...refusals, ...warnings].map((one) => one.found);
  const nothing = use === 'unknown' ? ['only root may read what is on it'] : [];
  const all = [...nothing, ...found];
  return all.length === 0 ? [] : [wrap(`${name}: ${all.join('; ')}`, '  ', '')];
}

function closing(devices: readonly SeenDevice[], paint: Paint): readonly string[] {
  if (devices.some(({ contents }) => contents?.probed.ok === false && contents.probed.why === 'root'))
    return ['', `See all:  sudo ${paint.command('device list')}`];
  const [one] = devices.filter(({ use }) => use === 'empty' || use === 'used before');
  if (one === undefined) return [];
  return ['', `More of one, and how a layout names it:  sudo ${paint.command(`device show ${one.name}`)}`];
}

/** In a few words. */
export function whatIsOn({ contents, parts, use }: Pick<SeenDevice, 'contents' | 'parts' | 'use'>): string {
  if (contents === null || !contents.probed.ok)
    return contents?.probed.ok === false && contents.probed.why === 'no answer' ? 'no answer' : 'not read';
  const { partitionTable, signatures, memberOf, edges, mounts } = contents;
  const types = [...new Set(signatures.map(({ type }) => type))];
  const words = [
    ...(use === 'ours' ? ['hot tier'] : []),
    ...(partitionTable === null
      ? []
      : [parts.length === 0 ? partitionTable : `${partitionTable}, ${plural(parts.length, 'part')}`]),
    ...memberOf.map(({ of, name }) => (name === null ? of : `${of} ${name}`)),
    ...types.filter((type) => !MEMBERS.includes(type)),
    ...(mounts.length === 0 ? [] : ['mounted']),
  ];
  if (words.length > 0) return words.join(', ');
  return edges === 'data' ? 'unknown data' : edges === 'zeros' ? 'nothing' : types.join(', ') || 'nothing';
}

/** Told by what they are members of. */
const MEMBERS: readonly string[] = [
  'LVM2_member',
  'linux_raid_member',
  'zfs_member',
  'bcache',
  'crypto_LUKS',
  'mpath_member',
];

type Row = readonly [name: string, value: string | null];

function renderShow({ device, on, layoutLines }: ShowResult, paint: Paint): string {
  return [
    paint('bold', plain([device.name, device.model].filter((one) => one !== null).join('  '))),
    ...rowLines(aboutRows(device)),
    '',
    paint('bold', 'What is on it'),
    ...rowLines(contentRows(device)),
    ...on.flatMap((one) => [wrap(`${one.name}: ${layerWords(one)}`, '      ', '    ')]),
    '',
    paint('bold', 'Could the hot tier be on it?'),
    ...verdictLines(device, paint),
    ...(layoutLines === null
      ? []
      : ['', paint('bold', 'In a layout file'), ...layoutLines.map((line) => `  ${plain(line)}`)]),
  ].join('\n');
}

function rowLines(rows: readonly Row[]): readonly string[] {
  const known = rows.filter((row): row is readonly [string, string] => row[1] !== null);
  const width = Math.max(...known.map(([name]) => name.length));
  const indent = ' '.repeat(width + 6);
  return known.map(([name, value]) => {
    // What cannot be broken has a line of its own: a WWID may have seventy characters.
    const isLong = !value.includes(' ') && indent.length + value.length > WIDTH;
    return isLong ? `  ${name}\n      ${plain(value)}` : wrap(value, indent, `  ${name.padEnd(width)}    `);
  });
}

function aboutRows(device: SeenDevice): readonly Row[] {
  const { kind, transport, discard, scheduler, mapper, backing, partOf, slaves, health } = device;
  const others = scheduler?.offered.filter((one) => one !== scheduler.now) ?? [];
  return [
    ['path', `${device.path} (${device.number})`],
    [
      'kind',
      `${kind}${partOf === null ? '' : ` of ${partOf}`}${slaves.length === 0 ? '' : ` on ${slaves.join(', ')}`}`,
    ],
    ['serial number', device.serial],
    ['namespace', kind === 'disk' ? `${device.namespace}` : null],
    ['WWID', device.wwid],
    ['firmware', device.firmware],
    ['mapping', mapper === null ? null : `${mapper.name} (${mapper.uuid})`],
    ['file', backing],
    ['size', `${formatBytes(device.sizeBytes)} (${formatCount(device.sizeBytes)} bytes)`],
    ['sectors', `${device.logicalSectorBytes} bytes, physical ${device.physicalSectorBytes}`],
    ['connection', transport],
    ['rotational', device.isRotational ? 'yes' : 'no'],
    ['removable', device.isRemovable ? 'yes' : null],
    ['writes', device.isReadOnly ? 'none: it is read-only' : null],
    [
      'discards',
      discard.maxBytes === 0
        ? 'none'
        : `up to ${formatBytes(discard.maxBytes)} at once, in units of ${discard.granularityBytes} bytes`,
    ],
    [
      'scheduler',
      scheduler === null
        ? null
        : `${scheduler.now}${others.length === 0 ? '' : ` (or ${others.join(', ')})`}`,
    ],
    ['health', health === null ? null : healthText(health).replace(/^\S+ /, '')],
  ];
}

function contentRows(device: SeenDevice): readonly Row[] {
  const { contents } = device;
  if (contents === null) return [['', 'it is not there any more']];
  const { probed, partitionTable, signatures, edges, memberOf, mounts, swap, open, isHeld, unseen } =
    contents;
  const place = (on: string) => (on === device.name ? '' : ` (${on})`);
  return [
    ['read', probed.ok ? null : `no: ${probed.said}`],
    ['in short', whatIsOn(device)],
    ['partition table', partitionTable],
    [
      'signatures',
      joined(
        signatures.map(({ type, uuid, label, offset }) =>
          [
            type,
            ...(label === null ? [] : [`"${label}"`]),
            ...(uuid === null ? [] : [uuid]),
            `at ${offset}`,
          ].join(' '),
        ),
      ),
    ],
    ['first, last 16 MiB', edges === null ? null : edges === 'zeros' ? 'zeros' : 'not only zeros'],
    ['part of', joined(memberOf.map(({ of, name }) => (name === null ? of : `${of} ${name}`)))],
    [
      'mounted',
      joined(
        mounts.map(
          ({ device: on, mountPoint, isElsewhere }) =>
            `${mountPoint}${place(on)}${isElsewhere ? ', in another view of mounts' : ''}`,
        ),
      ),
    ],
    ['swap', joined(swap)],
    ['open', joined(open.map(({ device: on, pid, command }) => `${command}, process ${pid}${place(on)}`))],
    ['held', isHeld ? 'yes: the kernel gives it to nobody alone' : null],
    [
      'not seen',
      unseen === 0 ? null : `${plural(unseen, 'process', 'processes')} of other users: only root may look`,
    ],
  ];
}

function joined(all: readonly string[]): string | null {
  return all.length === 0 ? null : all.join('; ');
}

function layerWords(device: SeenDevice): string {
  const { kind, mapper, sizeBytes } = device;
  const called = mapper === null ? '' : ` ${mapper.name}`;
  return `${kind}${called}, ${formatBytes(sizeBytes)}, ${whatIsOn(device)}`;
}

const VERDICTS = {
  empty: 'Yes. It is empty: no signature, no partition table, zeros at both ends.',
  'used before': 'Only if you agree to lose what is on it: nobody uses it now.',
  ours: 'It is: what is on it was made for the hot tier. It is never formatted again.',
  no: 'No.',
  unknown: 'Not known: only root may read what is on it.',
} as const satisfies Record<SeenDevice['use'], string>;

function verdictLines({ name, use, refusals, warnings }: SeenDevice, paint: Paint): readonly string[] {
  return [
    paint(USES[use][1], wrap(VERDICTS[use], '  ')),
    ...refusals.map(({ found }) => wrap(found, '    ', '  - ')),
    ...warnings.map(({ found }) => wrap(`to know: ${found}`, '    ', '  - ')),
    ...(use === 'unknown' ? [`  See it:  sudo ${paint.command(`device show ${name}`)}`] : []),
  ];
}
