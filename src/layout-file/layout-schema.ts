// Owns the shape of a layout file, once: it checks files and is published as JSON Schema for editors.
// What the values mean together (places, names, defaults) is layout-file.ts.
import * as z from 'zod';
import { checkBase, normaliseBase, WANT_BASE } from '../layout/base.ts';
import { isMountDemand, MOUNT_PATTERN, type MountDemand, type Service } from '../layout/layout.ts';
import { isRole, ROLES, type Role } from '../layout/role.ts';
import type { Scalar } from '../services/further.ts';
import { builtIn, builtInServices } from '../services/index.ts';
import { MODE_PATTERN, parseMode, WANT_MODE } from '../values/mode.ts';
import { checkRelativePath, checkUserName, USER_PATTERN } from '../values/name.ts';
import {
  exactSize,
  isUnitSystem,
  parseSize,
  SIZE_PATTERN,
  SYSTEMS,
  type UnitSystem,
  WANT_SIZE,
} from '../values/size.ts';
import { type BackupFields, backupsSchema } from './backups-schema.ts';
import { type CleanFields, cleanSchema } from './clean-schema.ts';
import { type MonitoringFields, monitoringSchema } from './monitoring-schema.ts';
import { type QuotaFields, quotaSchema } from './quota-section.ts';
import { type StorageFields, storageSchema } from './storage-schema.ts';
import { checkedText, readText, readTextOrFalse } from './text-schema.ts';

// Messages begin with "want": layout-file.ts puts the place before them and what was found after them.

const WANT_USER = 'want a user name such as kafka';
const WANT_SHARES = 'want true or false';
const WANT_TEXT = 'want text';
const WANT_DIRECTORY = 'want the settings of a directory (mode, accept, role, purpose) or nothing';
const WANT_SERVICE = 'want the settings of a service';
const LEFT_OUT = '`false` to leave it out';

const mode = readText(WANT_MODE, (text) => {
  const parsed = parseMode(text);
  return 'mode' in parsed ? { value: parsed.mode } : parsed;
})
  // A reader of YAML that is not this one takes 0750 for a number.
  .meta({ type: ['string', 'integer'], pattern: MODE_PATTERN });

const accept = z.array(mode, 'want a list of modes such as [0700, 0710]');

const planned = readText(WANT_SIZE, (text) => {
  const parsed = parseSize(text);
  return 'bytes' in parsed ? { value: parsed.bytes } : parsed;
}).meta({
  description: 'Space planned for it: 800GB, 1.5TB (powers of 1000) or 512GiB (powers of 1024).',
  pattern: SIZE_PATTERN,
});

const purpose = checkedText(WANT_TEXT, (text) =>
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text) ? 'want one line of text' : null,
).meta({ description: 'What it is for, in a few words.' });

const WANT_ROLE = `want one of ${ROLES.join(', ')}`;
const role = checkedText(WANT_ROLE, (text) => (isRole(text) ? null : WANT_ROLE))
  .transform((text) => text as Role)
  .meta({
    description:
      'What it is for. Default: what its name says (logs: log, config: config, tmp: temporary, backup: backup), else data.',
    enum: [...ROLES],
  });

const account = checkedText(WANT_USER, checkUserName);

const sharesUser = readTextOrFalse(WANT_SHARES, (text) =>
  text === 'true' ? { value: true } : { complaint: WANT_SHARES },
).meta({ type: 'boolean' });

const base = checkedText(WANT_BASE, checkBase).transform(normaliseBase).meta({
  description: 'Absolute path of the directory that all services are below. Default: /data/jts/hot.',
  pattern: '^/.',
});

const WANT_MOUNT = 'want `required`, or `UUID=` and that of the file system (lsblk -f shows it)';
const mount = checkedText(WANT_MOUNT, (text) => (isMountDemand(text) ? null : WANT_MOUNT))
  .transform((text) => text as MountDemand)
  .meta({
    description:
      'What must hold the base. required: a file system mounted at the base or above it, not the root file system; UUID=…: just this one. Left out: the one that the first setup found.',
    pattern: MOUNT_PATTERN,
  });

const WANT_UNITS = 'want si (powers of 1000) or iec (powers of 1024)';
const units = checkedText(WANT_UNITS, (text) => (isUnitSystem(text) ? null : WANT_UNITS))
  .transform((text) => text as UnitSystem)
  .meta({
    description:
      'How sizes are shown: si in kB, MB, GB (powers of 1000), iec in KiB, MiB, GiB (1024). Default: si.',
    enum: [...SYSTEMS],
  });

