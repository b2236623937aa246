// Owns what a service is told by a layout, in the words of its format, and refuses what it could not be told as it is.
import { didYouMean } from '../engine/plan.ts';
import type { Format, FormatError, Item, Setting, Value } from '../formats/format.ts';
import { loadFormat } from '../formats/index.ts';
import type { Layout, Service } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { ConfigurationFacet, Places } from '../services/configuration.ts';
import { itemsFor, type Refused } from '../services/further.ts';
import { builtIn } from '../services/index.ts';
import { quote } from '../values/quote.ts';
import { placesOf } from './places.ts';

/** A service that can be told where to keep its data. */
export interface Configured {
  readonly service: Service;
  readonly facet: ConfigurationFacet;
  readonly format: Format;
  readonly items: readonly Item[];
  /** Why its own file cannot be made to say what the layout says of the port. */
  readonly noPort: Diagnostic | null;
}

/** Those of the layout that have settings, in its order. */
export function configurable(layout: Layout): readonly Service[] {
  return layout.services.filter(({ name }) => builtIn(name)?.configuration !== undefined);
}

/**
 * `found`: what its own file says now, which some ports depend on; nothing: not known. Throws a Problem where the layout gives it
 * nothing, or something that it cannot be told.
 */
export async function configured(
  layout: Layout,
  service: Service,
  host: HostReader,
  found: readonly Setting[] = [],
): Promise<Configured> {
  const facet = builtIn(service.name)?.configuration;
  if (facet === undefined) throw notConfigured(layout, service.name);
  const format = await loadFormat(facet.format);
  const places = placesOf(layout, service, host);
  const { items, refused } = itemsFor({ facet, format, service }, places, found);
  for (const item of items) requireCarried(places, { service, format, facet }, item);
  return { service, facet, format, items, noPort: refused === null ? null : cannotMove(service, refused) };
}

function cannotMove({ name, port }: Service, { want, found, hint }: Refused): Diagnostic {
  return diagnostic(
    'E_NO_PORT',
    'refusing to give a service a port where its file leaves more than one way',
    {
      at: `service ${name}`,
      detail: [`want ${want}, to have it on port ${port}`, `found ${found}`],
      hint,
    },
  );
}

export function notConfigured(layout: Layout, name: string): Problem {
  const known = [...configurable(layout).map((service) => service.name), 'all', 'env', 'jts'];
  return new Problem(EXIT.usage, [
    diagnostic('E_NO_SETTINGS', 'cannot configure something that has no settings here', {
      at: name,
      detail: [`want one of ${known.join(', ')}`, ...didYouMean(name, known)],
      hint: 'jts-hot config all',
    }),
  ]);
}

function requireCarried(
  { own }: Places,
  { service, format, facet }: Pick<Configured, 'service' | 'format' | 'facet'>,
  { key, value, isHint }: Item,
): void {
  const text = String(value);
  const isPath = !isHint && text.startsWith(own);
  const sign = isPath ? facet.notInPaths.find((one) => text.includes(one)) : undefined;
  const why =
    sign === undefined ? format.refusal(value) : `has a ${quote(sign)}, which parts several of them`;
  if (why !== null) throw cannotCarry({ at: `${service.name} ${key.join('.')}`, value, why });
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
