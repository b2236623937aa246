// Owns what the `clean:` section of a layout file means: merging over the built-in rules, which places rules may have, and the
// section as it is written out. Its shape is clean-schema.ts, what a rule is layout/rule.ts.
import type { Layout } from '../layout/layout.ts';
import { isRole, roleNamed } from '../layout/role.ts';
import { keptByDefault, type Rule } from '../layout/rule.ts';
import { builtInRules, holdsNoData } from '../services/cleaning.ts';
import { builtInServices } from '../services/index.ts';
import { exactDuration } from '../values/duration.ts';
import { quote } from '../values/quote.ts';
import { nearest } from '../values/spelling.ts';
import { type CleanFields, cleanFieldNames, type RuleFields } from './clean-schema.ts';
import { describePath, entries, type Finding, type ReadableYaml, type Tree, valueAt } from './yaml.ts';

type CleanFinding = Finding<'E_SPEC_CLEAN' | 'E_SPEC_NAME'>;

const builtInNames = builtInRules.map(({ name }) => name);

/** undefined: the file says nothing of it. */
export function effectiveRules(
  fields: CleanFields,
  { services }: Pick<Layout, 'services'>,
): readonly Rule[] | undefined {
  if (fields === null || fields === undefined) return undefined;
  const given = new Map(Object.entries(fields));
  const changed = builtInRules.flatMap((rule) => {
    const own = given.get(rule.name);
    return own === false ? [] : [withFields(rule, own ?? {})];
  });
  const added = [...given].flatMap(([name, own]) => {
    if (builtInNames.includes(name) || !own) return [];
    const service = services.find((one) => one.name === own.service);
    const directory = service?.directories.find((one) => one.name === own.directory);
    return [withFields({ ...UNSET, name, keep: keptByDefault(directory?.role ?? 'temporary') }, own)];
  });
  return [...changed, ...added];
}

const UNSET: Omit<Rule, 'name' | 'keep'> = {
  service: null,
  directory: null,
  pattern: '*',
  except: null,
  olderSeconds: Number.MAX_SAFE_INTEGER,
  thing: 'file',
};

function withFields(rule: Rule, fields: RuleFields): Rule {
  return {
    name: rule.name,
    service: fields.service ?? rule.service,
    directory: fields.directory ?? rule.directory,
    pattern: fields.pattern ?? rule.pattern,
    except: fields.except ?? rule.except,
    olderSeconds: fields.older ?? rule.olderSeconds,
    keep: fields.keep ?? rule.keep,
    thing: fields.thing ?? rule.thing,
  };
}

/** Names and places. Looked at before defaults, so that every problem is found. */
export function checkClean(source: ReadableYaml): readonly CleanFinding[] {
  return entries(valueAt(source.tree, ['clean'])).flatMap(([name, rule]) => {
    const path = ['clean', name];
    const wrongName: readonly CleanFinding[] = /^[a-z0-9][a-z0-9-]{0,40}$/.test(name)
      ? []
      : [
          {
            code: 'E_SPEC_NAME',
            offset: source.keyOffset(path),
            detail: `clean: want a name of a-z, 0-9 and \`-\`, found ${quote(name)}`,
          },
        ];
    return [...wrongName, ...checkPlace(source, name, rule)];
  });
}

function checkPlace(source: ReadableYaml, name: string, rule: Tree): readonly CleanFinding[] {
  const path = ['clean', name];
  const [service, directory] = [valueAt(rule, ['service']), valueAt(rule, ['directory'])];
  // What is missing, or is no name at all, has its own message.
  if (typeof service !== 'string' || builtInNames.includes(name)) return [];
  const complain = (
    field: string,
    want: string,
    found: string,
    hint: string | null,
  ): readonly CleanFinding[] => [
    {
      code: 'E_SPEC_CLEAN',
      offset: source.valueOffset([...path, field]),
      detail: `${describePath([...path, field])}: want ${want}, found ${quote(found)}`,
      ...(hint === null ? {} : { hint }),
    },
  ];
  const known = servicesOf(source.tree);
  const directories = known.get(service);
  if (directories === undefined)
    return complain(
      'service',
      `one of ${[...known.keys()].join(', ')}`,
      service,
      meant(service, [...known.keys()]),
    );
  if (typeof directory !== 'string') return [];
  const role = directories.get(directory);
  const clean = [...directories].flatMap(([one, of]) =>
    holdsNoData(service, { name: one, role: of }) ? [one] : [],
  );
  const wanted =
    clean.length === 0 ? `another service: ${service} has nothing to clean` : `one of ${clean.join(', ')}`;
  if (role === undefined) return complain('directory', wanted, directory, meant(directory, clean));
  if (holdsNoData(service, { name: directory, role })) return [];
  return complain(
    'directory',
    wanted,
    directory,
    `what is for ${role === 'config' ? 'config' : 'data'} is never cleaned up`,
  );
}

function meant(name: string, known: readonly string[]): string | null {
  const guess = nearest(name, known);
  return guess === null ? null : `did you mean \`${guess}\`?`;
}

/** The directories of each service of the effective layout, with their roles. */
function servicesOf(tree: Tree) {
  const given = new Map(entries(valueAt(tree, ['services'])));
  const all = new Map<string, Map<string, ReturnType<typeof roleNamed>>>();
  for (const { name, directories } of builtInServices)
    if (given.get(name) !== false)
      all.set(name, new Map(directories.map((one) => [one.name, one.role] as const)));
  for (const [name, service] of given) {
    if (service === false) continue;
    const directories = all.get(name) ?? new Map();
    for (const [directory, fields] of entries(valueAt(service, ['directories']))) {
      const role = valueAt(fields, ['role']);
      if (fields === false) directories.delete(directory);
      else if (typeof role === 'string' && isRole(role)) directories.set(directory, role);
      else if (!directories.has(directory)) directories.set(directory, roleNamed(directory));
    }
    all.set(name, directories);
  }
  return all;
}

/** null: it is a field of no rule. */
export function cleanKeys(name: string): readonly string[] {
  return builtInNames.includes(name) ? cleanFieldNames.builtIn : cleanFieldNames.own;
}

/** What `parseLayoutFile` reads back as just these rules; undefined where none are said. */
export function cleanSection({
  clean,
  services,
}: Layout): Readonly<Record<string, object | false>> | undefined {
  if (clean === undefined) return undefined;
  const gone = builtInNames.filter((name) => !clean.some((rule) => rule.name === name));
  return Object.fromEntries([
    ...gone.map((name) => [name, false] as const),
    ...clean.flatMap((rule) => {
      const unchanged = builtInRules.find(({ name }) => name === rule.name);
      const fields = fieldsOf(rule, unchanged, services);
      return Object.keys(fields).length === 0 ? [] : [[rule.name, fields] as const];
    }),
  ]);
}

function fieldsOf(rule: Rule, unchanged: Rule | undefined, services: Layout['services']): object {
  const { service, directory, pattern, except, olderSeconds, keep, thing } = rule;
  const role = services
    .find((one) => one.name === service)
    ?.directories.find((one) => one.name === directory)?.role;
  const before = unchanged ?? { ...UNSET, pattern: null, keep: keptByDefault(role ?? 'temporary') };
  return {
    ...(unchanged === undefined ? { service, directory } : {}),
    ...(pattern === before.pattern ? {} : { pattern }),
    ...(except === before.except ? {} : { except }),
    ...(olderSeconds === before.olderSeconds ? {} : { older: exactDuration(olderSeconds) }),
    ...(keep === before.keep ? {} : { keep }),
    ...(thing === before.thing ? {} : { thing }),
  };
}
