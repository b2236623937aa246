// Owns reading a layout from YAML, with every problem named at its place. Loads yaml and zod, so it is loaded only where
// there is a file. Reads no files itself.

import type { core } from 'zod';
import { BASE_NAME, MAX_LAYOUT_BYTES } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { checkName, checkRelativePath } from '../values/name.ts';
import { quote } from '../values/quote.ts';
import { nearest } from '../values/spelling.ts';
import { backupKeys, checkBackups } from './backups-section.ts';
import { checkClean, cleanKeys } from './clean-section.ts';
import { fieldNames, layoutSchema } from './layout-schema.ts';
import type { LayoutFile } from './merge.ts';
import { builtInNames, effectiveLayout } from './merge.ts';
import {
  checkMonitoring,
  effectiveMonitoring,
  mayBeSecret,
  monitoringKeys,
  nearType,
  strayKey,
} from './monitoring-file.ts';
import { checkQuota, quotaKeys } from './quota-section.ts';
import { checkSettings, strayField, withKinds } from './settings-section.ts';
import { checkStorage, storageKeys } from './storage-section.ts';
import {
  countLines,
  describe,
  describePath,
  entries,
  type Finding,
  isTreeMap,
  type Path,
  type ReadableYaml,
  readYaml,
  type Tree,
  valueAt,
} from './yaml.ts';

export { layoutJsonSchema } from './layout-schema.ts';
export { withBase, withServicePath } from './set-path.ts';

/** Nobody reads more. */
const MOST_PROBLEMS = 50;

const summaries = {
  E_SPEC_YAML: 'cannot read the layout file as YAML',
  E_SPEC_LIMIT: 'refusing to read a layout file that is too large',
  E_SPEC_DUPLICATE: 'refusing to choose between two values of one key',
  E_SPEC_KEY: 'cannot use an unknown key',
  E_SPEC_MISSING: 'cannot do without a setting',
  E_SPEC_VALUE: 'cannot use a value',
  E_SPEC_VERSION: 'cannot read this version of layout files',
  E_SPEC_SIZE: 'cannot use a planned size',
  E_SPEC_MODE: 'cannot use a mode',
  E_SPEC_USER: 'cannot use a user or group name',
  E_SPEC_NAME: 'refusing to use a name',
  E_SPEC_BASE: 'refusing to use a base directory',
  E_SPEC_PLACE: 'refusing to put two services in one place',
  E_SPEC_LEVELS: 'cannot warn later than critical',
  E_SPEC_PORT: 'cannot use a port',
  E_SPEC_SETTING: 'cannot give a service a setting',
  E_SPEC_CLEAN: 'cannot use a rule for cleaning',
  E_SPEC_SECRET: 'refusing to keep a secret in a layout file',
} as const;

type SpecFinding = Finding<keyof typeof summaries>;

/**
 * What a file says, merged over what is built in. Throws a Problem with all that is wrong, each `at` its
 * `fileName:line:column`, in the order of the file.
 */
export function parseLayoutFile(text: string, fileName: string): LayoutFile {
  if (Buffer.byteLength(text) > MAX_LAYOUT_BYTES)
    throw problem('', fileName, [
      {
        code: 'E_SPEC_LIMIT',
        offset: 0,
        detail: `want at most ${MAX_LAYOUT_BYTES} bytes, found ${Buffer.byteLength(text)}`,
      },
    ]);
  const plain = text.replace(/^\ufeff/, '');
  const source = readYaml(plain);
  if (!source.readable) throw problem(plain, fileName, source.findings);
  // A file with nothing in it, or with nothing but comments.
  const layout = source.tree ?? Object.create(null);
  const parsed = layoutSchema.safeParse(layout);
  const findings: SpecFinding[] = [
    ...source.findings,
    ...leaves(parsed.error?.issues ?? [], [], layout).flatMap((issue) => explain(issue, source)),
    ...checkNames(source),
    ...checkPlaces(source),
    ...checkSettings(source),
    ...checkMonitoring(source, serviceNames(source.tree)),
    ...checkClean(source),
    ...checkBackups(source, serviceNames(source.tree)),
    ...checkStorage(source, serviceNames(source.tree)),
    ...checkQuota(source),
  ];
  if (!parsed.success || findings.length > 0) throw problem(plain, fileName, findings);
  return {
    layout: effectiveLayout(withKinds(parsed.data, source)),
    monitoring: effectiveMonitoring(parsed.data.monitoring),
  };
}

