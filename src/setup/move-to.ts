// `jts-hot move SERVICE --to PATH`: has a service elsewhere below the base: the layout file says so first, then its directories
// are made, then all that it has goes there; where the layout has a volume for it, that is made and mounted there before. Deletes
// nothing.
import type { Answer, Context } from '../command/context.ts';
import { requireRoot } from '../command/context.ts';
import { declaredMounts } from '../command/declared-mounts.ts';
import { filesMatching } from '../configure/find.ts';
import { isBelow } from '../configure/paths.ts';
import { placesInUse } from '../configure/servers.ts';
import { configured } from '../configure/settings.ts';
import { dataPlaceOf, toldPlace } from '../configure/target.ts';
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import { fileSystemFor } from '../layout/storage.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { writeLayout } from '../move/layout-text.ts';
import { type MoveOptions, moveCommand } from '../move/move.ts';
import type { MoveAnswer } from '../move/move-document.ts';
import { serviceNamed } from '../move/named.ts';
import { ownMount } from '../move/obstacles.ts';
import { planMove } from '../move/plan.ts';
import { isOpen, readMove } from '../move/record.ts';
import { processOf } from '../move/where.ts';
import { builtIn } from '../services/index.ts';
import { NO_CONSENTS } from '../storage/consents.ts';
import { checkRelativePath } from '../values/name.ts';
import { quote } from '../values/quote.ts';
import { onStorage, setupCommand } from './setup.ts';

export async function moveToCommand(
  context: Context,
  options: MoveOptions & { readonly service: string; readonly to: string },
): Promise<Answer<MoveAnswer>> {
  const { host, layout, layoutFile } = context;
  const { service: name, to, isDry } = options;
  requireRoot(context);
  const service = serviceNamed(layout, name);
  const complaint = checkRelativePath(to);
  if (complaint !== null) throw new Problem(EXIT.usage, [notAPath(to, complaint)]);
  if (layoutFile === null) throw new Problem(EXIT.refused, [noFile(name)]);
  // Loaded only here: it reads YAML.
  const { parseLayoutFile, withServicePath } = await import('../layout-file/layout-file.ts');
  const text = host.text(layoutFile) ?? '';
  const wanted = service.path === to ? text : withServicePath(text, name, to);
  const { layout: read } = parseLayoutFile(wanted, layoutFile);
  const then = { ...context, layout: { ...read, base: layout.base } };
  const hasVolume = (fileSystemFor(then.layout, name)?.service ?? null) !== null;
  const isMounted = host.mounts.some((one) => one.service === name);
  if (isMounted && service.path !== to)
    throw new Problem(EXIT.refused, [ownMount(servicePath(layout, service))]);
  const found = readMove(host.moves, name);
  // One that has come to its end elsewhere is another move.
  const isThis = found !== null && (isOpen(found) || isBelow(found.to, `${layout.base}/${to}`));
  const open = isThis ? found : null;
  const { from, isWhole } =
    open === null
      ? await (hasVolume ? whereItsDataIs : whereItIs)(context, service, then.layout)
      : { from: open.from.path, isWhole: open.isWhole };
  const again = `move ${name} --to ${to}`;
  // As it will be once its volume is mounted there.
  const coming =
    hasVolume && !isMounted ? await onStorage(then, { isDry: true, consents: NO_CONSENTS, again }) : null;
  if (coming !== null && coming.storage !== null && coming.storage.exitCode !== EXIT.ok)
    return { exitCode: EXIT.refused, problems: coming.storage.problems, result: null };
  // Of one that was made and not mounted nobody knows what is on it: that is looked at once it is mounted.
  const on = coming === null ? then : coming.context;
  if (on === null && isDry) throw new Problem(EXIT.refused, [notMountedYet(name)]);
  if (isDry && on !== null) {
    const planned = await moveCommand(on, { ...options, from, isWhole });
    const isMade = coming !== null && (coming.storage?.result?.steps.length ?? 0) > 0;
    const first = layoutFirst(name, { to, layoutFile, isSaid: wanted === text, isMade });
    return { ...planned, problems: [...planned.problems, ...(planned.exitCode === EXIT.ok ? first : [])] };
  }
  if (open === null && on !== null) {
    const planned = await planMove(on, { service: name, from, isWhole, record: null });
    if ('refusals' in planned) return { exitCode: EXIT.refused, problems: planned.refusals, result: null };
  }
  const before = wanted === text ? (open?.layoutBefore ?? null) : { file: layoutFile, path: service.path };
  if (wanted !== text) {
    const why = `is to have ${name} in ${to}`;
    const changes = [`+ services.${name}.path ${to}`];
    const edited = await writeLayout(context, { file: layoutFile, text: wanted, changes, about: name, why });
    if (edited.exitCode !== EXIT.ok)
      return { exitCode: edited.exitCode, problems: edited.problems, result: null };
  }
  if (coming !== null) {
    const { storage } = await onStorage(then, { isDry: false, consents: NO_CONSENTS, again });
    if (storage !== null && storage.exitCode !== EXIT.ok)
      return { exitCode: storage.exitCode, problems: storage.problems, result: null };
  }
  const there =
    coming === null
      ? then
      : { ...then, host: context.openHost(layout.base, await declaredMounts(then.layout, host.root)) };
  const made = await setupCommand(there, { adopt: [], strict: false, saved: null });
  if (made.exitCode !== EXIT.ok) return { exitCode: made.exitCode, problems: made.problems, result: null };
  return moveCommand(there, { ...options, from, isWhole, layoutBefore: before });
}

