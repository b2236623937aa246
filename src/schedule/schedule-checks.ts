// Owns what `validate` says of the regular runs: each file word for word ours, the timers on, the program there. Says nothing
// where none are installed, and reads only a fixed number of small files.
import type { Draft } from '../checks/follow.ts';
import type { Context } from '../command/context.ts';
import { examine, type Finding, wanted } from '../engine/examine.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import { isAsWanted } from '../engine/resource.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import { enablingLink } from '../port/operations/unit.ts';
import { PROGRAM, PROGRAM_LINK, PROGRAMS } from '../resources/program.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import { bearsOurName, isOurs } from '../values/signed.ts';
import { BY_SCHEDULE, type ScheduleFile, type ScheduleKind, TIMERS } from './files.ts';
import { wantedFor } from './plan.ts';
import { filesFor } from './schedule-command.ts';

/** `flags`: words that say which layout is meant, as `schedule` would write them. */
export function checkSchedule(
  context: Pick<Context, 'host' | 'layout' | 'monitoring'>,
  flags: readonly string[],
): readonly Draft[] {
  const { host } = context;
  // What is there has a name that does not depend on the layout.
  const there = standing(host, filesFor(context, flags));
  const kind = kindOf(host, there);
  if (kind === null) return [];
  const written = writtenFlags(there);
  // Installed for another layout: not known here.
  if (written !== null && written !== flags.join(' ')) return [];
  if (kind === 'systemd' && host.root === '/' && !host.surroundings().runsSystemd) return [withoutSystemd()];
  const files = there.map(({ file }) => file);
  const findings = [
    ...wanted(rootDirectory, directoriesOf([PROGRAM_LINK], 'the program that runs'))(host, NO_CONSENT),
    ...examine(host, wantedFor(files, { kind, replace: false, program: null }), NO_CONSENT),
  ];
  return tied([...draftsOf(host, findings, there, kind), programCheck(host, kind)]);
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

/** The flags of the calls in a file of ours; null: no such file has any calls. */
function writtenFlags(there: readonly Standing[]): string | null {
  for (const { text } of there) {
    if (text === null || !isOurs(text)) continue;
    const [, flags] = LOOK.exec(text) ?? [];
    if (flags !== undefined) return flags.trim();
  }
  return null;
}

const LOOK = new RegExp(`^(?:ExecStart=|.* root )${PROGRAM.replaceAll('.', '\\.')} look\\b(.*)$`, 'm');

function withoutSystemd(): Draft {
  return {
    ...ABOUT,
    id: 'schedule.systemd',
    at: 'timers of systemd',
    status: 'fail',
    expected: 'something that starts the regular runs',
    found: 'timers, and systemd does not run',
    fix: 'sudo jts-hot schedule --cron --install',
  };
}

const ABOUT = { service: null, severity: 'error', causes: [] } as const;

function draftsOf(
  host: HostReader,
  findings: readonly Finding[],
  there: readonly Standing[],
  kind: ScheduleKind,
): readonly Draft[] {
  const edited = findings.filter(isEdited).map(({ address }) => pathIn(address));
  const ways = waysToInstall(kind, edited);
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
      return [{ ...draft, fix: aside, hint: `see what it is first: ls -ld ${shellWord(path)}` }];
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

function waysToInstall(kind: ScheduleKind, edited: readonly string[]): Pick<Draft, 'fix' | 'hint'> {
  const install = `sudo jts-hot schedule --${kind} --install`;
  const [first] = edited;
  if (first === undefined) return { fix: install };
  return {
    fix: `${install} --replace`,
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
  return `sudo mv -nT ${shellWord(path)} ${shellWord(aside)}`;
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

/** That it is complete, and root's alone; that no byte of it has changed would take as long as to read a hundred megabytes. */
function programCheck(host: HostReader, kind: ScheduleKind): Draft {
  const found = programFound(host);
  const check: Draft = {
    ...ABOUT,
    id: 'schedule.program',
    at: `program ${PROGRAM}`,
    status: found === null ? 'pass' : 'fail',
    expected: 'complete, and only root can change it',
    found: found ?? 'complete',
  };
  return found === null ? check : { ...check, ...waysToInstall(kind, []) };
}

/** null: as it should be. */
function programFound(host: HostReader): string | null {
  const name = host.link(PROGRAM_LINK);
  if (name === null) return `no link ${PROGRAM_LINK}`;
  const places = PARTS.map((part) => `${PROGRAMS}/${name}/${part}`);
  const gone = places.find((place) => host.entry(place).type !== 'file');
  if (gone !== undefined) return `no file ${gone}`;
  const open = host.installed(PROGRAM)?.changeableAt ?? null;
  return open === null ? null : `others can change ${open}`;
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
