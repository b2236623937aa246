// argv → command → exit code. The only reader of process.*; what only one command needs is loaded when it runs.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Answer, Context } from './commands/command.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from './diagnostic.ts';
import type { Paint } from './render/paint.ts';
import type { Spec } from './spec.ts';

// Written in by the build (build.ts).
const VERSION = process.env['JTS_HOT_VERSION'] ?? '0.0.0-unbuilt';
const DEFAULT_SPEC_FILE = '/etc/jts/hot-storage.yaml';

/** Of every JSON document; raised when a field changes its meaning or goes. */
const SCHEMA_VERSION = 1;

interface Common {
  readonly spec?: string;
  readonly base?: string;
  readonly root: string;
  readonly json?: true;
}

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
    .option('--spec <file>', `layout file (default: ${DEFAULT_SPEC_FILE} if it exists, else built in)`)
    .option('--base <dir>', "base directory, instead of the layout's")
    .option('--root <dir>', 'work on the host in this directory: a mounted image, a chroot', '/')
    .option('-j, --json', 'one JSON document on stdout, also when it fails')
    .addHelpText('after', exits)
    .exitOverride();
}

command('plan', 'Show every step setup would take, why, and its undo. Changes nothing.')
  .option('--out <file>', 'save the plan, for: setup --plan FILE')
  .option('--adopt <service>', "plan as if it may take over this service's directories", several)
  .action((options: Common & { out?: string; adopt?: readonly string[] }) =>
    answer<import('./commands/plan.ts').PlanResult>('plan', options, async (context, paint) => {
      const [{ planCommand }, { renderPlan }] = await Promise.all([
        import('./commands/plan.ts'),
        import('./render/plan.ts'),
      ]);
      const given = planCommand(context, { adopt: options.adopt ?? [] });
      if (options.out !== undefined && given.result !== null) {
        const [{ writePlan }, { writeTextFile }] = await Promise.all([
          import('./saved-plan.ts'),
          import('./host/file.ts'),
        ]);
        writeTextFile(options.out, 'plan', writePlan(given.result, VERSION, context.now()));
      }
      return { ...given, text: (result) => renderPlan(result, paint, options.out ?? null) };
    }),
  );

