// Owns what a server needs to be told of the one that was backed up, so that it can be started on what was restored: disks,
// policies, macros. Pure.
import { escaped } from './backup-client.ts';
import type { Inventory } from './backup-tables.ts';

export interface ServerSettings {
  /** Where each disk lies below the restored directory; of one that no backup has, where an empty one stands for it. */
  readonly disks: Readonly<Record<string, string>>;
  readonly policies: Inventory['policies'];
  readonly macros: Inventory['macros'];
}

export function settingsText(inventory: Inventory, place: string): string {
  const { policies, macros } = inventory;
  return JSON.stringify({ disks: diskPlaces(inventory, place), policies, macros } satisfies ServerSettings);
}

export function settingsFrom(text: string | undefined): ServerSettings {
  return text === undefined ? { disks: {}, policies: {}, macros: {} } : (JSON.parse(text) as ServerSettings);
}

/** One that lies in the data stays there; another one gets a place in `disks/`. */
function diskPlaces({ disks }: Inventory, place: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    disks
      .filter(({ path }) => path !== place)
      .map(({ name, path, isLocal }) => [
        name,
        isLocal && path.startsWith(`${place}/`)
          ? path.slice(place.length + 1)
          : `disks/${name.replace(/[^\w-]/g, '_')}`,
      ]),
  );
}

/** Lines of a configuration file. */
export function asConfigured(
  directory: string,
  { disks, policies, macros }: ServerSettings,
): readonly string[] {
  return [
    ...(Object.keys(macros).length === 0 ? [] : ['  <macros>', ...elements(macros), '  </macros>']),
    ...(Object.keys(disks).length === 0 ? [] : storage(directory, disks, policies)),
  ];
}

function storage(
  directory: string,
  disks: ServerSettings['disks'],
  policies: ServerSettings['policies'],
): readonly string[] {
  return [
    '  <storage_configuration>',
    '    <disks>',
    ...Object.entries(disks).map(
      ([name, below]) => `      <${name}><path>${escaped(`${directory}/${below}`)}/</path></${name}>`,
    ),
    '    </disks>',
    '    <policies>',
    ...Object.entries(policies)
      .filter(([name]) => name !== 'default')
      .map(([name, volumes]) => {
        const all = volumes.map(
          (of, i) => `<v${i}>${of.map((disk) => `<disk>${escaped(disk)}</disk>`).join('')}</v${i}>`,
        );
        return `      <${name}><volumes>${all.join('')}</volumes></${name}>`;
      }),
    '    </policies>',
    '  </storage_configuration>',
  ];
}

function elements(of: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(of).map(([name, text]) => `    <${name}>${escaped(text)}</${name}>`);
}

/** One user without a password, for a server that nobody else reaches. */
export function usersText(root: string): string {
  return `${[
    `<${root}>`,
    '  <profiles><default/></profiles>',
    '  <users>',
    '    <default>',
    '      <password></password>',
    '      <networks><ip>127.0.0.1</ip></networks>',
    '      <profile>default</profile>',
    '      <quota>default</quota>',
    '    </default>',
    '  </users>',
    '  <quotas><default/></quotas>',
    `</${root}>`,
  ].join('\n')}\n`;
}
