// Owns putting what was restored in the place of a service's live data: as two steps on record, which rollback takes back. The old
// data keeps its own name and what is in it, beside the new one.
import type { Context } from '../command/context.ts';
import { type Ran, runRecorded, taking } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import type { Step } from '../engine/resource.ts';
import type { Draft } from '../host/backup/store.ts';
import type { Service } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { directoryAddress } from '../resources/directory.ts';
import { nameAt } from './manifest.ts';
import { subjectOf } from './subject.ts';

export interface Live {
  /** Where its data is, or was. */
  readonly place: string;
  /** Where the old data goes; null: there is none. */
  readonly aside: string | null;
}

/** Throws a Problem while the service runs, or where it is not known where it has its data. */
export async function liveOf(context: Context, service: Service, staging: string): Promise<Live> {
  const subject = await subjectOf(context, service);
  if (subject === null)
    throw refused('E_NOT_INSTALLED', 'refusing to replace the data of a service that is not installed here', {
      at: `service ${service.name}`,
      detail: 'want its configuration, found none',
      hint: 'restore it to a place of its own: without --replace-live',
    });
  if (subject.isRunning)
    throw refused('E_RUNNING', 'refusing to replace the data of a service that runs', {
      at: `service ${service.name}`,
      detail: 'want it stopped, found it running',
      hint: 'stop it (systemctl stop), then run the same command again',
    });
  const { place } = subject;
  const { type } = context.host.entry(place);
  if (type !== 'directory' && type !== 'missing')
    throw refused('E_NOT_A_DIRECTORY', 'refusing to replace something that is no directory', {
      at: place,
      detail: `want a directory, or nothing; found a ${type}`,
      hint: 'see where the service has its data: sudo jts-hot config --check',
    });
  const [here, there] = [
    context.host.deviceAt(staging),
    context.host.deviceAt(place.slice(0, place.lastIndexOf('/')) || '/'),
  ];
  if (here !== there)
    throw refused('E_OTHER_DISK', 'refusing to replace data that is not on the hot tier', {
      at: place,
      detail: `want it on the file system of ${staging} (${here}), found it on another (${there})`,
      hint: `restore it to a place of its own, without --replace-live, and copy it from there (cp -a); to keep it on the tier: sudo jts-hot move ${service.name} --from ${place}`,
    });
  const aside = `${place}.before-${nameAt(context.now())}`;
  if (type === 'directory' && context.host.entry(aside).type !== 'missing')
    throw refused('E_EXISTS', 'refusing to keep old data under a name that is taken', {
      at: aside,
      detail: 'want nothing there',
      hint: 'look at what is in it, and move it away',
    });
  return { place, aside: type === 'directory' ? aside : null };
}

/** `draft` has the restored directory as `data`. */
export function replaceLive(
  context: Context,
  of: { readonly service: Service; readonly live: Live; readonly draft: Draft; readonly back: string },
): Promise<Ran<{ readonly steps: readonly Step[]; readonly refusals: readonly never[] }, Applied>> {
  const { service, live, draft, back } = of;
  const { host } = context;
  const old = host.entry(live.place);
  // As the old one was entered; whatever the backup was, nobody else gets in.
  if (old.type === 'directory') draft.setMode('data', old.mode);
  const made = `${draft.path}/data`;
  return runRecorded(context, {
    command: 'backup',
    scope: `restore ${service.name} --replace-live`,
    plan: () => ({ steps: stepsOf(), refusals: [] }),
    decisions: () => [`the live data of ${service.name} may be replaced (--replace-live)`],
    act: taking(({ steps }) => steps),
    again: () => context.invocation,
  });

  function stepsOf(): readonly Step[] {
    const restored = known(made);
    const { aside, place } = live;
    const setAside =
      aside === null
        ? []
        : [step(place, aside, { ...known(place), back: place, why: 'the old data is kept' })];
    const put = step(made, place, { ...restored, back, why: 'the restored data takes its place' });
    return [...setAside, put];
  }

  function known(path: string): { readonly inode: string; readonly born: string | null } {
    const entry = host.entry(path);
    if (entry.type === 'directory') return { inode: entry.inode, born: entry.born };
    throw new Problem(EXIT.failed, [
      diagnostic('E_CHANGED', 'cannot find a directory any more', {
        at: path,
        detail: `found ${entry.type}`,
      }),
    ]);
  }
}

function step(
  path: string,
  to: string,
  {
    back,
    why,
    ...known
  }: { readonly inode: string; readonly born: string | null; readonly back: string; readonly why: string },
): Step {
  return {
    address: directoryAddress(to),
    action: '~',
    summary: `${path} becomes ${to}`,
    reason: why,
    do: { type: 'renameDirectory', path, to, ...known },
    undo: { type: 'renameDirectory', path: to, to: back, ...known },
    needs: [],
  };
}

function refused(code: string, summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.refused, [diagnostic(code, summary, more)]);
}
