// Owns what a layout file means: its services merged over the built-in ones, field by field, in the order of the layout.
import type { Directory, Layout, Service } from '../layout/layout.ts';
import type { Monitoring } from '../layout/monitoring.ts';
import { roleNamed } from '../layout/role.ts';
import { builtInLayout, builtInServices } from '../services/index.ts';
import { effectiveBackups } from './backups-section.ts';
import { effectiveRules } from './clean-section.ts';
import type { DirectoryFields, LayoutFields, ServiceFields } from './layout-schema.ts';
import { effectiveQuota } from './quota-section.ts';
import { effectiveStorage } from './storage-section.ts';

export function effectiveLayout(layout: LayoutFields): Layout {
  const given = new Map(Object.entries(layout.services ?? {}));
  const changed = builtInServices.flatMap((service) => {
    const fields = given.get(service.name);
    return fields === false ? [] : [withFields(service, fields ?? {})];
  });
  const own = [...given].flatMap(([name, fields]) =>
    builtInNames.includes(name) || !fields ? [] : [withFields(unset(name, fields.user ?? 'root'), fields)],
  );
  const { base = builtInLayout.base, mount, units } = layout;
  const services = [...changed, ...own];
  const clean = effectiveRules(layout.clean, { services });
  const backups = effectiveBackups(layout.backups);
  const storage = effectiveStorage(layout.storage, { services });
  const quota = effectiveQuota(layout.quota);
  return {
    base,
    ...(mount === undefined ? {} : { mount }),
    ...(units === undefined ? {} : { units }),
    services,
    ...(clean === undefined ? {} : { clean }),
    ...(backups === undefined ? {} : { backups }),
    ...(storage === undefined ? {} : { storage }),
    ...(quota === undefined ? {} : { quota }),
    ...(layout.selinux === 'off' ? { selinux: 'off' as const } : {}),
  };
}

/** A service of one's own before its settings. */
export function unset(name: string, user: string): Service {
  return {
    name,
    path: name,
    user,
    group: user,
    sharesUser: false,
    mode: user === 'root' ? '0755' : '0750',
    accept: [],
    plannedBytes: 0,
    purpose: '',
    directories: [],
  };
}

function withFields(service: Service, fields: ServiceFields): Service {
  const user = fields.user ?? service.user;
  const mode = fields.mode ?? service.mode;
  const given = new Map(Object.entries(fields.directories ?? {}));
  const kept = service.directories.flatMap((directory) => {
    const changes = given.get(directory.name);
    return changes === false ? [] : [withDirectoryFields(directory, changes ?? {})];
  });
  const known = service.directories.map((directory) => directory.name);
  const added = [...given].flatMap(([name, changes]) =>
    known.includes(name) || changes === false
      ? []
      : [withDirectoryFields({ name, role: roleNamed(name), mode, accept: [], purpose: '' }, changes ?? {})],
  );
  return {
    name: service.name,
    path: fields.path ?? service.path,
    user,
    group: fields.group ?? (user === service.user ? service.group : user),
    sharesUser: fields.sharesUser ?? service.sharesUser,
    mode,
    accept: fields.accept ?? service.accept,
    plannedBytes: fields.planned ?? service.plannedBytes,
    purpose: fields.purpose ?? service.purpose,
    directories: [...kept, ...added],
    ...(fields.port === undefined ? {} : { port: fields.port }),
    ...(fields.settings && Object.keys(fields.settings).length > 0 ? { settings: fields.settings } : {}),
  };
}

function withDirectoryFields(directory: Directory, fields: DirectoryFields): Directory {
  return {
    name: directory.name,
    role: fields.role ?? directory.role,
    mode: fields.mode ?? directory.mode,
    accept: fields.accept ?? directory.accept,
    purpose: fields.purpose ?? directory.purpose,
  };
}

export const builtInNames: readonly string[] = builtInServices.map((service) => service.name);

/** What a layout file says. */
export interface LayoutFile {
  readonly layout: Layout;
  readonly monitoring: Monitoring;
}
