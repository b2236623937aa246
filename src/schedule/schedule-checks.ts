// Owns what `validate` says of the regular runs: each file word for word ours, the timers on, the program there. Says nothing
// where none were installed, and reads only a fixed number of small files.
import type { Draft } from '../checks/follow.ts';
import type { Context } from '../command/context.ts';
import { examine, type Finding, wanted } from '../engine/examine.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { isAsWanted } from '../engine/resource.ts';
import { Problem } from '../messages/diagnostic.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import { enablingLink } from '../port/operations/unit.ts';
import { isNamed, PROGRAM, PROGRAM_LINK, PROGRAMS } from '../resources/program.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { bearsOurName } from '../values/signed.ts';
import { BY_SCHEDULE, type ScheduleFile, type ScheduleKind, TIMERS } from './files.ts';
import { wantedFor } from './plan.ts';
import { filesFor } from './schedule-command.ts';
import { flagsIn, installedOnRecord } from './schedule-on-record.ts';

export interface Asked {
  /** Words that say which layout is meant, as `schedule` would write them. */
  readonly flags: readonly string[];
  /** The layout that other such words mean; a Problem where there is none. */
  readonly load: (flags: readonly string[]) => Promise<Layouts>;
  /** Every byte of the program is looked at. */
  readonly deep?: boolean;
}

type Layouts = Pick<Context, 'layout' | 'monitoring'>;

export async function checkSchedule(
  context: Pick<Context, 'host'> & Layouts,
  { flags, load, deep = false }: Asked,
): Promise<readonly Draft[]> {
  const { host } = context;
  // What is there has a name that does not depend on the layout.
  const there = standing(host, filesFor(context, flags));
  const kind = kindOf(host, there);
  if (kind === null) return missingWhole(context, flags);
  const written = there
    .flatMap(({ text }) => (text === null ? [] : [flagsIn(text)]))
    .find((one) => one !== null);
  if (written === undefined || written === null || written.join(' ') === flags.join(' '))
    return checksFor(host, there, { kind, more: [], deep });
  const about: Draft = {
    ...ABOUT,
    id: 'schedule.layout',
    at: 'regular runs',
    status: 'pass',
    expected: 'a layout that they are for',
    found: written.length === 0 ? 'the layout that is found without flags' : written.join(' '),
  };
  try {
    const other = await load(written);
    const theirs = standing(host, filesFor({ host, ...other }, written));
    return [about, ...checksFor(host, theirs, { kind, more: written, deep })];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [problem] = error.diagnostics;
    const found = `${about.found}: ${[problem?.summary, ...(problem?.detail ?? [])].join('; ')}`;
    const fix = `sudo jts-hot schedule --${kind} --install`;
    return [{ ...about, status: 'fail', found, fix, hint: 'that is for this layout; or put that one right' }];
  }
}

/** `more`: words of another layout than the call's, which what is typed must name. */
interface How {
  readonly kind: ScheduleKind;
  readonly more: readonly string[];
  readonly deep: boolean;
}

function checksFor(host: HostReader, there: readonly Standing[], how: How): readonly Draft[] {
  const { kind } = how;
  if (kind === 'systemd' && host.root === '/' && !host.surroundings().runsSystemd)
    return [withoutSystemd(how)];
  const files = there.map(({ file }) => file);
  const findings = [
    ...wanted(rootDirectory, directoriesOf([PROGRAM_LINK], 'the program that runs'))(host, NO_CONSENT),
    ...examine(host, wantedFor(files, { kind, replace: false, program: null }), NO_CONSENT),
  ];
  return tied([...draftsOf(host, findings, there, how), programCheck(host, how)]);
}

/** Nothing of it is left on the host: only the record of runs says that there was one. */
function missingWhole(
  { host, layout }: Pick<Context, 'host' | 'layout'>,
  flags: readonly string[],
): readonly Draft[] {
  const known = installedOnRecord(host.journal);
  if (known === null) return [];
  const guessed = known.base === layout.base ? flags : ['--base', known.base];
  const words = known.flags ?? guessed;
  const more = words.join(' ') === flags.join(' ') ? [] : words;
  return [
    {
      ...ABOUT,
      id: 'schedule',
      at: 'regular runs',
      status: 'fail',
      expected: `what run ${known.run} installed`,
      found: 'none of their files is there',
      fix: installing({ kind: known.kind, more }),
      hint: 'if they are not wanted any more: sudo jts-hot schedule --remove',
    },
  ];
}