command('setup', 'Set the host up: preflight, plan, apply, verify, report.')
  .option('--plan <file>', 'apply just this saved plan; refused when the host has changed since')
  .option('--adopt <service>', 'take over the directories of this service (or: base); repeatable', several)
  .option('--strict', 'refuse when preflight warns')
  .action(async (options: Common & { plan?: string; adopt?: readonly string[]; strict?: true }) => {
    let plan: import('./plan.ts').Plan | null = null;
    return answer<import('./commands/setup.ts').SetupResult>(
      'setup',
      options,
      async (context, paint) => {
        const [{ setupCommand }, { renderSetup }] = await Promise.all([
          import('./commands/setup.ts'),
          import('./render/plan.ts'),
        ]);
        const strict = options.strict === true;
        const adopt = plan?.adopt ?? options.adopt ?? [];
        const given = await setupCommand(context, { strict, adopt, saved: plan });
        return { ...given, text: (result) => renderSetup(result, paint) };
      },
      async () => {
        if (options.plan === undefined) return null;
        for (const flag of ['spec', 'base'] as const)
          if (options[flag] !== undefined) throw conflict(`--${flag}`, '--plan');
        if (options.adopt !== undefined) throw conflict('--adopt', '--plan');
        plan = await loadPlan(options.plan);
        return plan;
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
      const [{ validateCommand }, { renderValidate }] = await Promise.all([
        import('./commands/validate.ts'),
        import('./render/validate.ts'),
      ]);
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
      const [{ monitorCommand }, { renderMonitor, renderMonitorSummary }] = await Promise.all([
        import('./commands/monitor.ts'),
        import('./render/monitor.ts'),
      ]);
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
    answer<import('./commands/rollback.ts').RollbackResult>('rollback', options, async (context, paint) => {
      if (options.list && run !== undefined) throw conflict('RUN', '--list');
      const [{ listRuns, rollbackCommand }, { renderRollback }] = await Promise.all([
        import('./commands/rollback.ts'),
        import('./render/rollback.ts'),
      ]);
      const given = options.list ? listRuns(context) : await rollbackCommand(context, run ?? null);
      return { ...given, text: (result) => renderRollback(result, paint) };
    }),
  );

command('repair', 'Restore owners and modes of the layout; what is changed is recorded.')
  .argument('[service]', 'only this one; agrees to give its directories back to it, whoever has them')
  .option('--recursive', 'also inside its tree: wrong owners, modes of the wrong class')
  .option('--allow-in-use', 'even while a process has files open in there')
  .action((service: string | undefined, options: Common & { recursive?: true; allowInUse?: true }) =>
    answer<import('./commands/repair.ts').RepairResult>('repair', options, async (context, paint) => {
      const [{ repairCommand }, { renderRepair }] = await Promise.all([
        import('./commands/repair.ts'),
        import('./render/plan.ts'),
      ]);
      const { recursive = false, allowInUse = false } = options;
      const given = await repairCommand(context, { service: service ?? null, recursive, allowInUse });
      return { ...given, text: (result) => renderRepair(result, paint) };
    }),
  );

command('spec', 'Show the effective layout as a file, check it, or print the schema of such files.')
  .argument('[what]', 'show, check or schema', 'show')
  .action((what: string, options: Common) => specCommand(what, options));

function several(value: string, before: readonly string[] = []): readonly string[] {
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

type Shown<Result> = Answer<Result> & { readonly text: (result: Result) => string | null };

interface Loaded {
  readonly root: string;
  readonly spec: Spec;
}

/** Runs one command and shows its answer. The spec comes from `saved`, where that gives one. */
async function answer<Result>(
  name: string,
  options: Common,
  act: (context: Context, paint: Paint) => Promise<Shown<Result>>,
  saved: () => Promise<Loaded | null> = async () => null,
): Promise<void> {
  const json = options.json === true;
  rememberHost(options);
  try {
    const loaded = (await saved()) ?? (await loadSpec(options));
    const paint = await paintFor(process.stdout);
    const shown = await act(await contextFor(loaded), paint);
    progress('');
    if (json) printJson(name, shown);
    else {
      const text = shown.result === null ? null : shown.text(shown.result);
      if (text !== null) process.stdout.write(`${typeable(text)}\n`);
      await printProblems(shown.problems);
    }
    process.exitCode = shown.exitCode;
    if (stopSignal !== null) process.exitCode = stopSignal === 'SIGINT' ? 130 : 143;
  } catch (error) {
    await fail(name, json, error);
  }
}

async function specCommand(what: string, options: Common): Promise<void> {
  const json = options.json === true;
  rememberHost(options);
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
        }),
      ]);
    const { summariseSpec } = await import('./commands/spec.ts');
    const loaded = await loadSpec(options);
    const { exitCode, result } = summariseSpec(loaded.spec, loaded.file);
    process.exitCode = exitCode;
    if (json) printJson('spec', { exitCode, problems: [], result });
    else if (what === 'show') process.stdout.write(renderSpec(loaded.spec));
    else {
      const { renderSpecCheck } = await import('./render/spec.ts');
      process.stdout.write(`${typeable(renderSpecCheck(result, await paintFor(process.stdout)))}\n`);
    }
  } catch (error) {
    await fail('spec', json, error);
  }
}

async function loadSpec(options: Common): Promise<Loaded & { readonly file: string | null }> {
  const root = await resolveRoot(options.root);
  const { spec, file } = await readSpec(options.spec, root);
  if (options.base === undefined) return { root, spec, file };
  const { checkBase, normaliseBase } = await import('./base.ts');
  const complaint = checkBase(options.base);
  if (complaint === null) return { root, file, spec: { ...spec, base: normaliseBase(options.base) } };
  throw new Problem(EXIT.usage, [
    diagnostic('E_SPEC_BASE', 'refusing a base directory', {
      at: '--base',
      detail: `${complaint}; found ${JSON.stringify(options.base)}`,
    }),
  ]);
}

async function readSpec(
  file: string | undefined,
  root: string,
): Promise<{ spec: Spec; file: string | null }> {
  const { readTextFile } = await import('./host/file.ts');
  const path = file ?? (root === '/' ? DEFAULT_SPEC_FILE : root + DEFAULT_SPEC_FILE);
  const text = readTextFile(path, 'spec', 1024 * 1024);
  if (text !== null) {
    const { parseSpec } = await import('./spec-file.ts');
    return { spec: parseSpec(text, path), file: path };
  }
  if (file === undefined) return { spec: (await import('./spec.ts')).builtInSpec, file: null };
  throw new Problem(EXIT.usage, [
    diagnostic('E_UNREADABLE', 'cannot read the spec', {
      at: '--spec',
      detail: `want a file, found none at ${path}`,
      hint: `to start one: jts-hot spec show > ${path}`,
    }),
  ]);
}

