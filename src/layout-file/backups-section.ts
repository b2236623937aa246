// Owns what the `backups:` section of a layout file means: merging over the built-in rule, which services may have one, and the
// section as it is written out. Its shape is backups-schema.ts, what a rule is layout/backups.ts.
import { type BackupRule, builtInBackups } from '../layout/backups.ts';
import type { Layout } from '../layout/layout.ts';
import { exactDuration } from '../values/duration.ts';
import { quote } from '../values/quote.ts';
import { nearest } from '../values/spelling.ts';
import { type BackupFields, backupFieldNames } from './backups-schema.ts';
import { describePath, entries, type Finding, type Path, type ReadableYaml, valueAt } from './yaml.ts';

/** undefined: the file says nothing of it. */
export function effectiveBackups(fields: BackupFields): Layout['backups'] {
  if (fields === null || fields === undefined) return undefined;
  const all = withFields(builtInBackups, fields);
  return {
    ...all,
    services: Object.entries(fields.services ?? {}).map(([service, own]) => ({
      service,
      isWatched: own !== false,
      ...withFields(all, own || {}),
    })),
  };
}

function withFields(rule: BackupRule, fields: NonNullable<BackupFields>): BackupRule {
  const orOff = (given: number | false | undefined, before: number | null) =>
    given === undefined ? before : given === false ? null : given;
  return {
    keep: fields.keep ?? rule.keep,
    olderSeconds: fields.older ?? rule.olderSeconds,
    maxAgeSeconds: orOff(fields.maxAge, rule.maxAgeSeconds),
    verifyEverySeconds: orOff(fields.verifyEvery, rule.verifyEverySeconds),
  };
}

const SERVICES: Path = ['backups', 'services'];

/** `services`: the names of the effective layout. */
export function checkBackups(
  source: ReadableYaml,
  services: readonly string[],
): readonly Finding<'E_SPEC_KEY'>[] {
  return entries(valueAt(source.tree, SERVICES)).flatMap(([name]) => {
    if (services.includes(name)) return [];
    const guess = nearest(name, services);
    return {
      code: 'E_SPEC_KEY',
      offset: source.keyOffset([...SERVICES, name]),
      detail: `${describePath(SERVICES)}: want a service of the layout, found ${quote(name)}`,
      ...(guess === null ? {} : { hint: `did you mean \`${guess}\`?` }),
    } as const;
  });
}

/** What may stand below a path that begins with `backups`. */
export function backupKeys(path: Path): readonly string[] {
  return path.length === 1 ? backupFieldNames.all : backupFieldNames.service;
}

/** What `parseLayoutFile` reads back as just this; undefined where nothing is said. */
export function backupsSection({ backups }: Layout): object | undefined {
  if (backups === undefined) return undefined;
  const { services, ...all } = backups;
  const own = services.map(
    ({ service, isWatched, ...rule }) => [service, isWatched ? fieldsOf(rule, all) : false] as const,
  );
  return {
    ...fieldsOf(all, builtInBackups),
    ...(own.length === 0 ? {} : { services: new Map(own) }),
  };
}

function fieldsOf(rule: BackupRule, before: BackupRule): object {
  const orFalse = (seconds: number | null) => (seconds === null ? false : exactDuration(seconds));
  const { keep, olderSeconds, maxAgeSeconds, verifyEverySeconds } = rule;
  return {
    ...(keep === before.keep ? {} : { keep }),
    ...(olderSeconds === before.olderSeconds ? {} : { older: exactDuration(olderSeconds) }),
    ...(maxAgeSeconds === before.maxAgeSeconds ? {} : { maxAge: orFalse(maxAgeSeconds) }),
    ...(verifyEverySeconds === before.verifyEverySeconds ? {} : { verifyEvery: orFalse(verifyEverySeconds) }),
  };
}