function installing({ kind, more }: Pick<How, 'kind' | 'more'>, ...words: readonly string[]): string {
  return ['sudo jts-hot schedule', `--${kind}`, '--install', ...words, ...more].join(' ');
}

/** Which one is installed, and the words by which its calls name their layout; null: none is. */
export function installedHere(
  context: Pick<Context, 'host'> & Layouts,
): { readonly kind: ScheduleKind; readonly flags: readonly string[] } | null {
  const { host } = context;
  const there = standing(host, filesFor(context, []));
  const kind = kindOf(host, there);
  if (kind === null) return null;
  const flags = there
    .flatMap(({ text }) => (text === null ? [] : [flagsIn(text)]))
    .find((one) => one !== null);
  return { kind, flags: flags ?? [] };
}

interface Standing {
  readonly file: ScheduleFile;
  readonly isThere: boolean;
  /** null: no plain file, or one too large for ours. */
  readonly text: string | null;
}

function standing(host: HostReader, files: readonly ScheduleFile[]): readonly Standing[] {
  return files.map((file) => {
    const { type } = host.entry(file.path);
    const isThere = type === 'file' || type === 'link' || type === 'directory' || type === 'special';
    return { file, isThere, text: type === 'file' ? host.text(file.path) : null };
  });
}

/** null: none is installed. A file that somebody wrote without us does not count. */
function kindOf(host: HostReader, there: readonly Standing[]): ScheduleKind | null {
  const links = TIMERS.filter((timer) => host.entry(enablingLink(timer)).type === 'link');
  if (links.length === 0 && !there.some(({ text }) => text !== null && bearsOurName(text, BY_SCHEDULE)))
    return null;
  const has = (kind: ScheduleKind) => there.some(({ file, isThere }) => file.kind === kind && isThere);
  const [cron, systemd] = [has('cron'), has('systemd') || links.length > 0];
  if (cron && systemd) return host.surroundings().runsSystemd ? 'systemd' : 'cron';
  // Of cron there is one file only: where nothing else is left, it is that one that has gone.
  return systemd ? 'systemd' : 'cron';
}

function withoutSystemd({ more }: How): Draft {
  return {
    ...ABOUT,
    id: 'schedule.systemd',
    at: 'timers of systemd',
    status: 'fail',
    expected: 'something that starts the regular runs',
    found: 'timers, and systemd does not run',
    fix: installing({ kind: 'cron', more }),
  };
}

const ABOUT = { service: null, severity: 'error', causes: [] } as const;

function draftsOf(
  host: HostReader,
  findings: readonly Finding[],
  there: readonly Standing[],
  how: How,
): readonly Draft[] {
  const edited = findings.filter(isEdited).map(({ address }) => pathIn(address));
  const ways = waysToInstall(how, edited);
  const install = (ways.fix ?? '').replace(/^sudo /, '');
  const drafts = findings.flatMap((finding): readonly Draft[] => {
    const { kind: of, address, expected, difference } = finding;
    const path = pathIn(address);
    const holds = isAsWanted(difference);
    // Directories, and what is to be gone, are told only where they are wrong.
    if (holds && (of.kind === 'root directory' || NOT_WANTED.includes(expected))) return [];
    const draft: Draft = {
      ...ABOUT,
      id: `schedule.${path}`,
      at: address,
      status: holds ? 'pass' : 'fail',
      expected,
      found: holds ? finding.found : foundAt(host, finding),
    };
    if (holds) return [draft];
    const [refusal] = difference.refusals;
    if (refusal === undefined) return [{ ...draft, ...ways }];
    if (!isEdited(finding)) {
      const aside = asideFor(host, path);
      if (refusal.code !== 'E_NOT_A_FILE' || aside === null)
        return [{ ...draft, fix: refusal.fix, hint: refusal.hint }];
      return [
        { ...draft, fix: asRoot([aside, install]), hint: `see what it is first: ls -ld ${shellWord(path)}` },
      ];
    }
    const standing = there.find(({ file }) => file.path === path);
    // Edited it is the operator's. One that no longer does its work is nobody's wish.
    const works = expected !== GONE && standing !== undefined && stillWorks(standing);
    return [{ ...draft, severity: works ? 'warning' : 'error', ...ways }];
  });
  return drafts.filter(({ id }, i) => drafts.findIndex((other) => other.id === id) === i);
}

/** As the kinds say it of a file that is to be gone, and of a timer that is to be off. */
const GONE = 'no file of ours';
const NOT_WANTED: readonly string[] = [GONE, 'neither enabled nor started'];