interface At {
  readonly from: string;
  readonly isWhole: boolean;
}

/** Its directory of the layout with all that is in it; where its data is elsewhere, that alone. */
async function whereItIs({ host, layout }: Context, service: Service, then: Layout): Promise<At> {
  const own = servicePath(layout, service);
  const data = await dataOf({ host, layout }, service);
  const isChanged = own !== servicePath(then, serviceNamed(then, service.name));
  if (isChanged && (data === null || isBelow(data, own))) return { from: own, isWhole: true };
  if (data === null) throw new Problem(EXIT.refused, [notThere(service.name)]);
  // The layout says it already: an earlier call was killed before its move was on record.
  const about = await configured(layout, service, host);
  const part = dataPlaceOf(about).slice(own.length);
  const whole = data.endsWith(part) ? data.slice(0, data.length - part.length) : data;
  if (isBelow(whole, layout.base) && whole !== layout.base) return { from: whole, isWhole: true };
  return { from: data, isWhole: false };
}

/** Onto a volume of its own: with its data alone, since the directory of the service is where that is mounted. */
async function whereItsDataIs({ host, layout }: Context, service: Service, then: Layout): Promise<At> {
  const data = await dataOf({ host, layout }, service);
  const { configuration } = builtIn(service.name) ?? {};
  const wanted = serviceNamed(then, service.name);
  const about = configuration === undefined ? null : await configured(then, wanted, host);
  if (about !== null && dataPlaceOf(about) === servicePath(then, wanted))
    throw new Problem(EXIT.refused, [itsWholeVolume(service.name)]);
  if (about === null || data === null) throw new Problem(EXIT.refused, [notThere(service.name)]);
  return { from: data, isWhole: false };
}

/** By what it has open; where it does not run, by its configuration. null: nobody says it. */
async function dataOf(
  { host, layout }: Pick<Context, 'host' | 'layout'>,
  service: Service,
): Promise<string | null> {
  const process = processOf(service.name);
  const inUse = [...new Set(process === null ? [] : placesInUse(host, process))];
  const [only] = inUse;
  if (inUse.length > 1) throw new Problem(EXIT.refused, [severalPlaces(service.name, inUse)]);
  if (only !== undefined) return only;
  if (builtIn(service.name)?.configuration === undefined) return null;
  const about = await configured(layout, service, host);
  const told = filesMatching(host, about.facet.files).flatMap(
    (file) => toldPlace(host, { ...about, file }) ?? [],
  );
  return told.find((one) => isBelow(one, layout.base)) ?? null;
}

function severalPlaces(name: string, places: readonly string[]): Diagnostic {
  return diagnostic('E_SEVERAL_PLACES', 'refusing to move a service that has its data in several places', {
    at: `service ${name}`,
    detail: ['want one directory that it has open, found:', ...places],
    hint: `see how it stands: sudo jts-hot config ${name} --check`,
  });
}

function notMountedYet(name: string): Diagnostic {
  return diagnostic('E_NOT_MOUNTED_YET', 'cannot show what a move onto a volume that is half made would do', {
    at: `service ${name}`,
    detail: 'found its file system made by an earlier call, and not mounted: nobody knows what is on it',
    fix: 'sudo jts-hot storage --apply',
    hint: 'or leave --dry-run out: the move itself goes on',
  });
}

function itsWholeVolume(name: string): Diagnostic {
  return diagnostic('E_WHOLE_VOLUME', 'refusing to move a whole directory onto a volume', {
    at: `service ${name}`,
    detail:
      'its data is its whole directory, which is where the volume is mounted: nothing can take its place',
    hint: `with ${name} stopped it can be copied there by hand: docs/moving-data.md says how`,
  });
}

function notThere(name: string): Diagnostic {
  return diagnostic('E_NOT_RUNNING', 'refusing to move data that no running service has open', {
    at: `service ${name}`,
    detail: 'the layout has it there already, and nothing says where its data is',
    hint: `see how it stands: sudo jts-hot config ${name} --check`,
  });
}

/** What is done before it is moved. */
function layoutFirst(
  name: string,
  of: {
    readonly to: string;
    readonly layoutFile: string;
    readonly isSaid: boolean;
    /** Its volume is made, or mounted, too. */
    readonly isMade: boolean;
  },
): readonly Diagnostic[] {
  const { to, layoutFile, isSaid, isMade } = of;
  if (isSaid && !isMade) return [];
  return [
    diagnostic('W_STEPS', 'the layout file is changed first, and directories are made', {
      at: `service ${name}`,
      detail: [
        ...(isSaid ? [] : [`would write into ${layoutFile}: services.${name}.path ${to}`]),
        ...(isMade ? ['would make its volume and mount it there, as: jts-hot storage'] : []),
        'would make its directories, as setup does',
      ],
    }),
  ];
}

function notAPath(to: string, complaint: string): Diagnostic {
  return diagnostic('E_USAGE', 'cannot use a path', {
    at: '--to',
    detail: `${complaint}, found ${quote(to)}`,
  });
}

function noFile(name: string): Diagnostic {
  return diagnostic('E_NO_LAYOUT_FILE', 'refusing to move a service within a layout that no file says', {
    at: `service ${name}`,
    detail: 'want a layout file, found the built-in layout: the next command would not know of the move',
    fix: 'sudo sh -c \'mkdir -p /etc/jts && echo "version: 1" > /etc/jts/hot-storage.yaml\'',
  });
}
