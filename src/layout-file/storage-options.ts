// Owns what `storage.mount.options` of a layout file may not say: options that cannot be on the file systems that it asks for.
import { FILE_SYSTEM_TYPES, type FileSystemType } from '../layout/storage.ts';
import { brokenAmong } from '../services/mount-options.ts';
import { quote } from '../values/quote.ts';
import { describePath, entries, type Finding, type Path, type ReadableYaml, valueAt } from './yaml.ts';

const OPTIONS: Path = ['storage', 'mount', 'options'];

/** Looked at before defaults. */
export function checkMountOptions(source: ReadableYaml): readonly Finding<'E_SPEC_VALUE'>[] {
  const given = valueAt(source.tree, OPTIONS);
  if (!Array.isArray(given)) return [];
  // What is no option at all is refused for its shape.
  const options = given.filter((one) => typeof one === 'string' && /^[^\s,]+$/.test(one)).map(String);
  return brokenAmong(options, typesIn(source)).map(({ options: found, because }) => ({
    code: 'E_SPEC_VALUE',
    offset: source.valueOffset(OPTIONS),
    detail: `${describePath(OPTIONS)}: want options that work, found ${found.map(quote).join(' and ')}: ${because}`,
  }));
}

function typesIn({ tree }: ReadableYaml): readonly FileSystemType[] {
  const isType = (value: unknown) => FILE_SYSTEM_TYPES.find((one) => one === value);
  const base = isType(valueAt(tree, ['storage', 'filesystem'])) ?? 'xfs';
  const services: Path = ['storage', 'volumes', 'services'];
  const own = entries(valueAt(tree, services)).map(
    ([name]) => isType(valueAt(tree, [...services, name, 'filesystem'])) ?? base,
  );
  return [base, ...own];
}