function isEdited({ difference }: Finding): boolean {
  return difference.refusals.some(({ code }) => code === 'E_FOREIGN_FILE');
}

function pathIn(address: string): string {
  return address.slice(address.indexOf(' ') + 1);
}

function waysToInstall(how: How, edited: readonly string[]): Pick<Draft, 'fix' | 'hint'> {
  const [first] = edited;
  if (first === undefined) return { fix: installing(how) };
  return {
    fix: installing(how, '--replace'),
    hint: `see first what was changed (cat ${first}); it is replaced, and rollback gives it back`,
  };
}

function foundAt(host: HostReader, { kind, address, found }: Finding): string {
  if (kind.kind !== 'file') return found;
  const entry = host.entry(pathIn(address));
  if (entry.type === 'link') return 'a symbolic link';
  if (entry.type !== 'file') return entry.type === 'missing' ? 'missing' : `a ${entry.type}`;
  const isPlain = entry.uid === 0 && entry.gid === 0 && entry.mode === '0644';
  return isPlain ? found : `file of ${entry.uid}:${entry.gid}, mode ${entry.mode}`;
}

/** Cron and systemd read no file that is called so. */
function asideFor(host: HostReader, path: string): string | null {
  const { type } = host.entry(path);
  const aside = `${path}.disabled`;
  if (type === 'blocked' || host.entry(aside).type !== 'missing') return null;
  return `mv -nT ${shellWord(path)} ${shellWord(aside)}`;
}

/** What the file is for is still in it, and not in a comment. */
function stillWorks({ file, text }: Standing): boolean {
  const lines = (text ?? '').split('\n').filter((line) => !line.trimStart().startsWith('#'));
  return essentials(file.text).every((word) => lines.some((line) => line.includes(word)));
}

function essentials(text: string): readonly string[] {
  return text.split('\n').flatMap((line): readonly string[] => {
    if (line.startsWith('#')) return [];
    if (line.startsWith('OnCalendar=')) return ['OnCalendar='];
    if (line.startsWith('ExecStart=')) return [line.slice('ExecStart='.length)];
    if (line.startsWith('/var/log/')) return [line.replace(/ \{$/, '')];
    const [, call] = / \* \* \* root (.*?)(?: >>.*)?$/.exec(line) ?? [];
    return call === undefined ? [] : [call];
  });
}

/** That it is complete, and root's alone. That no byte of it has changed takes as long as to read a hundred megabytes. */
function programCheck(host: HostReader, how: How): Draft {
  const found = programFound(host, how.deep);
  const check: Draft = {
    ...ABOUT,
    id: 'schedule.program',
    at: `program ${PROGRAM}`,
    status: found === null ? 'pass' : 'fail',
    expected: `complete, ${how.deep ? 'as it was copied, ' : ''}and only root can change it`,
    found: found ?? 'complete',
  };
  return found === null ? check : { ...check, ...waysToInstall(how, []) };
}

/** null: as it should be. */
function programFound(host: HostReader, deep: boolean): string | null {
  const name = host.link(PROGRAM_LINK);
  if (name === null) return `no link ${PROGRAM_LINK}`;
  const places = PARTS.map((part) => `${PROGRAMS}/${name}/${part}`);
  const gone = places.find((place) => host.entry(place).type !== 'file');
  if (gone !== undefined) return `no file ${gone}`;
  const open = host.installed(PROGRAM)?.changeableAt ?? null;
  if (open !== null) return `others can change ${open}`;
  if (!deep) return null;
  const hash = host.programAt(`${PROGRAMS}/${name}`);
  return hash !== null && isNamed(name, hash) ? null : `${PROGRAMS}/${name} is not as it was copied`;
}

const PARTS = ['bin/jts-hot', 'bin/node', 'dist/jts-hot.js', 'package.json'];

/** One command mends all that it can write anew: told once. What is in its way comes first. */
function tied(drafts: readonly Draft[]): readonly Draft[] {
  const failed = drafts.filter(({ status, severity }) => status === 'fail' && severity === 'error');
  const installs = failed.filter(({ fix }) => fix?.startsWith('sudo jts-hot schedule '));
  const blockers = failed.filter((draft) => !installs.includes(draft)).map(({ id }) => id);
  const [first] = installs.map(({ id }) => id);
  return drafts.map((draft) => {
    if (!installs.includes(draft)) return draft;
    return { ...draft, causes: [...blockers, ...(first === undefined || first === draft.id ? [] : [first])] };
  });
}
