// Owns asking a service's own program about settings before they are installed: on copies of all that it would read.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import { filesMatching, programAmong } from './find.ts';
import { ownText } from './install-plan.ts';
import { baseOf, parentOf } from './paths.ts';
import { wantedSettings } from './settings.ts';
import { dataPlaceOf, type Target } from './target.ts';

const TIMEOUT_MS = 30_000;

/** null: it takes them, or there is no program to be asked. */
export async function tryOut(host: Host, target: Target): Promise<Diagnostic | null> {
  const { facet, file, service, wayOf } = target;
  const { checker } = facet;
  const program = programAmong(host, checker.programs(file));
  const identity = { uid: wayOf?.user ?? 0, gid: wayOf?.group ?? 0, groups: [] };
  if (program === null || (wayOf === null && service.user !== 'root')) return null;
  const name = baseOf(file);
  // A copy is for the service to read: what it could not read itself is not copied. A service user can put another file in the
  // place of its own at any moment.
  const read = (path: string) => host.readAs(path, identity);
  const own = host.entry(file).type === 'missing' ? '' : read(file);
  if (own === null) return null;
  const said = await host.tryOut({
    files: (directory) => copies(host, target, { directory, own, read }),
    argv: (directory) => [program, ...checker.words({ directory, main: `${directory}/${name}` })],
    identity,
    timeoutMs: TIMEOUT_MS,
    until: checker.until,
  });
  if (checker.accepts(said, dataPlaceOf(target))) return null;
  return diagnostic('E_CONFIG_REFUSED', 'refusing to install settings that the service does not take', {
    at: file,
    detail: [
      `want ${program} to read them, with the data in ${dataPlaceOf(target)}`,
      `found ${said.status === null ? 'no end to it' : `exit status ${said.status}`}`,
      ...told(said.output),
    ],
    hint: 'see what it says of the file as it is: it may not take that either',
  });
}

/** What it would read, as it would be, with our names below `directory`; what stands elsewhere is read there. */
function copies(
  host: Host,
  target: Target,
  {
    directory,
    own,
    read,
  }: {
    readonly directory: string;
    readonly own: string;
    readonly read: (path: string) => string | null;
  },
): Readonly<Record<string, string>> {
  const { facet, file, format } = target;
  const { into } = facet;
  const name = baseOf(file);
  if (into.as === 'edit') return { [name]: format.edit(own, wantedSettings(target)) };
  const ours = into.path(file);
  const below = ours.slice(file.lastIndexOf('/') + 1);
  const folder = below.includes('/') ? below.slice(0, below.indexOf('/')) : null;
  const beside =
    folder === null
      ? []
      : filesMatching(host, [`${parentOf(file)}/${folder}/*`]).filter((one) => one !== ours);
  const include = into.include?.(`${directory}/${name}`) ?? null;
  return {
    [name]: include === null ? own : format.edit(own, [include]),
    ...Object.fromEntries(beside.map((one) => [`${folder}/${baseOf(one)}`, read(one) ?? ''])),
    [below]: ownText(target, host),
  };
}

/** What it said, without what it quotes: that may be a secret. */
function told(output: string): readonly string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-5).map((line) => line.replace(/(["'`]).*\1/g, '…').slice(0, 200));
}
