// The commands that keep data safe: which function answers each, and what its flags mean to it.
import { renderRestore, renderRun, renderVerify } from '../backup/backup-text.ts';
import { renderList, renderPrune } from '../backup/kept-text.ts';
import { listCommand } from '../backup/list.ts';
import { pruneCommand } from '../backup/prune.ts';
import { restoreCommand } from '../backup/restore.ts';
import { runCommand } from '../backup/run.ts';
import { verifyCommand } from '../backup/verify.ts';
import type { FlagsOf } from '../catalogue/commands.ts';
import { DATA } from '../catalogue/data.ts';
import { type Context, toDoIt } from '../command/context.ts';
import { YOUNGEST_BACKUP_SECONDS } from '../layout/backups.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { readBaseMove } from '../move/base-record.ts';
import { renderBase } from '../move/base-text.ts';
import { moveCommand } from '../move/move.ts';
import { renderMove } from '../move/move-text.ts';
import { moveBaseCommand } from '../relocate/base.ts';
import { moveToCommand } from '../setup/move-to.ts';
import { exactDuration } from '../values/duration.ts';
import { conflict, type Handlers, needs, noSuchWord, shown } from './handler.ts';
import { launcherOf } from './session.ts';

const VERBS = DATA.backup.argument.words;
type Verb = (typeof VERBS)[number];

/** Bytes a second: little enough for an NVMe disk that others work on. As help says. */
const USUAL_RATE = 200_000_000;

export const dataCommands: Handlers<keyof typeof DATA> = {
  async backup({ context, flags, argument, second = null, paint }) {
    const { verb, service } = verbAndService(argument, second);
    requireOfVerb(verb, flags);
    const {
      at = null,
      to = null,
      rate: bytesPerSecond = USUAL_RATE,
      replaceLive: replacesLive = false,
    } = flags;
    if (to !== null && !to.startsWith('/')) throw notAbsolute(to);
    const isDry = flags.dryRun === true;
    const about = { service, isDry, bytesPerSecond };
    switch (verb) {
      case 'run': {
        const { whole: isWhole = false, trustCompression: trustsCompression = false } = flags;
        return shown(await runCommand(context, { ...about, isWhole, trustsCompression }), (result) =>
          renderRun(result, paint),
        );
      }
      case 'verify':
        return shown(await verifyCommand(context, { ...about, at }), (result) => renderVerify(result, paint));
      case 'restore':
        return shown(await restoreCommand(context, { ...about, at, to, replacesLive }), (result) =>
          renderRestore(result, paint),
        );
      case 'list':
        return shown(await listCommand(context, about), (result) => renderList(result, context.now(), paint));
      case 'prune': {
        const { keep = null, older: olderSeconds = null, trustClock: trustsClock = false } = flags;
        const { delete: agreed = false, afterFailure = false } = flags;
        if (olderSeconds !== null && olderSeconds < YOUNGEST_BACKUP_SECONDS) throw tooYoung();
        const deletes = agreed && !isDry;
        const given = { service, keep, olderSeconds, deletes, trustsClock, afterFailure };
        const doIt = toDoIt(context, 'backup');
        const agreeing = agreed ? doIt : `${doIt} --delete`;
        return shown(await pruneCommand(context, given), (result) => renderPrune(result, paint, agreeing));
      }
      default:
        return verb satisfies never;
    }
  },

  async move({ context, flags, argument: service = null, paint }) {
    const { from = null, to = null, finish = false, cancel = false, rate = null, stopLimit } = flags;
    const isDry = flags.dryRun === true;
    const { baseTo = null } = flags;
    if (baseTo !== null && service !== null) throw conflict('SERVICE', '--base-to');
    const isOfBase = baseTo !== null || (service === null && (finish || cancel) && isBaseMoved(context));
    if (isOfBase) {
      const act = finish ? 'finish' : cancel ? 'cancel' : 'move';
      const given = await moveBaseCommand(context, {
        to: baseTo,
        act,
        isDry,
        bytesPerSecond: rate,
        stopLimitMs: stopLimit * 1000,
        hashesAll: flags.hash === true,
        self: { launcher: launcherOf(process.argv[1] ?? ''), node: process.execPath },
      });
      return shown(given, (result) => renderBase(result, paint, toDoIt(context, 'move')));
    }
    for (const [flag, isGiven] of [
      ['--from', from !== null],
      ['--to', to !== null],
      ['--finish', finish],
      ['--cancel', cancel],
      ['--dry-run', isDry],
    ] as const)
      if (isGiven && service === null) throw needs(flag, 'SERVICE');
    const options = {
      service,
      from,
      does: finish ? 'finish' : cancel ? 'cancel' : 'move',
      isDry,
      bytesPerSecond: rate,
      stopLimitMs: stopLimit * 1000,
      hashesAll: flags.hash === true,
    } as const;
    const given =
      to !== null && service !== null
        ? await moveToCommand(context, { ...options, service, to })
        : await moveCommand(context, options);
    return shown(given, (result) => renderMove(result, paint, toDoIt(context, 'move')));
  },
};

/** Only root sees what is on record. */
function isBaseMoved({ host }: Context): boolean {
  return host.surroundings().effectiveUid === 0 && readBaseMove(host.moves) !== null;
}

/** What each flag is of; all others are of every verb. */
const VERBS_OF = {
  at: ['verify', 'restore'],
  to: ['restore'],
  replaceLive: ['restore'],
  whole: ['run'],
  trustCompression: ['run'],
  rate: ['run', 'verify', 'restore'],
  keep: ['prune'],
  older: ['prune'],
  delete: ['prune'],
  afterFailure: ['prune'],
  trustClock: ['prune'],
} as const satisfies { readonly [Flag in keyof FlagsOf<'backup'>]?: readonly Verb[] };

/** A flag that would mean nothing is a mistake. */
function requireOfVerb(verb: Verb, flags: FlagsOf<'backup'>): void {
  for (const [name, verbs] of Object.entries(VERBS_OF)) {
    if (flags[name as keyof typeof VERBS_OF] === undefined) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (!(verbs as readonly Verb[]).includes(verb)) throw needs(flag, verbs.join(' or '));
  }
}

function tooYoung(): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot delete backups that are so young', {
      at: '--older',
      detail: `want at least ${exactDuration(YOUNGEST_BACKUP_SECONDS)}`,
    }),
  ]);
}

/** In either order: `run postgresql`, `postgresql run`. */
function verbAndService(
  first: string,
  second: string | null,
): { readonly verb: Verb; readonly service: string | null } {
  if (isVerb(first) && (second === null || !isVerb(second))) return { verb: first, service: second };
  if (second !== null && isVerb(second)) return { verb: second, service: first };
  throw noSuchWord('cannot do that with backups', {
    at: 'VERB',
    word: first,
    want: VERBS.join(', '),
    hint: 'jts-hot backup --help',
  });
}

function isVerb(word: string): word is Verb {
  return (VERBS as readonly string[]).includes(word);
}

function notAbsolute(to: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot restore into a directory without its whole path', {
      at: '--to',
      detail: `want a path that begins with /, found ${to}`,
    }),
  ]);
}
