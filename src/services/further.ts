// Owns how what a layout says of a service's port and settings goes among those that the service's facet has, and why something
// cannot. Pure; must not know any service.
import type { Format, Item, Setting, Value } from '../formats/format.ts';
import type { Service } from '../layout/layout.ts';
import { quote } from '../values/quote.ts';
import { isSecret } from '../values/shown-lines.ts';
import type { ConfigurationFacet, Places } from './configuration.ts';

export type Scalar = string | number | boolean;

/** As `detail` and `hint` of a message. Neither has the value of a secret. */
export interface Complaint {
  readonly about: 'name' | 'value' | 'secret';
  readonly detail: string;
  readonly hint?: string;
}

const FROM_LAYOUT = 'from the layout';

/** The names alone are of interest. */
const NOWHERE: Places = {
  own: '/nowhere',
  directory: (name) => `/nowhere/${name}`,
  plannedBytes: 1,
  reserveBytes: 1,
};

/** `read` is left out where `render` refuses each name that would be read as another one. */
export type Writing = Pick<Format, 'name' | 'refusal' | 'render'> & Partial<Pick<Format, 'read'>>;

/** In the words of its format, in the spelling that it compares. Dotted where others are below it. null: it has no such names. */
export function keyOf(facet: ConfigurationFacet, format: Writing, name: string): readonly string[] | null {
  const key = [...facet.further.below, ...(isNested(format) ? name.split('.') : [name])];
  const isTwice = facet.further.below.length > 0 && name.startsWith(`${facet.further.below.join('.')}.`);
  if (isTwice || key.includes('') || key.includes('__proto__')) return null;
  try {
    const text = format.render([itemOf(key, '1')]);
    if (format.read === undefined) return key;
    const [found, ...more] = format.read(text);
    const isIt =
      found !== undefined &&
      found.key.length === key.length &&
      more.length === 0 &&
      String(found.value) === '1';
    return isIt && found.key.every((one, i) => one.toLowerCase() === key[i]?.toLowerCase())
      ? found.key
      : null;
  } catch {
    return null;
  }
}

function isNested({ name }: Writing): boolean {
  return name === 'yaml' || name === 'json' || name === 'xml';
}

/** Why a setting cannot stand in a layout. null: it can. */
export function complaintAbout(
  facet: ConfigurationFacet,
  format: Writing,
  { name, value, hasPort }: { readonly name: string; readonly value: Scalar; readonly hasPort: boolean },
): Complaint | null {
  const { further } = facet;
  const { port } = further;
  const key = keyOf(facet, format, name);
  const found = `found ${quote(name)}`;
  if (key === null)
    return {
      about: 'name',
      detail: `want a name that ${format.name} settings can have${further.below.length === 0 ? '' : `, without ${further.below.join('.')} before it`}, ${found}`,
    };
  const reason = Object.entries(further.refused).find(([one]) => isSame(key, [one]))?.[1];
  if (reason !== undefined)
    return { about: 'name', detail: `want one that a single line says, ${found}`, hint: reason };
  if (port?.keys.some((one) => isOnOneWay(one, key)) && (port.isAllTheySay || hasPort))
    return {
      about: 'name',
      detail: port.isAllTheySay
        ? `want the port beside \`settings\`, ${found}`
        : `want one of \`port\` and ${quote(name)}, found both`,
      hint: port.isAllTheySay
        ? 'write `port: …` as a setting of the service itself'
        : 'leave one of them out: the port is part of the other',
    };
  const ours = facet.settings(NOWHERE).find((one) => isOnOneWay(one.key, key));
  if (ours !== undefined && !(ours.isHint && isSame(ours.key, key)))
    return {
      about: 'name',
      detail: `want no setting that jts-hot makes itself, ${found}`,
      hint: String(ours.value).includes(NOWHERE.own)
        ? 'it follows from `base`, `path` and `directories` of the layout: change those'
        : 'leave it out: what keeps the service on the hot tier needs it as it is',
    };
  if (isSecret(name, String(value)))
    return {
      about: 'secret',
      detail: `want no secrets, ${found}, which looks like one`,
      hint: 'put it into the service’s own file, which jts-hot leaves as it is',
    };
  const why = format.refusal(wordsOf(facet, key, value));
  return why === null
    ? null
    : { about: 'value', detail: `want what its file can hold, found ${quote(String(value))}, which ${why}` };
}

/** The first of them that is the same as a later one, or has the later one below it. */
export function isOnOneWay(one: readonly string[], other: readonly string[]): boolean {
  return one.slice(0, other.length).every((name, i) => name === other[i]);
}

export interface Refused {
  readonly want: string;
  readonly found: string;
  readonly hint: string;
}

/** All that a service is told. `found`: what its own file says now. `refused`: why that leaves no way for the port. */
export function itemsFor(
  {
    facet,
    format,
    service,
  }: {
    readonly facet: ConfigurationFacet;
    readonly format: Writing;
    readonly service: Pick<Service, 'port' | 'settings'>;
  },
  places: Places,
  found: readonly Setting[],
): { readonly items: readonly Item[]; readonly refused: Refused | null } {
  const ours = facet.settings(places);
  const given = Object.entries(service.settings ?? {}).flatMap(([name, value]) => {
    const key = keyOf(facet, format, name);
    return key === null ? [] : [itemOf(key, wordsOf(facet, key, value), FROM_LAYOUT)];
  });
  const port =
    service.port === undefined || facet.further.port === null
      ? []
      : facet.further.port.settings(service.port, found);
  const isRefused = 'want' in port;
  const ports = isRefused ? [] : port.map(({ key, value }) => itemOf(key, value, FROM_LAYOUT));
  const all = [...ports, ...given];
  const added = all.filter(({ key }) => !ours.some((item) => isSame(key, item.key)));
  return {
    items: [
      ...ours.map((item) => all.find(({ key }) => isSame(key, item.key)) ?? item),
      // In a list of lines the first one says it for all below; nested ones stand apart.
      ...added.map((item, i) => (i === 0 || isNested(format) ? item : { ...item, comment: null })),
    ],
    refused: isRefused ? port : null,
  };
}

function wordsOf({ further }: ConfigurationFacet, key: readonly string[], value: Scalar): Value {
  const isWords = typeof value === 'string' && further.ofWords.some((one) => isSame(key, [one]));
  return isWords ? value.split(/[ \t]+/).filter((word) => word !== '') : value;
}

function itemOf(key: readonly string[], value: Value, comment: string | null = null): Item {
  return { key, value, comment, isHint: false };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && isOnOneWay(one, other);
}