function problem(text: string, fileName: string, findings: readonly SpecFinding[]): Problem {
  const lines = countLines(text);
  const inOrder = [...findings].sort((a, b) => a.offset - b.offset);
  const diagnostics: Diagnostic[] = inOrder.slice(0, MOST_PROBLEMS).map(({ code, offset, detail, hint }) => {
    const { line, col } = lines.linePos(offset);
    const at = `${fileName}:${line}:${col}`;
    return diagnostic(code, summaries[code], hint === undefined ? { detail, at } : { detail, at, hint });
  });
  const more = findings.length - MOST_PROBLEMS;
  if (more > 0)
    diagnostics.push(
      diagnostic('E_SPEC_MORE', 'cannot list every problem', { detail: `${more} more`, at: fileName }),
    );
  return new Problem(EXIT.usage, diagnostics);
}

interface Leaf {
  readonly issue: core.$ZodIssue;
  readonly path: Path;
  /** undefined: there is none. */
  readonly value: Tree | undefined;
}

/** Issues with their whole path; of a union, those of the branch that was meant. */
function leaves(issues: readonly core.$ZodIssue[], above: Path, root: Tree): readonly Leaf[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
    const value = valueAt(root, path);
    const meant =
      issue.code === 'invalid_union' && isTreeMap(value)
        ? issue.errors.find((branch) => !branch.some((inner) => inner.path.length === 0 && isKind(inner)))
        : undefined;
    return meant === undefined ? [{ issue, path, value }] : leaves(meant, path, root);
  });
}

/** The value is of another kind altogether, for example a list where a map is wanted. */
function isKind(issue: core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function explain({ issue, path, value }: Leaf, source: ReadableYaml): readonly SpecFinding[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, source));
  const place = path.length === 0 ? '' : `${describePath(path)}: `;
  const hint = hintFor(path, value);
  if (value === undefined) {
    const above = path.slice(0, -1);
    if (typeof path.at(-1) === 'number') {
      // A list that is too short: its items have no names.
      const found = describe(valueAt(source.tree, above) ?? null);
      const detail = `${describePath(above)}: ${issue.message}, found ${found}`;
      return [{ code: codeOf(above), offset: source.valueOffset(above), detail }];
    }
    const detail = `${describePath(above)}: want \`${path.at(-1)}\`, found no such setting`;
    return [{ code: 'E_SPEC_MISSING', offset: source.keyOffset(above), detail, ...hint }];
  }
  // Somebody may have put the secret into this line: the place is enough to find it.
  const found = mayBeSecret(path) && typeof value === 'string' ? 'something else' : describe(value);
  const detail = `${place}${issue.message}, found ${found}`;
  return [{ code: codeOf(path), offset: source.valueOffset(path), detail, ...hint }];
}

function unknownKey(path: Path, key: string, source: ReadableYaml): SpecFinding {
  const further = strayField(path, key);
  if (further !== null) return { ...further, offset: source.keyOffset([...path, key]) };
  const known = knownKeys(path, source.tree);
  const stray = path[0] === 'monitoring' ? strayKey(path, key, serviceNames(source.tree)) : {};
  const guess = nearest(key, known);
  const place = path.length === 0 ? '' : `${describePath(path)}: `;
  const detail = `${place}want one of ${known.join(', ')}, found ${quote(key)}`;
  const hint =
    guess !== null
      ? `did you mean \`${guess}\`?`
      : path.length === 0 && builtInNames.includes(key)
        ? 'services go below `services:`'
        : path.length === 0 && monitoringKeys(['monitoring'], null).includes(key)
          ? `\`${key}\` goes below \`monitoring:\``
          : stray.hint;
  const finding = {
    code: stray.code ?? 'E_SPEC_KEY',
    offset: source.keyOffset([...path, key]),
    detail,
  } as const;
  return hint === undefined ? finding : { ...finding, hint };
}

function knownKeys(path: Path, tree: Tree): readonly string[] {
  if (path.length === 0) return fieldNames.layout;
  if (path[0] === 'monitoring') return monitoringKeys(path, tree);
  if (path[0] === 'clean') return cleanKeys(String(path[1]));
  if (path[0] === 'backups') return backupKeys(path);
  if (path[0] === 'storage') return storageKeys(path);
  if (path[0] === 'quota') return quotaKeys;
  return path.length === 2 ? fieldNames.service(String(path[1])) : fieldNames.directory;
}

/** Of the effective layout. Checked before it is known to be right, so that every problem is found. */
function serviceNames(tree: Tree): readonly string[] {
  const given = new Map(entries(valueAt(tree, ['services'])));
  return [
    ...builtInNames.filter((name) => given.get(name) !== false),
    ...[...given.keys()].filter((name) => !builtInNames.includes(name)),
  ];
}

function hintFor(path: Path, value: Tree | undefined): { readonly hint?: string } {
  const type = value === undefined ? null : nearType(path, value);
  return type === null ? ownService(path) : { hint: `did you mean \`${type}\`?` };
}

