// Owns changing where a layout file puts a service, or all of them: that one value, in place; all else, comments too, stays as it
// is written.
import { isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';

/** The same text with `path` of the service. Of a file that has been read without a complaint. */
export function withServicePath(text: string, service: string, path: string): string {
  const document = parseDocument(text, { schema: 'failsafe' });
  const map = document.getIn(['services', service], true);
  if (!isMap(map) || map.items.length === 0) {
    document.setIn(['services', service], { path });
    return document.toString({ lineWidth: 0 });
  }
  const found = map.items.find(({ key }) => isScalar(key) && key.value === 'path') as
    | Pair<Scalar, Scalar>
    | undefined;
  return found === undefined ? withFirst(text, map, path) : withValue(text, found, path);
}

/** The same text with another `base`. Of a file that has been read without a complaint. */
export function withBase(text: string, base: string): string {
  const { contents } = parseDocument(text, { schema: 'failsafe' });
  const pairs = isMap(contents) ? (contents.items as Pair<Scalar, Scalar>[]) : [];
  const found = pairs.find(({ key }) => isScalar(key) && key.value === 'base');
  if (found !== undefined) return withValue(text, found, base);
  const last = pairs.at(-1);
  if (last === undefined) return `${text.replace(/(?<=.)\n*$/, '\n')}base: ${scalar(base)}\n`;
  const [first] = pairs;
  // Of a file in braces.
  if (isMap(contents) && contents.flow === true) {
    const at = first?.key.range?.[0] ?? 0;
    return `${text.slice(0, at)}base: ${scalar(base)}, ${text.slice(at)}`;
  }
  // Behind the version, which stands first in most files.
  const version = pairs.find(({ key }) => isScalar(key) && key.value === 'version');
  const at = version?.value?.range?.[1];
  const end = at === undefined ? -1 : text.indexOf('\n', at);
  if (end !== -1) return `${text.slice(0, end + 1)}base: ${scalar(base)}\n${text.slice(end + 1)}`;
  const start = first?.key.range?.[0] ?? 0;
  return `${text.slice(0, start)}base: ${scalar(base)}\n${text.slice(start)}`;
}

function withValue(text: string, { value }: Pair<Scalar, Scalar>, path: string): string {
  const [start = 0, end = start] = value?.range ?? [];
  return `${text.slice(0, start)}${scalar(path)}${text.slice(end)}`;
}

/** Before the first of its settings, as that is written. */
function withFirst(text: string, map: YAMLMap, path: string): string {
  const [first] = map.items as readonly Pair<Scalar, unknown>[];
  const at = first?.key.range?.[0] ?? 0;
  const line = text.lastIndexOf('\n', at - 1) + 1;
  const between = map.flow === true ? ', ' : `\n${' '.repeat(at - line)}`;
  return `${text.slice(0, at)}path: ${scalar(path)}${between}${text.slice(at)}`;
}

/** A name that YAML reads as just this text. */
function scalar(path: string): string {
  return /^\/?[A-Za-z][\w./-]*$/.test(path) ? path : JSON.stringify(path);
}
