// `jts-hot config`: the settings that a layout gives to its services, in the words of each. Changes nothing.
import type { Item, Setting } from '../formats/format.ts';
import { loadFormat } from '../formats/index.ts';
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { Platform } from '../services/configuration.ts';
import { builtIn } from '../services/index.ts';
import type { Rendered } from './config-document.ts';
import { placesOf } from './places.ts';
import { cannotCarry, configurable, configured, notConfigured } from './settings.ts';

/** How the variables of the environment are written. */
export const ENVIRONMENT_FORMATS = ['export', 'dotenv', 'systemd'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

/** `what`: a service, `all` of them, `env`, `jts`. */
export async function render(
  layout: Layout,
  host: HostReader,
  what: string,
  environment: EnvironmentFormat,
): Promise<readonly Rendered[]> {
  if (what === 'env') return [await renderEnvironment(layout, host, environment)];
  if (what === 'jts') return [await renderPlatform(layout, host)];
  const services = configurable(layout).filter(({ name }) => what === 'all' || name === what);
  if (services.length === 0) throw notConfigured(layout, what);
  return Promise.all(
    services.map(async (service) => {
      const { format, items, facet } = await configured(layout, service, host);
      const [usual = ''] = facet.files;
      return { of: service.name, format: format.name, file: usual, text: format.render(items) };
    }),
  );
}

/** The base, then what each service adds, in the order of the layout. */
export async function renderEnvironment(
  layout: Layout,
  host: HostReader,
  name: EnvironmentFormat,
): Promise<Rendered> {
  const of = platforms(layout, host).flatMap(({ variables }) => Object.entries(variables));
  const settings = [['JTS_HOT_STORAGE_ROOT', layout.base] as const, ...of];
  const items = settings.map(([key, value]) => plainItem({ key: [key], value }));
  return rendered({ of: 'env', format: name, file: ENVIRONMENT_FILES[name] }, items);
}

const ENVIRONMENT_FILES: { readonly [name in EnvironmentFormat]: string } = {
  export: '/etc/profile.d/jts-hot.sh',
  dotenv: '.env',
  systemd: '/etc/jts/hot.env',
};

export function renderPlatform(layout: Layout, host: HostReader): Promise<Rendered> {
  const items = platforms(layout, host).flatMap(({ settings }) => settings.map(plainItem));
  return rendered({ of: 'jts', format: 'yaml', file: 'jts-config.yaml' }, items);
}

export function platforms(layout: Layout, host: HostReader): readonly Platform[] {
  return layout.services.flatMap((service) => {
    const platform = builtIn(service.name)?.platform;
    return platform === undefined ? [] : [platform(placesOf(layout, service, host))];
  });
}

async function rendered(
  about: { readonly of: string; readonly format: EnvironmentFormat | 'yaml'; readonly file: string },
  items: readonly Item[],
): Promise<Rendered> {
  const format = await loadFormat(about.format);
  for (const { key, value } of items) {
    const why = format.refusal(value);
    if (why !== null) throw cannotCarry({ at: `${about.of} ${key.join('.')}`, value, why });
  }
  return { ...about, text: format.render(items) };
}

function plainItem(setting: Setting): Item {
  return { ...setting, comment: null, isHint: false };
}
