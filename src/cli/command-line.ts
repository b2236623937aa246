// Owns the command line as all commands share it: flags, what a command works on, its answer on stdout and stderr, its
// exit code. With cli*.ts the only reader of argv, environment and streams.
import { flushCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { Answer, Context } from '../command/context.ts';
import type { LayoutFlags, Loaded } from '../command/load.ts';
import type { CommandName } from '../command/right-disk.ts';
import { isTerminal, type Output, OutputError, writeOut } from '../host/output.ts';
import {
  type Diagnostic,
  DOCUMENT_SCHEMA_VERSION,
  diagnostic,
  EXIT,
  exitStatus,
  Problem,
  STOP_SIGNALS,
  type StopSignal,
} from '../messages/diagnostic.ts';
import type { Paint } from '../messages/paint.ts';
import { createTypedCommand, shellWord } from '../messages/typed-command.ts';
import { parseDuration } from '../values/duration.ts';
import { errnoText } from '../values/errno.ts';
import { printableName } from '../values/file-name.ts';
import { parseSize } from '../values/size.ts';

// Written in by the build (build.ts).
export const VERSION = process.env['JTS_HOT_VERSION'] ?? '0.0.0-unbuilt';

export interface Common extends LayoutFlags {
  readonly json?: true;
  /** Seconds, of commands that measure: what has not answered by then is given up. */
  readonly timeout?: number;
  /** Of setup only. */
  readonly newDisk?: true;
}

/** What is typed to call us; the launcher knows. */
const SELF = process.env['JTS_HOT_SELF'] || 'jts-hot';
let typed = createTypedCommand(SELF, []);

/** From now on messages say commands with the flags of this host. */
export function typeFor(host: LayoutFlags): void {
  typed = createTypedCommand(SELF, hostFlags(host));
}

/** What a command means by 0 and 1; 2 and 3 mean the same everywhere but in `monitor`. */
export function exitsOf(done: string, failed: string): string {
  return `
Exit status:
  0  ${done}
  1  ${failed}
  2  bad input (a flag, the layout): nothing was changed
  3  refused (consent, root, another run): nothing was changed`;
}

const EXITS = exitsOf('done, or nothing to do', 'failed on the host, or a check failed');

export const MONITOR_EXITS = `
Exit status, as monitoring plugins give it:
  0  OK
  1  WARNING
  2  CRITICAL; also bad input, with a message on stderr and nothing on stdout
  3  UNKNOWN: something could not be measured`;

export const program = new Command('jts-hot')
  .description('Sets up, proves, watches and undoes the hot-storage layout of a JTS host.')
  .version(VERSION, '-V, --version')
  .helpOption('-h, --help')
  .configureHelp({ helpWidth: 80 })
  // What is wrong with the command line is said below, as everything else is.
  .configureOutput({ writeOut: (text) => writeOut('stdout', text), writeErr: () => {} })
  .exitOverride()
  .addHelpText('after', `${EXITS}\n  what 0 and 1 mean of one command, and all of monitor: see its --help`);

export function command(name: CommandName, description: string, exits = EXITS): Command {
  return program
    .command(name)
    .description(description)
    .helpOption('-h, --help')
    .option('--spec <file>', 'layout file (default: /etc/jts/hot-storage.yaml if it exists, else built in)')
    .option('--base <dir>', "base directory, instead of the layout's")
    .option('--root <dir>', 'work on the host in this directory: a mounted image, a chroot', '/')
    .option('-j, --json', 'one JSON document on stdout, also when it fails')
    .addHelpText('after', exits)
    .exitOverride();
}

export type Shown<Result> = Answer<Result> & { readonly text: (result: Result) => string | null };

/** Runs one command and shows its answer. What it works on comes from the flags, unless `load` finds it elsewhere. */
export async function answer<Result>(
  name: CommandName,
  options: Common,
  act: (context: Context, paint: Paint) => Promise<Shown<Result>>,
  load: () => Promise<Loaded> = async () => (await import('./engine.ts')).loadLayout(options),
): Promise<void> {
  const json = options.json === true;
  typeFor(options);
  try {
    const context = { ...(await contextFor(await load(), name)), newDisk: options.newDisk === true };
    await (await import('./engine.ts')).requireRightDisk(
      context,
      name,
      options.timeout === undefined ? null : options.timeout * 1000,
    );
    const shown = await act(context, await paintFor('stdout'));
    const entry = process.argv[1] ?? '';
    if (entry.includes('/libexec/') && process.geteuid?.() === 0)
      (await import('./engine.ts')).noteStarted(context.host, entry);
    progress('');
    process.exitCode = exitStatus(shown, stopSignal);
    await show(name, json, shown);
  } catch (error) {
    await fail(name, json, error);
  }
  // A thread that hangs on a disk cannot be waited for.
  if ((await import('./engine.ts')).isHung()) endAtOnce();
}

let measuring = false;

/** Starts the threads that measure: they get ready while the rest of the program is loaded. */
export async function startMeasuring(): Promise<void> {
  measuring = true;
  const { startScanWorkers } = await import('../host/scan/scan.ts');
  startScanWorkers();
}

/** For what asks a disk that may not answer: whoever waits for it is given up with the process. */
export function endAtOnce(): void {
  measuring = true;
}

/** The last thing that is done. */
export async function end(): Promise<void> {
  if (measuring) await leave(Number(process.exitCode ?? EXIT.ok));
}

/**
 * Ends the process at once, also one that has such threads. One that hangs on a disk cannot be waited for, and one that
 * is still loading its libraries would abort the process if it were stopped as Node.js does it.
 */
async function leave(status: number): Promise<never> {
  if (!measuring) process.exit(status);
  flushCompileCache();
  const { exitNow } = await import('../host/syscalls.ts');
  return exitNow(status);
}

/** A report that did not arrive is a failure, whatever it said; a reader that has enough (`| head`) is none. */
export async function loseOutput(error: unknown): Promise<never> {
  if (!(error instanceof OutputError)) throw error;
  if (error.code === 'EPIPE') return leave(Number(process.exitCode ?? EXIT.ok));
  if (error.output === 'stdout') await tell([lostReport(error)]);
  return leave(Number(process.exitCode ?? EXIT.ok) || failureOf(program.args[0]));
}

function lostReport({ code }: OutputError): Diagnostic {
  return diagnostic('E_OUTPUT', 'cannot write the report', {
    at: 'standard output',
    detail: `found ${errnoText(code)}`,
    hint: 'make room where it goes to, then run the same command again; what a run did is recorded: jts-hot rollback --list',
  });
}

/** Where even this cannot be said, the exit status says it. */
async function tell(problems: readonly Diagnostic[]): Promise<void> {
  try {
    await printProblems(problems);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
  }
}

/** Monitoring reads 1 as WARNING: what could not be measured is UNKNOWN. */
function failureOf(name: string | null | undefined): number {
  return name === 'monitor' ? 3 : EXIT.failed;
}

/** One JSON document on stdout, or text for people; messages on stderr in both cases. */
export async function show<Result>(name: string, json: boolean, shown: Shown<Result>): Promise<void> {
  const { problems, result } = typed.inHints({ problems: shown.problems, result: shown.result });
  let lost: unknown = null;
  try {
    if (json) printJson(name, problems, result);
    else {
      const text = result === null ? null : shown.text(result);
      if (text !== null) writeOut('stdout', `${text}\n`);
    }
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    lost = error;
  }
  try {
    await printProblems(problems);
  } catch (error) {
    lost ??= error;
  }
  if (lost !== null) await loseOutput(lost);
}

function hostFlags({ spec, base, root }: LayoutFlags): readonly string[] {
  return [
    ...(spec === undefined ? [] : ['--spec', spec]),
    ...(base === undefined ? [] : ['--base', base]),
    ...(root === '/' ? [] : ['--root', root]),
  ];
}

export const HOST_FLAGS = ['--spec', '--base', '--root'];

/** The words of this call without those of `hostFlags`, which a typed command gets anyway. */
function words(): string {
  const argv = process.argv.slice(2);
  return argv
    .filter((word, i) => !HOST_FLAGS.includes(word) && !HOST_FLAGS.includes(argv[i - 1] ?? ''))
    .filter((word) => !HOST_FLAGS.some((flag) => word.startsWith(`${flag}=`)))
    .map(shellWord)
    .join(' ');
}

let stopSignal: StopSignal | null = null;

export async function contextFor({ root, layout, monitoring, file }: Loaded, name: string): Promise<Context> {
  const { historyOf, openLinuxHost, programFindings, thisCaller, withoutAlerts } = await import(
    './engine.ts'
  );
  const caller = thisCaller();
  const host = openLinuxHost({ root, base: layout.base });
  if (caller.isRoot)
    await sayOfProgram(programFindings(process.argv[1] ?? process.execPath, caller.owners), caller.attended);
  return {
    layout,
    // An image's layout names programs, secrets and addresses of the image: on this machine nothing is made of them.
    monitoring: root === '/' || SHOWS_ALERTS.includes(name) ? monitoring : withoutAlerts(monitoring),
    layoutFile: file,
    owners: caller.owners,
    hostName: hostname(),
    environment: (variable) => process.env[variable],
    host,
    history: historyOf(host),
    openHost: (base) => openLinuxHost({ root, base }),
    program: VERSION,
    newDisk: false,
    invocation: words().replace(/^\S+/, name),
    now: () => new Date().toISOString(),
    stopRequested: () => {
      watchSignals();
      return stopSignal !== null;
    },
    progress,
  };
}

/** Show what an image says of alerts, and deliver none. */
const SHOWS_ALERTS: readonly string[] = ['alert', 'schedule'];

/** Typed by a person it is said. Started by a timer it would go on for ever, and nobody would read it. */
async function sayOfProgram(findings: readonly Diagnostic[], attended: boolean): Promise<void> {
  if (findings.length === 0) return;
  if (!attended) throw new Problem(EXIT.refused, findings);
  await printProblems(typed.inHints(findings));
}

let watching = false;

/** From the first step on, a signal ends the run between two steps, with the journal true. */
function watchSignals(): void {
  if (watching) return;
  watching = true;
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => {
      stopSignal = signal;
      void tellLine('jts-hot: finishing the step, then stopping');
    });
}

