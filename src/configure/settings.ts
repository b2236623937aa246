// Owns what a service is told by a layout, in the words of its format, and refuses what it could not be told as it is.
import type { Format, FormatError, Item, Setting, Value } from '../formats/format.ts';
import { loadFormat } from '../formats/index.ts';
import type { Layout, Service } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { ConfigurationFacet } from '../services/configuration.ts';
import { builtIn } from '../services/index.ts';
import { quote } from '../values/quote.ts';
import { placesOf } from './places.ts';

/** A service that can be told where to keep its data. */
export interface Configured {
  readonly service: Service;
  readonly facet: ConfigurationFacet;
  readonly format: Format;
  readonly items: readonly Item[];
}

/** Those of the layout that have settings, in its order. */
export function configurable(layout: Layout): readonly Service[] {
  return layout.services.filter(({ name }) => builtIn(name)?.configuration !== undefined);
}

/** Throws a Problem where the layout gives it nothing, or something that it cannot be told. */
export async function configured(layout: Layout, service: Service, host: HostReader): Promise<Configured> {
  const facet = builtIn(service.name)?.configuration;
  if (facet === undefined) throw notConfigured(layout, service.name);
  const format = await loadFormat(facet.format);
  const items = facet.settings(placesOf(layout, service, host));
  for (const item of items) requireCarried(service.name, format, facet, item);
  return { service, facet, format, items };
}

export function notConfigured(layout: Layout, name: string): Problem {
  const known = configurable(layout).map((service) => service.name);
  return new Problem(EXIT.usage, [
    diagnostic('E_NO_SETTINGS', 'cannot configure something that has no settings here', {
      at: name,
      detail: `want one of ${[...known, 'all', 'env', 'jts'].join(', ')}`,
      hint: 'jts-hot config all',
    }),
  ]);
}

function requireCarried(
  service: string,
  format: Pick<Format, 'refusal'>,
  { notInPaths }: Pick<ConfigurationFacet, 'notInPaths'>,
  { key, value, isHint }: Item,
): void {
  const text = String(value);
  const sign = isHint ? undefined : notInPaths.find((one) => text.includes(one));
  const why =
    sign === undefined ? format.refusal(value) : `has a ${quote(sign)}, which parts several of them`;
  if (why !== null) throw cannotCarry({ at: `${service} ${key.join('.')}`, value, why });
}

/** The server would read another value than the layout's. */
export function cannotCarry(of: {
  readonly at: string;
  readonly value: Value;
  readonly why: string;
}): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_NOT_CARRIED', 'refusing to write a value that the service would read as another one', {
      at: of.at,
      detail: `${quote(String(of.value))} ${of.why}`,
      hint: 'choose another base or directory in the layout',
    }),
  ]);
}

/** Settings that are not advice. */
export function wantedSettings({ items }: Pick<Configured, 'items'>): readonly Setting[] {
  return items.filter(({ isHint }) => !isHint).map(({ key, value }) => ({ key, value }));
}

export function isFormatError(error: unknown): error is FormatError {
  return error instanceof Error && error.name === 'FormatError';
}
