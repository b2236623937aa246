// Owns where a service's settings go on a host: its own file, the file of ours that it reads after it, its unit. Reads only.
import type { Layout, Service } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import type { NumberedOwner } from '../resources/file.ts';
import { builtIn } from '../services/index.ts';
import { isSameKey, lastOf, readEffective } from './effective.ts';
import { filesMatching, resolved } from './find.ts';
import { withoutSlash } from './paths.ts';
import { type Configured, configured } from './settings.ts';
import { type ReadUnit, readOwnFile } from './unit-settings.ts';

export interface Target extends Configured {
  /** Its own file; one that is to be made is not there yet. */
  readonly file: string;
  /** As its own file has it; null: no unit of systemd runs it. */
  readonly unit: ReadUnit | null;
  /** Who may have directories on the way to the file beside root; null: there is no such user yet. */
  readonly wayOf: NumberedOwner | null;
}

/** `missing`: it is not installed here. */
export async function targetOf(
  layout: Layout,
  service: Service,
  host: HostReader,
  to: string | null,
): Promise<Target | { readonly missing: Diagnostic } | { readonly refusal: Diagnostic }> {
  const about = await configured(layout, service, host);
  const { facet } = about;
  const all = to === null ? filesMatching(host, facet.files) : resolved(host, to);
  const found = all.length > 1 ? theOneTold(host, about, all) : all;
  const [usual = ''] = facet.files;
  const unitOf = (file: string) => readOwnFile(host, facet.units(file));
  if (found.length > 1) return { refusal: severalFiles(service.name, found) };
  const isMade = facet.into.as === 'edit' && facet.into.isMadeWhenMissing && unitOf(usual) !== null;
  const file = found[0] ?? (isMade ? (to ?? usual) : null);
  if (file === null) return { missing: notInstalled(service.name, to === null ? facet.files : [to]) };
  const told = await withFound(layout, about, host, file);
  if (told.noPort !== null) return { refusal: told.noPort };
  return { ...told, file, unit: unitOf(file), wayOf: ownerOf(host, service) };
}

/** The port may depend on what stands there. */
async function withFound(
  layout: Layout,
  about: Configured,
  host: HostReader,
  file: string,
): Promise<Configured> {
  const { service, format } = about;
  const reading = builtIn(service.name)?.reading;
  if (service.port === undefined || reading === undefined) return about;
  return configured(layout, service, host, readEffective(host, { format, reading }, file).said);
}

/** Of several files the only one that says so already: it was named before. Else all of them. */
function theOneTold(host: HostReader, about: Configured, files: readonly string[]): readonly string[] {
  const told = files.filter((file) => toldPlace(host, { ...about, file }) === dataPlaceOf(about));
  return told.length === 1 ? told : files;
}

/** Where it keeps its data by its own files, ours among them; null: they say nothing, and nothing is usual. */
export function toldPlace(
  host: HostReader,
  { facet, format, file, service }: Pick<Target, 'facet' | 'format' | 'file' | 'service'>,
): string | null {
  const reading = builtIn(service.name)?.reading;
  if (reading === undefined) return null;
  const { said } = readEffective(host, { format, reading }, file);
  const last = lastOf(said, reading.sameKey(facet.dataKey));
  return last === null ? reading.unsaid(file) : withoutSlash(String(last.value));
}

function ownerOf(host: HostReader, { user: userName, group: groupName }: Service): NumberedOwner | null {
  if (userName === 'root') return null;
  const user = host.users([userName]).get(userName);
  const group = host.groups([groupName]).get(groupName);
  return user === undefined || group === undefined ? null : { user: user.uid, group: group.gid };
}

function severalFiles(service: string, found: readonly string[]): Diagnostic {
  const [first = ''] = found;
  return diagnostic('E_SEVERAL_FILES', 'cannot tell which configuration is meant', {
    at: `service ${service}`,
    detail: [`want one file, found ${found.length}`, ...found],
    hint: `name one of them: sudo jts-hot config ${service} --install --to ${shellWord(first)}`,
  });
}

function notInstalled(service: string, files: readonly string[]): Diagnostic {
  return diagnostic('E_NOT_INSTALLED', 'cannot find the configuration of a service', {
    at: `service ${service}`,
    detail: [`want one of ${files.join(', ')}`, 'found none'],
    hint: 'install the service first; where its file is elsewhere, name it with --to',
  });
}

/** Where it is to keep its data. */
export function dataPlaceOf({ items, facet }: Pick<Target, 'items' | 'facet'>): string {
  const item = items.find(({ key }) => isSameKey(key, facet.dataKey));
  return withoutSlash(String(item?.value));
}
