// argv → command → exit code. The only reader of argv, environment and streams; what a command needs is loaded
// when it runs.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Answer, Context } from './commands/command.ts';
import {
  type Diagnostic,
  DOCUMENT_SCHEMA_VERSION,
  diagnostic,
  EXIT,
  exitStatus,
  Problem,
  type StopSignal,
} from './diagnostic.ts';
import { printableName } from './host/name.ts';
import type { LayoutFlags, Loaded } from './load.ts';
import type { Paint } from './render/paint.ts';
import { DEFAULT_BASE } from './spec.ts';
import { createTypedCommand, shellWord } from './typed-command.ts';

// Written in by the build (build.ts).
const VERSION = process.env['JTS_HOT_VERSION'] ?? '0.0.0-unbuilt';

interface Common extends LayoutFlags {
  readonly json?: true;
}

/** What is typed to call us; the launcher knows. */
const SELF = process.env['JTS_HOT_SELF'] || 'jts-hot';
let typed = createTypedCommand(SELF, []);

const EXITS = `
Exit status:
  0  done, or nothing to do
  1  failed on the host, or a check failed
  2  bad input (a flag, the spec): nothing was changed
  3  refused (consent, root, another run): nothing was changed`;

const MONITOR_EXITS = `
Exit status, as monitoring plugins give it:
  0  OK
  1  WARNING
  2  CRITICAL; also bad input, with a message on stderr and nothing on stdout
  3  UNKNOWN: something could not be measured`;

const program = new Command('jts-hot')
  .description('Sets up, proves, watches and undoes the hot-storage layout of a JTS host.')
  .version(VERSION, '-V, --version')
  .helpOption('-h, --help')
  .configureHelp({ helpWidth: 80 })
  // What is wrong with the command line is said below, as everything else is.
  .configureOutput({ writeErr: () => {} })
  .exitOverride()
  .addHelpText('after', `${EXITS}\n  monitor has its own: see jts-hot monitor --help`);

