// Owns the judgement of where a service really keeps its data: its state and what is wrong, from what was found of it. Pure.
import type { Setting, Value } from '../formats/format.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { Held } from '../port/running.ts';
import { howToRaise, limitsListed } from '../space/own-limit.ts';
import { isSameKey, lastOf, type Said } from './effective.ts';
import { isBelow } from './paths.ts';
import type { Full } from './present.ts';

export const STATES = [
  'not installed',
  'installed',
  'configured',
  'running',
  'running on the hot tier',
] as const;
export type State = (typeof STATES)[number];

/** A process of the service. */
export interface Server {
  readonly pid: number;
  readonly unit: string | null;
  /** Its data directories; none: nothing that it has open says it. null: not for us to see. */
  readonly places: readonly Held[] | null;
}

/** Data that the service does not work with now. */
export interface LeftData {
  readonly path: string;
  /** As `du` has it, or at least so much. */
  readonly size: string;
}

export interface Facts {
  readonly service: string;
  /** Its own directory on the hot tier, and the device that is to hold it; null: the disk is not the right one. */
  readonly own: string;
  readonly device: string | null;
  /** What the layout tells it, and of that where its data is. */
  readonly want: readonly Setting[];
  readonly dataKey: readonly string[];
  /** null: none was found. */
  readonly file: string | null;
  /** The file of ours that it reads; null: its own is edited. */
  readonly ours: string | null;
  /** What it is told, with what its command line says at the end. */
  readonly said: readonly Said[];
  /** Where its data is when nothing says so. */
  readonly unsaid: string | null;
  /** Its unit: where that lets it write nothing. */
  readonly unit: { readonly name: string; readonly readOnlyAt: string | null } | null;
  readonly isInstalled: boolean;
  /** Of an image nothing runs. */
  readonly isImage: boolean;
  readonly servers: readonly Server[];
  /** Directories that it does not start with. */
  readonly strays: readonly string[];
  readonly left: readonly LeftData[];
  /** A place of its own that takes nothing more; null: there is room. */
  readonly full: Full | null;
  /** The place with data that it runs in, where all of that can be moved to the hot tier; null: not so. */
  readonly movable: string | null;
  /** What could not be read. */
  readonly unread: readonly Diagnostic[];
}

export interface Judged {
  readonly state: State;
  readonly problems: readonly Diagnostic[];
}

export function judge(facts: Facts): Judged {
  const { servers } = facts;
  const onTier = servers.filter((server) => isOnTier(facts, server));
  const isToBe = isSame(toldData(facts), wantedData(facts));
  const state: State =
    onTier.length > 0
      ? 'running on the hot tier'
      : servers.length > 0
        ? 'running'
        : !facts.isInstalled
          ? 'not installed'
          : isToBe
            ? 'configured'
            : 'installed';
  if (state === 'not installed') return { state, problems: [] };
  return {
    state,
    problems: [
      ...servers
        .filter((server) => !onTier.includes(server))
        .map((server) => whyNotOnTier(facts, server, { isToBe, another: onTier.length > 0 })),
      ...servers.flatMap((server) => ofView(facts.service, server)),
      ...facts.unread,
      ...ofFiles(facts, { state, isToBe }),
      ...(isToBe || onTier.length > 0 ? ofUnit(facts) : []),
      ...(facts.full === null ? [] : [noRoom(facts.service, facts.full)]),
      ...facts.strays.map((path) => stray(facts, path)),
      ...(state === 'configured' && !facts.isImage ? [notRunning(facts)] : []),
      ...(isToBe || onTier.length > 0 ? facts.left.map((left) => leftBehind(facts, left)) : []),
    ],
  };
}

function isOnTier({ own, device }: Facts, { places }: Server): boolean {
  if (places === null || places.length === 0 || device === null) return false;
  return places.every((place) => !place.isDeleted && place.device === device && isBelow(place.path, own));
}

/** Nothing: the layout gives it no place. */
export function wantedData({ want, dataKey }: Pick<Facts, 'want' | 'dataKey'>): Value {
  return want.find(({ key }) => isSameKey(key, dataKey))?.value ?? '';
}

function toldData({ said, dataKey, unsaid }: Facts): Value {
  return lastOf(said, dataKey)?.value ?? unsaid ?? '';
}

/** As the servers compare: a slash at the end says nothing, and yes has many names. */
export function isSame(one: Value, other: Value): boolean {
  return plainValue(one) === plainValue(other);
}

function plainValue(value: Value): string {
  const text = typeof value === 'object' ? value.join(' ') : String(value);
  if (/^(true|on|yes|1)$/i.test(text)) return 'true';
  if (/^(false|off|no|0)$/i.test(text)) return 'false';
  return text.replace(/(?<=[^/])\/+$/, '');
}

const install = (service: string) => `sudo jts-hot config ${service} --install`;

function process({ pid, unit }: Server): string {
  return `process ${pid}${unit === null ? '' : ` of ${unit}`}`;
}