/** A service of one's own that lacks something may be a built-in one, misspelt. */
function ownService(path: Path): { readonly hint?: string } {
  const [services, name] = path;
  const field = path[2];
  if (services !== 'services' || typeof name !== 'string' || builtInNames.includes(name)) return {};
  if (path.length > 2 && field !== 'user' && field !== 'planned') return {};
  const guess = nearest(name, builtInNames);
  return guess === null ? {} : { hint: `did you mean the built-in service \`${guess}\`?` };
}

function codeOf(path: Path): SpecFinding['code'] {
  if (path[0] === 'clean') return 'E_SPEC_CLEAN';
  if (path[0] === 'monitoring') return path[1] === 'group' ? 'E_SPEC_USER' : 'E_SPEC_VALUE';
  const field = path[0] !== 'services' ? path[0] : path[2] !== 'directories' ? path[2] : path[4];
  switch (field) {
    case 'planned':
      return 'E_SPEC_SIZE';
    case 'mode':
    case 'accept':
      return 'E_SPEC_MODE';
    case 'user':
    case 'group':
      return 'E_SPEC_USER';
    case 'path':
      return 'E_SPEC_NAME';
    case 'base':
      return 'E_SPEC_BASE';
    case 'port':
      return 'E_SPEC_PORT';
    case 'settings':
      return 'E_SPEC_SETTING';
    case 'version':
      return 'E_SPEC_VERSION';
    default:
      return 'E_SPEC_VALUE';
  }
}

/** Names are keys, and zod does not check them all: it skips `__proto__`. */
function checkNames(source: ReadableYaml): readonly SpecFinding[] {
  const findings: SpecFinding[] = [];
  const check = (path: Path, name: string, complaint: string | null) => {
    if (complaint === null) return;
    const detail = `${describePath(path.slice(0, -1))}: ${complaint}, found ${quote(name)}`;
    findings.push({ code: 'E_SPEC_NAME', offset: source.keyOffset(path), detail });
  };
  for (const [name, service] of entries(valueAt(source.tree, ['services']))) {
    const path = ['services', name];
    const reserved = name === BASE_NAME ? 'want another name, this one is the base directory’s own' : null;
    check(path, name, checkKey(name) ?? reserved);
    for (const [directory] of entries(valueAt(service, ['directories'])))
      check([...path, 'directories', directory], directory, checkKey(directory));
  }
  return findings;
}

function checkKey(name: string): string | null {
  return name === '__proto__' ? 'want another name' : checkName(name);
}

interface Place {
  readonly name: string;
  readonly path: string;
  /** Where the file says so; -1: it does not, this is built in. */
  readonly offset: number;
}

/** Two services with one directory, or one inside another. Looked at before defaults, so that every problem is seen. */
function checkPlaces(source: ReadableYaml): readonly SpecFinding[] {
  const places = placesOf(source);
  const byPath = new Map<string, Place>();
  const findings: SpecFinding[] = [];
  const complain = (one: Place, other: Place, inside: boolean) => {
    // The line in the file is what the user can change, most likely the last one.
    const [blamed, rest] = one.offset > other.offset ? [one, other] : [other, one];
    const relation = !inside ? 'is also' : blamed === one ? 'is inside' : 'holds';
    findings.push({
      code: 'E_SPEC_PLACE',
      offset: blamed.offset,
      detail: `${describePath(['services', blamed.name])}: want a directory of its own, found ${quote(blamed.path)}, which ${relation} ${quote(rest.path)} of service ${quote(rest.name)}`,
    });
  };
  for (const place of places) {
    const same = byPath.get(place.path);
    if (same === undefined) byPath.set(place.path, place);
    else complain(place, same, false);
  }
  for (const place of places) {
    const names = place.path.split('/');
    for (let length = 1; length < names.length; length += 1) {
      const outer = byPath.get(names.slice(0, length).join('/'));
      if (outer !== undefined) complain(place, outer, true);
    }
  }
  return findings;
}

function placesOf(source: ReadableYaml): readonly Place[] {
  const given = new Map(entries(valueAt(source.tree, ['services'])));
  const names = new Set([...builtInNames, ...given.keys()]);
  return [...names].flatMap((name) => {
    const service = given.get(name);
    const ownPath = service === undefined ? undefined : valueAt(service, ['path']);
    const path = ownPath ?? name;
    // A bad path has its own message already.
    if (service === false || typeof path !== 'string' || checkRelativePath(path) !== null) return [];
    const offset =
      service === undefined
        ? -1
        : ownPath === undefined
          ? source.keyOffset(['services', name])
          : source.valueOffset(['services', name, 'path']);
    return [{ name, path, offset }];
  });
}