function command(name: string, description: string, exits = EXITS): Command {
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

command('plan', 'Show every step setup would take, why, and its undo. Changes nothing.')
  .option('--out <file>', 'save the plan, for: setup --plan FILE')
  .option('--adopt <service>', "plan as if it may take over this service's directories", appendOption)
  .action((options: Common & { out?: string; adopt?: readonly string[] }) =>
    answer<import('./commands/plan.ts').PlanResult>('plan', options, async (context, paint) => {
      const { planCommand, renderPlan, writeTextFile } = await import('./engine.ts');
      const given = planCommand(context, { adopt: options.adopt ?? [] });
      if (options.out !== undefined && given.result !== null) {
        const { writePlan } = await import('./saved-plan.ts');
        writeTextFile(options.out, 'plan', writePlan(given.result, VERSION, context.now()));
      }
      return { ...given, text: (result) => renderPlan(result, paint, options.out ?? null) };
    }),
  );

command('setup', 'Set the host up: preflight, plan, apply, verify, report.')
  .option('--plan <file>', 'apply just this saved plan; refused when the host has changed since')
  .option(
    '--adopt <service>',
    'take over the directories of this service (or: base); repeatable',
    appendOption,
  )
  .option('--strict', 'refuse when preflight warns')
  .action(async (options: Common & { plan?: string; adopt?: readonly string[]; strict?: true }) => {
    let plan: import('./plan.ts').Plan | null = null;
    return answer<import('./commands/setup.ts').SetupResult>(
      'setup',
      options,
      async (context, paint) => {
        const { setupCommand, renderSetup } = await import('./engine.ts');
        const strict = options.strict === true;
        const adopt = plan?.adopt ?? options.adopt ?? [];
        const given = await setupCommand(context, { strict, adopt, saved: plan });
        return { ...given, text: (result) => renderSetup(result, paint) };
      },
      async () => {
        const { loadLayout, loadPlan } = await import('./engine.ts');
        if (options.plan === undefined) return loadLayout(options);
        // The plan says which host it is for, and what may be taken over.
        for (const flag of ['spec', 'base', 'adopt'] as const)
          if (options[flag] !== undefined) throw conflict(`--${flag}`, '--plan');
        if (options.root !== '/') throw conflict('--root', '--plan');
        const { plan: saved, loaded } = await loadPlan(options.plan);
        plan = saved;
        // What is typed next is about the plan's host.
        const { base } = saved.spec;
        typed = createTypedCommand(
          SELF,
          hostFlags({ root: loaded.root, ...(base === DEFAULT_BASE ? {} : { base }) }),
        );
        return loaded;
      },
    );
  });

command('validate', 'Prove the layout: every user, directory, owner, mode; really write as each service.')
  .option('-v, --verbose', 'every check, with what was expected and found')
  .addOption(
    new Option('-q, --quiet', 'nothing on stdout; the exit status says it').conflicts(['json', 'verbose']),
  )
  .action((options: Common & { verbose?: true; quiet?: true }) =>
    answer<import('./commands/validate.ts').ValidateResult>('validate', options, async (context, paint) => {
      const { validateCommand, renderValidate } = await import('./engine.ts');
      const given = validateCommand(context);
      return {
        ...given,
        text: (result) => (options.quiet ? null : renderValidate(result, paint, options.verbose ?? false)),
      };
    }),
  );

command('monitor', 'Show who uses how much of the hot tier, largest first.', MONITOR_EXITS)
  .option('-s, --summary', 'one line only')
  .option('-w, --warning <percent>', 'warn from this use on, of the disk and of each plan', percent, 80)
  .option('-c, --critical <percent>', 'critical from this use on', percent, 90)
  .action((options: Common & { summary?: true; warning: number; critical: number }) =>
    answer<import('./commands/monitor.ts').MonitorResult>('monitor', options, async (context, paint) => {
      if (options.warning > options.critical)
        throw new Problem(EXIT.usage, [
          diagnostic('E_THRESHOLDS', 'cannot warn later than critical', {
            at: '-w, -c',
            detail: `want -w at most -c, found -w ${options.warning} -c ${options.critical}`,
            hint: 'for example: jts-hot monitor -w 75 -c 85',
          }),
        ]);
      const { monitorCommand, renderMonitor, renderMonitorSummary } = await import('./engine.ts');
      const given = monitorCommand(context, {
        warningPercent: options.warning,
        criticalPercent: options.critical,
      });
      const at = context.now();
      return {
        ...given,
        text: (result) =>
          options.summary ? renderMonitorSummary(result, at) : renderMonitor(result, at, paint),
      };
    }),
  );

command('rollback', 'Undo a recorded run, newest first. Leaves whatever holds data, and says so.')
  .argument('[run]', 'number of the run (default: the newest)', runNumber)
  .addOption(new Option('--list', 'show the recorded runs'))
  .action((run: number | undefined, options: Common & { list?: true }) =>
    answer<import('./commands/rollback.ts').RollbackResult>(
      'rollback',
      options,
      async (context, paint) => {
        if (options.list && run !== undefined) throw conflict('RUN', '--list');
        const { listRuns, rollbackCommand, renderRollback } = await import('./engine.ts');
        const given = options.list ? listRuns(context) : await rollbackCommand(context, run ?? null);
        return { ...given, text: (result) => renderRollback(result, paint) };
      },
      async () => (await import('./engine.ts')).loadRecorded(options),
    ),
  );

command('repair', "Restore the layout's directories, owners and modes; makes no users. Recorded.")
  .argument('[service]', 'only this one; agrees to give its directories back to it, whoever has them')
  .option('--recursive', 'also inside its tree: wrong owners, modes of the wrong class')
  .option('--allow-in-use', 'even while a process has files open in there')
  .action((service: string | undefined, options: Common & { recursive?: true; allowInUse?: true }) =>
    answer<import('./commands/repair.ts').RepairResult>('repair', options, async (context, paint) => {
      const { repairCommand, renderRepair } = await import('./engine.ts');
      const { recursive = false, allowInUse = false } = options;
      if (allowInUse && !recursive) throw needs('--allow-in-use', '--recursive');
      const given = await repairCommand(context, { service: service ?? null, recursive, allowInUse });
      return { ...given, text: (result) => renderRepair(result, paint) };
    }),
  );

command('spec', 'Show the effective layout as a file, check it, or print the schema of such files.')
  .argument('[what]', 'show, check or schema', 'show')
  .action((what: string, options: Common) => specCommand(what, options));

function appendOption(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function percent(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) > 100)
    throw new InvalidArgumentError('Want a number from 0 to 100.');
  return Number(value);
}

function runNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('Want the number of a run: see --list.');
  return Number(value);
}

function conflict(one: string, other: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot use these together', {
      at: one,
      detail: `want ${one} or ${other}, found both`,
    }),
  ]);
}

function needs(one: string, other: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot use one without the other', {
      at: one,
      detail: `want ${other} with it, found none`,
    }),
  ]);
}

type Shown<Result> = Answer<Result> & { readonly text: (result: Result) => string | null };

/** Runs one command and shows its answer. What it works on comes from the flags, unless `load` finds it elsewhere. */
async function answer<Result>(
  name: string,
  options: Common,
  act: (context: Context, paint: Paint) => Promise<Shown<Result>>,
  load: () => Promise<Loaded> = async () => (await import('./engine.ts')).loadLayout(options),
): Promise<void> {
  const json = options.json === true;
  typed = createTypedCommand(SELF, hostFlags(options));
  try {
    const context = await contextFor(await load(), name);
    const shown = await act(context, await paintFor(process.stdout));
    progress('');
    process.exitCode = exitStatus(shown, stopSignal);
    await show(name, json, shown);
  } catch (error) {
    await fail(name, json, error);
  }
}

/** One JSON document on stdout, or text for people; messages on stderr in both cases. */
async function show<Result>(name: string, json: boolean, shown: Shown<Result>): Promise<void> {
  const { problems, result } = typed.inHints({ problems: shown.problems, result: shown.result });
  if (json) printJson(name, problems, result);
  else {
    const text = result === null ? null : shown.text(result);
    if (text !== null) process.stdout.write(`${text}\n`);
  }
  await printProblems(problems);
}

