// Owns a service as a backup sees it: who it is on this host, where its data is, and how it is asked. Changes nothing.
import type { Context } from '../command/context.ts';
import { lookAt } from '../configure/check.ts';
import { programAmong } from '../configure/find.ts';
import { isBelow, withoutSlash } from '../configure/paths.ts';
import { type As, runAs } from '../host/backup/programs.ts';
import { type Service, servicePath } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { AskHands, BackupFacet } from '../services/backing-up.ts';
import { builtIn } from '../services/index.ts';
import type { Told } from '../services/question.ts';

export interface Subject {
  readonly service: Service;
  readonly facet: BackupFacet;
  readonly as: As;
  readonly file: string | null;
  readonly told: Told;
  readonly place: string;
  readonly isRunning: boolean;
}

/** In the order of the layout: those that can be backed up at all. */
export function backable({ layout }: Pick<Context, 'layout'>): readonly Service[] {
  return layout.services.filter(({ name }) => builtIn(name)?.backup !== undefined);
}

/** null: it is not installed here. Throws a Problem. */
export async function subjectOf({ layout, host }: Context, service: Service): Promise<Subject | null> {
  const facet = await builtIn(service.name)?.backup?.();
  if (facet === undefined) throw notBackedUp(service.name);
  const [found] = await lookAt(layout, host, { what: service.name, isRightDisk: true });
  if (found === undefined || found.check.state === 'not installed') return null;
  const { check, told } = found;
  const own = servicePath(layout, service);
  const places = check.servers.flatMap((server) => server.places ?? []).map(withoutSlash);
  // Where several run, it is the one on the tier that the layout is about.
  const place = places.find((one) => isBelow(one, own)) ?? places[0] ?? check.told?.value ?? check.want;
  return {
    service,
    facet,
    as: userOf(host, service),
    file: check.file,
    told,
    place: withoutSlash(place ?? own),
    isRunning: check.servers.length > 0,
  };
}

/** Of a service whose server need not be here. Throws a Problem. */
export function userOf(host: Context['host'], { name, user: userName, group: groupName }: Service): As {
  if (userName === 'root') return { uid: 0, gid: 0 };
  const user = host.users([userName]).get(userName);
  const group = host.groups([groupName]).get(groupName);
  if (user !== undefined && group !== undefined) return { uid: user.uid, gid: group.gid };
  throw new Problem(EXIT.refused, [
    diagnostic('E_NO_USER', 'refusing to work for a service without its user', {
      at: `service ${name}`,
      detail: `want user ${userName} and group ${groupName}; found ${user === undefined ? 'no such user' : 'no such group'}`,
      fix: 'sudo jts-hot setup',
    }),
  ]);
}

export type Programs = Pick<AskHands, 'program' | 'programIfThere'>;

export function programsFor({ host }: Pick<Context, 'host'>, service: string, { uid }: As): Programs {
  const programIfThere = (patterns: readonly string[]) => {
    const found = programAmong(host, patterns);
    if (found === null || uid !== 0) return found;
    // It is run as root.
    const at = host.installed(found)?.changeableAt ?? null;
    if (at === null) return found;
    throw new Problem(EXIT.refused, [
      diagnostic('E_TOOL_OPEN', 'refusing to run a tool as root that others can change', {
        at: found,
        detail: `want it root's alone; others can change ${at}`,
        hint: 'give it back to root, or install it anew',
      }),
    ]);
  };
  return {
    programIfThere,
    program(patterns, install) {
      const found = programIfThere(patterns);
      if (found !== null) return found;
      throw new Problem(EXIT.refused, [
        diagnostic('E_NO_TOOL', 'refusing to work without the tool of a service', {
          at: `service ${service}`,
          detail: [`want one of ${patterns.join(', ')}`, 'found none'],
          hint: `install it: ${install}`,
        }),
      ]);
    },
  };
}

export function askHands(context: Context, subject: Subject, signal: AbortSignal): AskHands {
  const { host } = context;
  const { service, as, place } = subject;
  const at = (below: string) => (below === '' ? place : `${place}/${below}`);
  return {
    file: subject.file,
    told: subject.told,
    place,
    isRunning: subject.isRunning,
    ...programsFor(context, service.name, as),
    run: (argv, more = {}) => runAs({ argv, as, signal, ...more }),
    names: (below) => (host.entry(at(below)).type === 'directory' ? host.names(at(below)) : []),
    text: (below) => (host.entry(at(below)).type === 'file' ? host.text(at(below)) : null),
    async measure(below) {
      const { trees } = await host.measure({
        trees: [at(below)],
        depth: 0,
        find: null,
        timeoutMs: null,
        onProgress: () => {},
      });
      return trees[0]?.total.diskBytes ?? 0;
    },
  };
}

export function notBackedUp(name: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_NO_BACKUP', 'cannot back up a service that this program knows no way for', {
      at: `service ${name}`,
      detail: 'want one that is built in and has data',
      hint: 'see which: jts-hot backup list',
    }),
  ]);
}
