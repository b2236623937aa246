// Owns how a command is run: what it works on, its answer on stdout and stderr, its exit code, and the end of the process.
// With session.ts and the commands of this folder the only reader of argv, environment and streams.

import { hostname } from 'node:os';
import {
  type ArgumentOf,
  COMMANDS,
  type CommandName,
  type FlagsOf,
  type SecondOf,
} from '../catalogue/commands.ts';
import { DATA } from '../catalogue/data.ts';
import { HOST_OPTIONS } from '../catalogue/every-command.ts';
import { MAINTAIN } from '../catalogue/maintain.ts';
import { STORAGE } from '../catalogue/storage.ts';
import type { Context } from '../command/context.ts';
import type { Loaded } from '../command/load.ts';
import { jsonText } from '../document/json-text.ts';
import { DOCUMENT_SCHEMA_VERSION } from '../document/versions.ts';
import { isTerminal, type Output, OutputError, writeOut } from '../host/output.ts';
import { hasThreads } from '../host/threads.ts';
import {
  type Diagnostic,
  diagnostic,
  EXIT,
  exitStatus,
  Problem,
  STOP_SIGNALS,
  type StopSignal,
} from '../messages/diagnostic.ts';
import type { Paint } from '../messages/paint.ts';
import { shellWord } from '../messages/typed-command.ts';
import { errnoText } from '../values/errno.ts';
import { printableName } from '../values/file-name.ts';
import type { Call, Found, Handler, Handlers, Shown } from './handler.ts';
import { session, tellLine, typeFor, VERSION, WORDS } from './session.ts';

/** Of the commands that have them; seconds, and agreed to. */
interface More {
  readonly timeout?: number;
  readonly newDisk?: true;
}

/** Runs one command and shows its answer. */
export async function run<Name extends CommandName>(
  name: Name,
  flags: FlagsOf<Name>,
  argument: ArgumentOf<Name>,
  second: SecondOf<Name>,
): Promise<void> {
  const json = flags.json === true;
  if (!COMMANDS[name].isOfProgram) typeFor(flags);
  // They get ready while the rest of the program is loaded.
  if (COMMANDS[name].measures) await startMeasuring();
  try {
    const handler = await handlerOf(name);
    if ('answer' in handler) {
      const shown = await handler.answer({ flags, argument, second, paint: await paintOn('stdout') });
      if (shown === null) return;
      process.exitCode = shown.exitCode;
      await show(name, json, shown);
    } else await runOnHost(name, handler, { flags, argument, second });
  } catch (error) {
    await fail(name, json, error);
  }
}

type OnHost<Name extends CommandName> = Exclude<Handler<Name>, { readonly answer: unknown }>;

/** What ends the process at once is loaded. */
let callsKernel = false;

async function runOnHost<Name extends CommandName>(
  name: Name,
  handler: OnHost<Name>,
  given: Pick<Call<Name>, 'flags' | 'argument' | 'second'>,
): Promise<void> {
  const flags: FlagsOf<Name> & More = given.flags;
  const { loadLayout, noteStarted, requireRightDisk, showSizesIn, untilMounted } = await import(
    './engine.ts'
  );
  callsKernel = true;
  const { act, load = loadLayout, before } = typeof handler === 'function' ? { act: handler } : handler;
  before?.(flags);
  const found: Found = await load(flags);
  showSizesIn(flags.iec === true ? 'iec' : (found.layout.units ?? 'si'));
  const told = { ...(await contextFor(found, name)), newDisk: flags.newDisk === true };
  const isOfVolume = COMMANDS[name].mountsVolume === true && typeof given.argument === 'string';
  const { from } = flags as { readonly from?: unknown };
  const whole = isOfVolume ? await untilMounted(told, { service: given.argument, from }) : told;
  const { context, problems } = await requireRightDisk(whole, name, {
    timeoutMs: flags.timeout === undefined ? null : flags.timeout * 1000,
    named: [given.argument, given.second].filter((word) => typeof word === 'string'),
  });
  const paint = await paintOn('stdout');
  const acting = async () => act({ ...given, context, plan: found.plan ?? null, paint });
  const shown = withProblems(await acting().catch(alsoSaying(problems)), problems);
  const entry = process.argv[1] ?? '';
  if (entry.includes('/libexec/') && process.geteuid?.() === 0) noteStarted(context.host, entry);
  progress('');
  process.exitCode = exitStatus(shown, stopSignal);
  await show(name, flags.json === true, shown);
}