async function specCommand(what: string, options: Common): Promise<void> {
  const json = options.json === true;
  typed = createTypedCommand(SELF, hostFlags(options));
  try {
    const { specJsonSchema, renderSpec } = await import('./spec-file.ts');
    if (what === 'schema') {
      process.stdout.write(`${JSON.stringify(specJsonSchema(), null, 2)}\n`);
      return;
    }
    if (what !== 'show' && what !== 'check')
      throw new Problem(EXIT.usage, [
        diagnostic('E_USAGE', 'cannot do that with a spec', {
          at: 'WHAT',
          detail: `want show, check or schema; found ${JSON.stringify(what)}`,
          hint: 'jts-hot spec check',
        }),
      ]);
    const { loadLayout, summariseSpec, renderSpecCheck } = await import('./engine.ts');
    const { spec, file } = await loadLayout(options);
    const { exitCode, result } = summariseSpec(spec, file);
    const paint = await paintFor(process.stdout);
    const text = () => (what === 'show' ? renderSpec(spec).trimEnd() : renderSpecCheck(result, paint));
    process.exitCode = exitCode;
    await show('spec', json, { exitCode, problems: [], result, text });
  } catch (error) {
    await fail('spec', json, error);
  }
}

function hostFlags({ spec, base, root }: LayoutFlags): readonly string[] {
  return [
    ...(spec === undefined ? [] : ['--spec', spec]),
    ...(base === undefined ? [] : ['--base', base]),
    ...(root === '/' ? [] : ['--root', root]),
  ];
}

const HOST_FLAGS = ['--spec', '--base', '--root'];

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

async function contextFor({ root, spec }: Loaded, name: string): Promise<Context> {
  const { openLinuxHost } = await import('./engine.ts');
  return {
    spec,
    host: openLinuxHost({ root, base: spec.base }),
    openHost: (base) => openLinuxHost({ root, base }),
    program: VERSION,
    invocation: words().replace(/^\S+/, name),
    now: () => new Date().toISOString(),
    stopRequested: () => {
      watchSignals();
      return stopSignal !== null;
    },
    progress,
  };
}

let watching = false;

/** From the first step on, a signal ends the run between two steps, with the journal true. */
function watchSignals(): void {
  if (watching) return;
  watching = true;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      stopSignal = signal;
      process.stderr.write('jts-hot: finishing the step, then stopping\n');
    });
}

/** One line that is written over; on a terminal only. */
function progress(text: string): void {
  if (!process.stderr.isTTY) return;
  // A file in a service's tree may be called anything: its name must not speak to root's terminal.
  process.stderr.write(`\r\x1b[K${printableName(text).slice(0, 79)}`);
}

async function paintFor(stream: NodeJS.WriteStream): Promise<Paint> {
  const { createPaint } = await import('./engine.ts');
  // https://no-color.org: set and not empty.
  const colour = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
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
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

async function printProblems(problems: readonly Diagnostic[]): Promise<void> {
  if (problems.length === 0) return;
  const { renderDiagnostic } = await import('./engine.ts');
  const paint = await paintFor(process.stderr);
  for (const problem of problems) process.stderr.write(`${renderDiagnostic(problem, paint)}\n`);
}

async function fail(name: string | null, json: boolean, error: unknown): Promise<void> {
  progress('');
  const { exitCode, diagnostics } = error instanceof Problem ? error : unexpected(error);
  // Monitoring reads 1 as WARNING: what could not be measured is UNKNOWN.
  process.exitCode = name === 'monitor' && exitCode === EXIT.failed ? 3 : exitCode;
  const problems = typed.inHints(diagnostics);
  if (json) printJson(name, problems, null);
  await printProblems(problems);
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

async function main(): Promise<void> {
  // A reader that has enough (`| head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are no errors; every other word of commander's is about the command line.
    if (error.exitCode === 0) return;
    if (error.code === 'commander.help') process.stderr.write(program.helpInformation());
    const about = program.commands.find((known) => known.name() === process.argv[2]);
    const [flag] = (process.argv[2] ?? '').split('=', 1);
    const misplaced = about === undefined && HOST_FLAGS.includes(flag ?? '');
    const called = about === undefined ? 'jts-hot' : `jts-hot ${about.name()}`;
    const problem = diagnostic('E_USAGE', 'cannot understand the command line', {
      detail: misplaced
        ? ['options come after the command', ...commandLineFault(error)]
        : commandLineFault(error),
      hint: `usage: ${called} ${(about ?? program).usage()}; see: ${called} --help`,
    });
    const json = process.argv.some((word) => word === '--json' || /^-[a-z]*j[a-z]*$/.test(word));
    await fail(about?.name() ?? null, json, new Problem(EXIT.usage, [problem]));
  }
}

/** Without a command, commander's error is its whole help. */
function commandLineFault(error: CommanderError): readonly string[] {
  if (error.code === 'commander.help') return ['want a command, found none'];
  return error.message.replace(/^error: /, '').split('\n');
}

await main();