/** The command that starts it anew, or what must come before. */
function startAnew(
  facts: Facts,
  verb: 'start' | 'restart',
  ofServer: string | null,
): Pick<Diagnostic, 'fix' | 'hint'> {
  const name = ofServer ?? facts.unit?.name ?? null;
  const command = name === null ? null : `sudo systemctl ${verb} ${shellWord(name)}`;
  // Where the unit does not wait for the disk, it would start on the one that is there now.
  if (facts.device === null)
    return { fix: null, hint: `mend the disk first; then ${command ?? `${verb} it`}` };
  if (facts.unit !== null && facts.unit.readOnlyAt !== null)
    return {
      fix: install(facts.service),
      hint: `${verb} it after that: before, it could not be stopped again`,
    };
  return command === null
    ? { fix: null, hint: `${verb} it as it was started` }
    : { fix: command, hint: null };
}

function whyNotOnTier(
  facts: Facts,
  server: Server,
  { isToBe, another }: { readonly isToBe: boolean; readonly another: boolean },
): Diagnostic {
  const { places } = server;
  const at = `service ${facts.service}`;
  const want = `want its data in ${String(wantedData(facts))}`;
  if (places === null || places.length === 0)
    return diagnostic('E_UNSEEN', 'cannot see where a running service keeps its data', {
      at,
      detail: [want, `found ${process(server)} with nothing open that says it`],
      hint: 'it may be starting: look again in a moment',
    });
  const detached = places.find(({ device }) => device === null);
  const covered = places.find(({ path, device }) => device !== facts.device && isBelow(path, facts.own));
  if (detached !== undefined || covered !== undefined)
    return diagnostic('E_WRONG_DISK', 'cannot rely on the disk that a running service has its data on', {
      at,
      detail: [
        `want the disk that is mounted at ${facts.own}`,
        detached === undefined
          ? `found ${process(server)} on another one, which is covered or not the right one`
          : `found ${process(server)} on one that is not mounted any more: ${detached.path} of it`,
      ],
      ...startAnew(facts, 'restart', server.unit),
    });
  const found = `found ${process(server)} with its data in ${places.map(({ path }) => path).join(', ')}`;
  if (another)
    return diagnostic('W_ANOTHER_SERVER', 'cannot call another server of the service part of the hot tier', {
      at,
      detail: [want, found],
      hint: 'another one has its data on the hot tier; where this one is not meant to, leave it',
    });
  if (isToBe)
    return diagnostic('E_RESTART_PENDING', 'cannot say that a service runs as it is configured', {
      at,
      detail: [want, `${found}, as it was configured when it started`],
      ...startAnew(facts, 'restart', server.unit),
    });
  return diagnostic('E_ELSEWHERE', 'cannot find the data of a running service on the hot tier', {
    at,
    detail: [want, found],
    ...(overruledKeys(facts).has(facts.dataKey.join('.'))
      ? { hint: 'it is told so, and something overrules it: see there' }
      : {
          ...(facts.movable === null
            ? { fix: install(facts.service), hint: 'its data does not go along' }
            : {
                fix: `sudo jts-hot move ${facts.service} --from ${shellWord(facts.movable)}`,
                hint: 'with --dry-run it shows what it would do; it stops the service for a short time',
              }),
        }),
  });
}

function ofFiles(
  facts: Facts,
  { state, isToBe }: { readonly state: State; readonly isToBe: boolean },
): readonly Diagnostic[] {
  // Said by the process already, whose fix is the same.
  if (!isToBe && state === 'running' && !overruledKeys(facts).has(facts.dataKey.join('.'))) return [];
  if (!isToBe && !overruledKeys(facts).has(facts.dataKey.join('.')))
    return [
      diagnostic(
        state === 'installed' ? 'E_NOT_CONFIGURED' : 'E_NEXT_START',
        state === 'installed'
          ? 'cannot find the settings of the layout in the configuration of a service'
          : 'cannot expect a service to start on the hot tier again',
        {
          at: lastOf(facts.said, facts.dataKey)?.at ?? facts.file ?? `service ${facts.service}`,
          detail: [differs(facts, facts.dataKey, true)],
          fix: install(facts.service),
          ...(state === 'installed'
            ? {}
            : { hint: 'if it was taken back by rollback, restart it: it goes on where it was before' }),
        },
      ),
    ];
  const different = facts.want.filter(({ key, value }) => {
    const last = lastOf(facts.said, key);
    return last === null || !isSame(last.value, value);
  });
  const overruled = different.filter(({ key }) => overruledKeys(facts).has(key.join('.')));
  const missing = different.filter(
    ({ key }) => !overruledKeys(facts).has(key.join('.')) && !isSameKey(key, facts.dataKey),
  );
  return [
    ...overruled.map(({ key }) => isOverruled(facts, key)),
    ...(missing.length === 0
      ? []
      : [
          diagnostic('W_OTHER_SETTINGS', 'cannot find all settings of the layout in a configuration', {
            at: facts.file ?? `service ${facts.service}`,
            detail: missing.map(({ key }) => differs(facts, key, false)),
            fix: install(facts.service),
          }),
        ]),
  ];
}

