// Owns writing a layout as a file that gives the same layout when it is read: only what differs from the built-in one.

import { Document, isMap, visit } from 'yaml';
import type { Service } from '../layout/layout.ts';
import { roleNamed } from '../layout/role.ts';
import { builtInServices } from '../services/index.ts';
import { exactSize } from '../values/size.ts';
import { backupsSection } from './backups-section.ts';
import { cleanSection } from './clean-section.ts';
import { type LayoutFile, unset } from './merge.ts';
import { monitoringSection } from './monitoring-file.ts';
import { quotaSection } from './quota-section.ts';
import { storageSection } from './storage-section.ts';

/**
 * A layout file that `parseSpecFile` reads back as just this. For what `parseSpecFile` gives, and for what is built in:
 * services and directories come in their built-in order, then one's own.
 */
export function renderLayoutFile({ layout, monitoring }: LayoutFile): string {
  const services = new Map<string, object | false>();
  for (const { name } of builtInServices) services.set(name, false);
  for (const service of layout.services) services.set(service.name, renderService(service));
  const clean = cleanSection(layout);
  const backups = backupsSection(layout);
  const storage = storageSection(layout);
  const quota = quotaSection(layout);
  const document = new Document(
    {
      version: 1,
      base: layout.base,
      ...(layout.mount === undefined ? {} : { mount: layout.mount }),
      ...(layout.units === undefined ? {} : { units: layout.units }),
      services,
      monitoring: monitoringSection(monitoring),
      ...(clean === undefined ? {} : { clean }),
      ...(backups === undefined ? {} : { backups }),
      ...(storage === undefined ? {} : { storage }),
      ...(quota === undefined ? {} : { quota }),
      ...(layout.selinux === undefined ? {} : { selinux: layout.selinux }),
    },
    { aliasDuplicateObjects: false },
  );
  visit(document, {
    Seq: (_, list) => {
      list.flow = true;
    },
    // One line for each directory, level and channel: from the document down, such a map is the fifth or deeper, with
    // pairs between, and has no other map in it.
    Map: (_, map, above) => {
      if (above.length >= 9 && !map.items.some(({ value }) => isMap(value))) map.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function renderService(service: Service): object {
  const { name, user, group, sharesUser, mode, accept, purpose, path } = service;
  const unchanged = builtInServices.find((builtIn) => builtIn.name === name) ?? unset(name, user);
  const directories = new Map<string, object | false>();
  for (const directory of unchanged.directories) directories.set(directory.name, false);
  for (const directory of service.directories) {
    const builtIn = unchanged.directories.find((other) => other.name === directory.name);
    directories.set(directory.name, {
      mode: directory.mode,
      ...(directory.role === (builtIn?.role ?? roleNamed(directory.name)) ? {} : { role: directory.role }),
      ...(isNothing(directory.accept, builtIn?.accept) ? {} : { accept: directory.accept }),
      ...(isNothing(directory.purpose, builtIn?.purpose) ? {} : { purpose: directory.purpose }),
    });
  }
  return {
    user,
    group,
    ...(sharesUser ? { sharesUser } : {}),
    mode,
    ...(isNothing(accept, unchanged.accept) ? {} : { accept }),
    planned: exactSize(service.plannedBytes),
    ...(isNothing(purpose, unchanged.purpose) ? {} : { purpose }),
    ...(path === unchanged.path ? {} : { path }),
    ...(directories.size === 0 ? {} : { directories }),
    ...(service.port === undefined ? {} : { port: service.port }),
    ...(service.settings === undefined ? {} : { settings: new Map(Object.entries(service.settings)) }),
  };
}

/** Empty, and would be without saying so. */
function isNothing(
  value: { readonly length: number },
  unchanged: { readonly length: number } | undefined,
): boolean {
  return value.length === 0 && (unchanged?.length ?? 0) === 0;
}
