// Owns the plan of `logs --install`: for each service whose logs nothing rotates, the files that have them rotated, as wants of
// the engine's kinds, and why a service is left as it is. Reads only.
import { type Files, planFiles } from '../configure/install-plan.ts';
import { withTexts } from '../configure/overlay.ts';
import type { Step } from '../engine/resource.ts';
import type { Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import type { FileWant } from '../resources/file.ts';
import type { ByLogrotate } from '../services/logs.ts';
import { isOurs } from '../values/signed.ts';
import { filesForLibrary } from './library-plan.ts';
import {
  entriesFor,
  isIdle,
  LOGROTATE_CONF,
  LOGROTATE_DIRECTORY,
  LOGROTATE_TIMER,
  type LogrotateRead,
  parseLogrotate,
  readLogrotate,
} from './logrotate-files.ts';
import { cannotBeNamed, logrotatePath, logrotateText } from './logrotate-text.ts';
import type { InstalledLogs } from './logs-document.ts';
import { byLogrotate, elsewhere, logPlaces, type Rotated, rotatedServices } from './rotation.ts';
import { filesForSettings } from './settings-plan.ts';
import type { Ways } from './way.ts';

export interface LogsPlan {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
  readonly services: readonly InstalledLogs[];
  /** What logrotate is to be asked about: paths and texts. */
  readonly logrotate: ReadonlyMap<string, string>;
}

/** `what`: a service, or `all`. Of all, those that can be; of one, it must be. */
export async function planLogs(
  layout: Layout,
  host: HostReader,
  { what, replace }: { readonly what: string; readonly replace: boolean },
): Promise<LogsPlan> {
  const logrotate = readLogrotate(host);
  const files: Files[] = [];
  const services: InstalledLogs[] = [];
  const refusals: Diagnostic[] = [];
  for (const rotated of await rotatedServices(layout, host, { what, logrotate })) {
    const { service, rotation, isInstalled } = rotated;
    const about = {
      service: service.name,
      rotation,
      plannedBytes: service.plannedBytes,
      restart: null,
      notes: [],
      problems: [],
    };
    const way = isInstalled ? await wayOf(layout, host, { rotated, logrotate }) : 'already';
    if (!isInstalled) services.push({ ...about, state: 'not installed' });
    else if (way === 'already') services.push({ ...about, state: 'rotated already' });
    else if ('left' in way) {
      services.push({ ...about, state: 'left as it is', problems: [way.left] });
      if (what !== 'all') refusals.push(way.left);
    } else {
      files.push(way.files);
      const { steps, refusals: inTheWay } = planFiles(host, [way.files], replace);
      const isThere = steps.length === 0 && inTheWay.length === 0;
      services.push(
        isThere
          ? {
              ...about,
              rotation: rotation?.by === 'nothing' ? way.about.rotation : rotation,
              state: 'rotated already',
            }
          : { ...about, ...way.about, state: 'to be rotated' },
      );
    }
  }
  const planned = planFiles(host, files, replace);
  const texts = files.flatMap(({ whole }) =>
    whole.flatMap(({ path, text }) =>
      path.startsWith(logrotatePath('')) && text !== null ? [[path, text] as const] : [],
    ),
  );
  return {
    steps: planned.steps,
    refusals: [...refusals, ...planned.refusals],
    services,
    logrotate: new Map(texts),
  };
}

interface Of {
  readonly rotated: Rotated;
  readonly logrotate: LogrotateRead;
}

async function wayOf(layout: Layout, host: HostReader, of: Of): Promise<Ways> {
  const { rotated } = of;
  const { facet, rotation, service } = rotated;
  const [place = ''] = logPlaces(layout, service);
  const away = elsewhere(rotated, place);
  if (away !== null)
    return {
      left: diagnostic('E_LOG_ELSEWHERE', 'refusing to rotate a log that is not on the hot tier', {
        ...away,
        fix: `sudo jts-hot config ${service.name} --install`,
      }),
    };
  switch (facet.rotation?.by) {
    case undefined:
      return 'already';
    case 'logrotate':
      return byRenaming(layout, host, { ...of, by: facet.rotation });
    case 'itself':
      return rotation?.by === 'nothing'
        ? filesForSettings(layout, host, { rotated, keys: facet.rotation.keys })
        : 'already';
    case 'library':
      return filesForLibrary(layout, host, { rotated, by: facet.rotation });
    default:
      return facet.rotation satisfies never;
  }
}

async function byRenaming(
  layout: Layout,
  host: HostReader,
  { rotated, logrotate, by }: Of & { readonly by: ByLogrotate },
): Promise<Ways> {
  const { service, log, told, unit } = rotated;
  const at = `service ${service.name}`;
  if (log === null) return 'already';
  const ours = logrotatePath(service.name);
  const [other] = entriesFor(host, logrotate.entries, log).filter(({ file }) => file !== ours);
  if (other !== undefined) return 'already';
  const why = cannotBeNamed(log);
  if (why !== null)
    return {
      left: diagnostic('E_NOT_CARRIED', 'refusing to write a value that would be read as another one', {
        at,
        detail: `${JSON.stringify(log)} ${why}`,
        hint: 'choose another base or directory in the layout',
      }),
    };
  if (by.signal !== null && unit === null)
    return {
      left: diagnostic('E_NO_UNIT', 'cannot tell a service that its log was renamed', {
        at,
        detail: `want a unit of systemd to send SIG${by.signal} to, found none`,
        hint: 'start it by a unit; until then it would go on with the renamed file',
      }),
    };
  if (host.missingTools(['logrotate']).length > 0)
    return {
      left: diagnostic('E_NO_LOGROTATE', 'cannot have a log rotated without logrotate', {
        at,
        detail: 'want the program logrotate, found none',
        fix: 'sudo apt-get install logrotate',
      }),
    };
  const settings = by.isReady(told)
    ? null
    : await filesForSettings(layout, host, { rotated, keys: by.keys, isReady: by.isReady });
  if (settings !== null && (settings === 'already' || 'left' in settings)) return settings;
  const { user, group } = service;
  const text = logrotateText({ log, user, group, unit: unit?.name ?? null }, by);
  const want: FileWant = {
    path: ours,
    text,
    unit: null,
    purpose: `rotates the log of ${service.name}`,
    isOurs,
  };
  const [entry] = parseLogrotate(text, ours).entries;
  const then = readLogrotate(withTexts(host, new Map([[ours, text]])));
  if (!then.entries.some(({ file }) => file === ours))
    return {
      left: diagnostic('E_NO_INCLUDE', 'cannot have logrotate read a file of ours', {
        at: LOGROTATE_CONF,
        detail: `want a line: include ${LOGROTATE_DIRECTORY}`,
        hint: 'put that line in; what logrotate says of the file: sudo logrotate -d /etc/logrotate.conf',
      }),
    };
  return {
    files: {
      whole: [...(settings?.files.whole ?? []), want],
      edited: settings?.files.edited ?? [],
    },
    about: {
      rotation: entry === undefined ? null : byLogrotate(entry),
      restart: settings?.about.restart ?? null,
      notes: [
        'logrotate looks at it once a day: it may grow beyond that until then',
        ...(isIdle(host) ? [`nothing starts logrotate: sudo systemctl enable --now ${LOGROTATE_TIMER}`] : []),
      ],
    },
  };
}
