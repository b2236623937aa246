// Owns what `port` and `settings` of a service mean in a layout file: what kind of value each is, and why one cannot stand there,
// at its place. What a service takes is its own folder's.

import { json } from '../formats/json.ts';
import { postgresql } from '../formats/postgresql.ts';
import { properties } from '../formats/properties.ts';
import { redis } from '../formats/redis.ts';
import { xmlWriting } from '../formats/xml-writing.ts';
import { yaml } from '../formats/yaml.ts';
import type { ConfigurationFacet } from '../services/configuration.ts';
import { complaintAbout, isOnOneWay, keyOf, type Scalar, type Writing } from '../services/further.ts';
import { builtIn, builtInServices } from '../services/index.ts';
import { quote } from '../values/quote.ts';
import type { LayoutFields } from './layout-schema.ts';
import {
  describePath,
  entries,
  type Finding,
  type Path,
  type ReadableYaml,
  type Tree,
  valueAt,
} from './yaml.ts';

type SettingFinding = Finding<'E_SPEC_KEY' | 'E_SPEC_PORT' | 'E_SPEC_SECRET' | 'E_SPEC_SETTING'>;

/** All at once, since what reads a layout does not wait for one of them; of XML without the library that reads it. */
const FORMATS: { readonly [name in ConfigurationFacet['format']]: Writing } = {
  postgresql,
  redis,
  properties,
  yaml,
  json,
  xml: xmlWriting,
};

/** As YAML has them where they are not quoted. What would not be written the same again stays text: `0750`, `1e3`. */
function kindOf(value: string | false, isBare: boolean): Scalar {
  if (value === false || !isBare) return value;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  const number = Number(value);
  return /^-?\d/.test(value) && String(number) === value && Number.isFinite(number) ? number : value;
}

export function withKinds(layout: LayoutFields, source: ReadableYaml): LayoutFields {
  if (!layout.services) return layout;
  const services = Object.entries(layout.services).map(([name, fields]) => {
    if (fields === false || !fields?.settings) return [name, fields] as const;
    const settings = settingsOf(source, name).map(({ name: one, value }) => [one, value] as const);
    return [name, { ...fields, settings: Object.fromEntries(settings) }] as const;
  });
  return { ...layout, services: Object.fromEntries(services) };
}

interface Given {
  readonly name: string;
  readonly value: Scalar;
  readonly path: Path;
}

/** Those that are one value. */
function settingsOf(source: ReadableYaml, service: string): readonly Given[] {
  const above = ['services', service, 'settings'];
  return entries(valueAt(source.tree, above)).flatMap(([name, value]) => {
    const path = [...above, name];
    return typeof value === 'string' || value === false
      ? [{ name, value: kindOf(value, source.isBare(path)), path }]
      : [];
  });
}

/** Whatever else is wrong with the file, so that every problem is found. */
export function checkSettings(source: ReadableYaml): readonly SettingFinding[] {
  return [...checkPorts(source), ...configured().flatMap((one) => checkService(source, one))];
}

function configured(): readonly { readonly name: string; readonly facet: ConfigurationFacet }[] {
  return builtInServices.flatMap(({ name }) => {
    const facet = builtIn(name)?.configuration;
    return facet === undefined ? [] : [{ name, facet }];
  });
}

function checkService(
  source: ReadableYaml,
  { name: service, facet }: { readonly name: string; readonly facet: ConfigurationFacet },
): readonly SettingFinding[] {
  const format = FORMATS[facet.format];
  const hasPort = valueAt(source.tree, ['services', service, 'port']) !== undefined;
  const all = settingsOf(source, service);
  const keys = all.map(({ name }) => keyOf(facet, format, name));
  return all.flatMap(({ name, value, path }, i): readonly SettingFinding[] => {
    const place = `${describePath(path.slice(0, -1))}: `;
    const complaint = complaintAbout(facet, format, { name, value, hasPort });
    if (complaint !== null) {
      const { about, detail, hint } = complaint;
      const code = about === 'secret' ? 'E_SPEC_SECRET' : 'E_SPEC_SETTING';
      const offset = about === 'name' ? source.keyOffset(path) : source.valueOffset(path);
      return [{ code, offset, detail: `${place}${detail}`, ...(hint === undefined ? {} : { hint }) }];
    }
    const key = keys[i] ?? [];
    const before = keys.slice(0, i).findIndex((one) => one !== null && isOnOneWay(one, key));
    if (before < 0) return [];
    const detail = `${place}want each setting once, found ${quote(name)} after ${quote(all[before]?.name ?? '')}`;
    return [{ code: 'E_SPEC_SETTING', offset: source.keyOffset(path), detail }];
  });
}

/** Two services on one port: the second would not start. */
function checkPorts(source: ReadableYaml): readonly SettingFinding[] {
  const first = new Map<string, string>();
  return entries(valueAt(source.tree, ['services'])).flatMap(([name, service]): readonly SettingFinding[] => {
    const port = portOf(service);
    if (port === null) return [];
    const other = first.get(port);
    if (other === undefined) {
      first.set(port, name);
      return [];
    }
    const path = ['services', name, 'port'];
    const detail = `${describePath(path)}: want a port of its own, found ${quote(port)}, which is also that of service ${quote(other)}`;
    return [{ code: 'E_SPEC_PORT', offset: source.valueOffset(path), detail }];
  });
}

function portOf(service: Tree): string | null {
  const port = valueAt(service, ['port']);
  return typeof port === 'string' ? port : null;
}

/** `port` or `settings` of a service that has none. */
export function strayField(path: Path, key: string): Omit<SettingFinding, 'offset'> | null {
  const [services, name] = path;
  if (services !== 'services' || path.length !== 2 || typeof name !== 'string') return null;
  if (key !== 'port' && key !== 'settings') return null;
  const able = configured().filter(({ facet }) => key === 'settings' || facet.further.port !== null);
  return {
    code: key === 'port' ? 'E_SPEC_PORT' : 'E_SPEC_SETTING',
    detail: `${describePath(path)}: want no ${quote(key)}: jts-hot knows none of this service`,
    hint: `\`${key}\` goes with one of ${able.map((one) => one.name).join(', ')}`,
  };
}