/** What failed may have failed for want of a service that was left out. */
function alsoSaying(problems: readonly Diagnostic[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Problem) || problems.length === 0) throw error;
    throw new Problem(error.exitCode, [...problems, ...error.diagnostics]);
  };
}

/** Services that were left out: not all was done. */
function withProblems<S extends Pick<Shown<unknown>, 'exitCode' | 'problems'>>(
  shown: S,
  problems: readonly Diagnostic[],
): S {
  if (problems.length === 0) return shown;
  return { ...shown, exitCode: shown.exitCode || EXIT.failed, problems: [...problems, ...shown.problems] };
}

async function handlerOf<Name extends CommandName>(name: Name): Promise<Handler<Name>> {
  const { engineCommands } = await import('./engine.ts');
  const inEngine: Partial<Handlers<CommandName>> = engineCommands;
  const found = inEngine[name];
  if (found !== undefined) return found;
  const { configureCommands } = await import('./configure-commands.ts');
  if (Object.hasOwn(configureCommands, name)) return (configureCommands as Handlers<CommandName>)[name];
  if (Object.hasOwn(MAINTAIN, name)) {
    const { maintainCommands } = await import('./maintain-commands.ts');
    return (maintainCommands as Handlers<CommandName>)[name];
  }
  if (Object.hasOwn(DATA, name)) {
    const { dataCommands } = await import('./data-commands.ts');
    return (dataCommands as Handlers<CommandName>)[name];
  }
  if (Object.hasOwn(STORAGE, name)) {
    const { storageCommands } = await import('./storage-commands.ts');
    return (storageCommands as Handlers<CommandName>)[name];
  }
  const { spaceCommands } = await import('./space.ts');
  const all: Omit<Handlers<CommandName>, keyof typeof MAINTAIN | keyof typeof DATA | keyof typeof STORAGE> = {
    ...engineCommands,
    ...configureCommands,
    ...spaceCommands,
  };
  return (all as Handlers<CommandName>)[name];
}

/** Starts the threads that measure. */
async function startMeasuring(): Promise<void> {
  const { startScanWorkers } = await import('../host/scan/scan.ts');
  startScanWorkers();
}

/** The last thing that is done. Left alone, Node.js takes a while to take down what is gone with the process anyway. */
export async function end(): Promise<void> {
  await leave(Number(process.exitCode ?? EXIT.ok));
}

/**
 * Ends the process at once, also one that has threads on a disk. Node.js's own way out takes 3 ms; which lines were gone through
 * (test/run.ts) it writes down on that way only.
 */
async function leave(status: number): Promise<never> {
  const isCounted = process.env['NODE_V8_COVERAGE'] !== undefined;
  if (!hasThreads() && (!callsKernel || isCounted)) process.exit(status);
  const { exitNow } = await import('../host/syscalls.ts');
  return exitNow(status);
}

/** A report that did not arrive is a failure, whatever it said; a reader that has enough (`| head`) is none. */
export async function loseOutput(error: unknown): Promise<never> {
  if (!(error instanceof OutputError)) throw error;
  if (error.code === 'EPIPE') return leave(Number(process.exitCode ?? EXIT.ok));
  if (error.output === 'stdout') await tell([lostReport(error)]);
  return leave(Number(process.exitCode ?? EXIT.ok) || failureOf(WORDS[0]));
}

