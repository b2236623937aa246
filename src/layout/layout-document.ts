// Describes a layout, as plans and `spec` have it.
import * as z from 'zod';
import { base, bytes, type Document, flag, mode, text, textOrNull, whole } from '../document/words.ts';
import { SYSTEMS } from '../values/size.ts';
import { ROLES } from './role.ts';
import { THINGS } from './thing.ts';

const accept = z
  .array(mode('A mode'))
  .meta({ description: 'Other modes that are right as well, because the service sets them itself' });

export const role = z.enum(ROLES).meta({
  description:
    'What it is for: `data`, `log`, `config`, `temporary` (may be lost) or `backup`; `*.log` below data and backups are no logs',
});

const directory = z
  .strictObject({
    name: text('Name of the directory, below that of its service; no slash is in it'),
    role,
    mode: mode('Its mode'),
    accept,
    purpose: text('What it is for'),
  })
  .meta({ description: 'One sub-directory of a service' });

/** `true` and numbers are not text: some services tell them apart. */
export const scalar = z.union([z.string(), z.number(), z.boolean()]);

const service = z
  .strictObject({
    name: text('Name of the service; what --adopt and `repair` take'),
    path: text('Its directory below the base, often of the same name; there may be a slash in it'),
    user: text('The system user that it runs as; `root`: none of its own'),
    group: text('The group that owns its directory'),
    sharesUser: flag('That another service has the same user is meant: nothing keeps the two apart'),
    mode: mode('Mode of its directory'),
    accept,
    plannedBytes: bytes('Space planned for it'),
    purpose: text('What it is for'),
    directories: z.array(directory).meta({ description: 'Its sub-directories' }),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .meta({ description: 'The port on which it listens; left out: as its own file says' })
      .exactOptional(),
    settings: z
      .record(z.string(), scalar)
      .meta({
        description:
          'Further settings of its own configuration, by their names there, dotted where they are nested; left out: none',
      })
      .exactOptional(),
  })
  .meta({ description: 'One service' });

const rule = z
  .strictObject({
    name: text('Name of the rule'),
    service: textOrNull(
      'Service that the place belongs to; null: every directory whose role is temporary, and every one for backups that is called staging',
    ),
    directory: textOrNull('Directory of that service; null: as said of `service`'),
    pattern: text('What the names of things are like: `*` is any text, `?` one character'),
    except: textOrNull('What is called like this is none of them; null: nothing'),
    olderSeconds: whole('Things last changed longer ago than this are taken, in seconds'),
    keep: whole('So many of the newest things stay, however old they are'),
    thing: z.enum(THINGS).meta({
      description:
        'What one thing is: `file` each file, at any depth; `directory` each directory directly in the place, as a whole; `entry` either of them, directly in the place',
    }),
  })
  .meta({ id: 'cleanRule', description: 'What may be cleaned away' });

export const layout = z
  .strictObject({
    base,
    mount: z
      .union([z.literal('required'), z.templateLiteral(['UUID=', z.string()])])
      .meta({
        description:
          'What must hold the base: a mounted file system, or just this one; left out: what is on record',
      })
      .exactOptional(),
    units: z
      .enum(SYSTEMS)
      .meta({ description: 'How sizes are shown: `si` in powers of 1000, `iec` of 1024; left out: `si`' })
      .exactOptional(),
    services: z.array(service).meta({ description: 'The services, in the order of the layout' }),
    clean: z
      .array(rule)
      .meta({ description: 'What `clean` may take away; left out: the built-in rules' })
      .exactOptional(),
  })
  .meta({ id: 'spec', description: 'A layout' });

export const effectiveLayout = layout.meta({
  description: 'The effective layout: the file merged over the built-in one',
});

export type Directory = Document<typeof directory>;
export type Service = Document<typeof service>;
export type Rule = Document<typeof rule>;
export type Layout = Document<typeof layout>;