export const SELINUX_MODES = ['auto', 'off'] as const;
export type SelinuxMode = (typeof SELINUX_MODES)[number];
const WANT_SELINUX = `want one of ${SELINUX_MODES.join(', ')}`;
const selinux = checkedText(WANT_SELINUX, (text) =>
  SELINUX_MODES.some((mode) => mode === text) ? null : WANT_SELINUX,
)
  .transform((text) => text as SelinuxMode)
  .meta({
    description:
      'auto: directories get labels where SELinux is on; off: labels are left alone. Default: auto.',
    enum: [...SELINUX_MODES],
  });

const WANT_VERSION = 'want version 1';
const version = checkedText(WANT_VERSION, (text) => (text === '1' ? null : WANT_VERSION)).meta({
  description: 'Version of this file format: 1.',
  type: ['integer', 'string'],
  enum: [1, '1'],
});

/** Names that are path components; checkName is the whole truth. */
const propertyNames = { pattern: '^(?!-|\\.{1,2}$)[^/:]+$', maxLength: 255 };

const directoryFields = {
  mode: mode
    .meta({ ...mode.meta(), description: 'Octal mode. Default: the mode of its service.' })
    .optional(),
  accept: accept
    .meta({ description: 'Other modes that are right as well, because the service sets them itself.' })
    .optional(),
  role: role.optional(),
  purpose: purpose.optional(),
};
const directory = z.strictObject(directoryFields, { error: WANT_DIRECTORY });

const newDirectory = z.union([z.null(), directory], {
  error: ({ input }) =>
    input === false ? `${WANT_DIRECTORY}; only a built-in one can be left out` : WANT_DIRECTORY,
});
const builtInDirectory = z.union([z.literal(false), z.null(), directory], {
  error: `${WANT_DIRECTORY}, or ${LEFT_OUT}`,
});

function directoriesOf(service: Service | null) {
  const known = service?.directories ?? [];
  const shape = Object.fromEntries(
    known.map(({ name, role, mode, purpose }) => [
      name,
      builtInDirectory.meta({ description: `Built in: ${purpose}, role ${role}, mode ${mode}.` }).optional(),
    ]),
  );
  const want = 'want directories by name';
  return z
    .union([z.null(), z.object(shape, { error: want }).catchall(newDirectory)], { error: want })
    .meta({ description: 'Sub-directories by name, each with its settings or nothing.', propertyNames });
}

const WANT_PORT = 'want a port from 1 to 65535';
const port = readText(WANT_PORT, (text) =>
  /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? { value: Number(text) } : { complaint: WANT_PORT },
).meta({
  description: 'The port on which it listens. Left out: as its own file says.',
  type: 'integer',
  minimum: 1,
  maximum: 65_535,
});

const WANT_SETTINGS = 'want settings by name';
const setting = readTextOrFalse('want one value: text, a number, true or false', (value) => ({ value })).meta(
  {
    type: ['string', 'number', 'boolean'],
  },
);
const settings = z
  .union([z.null(), z.record(z.string(), setting, WANT_SETTINGS)], { error: WANT_SETTINGS })
  .meta({
    description:
      'Further settings of its own configuration, by their names there, dotted where they are nested. A name that is a hint in what jts-hot config prints becomes a setting.',
  });

const further = { port: port.optional(), settings: settings.optional() };

/** Only of a service whose configuration is known; of others fewer, which says the same to what reads the result. */
function furtherFields(service: Service | null): typeof further {
  const facet = builtIn(service?.name ?? '')?.configuration?.further;
  const has = { port: facet !== undefined && facet.port !== null, settings: facet !== undefined };
  return Object.fromEntries(
    Object.entries(further).filter(([name]) => has[name as keyof typeof has]),
  ) as typeof further;
}