/** A line beside the answer: false where nobody can read it any more. */
export function tellLine(line: string): boolean {
  try {
    writeOut('stderr', `${line}\n`);
    return true;
  } catch {
    return false;
  }
}

/** One line that is written over; on a terminal only. */
export function progress(text: string): void {
  if (!isTerminal('stderr')) return;
  try {
    // A file in a service's tree may be called anything: its name must not speak to root's terminal.
    writeOut('stderr', `\r\x1b[K${printableName(text).slice(0, 79)}`);
  } catch {
    // The terminal is gone, and with it whoever waits: as if it had hung up.
    if (watching) stopSignal ??= 'SIGHUP';
    else void leave(failureOf(program.args[0]));
  }
}

export async function paintFor(output: Output): Promise<Paint> {
  const { createPaint } = await import('./engine.ts');
  // https://no-color.org: set and not empty.
  const colour = isTerminal(output) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return createPaint(colour, typed.command);
}

function printJson(name: string | null, problems: readonly Diagnostic[], result: unknown): void {
  const { exitCode } = process;
  const at = new Date().toISOString();
  const document = {
    schemaVersion: DOCUMENT_SCHEMA_VERSION,
    command: name,
    program: VERSION,
    at,
    exitCode,
    problems,
    result,
  };
  writeOut('stdout', `${JSON.stringify(document, null, 2)}\n`);
}