async function loadPlan(file: string): Promise<import('./plan.ts').Plan> {
  const [{ readPlan, MAX_PLAN_BYTES }, { readTextFile }] = await Promise.all([
    import('./saved-plan.ts'),
    import('./host/file.ts'),
  ]);
  const text = readTextFile(file, 'saved plan', MAX_PLAN_BYTES);
  if (text !== null) return readPlan(text, file);
  throw new Problem(EXIT.usage, [
    diagnostic('E_UNREADABLE', 'cannot read the saved plan', {
      at: '--plan',
      detail: `want a file, found none at ${file}`,
      hint: `to make one: jts-hot plan --out ${file}`,
    }),
  ]);
}

async function resolveRoot(root: string): Promise<string> {
  const { realDirectory } = await import('./host/file.ts');
  const path = realDirectory(root);
  if (path !== null) return path;
  throw new Problem(EXIT.usage, [
    diagnostic('E_ROOT', 'cannot find the alternate root', {
      at: '--root',
      detail: `want a directory, found none at ${root}`,
      hint: 'mount the image first, or leave --root out to work on this host',
    }),
  ]);
}

let stopSignal: 'SIGINT' | 'SIGTERM' | null = null;

async function contextFor({ root, spec }: Loaded): Promise<Context> {
  const { openLinuxHost } = await import('./host/linux.ts');
  return {
    spec,
    host: openLinuxHost({ root, base: spec.base }),
    openHost: (base) => openLinuxHost({ root, base }),
    program: VERSION,
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
  process.stderr.write(`\r\x1b[K${text.slice(0, 79)}`);
}

async function paintFor(stream: NodeJS.WriteStream): Promise<Paint> {
  const { createPaint } = await import('./render/paint.ts');
  // https://no-color.org: set and not empty.
  return createPaint(stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb');
}

function printJson(name: string, shown: Answer<unknown>): void {
  const { exitCode, problems, result } = shown;
  const at = new Date().toISOString();
  const document = {
    schemaVersion: SCHEMA_VERSION,
    command: name,
    program: VERSION,
    at,
    exitCode,
    problems,
    result,
  };
  const asTyped = (key: string, value: unknown) =>
    typeof value === 'string' && (key === 'hint' || key === 'fix') ? typeable(value) : value;
  process.stdout.write(`${JSON.stringify(document, asTyped, 2)}\n`);
}

async function printProblems(problems: readonly Diagnostic[]): Promise<void> {
  if (problems.length === 0) return;
  const [{ renderDiagnostic }, paint] = await Promise.all([
    import('./render/diagnostic.ts'),
    paintFor(process.stderr),
  ]);
  for (const problem of problems) process.stderr.write(`${typeable(renderDiagnostic(problem, paint))}\n`);
}

async function fail(name: string, json: boolean, error: unknown): Promise<void> {
  progress('');
  const { exitCode, diagnostics } = error instanceof Problem ? error : unexpected(error);
  // Monitoring reads 1 as WARNING: what could not be measured is UNKNOWN.
  process.exitCode = name === 'monitor' && exitCode === EXIT.failed ? 3 : exitCode;
  if (json) printJson(name, { exitCode: process.exitCode as number, problems: diagnostics, result: null });
  await printProblems(diagnostics);
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

/**
 * Commands in messages can be typed as they stand: with the flags of this call that say which layout and host are
 * meant, and with the way to jts-hot where it is not on the PATH.
 */
function typeable(text: string): string {
  const self = process.env['JTS_HOT_SELF'] || 'jts-hot';
  return text.replace(
    /\bjts-hot (plan|setup|validate|monitor|rollback|repair|spec (?:show|check))\b/g,
    (_, verb) => [self, verb, ...sameHost].join(' '),
  );
}

let sameHost: readonly string[] = [];

function rememberHost({ spec, base, root }: Common): void {
  const quote = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  sameHost = [
    ...(spec === undefined ? [] : ['--spec', quote(spec)]),
    ...(base === undefined ? [] : ['--base', quote(base)]),
    ...(root === '/' ? [] : ['--root', quote(root)]),
  ];
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
    const wanted = process.argv[2] ?? '';
    const about = program.commands.find((known) => known.name() === wanted) ?? program;
    const problem = diagnostic('E_USAGE', 'cannot understand the command line', {
      detail: commandLineFault(error),
      hint: `usage: jts-hot ${about === program ? '' : `${wanted} `}${about.usage()}; see: jts-hot ${about === program ? '' : `${wanted} `}--help`,
    });
    const json = process.argv.some((word) => word === '--json' || /^-[a-z]*j[a-z]*$/.test(word));
    await fail(wanted, json, new Problem(EXIT.usage, [problem]));
  }
}

/** Without a command, commander's error is its whole help. */
function commandLineFault(error: CommanderError): readonly string[] {
  if (error.code === 'commander.help') return ['want a command, found none'];
  return error.message.replace(/^error: /, '').split('\n');
}

await main();
