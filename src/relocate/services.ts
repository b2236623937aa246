// Owns the services of a base that is moved: each with what is known before it goes, the way there and the way back, one after
// the other. What a single move does is src/move.
import type { Context } from '../command/context.ts';
import { parentOf } from '../configure/paths.ts';
import { type Service, servicePath } from '../layout/layout.ts';
import { type Diagnostic, EXIT } from '../messages/diagnostic.ts';
import type { BaseService } from '../move/base-document.ts';
import { cancelMove } from '../move/cancel.ts';
import { finishMove } from '../move/finish.ts';
import { clearStaging, isSame, knownAt, makeStaging } from '../move/in-place.ts';
import { type MoveOptions, moveHeld } from '../move/move.ts';
import { stagingOf } from '../move/places.ts';
import { planMove } from '../move/plan.ts';
import { isOpen, type MoveRecord, readMove } from '../move/record.ts';

/** One way of the move: from one base to the other, seen with the layout of the other. */
export interface Way {
  readonly from: string;
  readonly to: string;
  /** With the layout and the host of `to`. */
  readonly there: Context;
}

export type How = Pick<MoveOptions, 'bytesPerSecond' | 'stopLimitMs' | 'hashesAll'>;

export interface Went {
  readonly service: BaseService;
  readonly problems: readonly Diagnostic[];
}

export function placesOn({ from, there: { layout } }: Way, service: Service) {
  return { from: `${from}/${service.path}`, to: servicePath(layout, service) };
}

/** What is on record of this way; null: it has not begun, or is another move. */
export function recordOn(way: Way, service: Service): MoveRecord | null {
  const record = readMove(way.there.host.moves, service.name);
  const { from, to } = placesOn(way, service);
  return record?.isWhole && record.from.path === from && record.to === to ? record : null;
}

/** Reads only. */
export async function planned(way: Way, service: Service): Promise<Went> {
  const { there } = way;
  const about = unseen(way, service);
  const record = recordOn(way, service);
  if (record !== null && !isOpen(record)) return { service: { ...about, state: 'moved' }, problems: [] };
  const isSwitched = record !== null && record.phase !== 'copying';
  if (isSwitched) return { service: { ...about, how: record.how, unit: record.unit }, problems: [] };
  if (there.host.entry(about.from).type === 'missing')
    return { service: { ...about, state: 'nothing there' }, problems: [] };
  const given = await planMove(there, { service: service.name, from: about.from, isWhole: true, record });
  if ('refusals' in given) return { service: { ...about, state: 'failed' }, problems: given.refusals };
  const { how, unit, triggers, bytes, files, settings, warnings } = given.plan;
  const seen = { how, unit, stopsToo: [...triggers], bytes, files, settings: settings.length };
  return { service: { ...about, ...seen }, problems: warnings };
}

/** Goes on where it was left. */
export async function takeThere(way: Way, service: Service, how: How): Promise<Went> {
  const about = unseen(way, service);
  const record = recordOn(way, service);
  if (record === null && way.there.host.entry(about.from).type === 'missing')
    return { service: { ...about, state: 'nothing there' }, problems: [] };
  if (record !== null && !isOpen(record)) {
    // Of a call that was killed at its very end.
    await clearStaging(way.there.host, record);
    return { service: { ...about, state: 'moved' }, problems: [] };
  }
  const { exitCode, problems, result } = await moveHeld(way.there, {
    ...how,
    service: service.name,
    from: about.from,
    isWhole: true,
    does: 'move',
    isDry: false,
  });
  const isMoved = exitCode === EXIT.ok;
  if (result === null) return { service: { ...about, state: 'failed' }, problems };
  const { unit, stopsToo, bytes, files, settings, stopSeconds } = result;
  const seen = { how: result.how, unit, stopsToo, bytes, files, settings: settings.length, stopSeconds };
  return { service: { ...about, ...seen, state: isMoved ? 'moved' : 'failed' }, problems };
}

/** Back on `back.to`, where it was before: with what it has written since, if it has gone already. */
export async function takeBack(way: Way, back: Way, service: Service, how: How): Promise<Went> {
  const { stopLimitMs } = how;
  const about = unseen(back, service);
  const record = recordOn(way, service);
  if (record === null) {
    // An earlier call has begun to copy it back, or it never went.
    if (recordOn(back, service) === null) return { service: { ...about, state: 'back' }, problems: [] };
    return asBack(await takeThere(back, service, how));
  }
  if (isOpen(record) || record.how === 'rename') {
    const { exitCode, problems } = await cancelMove(way.there, {
      service: service.name,
      isDry: false,
      stopLimitMs,
    });
    if (exitCode === EXIT.ok) return { service: { ...about, state: 'back' }, problems: [] };
    return { service: { ...about, state: 'failed' }, problems };
  }
  keepAsCopy(back, record);
  return asBack(await takeThere(back, service, how));
}

/** It has all but what was written since: as a copy of the way back only that is copied. */
function keepAsCopy({ there: { host } }: Way, { service, from }: MoveRecord): void {
  const { directory, copy } = stagingOf({ service, to: from.path });
  if (!isSame(knownAt(host, from.path), from)) return;
  makeStaging(host, directory);
  if (knownAt(host, copy) === null) host.renameDirectory(from, copy);
}

function asBack({ service, problems }: Went): Went {
  return { service: service.state === 'moved' ? { ...service, state: 'back' } : service, problems };
}

/** Deletes what is in its old place. */
export async function finish(way: Way, service: Service, isDry: boolean): Promise<Went> {
  const about = unseen(way, service);
  const record = recordOn(way, service);
  if (record === null) return { service: { ...about, state: 'nothing there' }, problems: [] };
  const { exitCode, problems, result } = await finishMove(way.there, { service: service.name, isDry });
  const seen = { ...about, how: record.how, bytes: result?.bytes ?? 0, files: result?.entries ?? 0 };
  if (exitCode !== EXIT.ok) return { service: { ...seen, state: 'failed' }, problems };
  if (!isDry) removeEmptied(way, about.from);
  return { service: { ...seen, state: isDry ? 'moved' : 'deleted' }, problems };
}

/** Our own directories between the old base and its services, once nothing is in them. The base itself stays. */
function removeEmptied({ from, there: { host } }: Way, path: string): void {
  for (let at = path; at !== from && at.startsWith(`${from}/`); at = parentOf(at)) {
    const entry = host.entry(at);
    if (entry.type === 'missing') continue;
    if (entry.type !== 'directory' || entry.entries !== 0) return;
    host.perform({ type: 'removeDirectory', path: at, owner: { user: entry.uid, group: entry.gid } });
  }
}

function unseen(way: Way, service: Service): BaseService {
  const { from, to } = placesOn(way, service);
  const nothing = { how: null, unit: null, stopsToo: [], bytes: 0, files: 0, settings: 0, stopSeconds: null };
  return { service: service.name, from, to, state: 'to go', ...nothing };
}
