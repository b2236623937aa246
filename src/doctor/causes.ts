// Owns which causes a service that is unwell has, the most probable first: what a check and a message of the server say together, then
// what either says alone. Pure.
import type { Check } from '../checks/check.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { UnitReport } from '../port/unit-report.ts';
import { KERNEL_SAYS, type Meaning } from '../services/diagnosing.ts';
import type { Cause } from './doctor-document.ts';

export interface Evidence {
  readonly service: string;
  /** Its server runs, and its unit with it. */
  readonly isUp: boolean;
  /** Failed ones that stand for themselves: its own, and those of the disk. */
  readonly checks: readonly Check[];
  readonly meanings: readonly Meaning[];
  /** What it said since it was last started, the oldest first. */
  readonly lines: readonly string[];
  /** Of its settings and where it runs. */
  readonly problems: readonly Diagnostic[];
  readonly unit: string | null;
  readonly report: UnitReport | null;
}

export function causesOf(evidence: Evidence): readonly Cause[] {
  const { checks, service, isUp } = evidence;
  const place = `service.${service}.place`;
  const ofDisk = checks.filter(({ id }) => id.startsWith('disk.'));
  const own = checks.filter(({ id }) => !id.startsWith('disk.') && id !== place);
  const specific = heard(evidence, evidence.meanings);
  // What the kernel said stands in the server's own message, too.
  const told = specific.length > 0 ? specific : heard(evidence, KERNEL_SAYS);
  const found = told.map((one) => ({ one, check: checkOf(one, checks) }));
  const all = [
    ...ofDisk.map((check) => byCheck(check)),
    ...masked(evidence),
    ...found.flatMap(({ one, check }) => (check === null ? [] : [together(check, one)])),
    // What a server that runs said may be over.
    ...found.flatMap(({ one, check }) => (check !== null || isUp ? [] : [byMessage(one)])),
    ...own.map((check) => byCheck(check)),
    ...evidence.problems.map(byProblem),
  ];
  const once = all.filter((one, i) => i === all.findIndex((other) => isSame(one, other)));
  return once.length > 0 || isUp ? once : [unknown(evidence)];
}

interface Heard {
  readonly meaning: Meaning;
  readonly id: string;
  readonly line: string;
  readonly words: Readonly<Record<string, string>>;
}

/** The last one first: each line by the first meaning that fits it, each meaning once. */
function heard({ service, lines }: Evidence, meanings: readonly Meaning[]): readonly Heard[] {
  const found = lines.toReversed().flatMap((line): readonly Heard[] => {
    const meaning = meanings.find(({ says }) => says.test(line));
    if (meaning === undefined) return [];
    const words = { ...meaning.says.exec(line)?.groups, service };
    return [{ meaning, id: `${service}.${meaning.id}`, line, words }];
  });
  return found.filter(({ id }, i) => i === found.findIndex((other) => other.id === id));
}

/** The failed check that finds the same as a message; null: none does. */
function checkOf({ meaning, words }: Heard, checks: readonly Check[]): Check | null {
  const wanted = meaning.checks.map((one) => filled(one, words));
  return wanted.flatMap((one) => checks.filter(({ id }) => isAbout(id, one)))[0] ?? null;
}

function together(check: Check, { id, line }: Heard): Cause {
  return { ...byCheck(check, [line]), message: id };
}

/** `inside.redis` is also about `inside.redis.owner`. */
function isAbout(id: string, wanted: string): boolean {
  return id === wanted || id.startsWith(`${wanted}.`) || id.startsWith(`${wanted}/`);
}

function byCheck({ id, at, expected, found, fix, hint }: Check, lines: readonly string[] = []): Cause {
  return {
    cause: `${at}: want ${expected}`,
    check: id,
    message: null,
    evidence: [`found ${found}`, ...lines],
    fix,
    hint,
  };
}

function byMessage({ meaning, id, line, words }: Heard): Cause {
  return {
    cause: filled(meaning.means, words),
    check: null,
    message: id,
    evidence: [line],
    fix: meaning.fix === undefined ? null : filled(meaning.fix, quoted(words)),
    hint: filled(meaning.hint, quoted(words)),
  };
}

function byProblem({ summary, detail, fix, hint }: Diagnostic): Cause {
  return { cause: summary, check: null, message: null, evidence: detail, fix, hint };
}

/** A service writes what it likes into its log, and what stands in a command is typed. */
function quoted(words: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, shellWord(word ?? '')]));
}

function filled(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '');
}

function masked({ unit, report }: Evidence): readonly Cause[] {
  if (unit === null || report?.load !== 'masked') return [];
  return [
    {
      cause: `${unit} is masked: nothing can start it`,
      check: null,
      message: null,
      evidence: [],
      fix: `sudo systemctl unmask ${unit}`,
      hint: null,
    },
  ];
}

const LINES_SHOWN = 3;

function unknown({ lines, unit, report }: Evidence): Cause {
  const ended = report === null ? [] : [`${unit}: ${report.active}, ${report.result}`];
  const isStopped = report?.active === 'inactive' && report.result === 'success';
  return {
    cause: isStopped
      ? 'it was stopped, or never started'
      : 'it does not run, and what it said is not known here',
    check: null,
    message: null,
    evidence: isStopped ? ended : [...ended, ...lines.slice(-LINES_SHOWN)],
    fix: null,
    hint: unit === null ? null : `see all that it said: sudo journalctl -b -u ${unit}`,
  };
}

function isSame(one: Cause, other: Cause): boolean {
  return one.check === null ? one.cause === other.cause : one.check === other.check;
}
