// The commands that set a host up, prove it and undo: each its flags, and which function answers it.
import { Option } from 'commander';
import { writeOut } from '../host/output.ts';
import { DEFAULT_BASE } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import {
  answer,
  appendOption,
  type Common,
  command,
  conflict,
  fail,
  needs,
  paintFor,
  runNumber,
  show,
  span,
  typeFor,
  VERSION,
} from './command-line.ts';

command('plan', 'Show every step setup would take, why, and its undo. Changes nothing.')
  .option('--out <file>', 'save the plan, for: setup --plan FILE')
  .option('--adopt <service>', "plan as if it may take over this service's directories", appendOption)
  .action((options: Common & { out?: string; adopt?: readonly string[] }) =>
    answer<import('../setup/plan.ts').PlanResult>('plan', options, async (context, paint) => {
      const { planCommand, renderPlan, writeOutput } = await import('./engine.ts');
      const given = planCommand(context, { adopt: options.adopt ?? [] });
      if (options.out !== undefined && given.result !== null) {
        const { writePlan } = await import('../engine/saved-plan.ts');
        const text = writePlan(given.result, VERSION, context.now());
        writeOutput(options.out, { what: 'plan', text, mode: 0o600 });
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
  .option('--new-disk', 'agree to another disk, or another base directory, than on record')
  .option('--strict', 'refuse when preflight warns')
  .action(
    async (options: Common & { plan?: string; adopt?: readonly string[]; strict?: true; newDisk?: true }) => {
      let plan: import('../engine/plan.ts').Plan | null = null;
      return answer<import('../setup/setup.ts').SetupResult>(
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
          typeFor({ root: loaded.root, ...(base === DEFAULT_BASE ? {} : { base }) });
          return loaded;
        },
      );
    },
  );

command('validate', 'Prove the layout: every user, directory, owner, mode; really write as each service.')
  .option('-v, --verbose', 'every check, with what was expected and found')
  .addOption(
    new Option('-q, --quiet', 'nothing on stdout; the exit status says it').conflicts(['json', 'verbose']),
  )
  .option(
    '--record',
    'remember the outcome for metrics, and tell the alert channels when it changes: for timers',
  )
  .action((options: Common & { verbose?: true; quiet?: true; record?: true }) =>
    answer<import('../checks/validate-document.ts').ValidateResult>(
      'validate',
      options,
      async (context, paint) => {
        const { recordChecks, validateCommand, renderValidate } = await import('./engine.ts');
        // Nobody is told by this host of what is in an image.
        if (options.record && options.root !== '/') throw conflict('--record', '--root');
        const given = await validateCommand(context);
        const unrecorded =
          options.record && given.result !== null ? await recordChecks(context, given.result) : [];
        return {
          ...given,
          exitCode: unrecorded.length === 0 ? given.exitCode : EXIT.failed,
          problems: [...given.problems, ...unrecorded],
          text: (result) => (options.quiet ? null : renderValidate(result, paint, options.verbose ?? false)),
        };
      },
    ),
  );

command('rollback', 'Undo a recorded run, newest first. Leaves whatever holds data, and says so.')
  .argument('[run]', 'number of the run (default: the newest)', runNumber)
  .addOption(new Option('--list', 'show the recorded runs'))
  .option('--damaged', 'of a run whose record is damaged: what is recorded before that, but no accounts')
  .option('--search-limit <duration>', 'how long to look for what accounts still own (default: 2m)', span)
  .action(
    (run: number | undefined, options: Common & { list?: true; damaged?: true; searchLimit?: number }) =>
      answer<import('../setup/rollback.ts').RollbackResult>(
        'rollback',
        options,
        async (context, paint) => {
          const { list, damaged = false } = options;
          if (list && run !== undefined) throw conflict('RUN', '--list');
          if (damaged && run === undefined) throw needs('--damaged', 'RUN');
          const { listRuns, rollbackCommand, renderRollback, keepHeapSmall } = await import('./engine.ts');
          keepHeapSmall();
          const limit = options.searchLimit === undefined ? {} : { searchLimitSeconds: options.searchLimit };
          const given = list
            ? listRuns(context)
            : await rollbackCommand(context, run ?? null, { damaged, ...limit });
          return { ...given, text: (result) => renderRollback(result, paint) };
        },
        async () => (await import('./engine.ts')).loadRecorded(options),
      ),
  );

command('repair', "Restore the layout's directories, owners and modes; makes no users. Recorded.")
  .argument('[service]', 'only this one; agrees to give its directories back to it, also from another owner')
  .option('--recursive', 'also inside its tree: wrong owners, modes of the wrong class')
  .option('--allow-in-use', 'even while a process has files open in there')
  .action((service: string | undefined, options: Common & { recursive?: true; allowInUse?: true }) =>
    answer<import('../setup/repair.ts').RepairResult>('repair', options, async (context, paint) => {
      const { repairCommand, renderRepair, keepHeapSmall } = await import('./engine.ts');
      const { recursive = false, allowInUse = false } = options;
      if (allowInUse && !recursive) throw needs('--allow-in-use', '--recursive');
      if (recursive) keepHeapSmall();
      const given = await repairCommand(context, { service: service ?? null, recursive, allowInUse });
      return { ...given, text: (result) => renderRepair(result, paint) };
    }),
  );

command('spec', 'Show the effective layout as a file, check it, or print the schema of such files.')
  .argument('[what]', 'show, check or schema', 'show')
  .action((what: string, options: Common) => specCommand(what, options));

async function specCommand(what: string, options: Common): Promise<void> {
  const json = options.json === true;
  typeFor(options);
  try {
    const { layoutJsonSchema } = await import('../layout-file/layout-file.ts');
    const { renderLayoutFile } = await import('../layout-file/render.ts');
    if (what === 'schema') {
      writeOut('stdout', `${JSON.stringify(layoutJsonSchema(), null, 2)}\n`);
      return;
    }
    if (what !== 'show' && what !== 'check')
      throw new Problem(EXIT.usage, [
        diagnostic('E_USAGE', 'cannot do that with a layout', {
          at: 'WHAT',
          detail: `want show, check or schema; found ${JSON.stringify(what)}`,
          hint: 'jts-hot spec check',
        }),
      ]);
    const { layoutFindings, loadLayout, renderSpecCheck, summariseSpec, thisCaller } = await import(
      './engine.ts'
    );
    const loaded = await loadLayout(options);
    const { owners, isRoot } = thisCaller();
    const problems = what === 'check' ? layoutFindings(loaded, owners) : [];
    const { exitCode: rightOr, result } = summariseSpec(loaded);
    // Who is not root is told what root would refuse.
    const exitCode = isRoot && problems.length > 0 ? EXIT.refused : rightOr;
    const paint = await paintFor('stdout');
    const text = () =>
      what === 'show' ? renderLayoutFile(loaded).trimEnd() : renderSpecCheck(result, paint);
    process.exitCode = exitCode;
    await show('spec', json, { exitCode, problems, result, text });
  } catch (error) {
    await fail('spec', json, error);
  }
}