function lostReport({ code }: OutputError): Diagnostic {
  return diagnostic('E_OUTPUT', 'cannot write the report', {
    at: 'standard output',
    detail: `found ${errnoText(code)}`,
    hint: 'make room where it goes to, then run the same command again; what a run did is recorded: sudo jts-hot rollback --list',
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

/** Monitoring reads 1 as WARNING, so a failure to measure is UNKNOWN. */
function failureOf(name: string | null | undefined): number {
  return name === 'monitor' ? 3 : EXIT.failed;
}

/** One JSON document on stdout, or text for people; messages on stderr in both cases. */
async function show<Result>(name: string, json: boolean, shown: Shown<Result>): Promise<void> {
  const { problems, result } = session.typed.inHints({ problems: shown.problems, result: shown.result });
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

const HOST_FLAGS: readonly string[] = Object.keys(HOST_OPTIONS).map((name) => `--${name}`);

/** The words of this call without those of `hostFlags`, which a typed command gets anyway. */
function words(): string {
  return WORDS.filter((word, i) => !HOST_FLAGS.includes(word) && !HOST_FLAGS.includes(WORDS[i - 1] ?? ''))
    .filter((word) => !HOST_FLAGS.some((flag) => word.startsWith(`${flag}=`)))
    .map(shellWord)
    .join(' ');
}

let stopSignal: StopSignal | null = null;

async function contextFor({ root, layout, monitoring, file, text }: Loaded, name: string): Promise<Context> {
  const { declaredMounts, historyOf, openLinuxHost, programFindings, thisCaller, withoutAlerts } =
    await import('./engine.ts');
  const caller = thisCaller();
  const host = openLinuxHost({ root, base: layout.base, mounts: await declaredMounts(layout, root) });
  if (caller.isRoot)
    await sayOfProgram(programFindings(process.argv[1] ?? process.execPath, caller.owners), caller.attended);
  return {
    layout,
    // An image's layout names programs, secrets and addresses of the image: on this machine nothing is made of them.
    monitoring: root === '/' || SHOWS_ALERTS.includes(name) ? monitoring : withoutAlerts(monitoring),
    layoutFile: file,
    ...(text !== undefined && { layoutText: text }),
    owners: caller.owners,
    hostName: hostname(),
    environment: (variable) => process.env[variable],
    host,
    history: historyOf(host),
    openHost: (base, mounts) => openLinuxHost({ root, base, mounts }),
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
const SHOWS_ALERTS: readonly string[] = ['alert', 'schedule', 'validate'];

/** Typed by a person it is said. Started by a timer it would go on for ever, and nobody would read it. */
async function sayOfProgram(findings: readonly Diagnostic[], attended: boolean): Promise<void> {
  if (findings.length === 0) return;
  if (!attended) throw new Problem(EXIT.refused, findings);
  await printProblems(session.typed.inHints(findings));
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

/** One line that is written over; on a terminal only. */
function progress(text: string): void {
  if (!isTerminal('stderr')) return;
  try {
    // A file in a service's tree may be called anything: its name must not speak to root's terminal.
    writeOut('stderr', `\r\x1b[K${printableName(text).slice(0, 79)}`);
  } catch {
    // The terminal is gone, and nobody waits any more: as if it had hung up.
    if (watching) stopSignal ??= 'SIGHUP';
    else void leave(failureOf(WORDS[0]));
  }
}

/** What makes it is loaded with a command. */
async function paintOn(output: Output): Promise<Paint> {
  const { paintFor } = await import('./engine.ts');
  return paintFor(output);
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
  writeOut('stdout', `${jsonText(document, 2)}\n`);
}

async function printProblems(problems: readonly Diagnostic[]): Promise<void> {
  if (problems.length === 0 || !session.mayComplain()) return;
  const { renderDiagnostic } = await import('./engine.ts');
  const paint = await paintOn('stderr');
  writeOut('stderr', problems.map((problem) => `${renderDiagnostic(problem, paint)}\n`).join(''));
}

export async function fail(name: string | null, json: boolean, error: unknown): Promise<void> {
  if (error instanceof OutputError) return loseOutput(error);
  progress('');
  const { exitCode, diagnostics } = error instanceof Problem ? error : unexpected(error);
  process.exitCode = exitCode === EXIT.failed ? failureOf(name) : exitCode;
  const problems = session.typed.inHints(diagnostics);
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
        hint: 'what was done is recorded: sudo jts-hot rollback --list; please report this with the message',
      }),
    ],
  };
}