/** `isPlaced`: the message says already where it stands. */
function differs({ want, said, unsaid, dataKey }: Facts, key: readonly string[], isPlaced: boolean): string {
  const wanted = want.find((one) => isSameKey(one.key, key))?.value ?? '';
  const last = lastOf(said, key);
  const usual = isSameKey(key, dataKey) ? unsaid : null;
  const found =
    last === null
      ? usual === null
        ? 'nothing'
        : `nothing, which means ${usual}`
      : `${String(last.value)}${isPlaced ? '' : ` (${last.at})`}`;
  return `want ${key.join('.')} ${String(wanted)}, found ${found}`;
}

/** Keys that our file says as the layout does, or an edited one, and that something read later says otherwise. */
function overruledKeys({ want, said, ours, file }: Facts): ReadonlySet<string> {
  return new Set(
    want
      .filter(({ key, value }) => {
        const last = lastOf(said, key);
        if (last === null || isSame(last.value, value)) return false;
        const mine = said.some(
          (one) => one.file === (ours ?? file) && isSameKey(one.key, key) && isSame(one.value, value),
        );
        return mine || last.file === null;
      })
      .map(({ key }) => key.join('.')),
  );
}

function isOverruled(facts: Facts, key: readonly string[]): Diagnostic {
  const last = lastOf(facts.said, key);
  const isAlterSystem = last?.file?.endsWith('/postgresql.auto.conf') === true;
  return diagnostic('E_OVERRULED', 'cannot have a setting that something else overrules', {
    at: last?.at ?? `service ${facts.service}`,
    detail: [differs(facts, key, true)],
    hint: isAlterSystem
      ? `ALTER SYSTEM wrote it; take it back in psql: ALTER SYSTEM RESET ${key.join('.')}`
      : last?.file === null
        ? 'take that flag out of what starts the service'
        : 'take that line out: it is read after ours',
  });
}

function ofUnit({ service, own, unit }: Facts): readonly Diagnostic[] {
  if (unit === null || unit.readOnlyAt === null) return [];
  return [
    diagnostic('E_UNIT_READ_ONLY', 'cannot write to the hot tier from a unit that sees it read-only', {
      at: unit.readOnlyAt,
      detail: [
        `want ReadWritePaths=${own} in ${unit.name}`,
        'found none; saving fails, and then a stop never ends',
      ],
      fix: install(service),
    }),
  ];
}

/** Of a process that was started while its unit let it write nothing there: what its unit says by now comes too late for it. */
export function ofView(service: string, server: Server): readonly Diagnostic[] {
  return (server.places ?? []).flatMap(({ path, readOnlyAt }) =>
    readOnlyAt === null
      ? []
      : diagnostic('E_SEES_READ_ONLY', 'cannot save from a process that sees its directory read-only', {
          at: `service ${service}`,
          detail: [
            `want ${process(server)} to write in ${path}`,
            `found ${readOnlyAt} read-only to it: saving fails, and then a stop never ends`,
          ],
          fix: `sudo mount --namespace ${server.pid} -o remount,bind,rw ${shellWord(readOnlyAt)}`,
          hint: 'it can save then, until it is restarted; do this before you stop it',
        }),
  );
}

export function noRoom(service: string, { place, found, limit }: Full): Diagnostic {
  const what = limit === null ? found : `its project quota full, ${found}`;
  return diagnostic('E_NO_ROOM', 'cannot count on a service that has no room to write', {
    at: `service ${service}`,
    detail: [`want room in ${place}`, `found ${what}; where it cannot save, a stop may never end`],
    hint:
      limit === null
        ? 'free some space, or enlarge the disk, before you stop it; see who uses it: sudo jts-hot usage'
        : `before you stop it, free some space, or raise its limit (${howToRaise(limit)}); all limits: ${limitsListed(limit)}`,
  });
}

function stray({ service }: Facts, path: string): Diagnostic {
  return diagnostic('E_STRAY', 'cannot start a service whose data directory has something else in it', {
    at: `directory ${path}`,
    detail: [
      `want nothing there but what ${service} made`,
      'found a directory that it does not know; it would stop',
    ],
    hint: 'move it away, or give the service a directory below a mount point',
  });
}

function notRunning(facts: Facts): Diagnostic {
  return diagnostic('E_NOT_RUNNING', 'cannot find the service running', {
    at: `service ${facts.service}`,
    detail: ['want a process that has its data on the hot tier', 'found none'],
    ...startAnew(facts, 'start', null),
  });
}

function leftBehind({ service }: Facts, { path, size }: LeftData): Diagnostic {
  return diagnostic('W_DATA_ELSEWHERE', 'cannot call the old place of a service empty', {
    at: `directory ${path}`,
    detail: `found ${size} of ${service}`,
    hint: 'what was moved goes with jts-hot move --finish (see: sudo jts-hot move); remove what is not needed any more',
  });
}
