// Owns what the `storage:` section of a layout file means: its defaults, which services may have a volume, and the section as it
// is written out. Its shape is storage-schema.ts, what comes of it is layout/storage.ts.
import type { Layout } from '../layout/layout.ts';
import {
  BASE_VOLUME,
  checkVolumeName,
  DEFAULT_DEVICE_TIMEOUT_SECONDS,
  DEFAULT_GROUP,
  DEFAULT_KEEP_FREE_PERCENT,
  type Storage,
  storageUuid,
} from '../layout/storage.ts';
import { exactDuration } from '../values/duration.ts';
import { exactPercent } from '../values/percent.ts';
import { quote } from '../values/quote.ts';
import { exactSize } from '../values/size.ts';
import { nearest } from '../values/spelling.ts';
import { checkMountOptions } from './storage-options.ts';
import { type StorageFields, storageFieldNames } from './storage-schema.ts';
import {
  describePath,
  entries,
  type Finding,
  isTreeMap,
  type Path,
  type ReadableYaml,
  valueAt,
} from './yaml.ts';

/** undefined: the file says nothing of it. */
export function effectiveStorage(
  fields: StorageFields,
  { services }: Pick<Layout, 'services'>,
): Storage | undefined {
  if (fields === undefined) return undefined;
  const { device, filesystem: type = 'xfs', volumes, mount } = fields;
  return {
    disk: { serial: device.serial ?? null, namespace: device.namespace ?? 1, wwid: device.wwid ?? null },
    allowFormat: fields.allowFormat ?? null,
    type,
    volumes:
      volumes === undefined
        ? null
        : {
            group: volumes?.group ?? DEFAULT_GROUP,
            keepFreePercent: volumes?.keepFree ?? DEFAULT_KEEP_FREE_PERCENT,
            baseBytes: volumes?.base ?? null,
            services: ownVolumes(volumes?.services ?? {}, services).map(([service, own]) => ({
              service,
              type: own?.filesystem ?? type,
              sizeBytes: own?.size ?? null,
            })),
          },
    options: [...(mount?.options ?? [])],
    deviceTimeoutSeconds: mount?.deviceTimeout ?? DEFAULT_DEVICE_TIMEOUT_SECONDS,
  };
}

type Own = NonNullable<NonNullable<NonNullable<StorageFields>['volumes']>['services']>;

/** In the order of the layout, whatever the order of the file. */
function ownVolumes(given: Own, services: Layout['services']) {
  const named = given === 'all' ? {} : given;
  return services.flatMap(({ name }) =>
    given === 'all' || Object.hasOwn(named, name) ? [[name, named[name] ?? null] as const] : [],
  );
}

const SECTION: Path = ['storage'];
const SERVICES: Path = ['storage', 'volumes', 'services'];

type StorageFinding = Finding<'E_SPEC_KEY' | 'E_SPEC_MISSING' | 'E_SPEC_NAME' | 'E_SPEC_VALUE'>;

/** `services`: the names of the effective layout. Looked at before defaults, so that every problem is found. */
export function checkStorage(source: ReadableYaml, services: readonly string[]): readonly StorageFinding[] {
  const section = valueAt(source.tree, SECTION);
  if (!isTreeMap(section)) return [];
  return [
    ...checkDevice(source),
    ...checkServices(source, services),
    ...checkMountOptions(source),
    ...checkMount(source),
  ];
}

/** `mount:` may say the same, and not that another file system is the right one. */
function checkMount(source: ReadableYaml): readonly StorageFinding[] {
  const mount = valueAt(source.tree, ['mount']);
  const device = valueAt(source.tree, [...SECTION, 'device']);
  if (typeof mount !== 'string' || !mount.startsWith('UUID=') || !isTreeMap(device)) return [];
  const { serial, namespace, wwid } = device;
  const textOr = (value: unknown) => (typeof value === 'string' ? value : null);
  const disk = {
    serial: textOr(serial),
    namespace: typeof namespace === 'number' ? namespace : 1,
    wwid: textOr(wwid),
  };
  const own = `UUID=${storageUuid({ disk }, BASE_VOLUME)}`;
  if (mount.toLowerCase() === own.toLowerCase()) return [];
  return [
    {
      code: 'E_SPEC_VALUE',
      offset: source.valueOffset(['mount']),
      detail: `mount: want ${own}, the base of \`storage:\`, found ${quote(mount)}`,
      hint: 'leave `mount:` out: `storage:` says which file system it is',
    },
  ];
}