function serviceFields(service: Service | null) {
  const builtIn = (value: string) => (service === null ? '' : ` Built in: ${value}.`);
  return {
    user: account.meta({
      description: `System user that owns it; root: none of its own.${builtIn(service?.user ?? '')}`,
      pattern: USER_PATTERN,
    }),
    group: account
      .meta({
        description: `Group that owns it. Default: named as the user.${builtIn(service?.group ?? '')}`,
        pattern: USER_PATTERN,
      })
      .optional(),
    sharesUser: sharesUser
      .meta({
        ...sharesUser.meta(),
        description:
          'true: that another service has the same user is meant. Nothing keeps the two apart. Default: false.',
      })
      .optional(),
    mode: mode
      .meta({
        ...mode.meta(),
        description: `Octal mode. ${service === null ? 'Default: 0750, for user root 0755.' : `Built in: ${service.mode}.`}`,
      })
      .optional(),
    accept: accept
      .meta({ description: 'Other modes that are right as well, because the service sets them itself.' })
      .optional(),
    planned: planned.meta({
      ...planned.meta(),
      description: `${planned.meta()?.description}${builtIn(service === null ? '' : exactSize(service.plannedBytes))}`,
    }),
    purpose: purpose.optional(),
    path: checkedText('want a path below the base', checkRelativePath)
      .meta({
        description: 'Directory below the base, several levels allowed. Default: the name of the service.',
      })
      .optional(),
    directories: directoriesOf(service).optional(),
    ...furtherFields(service),
  };
}

const newService = z.strictObject(serviceFields(null), {
  error: ({ input }) =>
    input === false
      ? `${WANT_SERVICE}; only a built-in one can be left out`
      : `${WANT_SERVICE}: user and planned at least`,
});

function builtInService(service: Service) {
  const { user, planned, ...rest } = serviceFields(service);
  const fields = z.strictObject({ user: user.optional(), planned: planned.optional(), ...rest });
  return z.union([z.literal(false), z.null(), fields], { error: `${WANT_SERVICE}, or ${LEFT_OUT}` }).meta({
    description: `Built in: ${service.purpose}. Settings given here replace its own; ${LEFT_OUT} (nothing is deleted on the host).`,
  });
}

const wantServices = 'want services by name, each with its settings';
const services = z
  .union(
    [
      z.null(),
      z
        .object(
          Object.fromEntries(
            builtInServices.map((service) => [service.name, builtInService(service).optional()]),
          ),
          { error: wantServices },
        )
        .catchall(newService.meta({ description: 'A service of your own.' })),
    ],
    { error: wantServices },
  )
  .meta({
    description: 'Services by name: changes to the built-in ones, and your own.',
    propertyNames: { ...propertyNames, not: { const: 'base' } },
  });

const layoutFields = {
  version: version.optional(),
  base: base.optional(),
  mount: mount.optional(),
  units: units.optional(),
  services: services.optional(),
  monitoring: monitoringSchema.optional(),
  clean: cleanSchema.optional(),
  backups: backupsSchema.optional(),
  storage: storageSchema.optional(),
  quota: quotaSchema.optional(),
  selinux: selinux.optional(),
};

/** What `readYaml` made of a file. A file with nothing in it is null: the caller's to handle. */
export const layoutSchema = z.strictObject(layoutFields, { error: 'want `base:` and `services:`' }).meta({
  $id: 'https://jts.example/schema/spec.schema.json',
  title: 'JTS hot storage layout',
  description: 'Merged over the built-in layout, key by key. What is not named stays as it is built in.',
});

interface ModeFields {
  readonly mode?: string | undefined;
  readonly accept?: readonly string[] | undefined;
  readonly purpose?: string | undefined;
}

export interface DirectoryFields extends ModeFields {
  readonly role?: Role | undefined;
}

export interface ServiceFields extends ModeFields {
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly sharesUser?: boolean | undefined;
  readonly planned?: number | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
  readonly settings?: Readonly<Record<string, Scalar>> | null | undefined;
  readonly directories?:
    | Readonly<Record<string, DirectoryFields | false | null | undefined>>
    | null
    | undefined;
}

export interface LayoutFields {
  readonly base?: string | undefined;
  readonly mount?: MountDemand | undefined;
  readonly units?: UnitSystem | undefined;
  readonly services?: Readonly<Record<string, ServiceFields | false | null | undefined>> | null | undefined;
  readonly monitoring?: MonitoringFields | undefined;
  readonly clean?: CleanFields;
  readonly backups?: BackupFields;
  readonly storage?: StorageFields;
  readonly quota?: QuotaFields;
  readonly selinux?: SelinuxMode | undefined;
}

/** For the guess at what an unknown key was meant to be. */
export const fieldNames = {
  layout: Object.keys(layoutFields),
  service: (name: string) =>
    Object.keys(serviceFields(builtInServices.find((service) => service.name === name) ?? null)),
  directory: Object.keys(directoryFields),
} as const;

/** For editors: what may stand in a layout file, as JSON Schema (draft 7, which they all read). */
export function layoutJsonSchema(): object {
  return z.toJSONSchema(layoutSchema, { io: 'input', target: 'draft-07' });
}