let mayComplain = () => true;

/** For what runs so often that nobody could read each time what is wrong. The exit status says it all the same. */
export function complainOnlyIf(may: () => boolean): void {
  mayComplain = may;
}

async function printProblems(problems: readonly Diagnostic[]): Promise<void> {
  if (problems.length === 0 || !mayComplain()) return;
  const { renderDiagnostic } = await import('./engine.ts');
  const paint = await paintFor('stderr');
  writeOut('stderr', problems.map((problem) => `${renderDiagnostic(problem, paint)}\n`).join(''));
}

export async function fail(name: string | null, json: boolean, error: unknown): Promise<void> {
  if (error instanceof OutputError) return loseOutput(error);
  progress('');
  const { exitCode, diagnostics } = error instanceof Problem ? error : unexpected(error);
  process.exitCode = exitCode === EXIT.failed ? failureOf(name) : exitCode;
  const problems = typed.inHints(diagnostics);
  try {
    if (json) printJson(name, problems, null);
    await printProblems(problems);
  } catch (lost) {
    await loseOutput(lost);
  }
}

function unexpected(error: unknown): Pick<Problem, 'exitCode' | 'diagnostics'> {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const detail =
    code === undefined
      ? (stack ?? message)
          .split('\n')
          .slice(0, 6)
          .map((line) => line.trim())
      : `found ${message}`;
  return {
    exitCode: EXIT.failed,
    diagnostics: [
      diagnostic('E_UNEXPECTED', 'cannot go on: something that was not foreseen', {
        detail,
        hint: 'what was done is recorded: jts-hot rollback --list; please report this with the message',
      }),
    ],
  };
}

export function appendOption(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function percent(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) > 100)
    throw new InvalidArgumentError('want a number from 0 to 100.');
  return Number(value);
}

export function runNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('want the number of a run: see --list.');
  return Number(value);
}

export function conflict(one: string, other: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot use these together', {
      at: one,
      detail: `want ${one} or ${other}, found both`,
    }),
  ]);
}

export function needs(one: string, other: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot use one without the other', {
      at: one,
      detail: `want ${other} with it, found none`,
    }),
  ]);
}

/** A whole number above zero. */
export function count(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('want a whole number above zero.');
  return Number(value);
}

/** Bytes. */
export function size(value: string): number {
  const parsed = parseSize(value);
  if ('bytes' in parsed) return parsed.bytes;
  throw new InvalidArgumentError(`${parsed.complaint}.`);
}

/** Seconds. */
export function span(value: string): number {
  const parsed = parseDuration(value);
  if ('seconds' in parsed) return parsed.seconds;
  throw new InvalidArgumentError(`${parsed.complaint}.`);
}