function checkDevice(source: ReadableYaml): readonly StorageFinding[] {
  const path = [...SECTION, 'device'];
  const device = valueAt(source.tree, path);
  if (!isTreeMap(device)) return [];
  const { serial } = device;
  const isSpelt = Object.keys(device).every((key) => storageFieldNames.device.includes(key));
  if (isSpelt && serial === undefined && device['wwid'] === undefined)
    return [
      {
        code: 'E_SPEC_MISSING',
        offset: source.keyOffset(path),
        detail: `${describePath(path)}: want serial or wwid, found neither`,
        hint: 'see: sudo jts-hot device list',
      },
    ];
  const agreed = [...SECTION, 'allowFormat'];
  const allowed = valueAt(source.tree, agreed);
  if (serial === undefined || allowed === undefined || serial === allowed) return [];
  return [
    {
      code: 'E_SPEC_VALUE',
      offset: source.valueOffset(agreed),
      detail: `${describePath(agreed)}: want the serial number of the device, ${quote(String(serial))}, found ${quote(String(allowed))}`,
    },
  ];
}

function checkServices(source: ReadableYaml, services: readonly string[]): readonly StorageFinding[] {
  const given = valueAt(source.tree, SERVICES);
  const names = given === 'all' ? services : entries(given).map(([name]) => name);
  return names.flatMap((name): readonly StorageFinding[] => {
    const offset = given === 'all' ? source.keyOffset(SERVICES) : source.keyOffset([...SERVICES, name]);
    if (!services.includes(name)) {
      const guess = nearest(name, services);
      const detail = `${describePath(SERVICES)}: want a service of the layout, found ${quote(name)}`;
      return [
        { code: 'E_SPEC_KEY', offset, detail, ...(guess !== null && { hint: `did you mean \`${guess}\`?` }) },
      ];
    }
    const complaint = checkVolumeName(name);
    if (complaint === null) return [];
    const hint = 'give the service another name, and keep its directory with `path:`';
    return [
      {
        code: 'E_SPEC_NAME',
        offset,
        detail: `${describePath(SERVICES)}: ${complaint}, found ${quote(name)}`,
        hint,
      },
    ];
  });
}

/** What may stand below a path that begins with `storage`. */
export function storageKeys(path: Path): readonly string[] {
  if (path.length === 1) return storageFieldNames.section;
  if (path[1] === 'device') return storageFieldNames.device;
  if (path[1] === 'mount') return storageFieldNames.mount;
  return path.length === 2 ? storageFieldNames.volumes : storageFieldNames.volume;
}

/** What `parseLayoutFile` reads back as just this; undefined where nothing is said. */
export function storageSection({ storage }: Layout): object | undefined {
  if (storage === undefined) return undefined;
  const { disk, allowFormat, type, volumes, options, deviceTimeoutSeconds } = storage;
  return {
    device: {
      ...(disk.serial === null ? {} : { serial: disk.serial }),
      ...(disk.namespace === 1 ? {} : { namespace: disk.namespace }),
      ...(disk.wwid === null ? {} : { wwid: disk.wwid }),
    },
    ...(allowFormat === null ? {} : { allowFormat }),
    filesystem: type,
    ...(volumes === null ? {} : { volumes: volumesSection(volumes, type) }),
    mount: {
      ...(options.length === 0 ? {} : { options }),
      deviceTimeout: exactDuration(deviceTimeoutSeconds),
    },
  };
}

function volumesSection(
  { group, keepFreePercent, baseBytes, services }: NonNullable<Storage['volumes']>,
  type: Storage['type'],
): object {
  const own = services.map(
    (one) =>
      [
        one.service,
        {
          ...(one.type === type ? {} : { filesystem: one.type }),
          ...(one.sizeBytes === null ? {} : { size: exactSize(one.sizeBytes) }),
        },
      ] as const,
  );
  return {
    group,
    keepFree: exactPercent(keepFreePercent),
    ...(baseBytes === null ? {} : { base: exactSize(baseBytes) }),
    ...(own.length === 0 ? {} : { services: new Map(own) }),
  };
}
