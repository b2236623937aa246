// Owns how somebody has the live view shown: in which order, paused, with its help; and which key changes what. Pure.

/** In the order in which `s` goes through them. */
export const ORDERS = ['use', 'share of plan', 'rate', 'name'] as const;
export type Order = (typeof ORDERS)[number];

export interface View {
  readonly order: Order;
  /** Nothing is measured until somebody goes on. */
  readonly paused: boolean;
  readonly help: boolean;
}

export const FIRST_VIEW: View = { order: 'use', paused: false, help: false };

/** What the help says of each. */
export const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['q', 'leave; Ctrl-C too'],
  ['s', `sort by the next of: ${ORDERS.join(', ')}`],
  ['p', 'pause: measure nothing until p is typed again'],
  ['?', 'show this, and hide it'],
];

/** null: the key means nothing here. Ctrl-C comes as a key, since the terminal is ours. */
export function pressed(view: View, key: string): View | 'leave' | null {
  switch (key) {
    case 'q':
    case 'Q':
    case '\x03':
      return 'leave';
    case 's':
      return { ...view, order: ORDERS[(ORDERS.indexOf(view.order) + 1) % ORDERS.length] ?? view.order };
    case 'p':
      return { ...view, paused: !view.paused };
    case '?':
      return { ...view, help: !view.help };
    default:
      return null;
  }
}

/** What a row is sorted by; null: not known. */
export interface Ordered {
  readonly name: string;
  readonly usedBytes: number | null;
  readonly limitBytes: number;
  readonly bytesPerSecond: number | null;
}

/** The disk stays first. What is not known comes last. */
export function inOrder<Row extends Ordered>(
  [disk, ...services]: readonly Row[],
  order: Order,
): readonly Row[] {
  return disk === undefined ? [] : [disk, ...services.toSorted(COMPARE[order])];
}

type Compare = (one: Ordered, other: Ordered) => number;

const COMPARE: { readonly [order in Order]: Compare } = {
  use: largest(({ usedBytes }) => usedBytes),
  'share of plan': largest(({ usedBytes, limitBytes }) =>
    usedBytes === null ? null : usedBytes / limitBytes,
  ),
  rate: largest(({ bytesPerSecond }) => bytesPerSecond),
  name: (one, other) => (one.name < other.name ? -1 : 1),
};

function largest(number: (row: Ordered) => number | null): Compare {
  const of = (row: Ordered) => number(row) ?? Number.NEGATIVE_INFINITY;
  return (one, other) => (of(one) === of(other) ? 0 : of(other) > of(one) ? 1 : -1);
}
