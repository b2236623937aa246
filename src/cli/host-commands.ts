// The commands that set a host up, prove it and undo: which function answers each, and what its flags mean to it.
import { layoutFindings } from '../alerts/layout-findings.ts';
import type { SET_UP } from '../catalogue/set-up.ts';
import { recordChecks } from '../checks/recorded-checks.ts';
import { validateCommand } from '../checks/validate.ts';
import { renderValidate } from '../checks/validate-text.ts';
import { toDoIt } from '../command/context.ts';
import { loadLayout, loadPlan, loadRecorded } from '../command/load.ts';
import { jsonText } from '../document/json-text.ts';
import { writePlan } from '../engine/write-plan.ts';
import { keepHeapSmall } from '../host/heap.ts';
import { openLinuxHost } from '../host/linux.ts';
import { writeOut } from '../host/output.ts';
import { thisCaller } from '../host/trusted/caller.ts';
import { writeOutput } from '../host/trusted/output.ts';
import { DEFAULT_BASE } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { plural } from '../messages/paint.ts';
import { shellWord } from '../messages/typed-command.ts';
import { checkSchedule } from '../schedule/schedule-checks.ts';
import { recordingLauncher } from '../setup/launcher.ts';
import { planCommand } from '../setup/plan.ts';
import { renderPlan, renderRepair, renderSetup } from '../setup/plan-text.ts';
import { repairCommand } from '../setup/repair.ts';
import { listRuns, rollbackCommand } from '../setup/rollback.ts';
import type { RollbackResult } from '../setup/rollback-document.ts';
import { renderRollback } from '../setup/rollback-text.ts';
import { setupCommand } from '../setup/setup.ts';
import { summariseSpec } from '../setup/spec.ts';
import { renderSpecCheck } from '../setup/spec-text.ts';
import { paintFor } from './colour.ts';
import { type Agreed, agreeToUndo, askedToFormat, canAsk } from './consent.ts';
import { consentsIn } from './format-consents.ts';
import { conflict, type Handlers, needs, noSuchWord, shown } from './handler.ts';
import { loadRehearsed, rehearse } from './rehearsal.ts';
import { launcherOf, layoutFlags, layoutWords, typeFor } from './session.ts';

function storageFirstProblem(steps: number): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_STORAGE_FIRST', 'refusing to save a plan for directories of what is not mounted yet', {
      at: '--out',
      detail: `want disk, volumes, file systems and mounts as the layout says, found ${plural(steps, 'step')} to go`,
      hint: 'make them first (sudo jts-hot storage --apply), or leave out --out',
    }),
  ]);
}

export const hostCommands: Handlers<keyof typeof SET_UP> = {
  async plan({ context, flags, paint }) {
    const { out = null } = flags;
    const given = await planCommand(context, { adopt: flags.adopt ?? [], consents: consentsIn(flags) });
    if (out !== null && given.result !== null) {
      const { storage } = given.result;
      if (storage !== null && storage.steps.length > 0) throw storageFirstProblem(storage.steps.length);
      const text = writePlan(given.result, context.program, context.now());
      writeOutput(out, { what: 'plan', text, mode: 0o600 });
    }
    const doIt = out === null ? toDoIt(context, 'setup') : `setup --plan ${shellWord(out)}`;
    return shown(given, (result) => renderPlan(result, paint, doIt));
  },

  setup: {
    async load(flags) {
      if (flags.rehearse) return loadRehearsed(flags);
      if (flags.plan === undefined) return loadLayout(flags);
      // The plan says which host it is for, and what may be taken over.
      for (const flag of ['spec', 'base', 'adopt'] as const)
        if (flags[flag] !== undefined) throw conflict(`--${flag}`, '--plan');
      if (flags.root !== '/') throw conflict('--root', '--plan');
      const { plan, loaded } = await loadPlan(flags.plan);
      // What is typed next is about the plan's host.
      const { base } = plan.spec;
      typeFor({ root: loaded.root, ...(base === DEFAULT_BASE ? {} : { base }) });
      return { ...loaded, plan };
    },
    async act({ context, flags, plan, paint }) {
      if (flags.rehearse) return rehearse({ context, adopt: flags.adopt ?? [], paint });
      const adopt = plan?.adopt ?? flags.adopt ?? [];
      const { strict = false, dryRun: isDry = false } = flags;
      const consents = await askedToFormat(context, consentsIn(flags), {
        command: 'setup',
        json: flags.json,
        isDry,
      });
      const asked = { strict, adopt, saved: plan, isDry, consents };
      const given = recordingLauncher(await setupCommand(context, asked), {
        host: context.host,
        launcher: launcherOf(process.argv[1] ?? ''),
      });
      return shown(given, (result) =>
        isDry
          ? renderPlan({ ...result, refusals: given.problems }, paint, toDoIt(context, 'setup'))
          : renderSetup(result, paint),
      );
    },
  },

  async validate({ context, flags, argument: service, paint }) {
    // This host sends no alerts about an image.
    if (flags.record && flags.root !== '/') throw conflict('--record', '--root');
    if (service !== undefined && !flags.deep) throw needs('SERVICE', '--deep');
    const deep = service !== undefined ? { service } : flags.deep ? 'all' : 'none';
    const regularRuns = () =>
      checkSchedule(context, {
        flags: layoutWords(flags),
        deep: flags.deep === true,
        load: (words) => loadLayout({ ...layoutFlags(words), root: flags.root }),
      });
    const given = await validateCommand(context, deep, regularRuns);
    const unrecorded = flags.record && given.result !== null ? await recordChecks(context, given.result) : [];
    const whole = {
      ...given,
      exitCode: unrecorded.length === 0 ? given.exitCode : EXIT.failed,
      problems: [...given.problems, ...unrecorded],
    };
    return shown(whole, (result) =>
      flags.quiet ? null : renderValidate(result, paint, flags.verbose ?? false),
    );
  },

  rollback: {
    load: loadRecorded,
    async act({ context, flags, argument: run, paint }) {
      const { list, damaged = false, dryRun: isDry = false } = flags;
      if (list && run !== undefined) throw conflict('RUN', '--list');
      if (damaged && run === undefined) throw needs('--damaged', 'RUN');
      keepHeapSmall();
      const limit = flags.searchLimit === undefined ? {} : { searchLimitSeconds: flags.searchLimit };
      if (list) return shown(listRuns(context), (result) => renderRollback(result, paint));
      const text = (result: RollbackResult) => renderRollback(result, paint, toDoIt(context, 'rollback'));
      const startEmpty = flags.startEmpty ?? [];
      const wanted = { run: run ?? null, damaged, startEmpty };
      const asked = !isDry && !flags.yes && !flags.json && canAsk();
      const agreed: Agreed | null = asked
        ? await agreeToUndo(context, { ...wanted, paint: paintFor('stderr') })
        : null;
      if (agreed !== null && 'answer' in agreed) return shown(agreed.answer, text);
      const only = agreed === null ? {} : { agreed: agreed.runs };
      return shown(
        await rollbackCommand(context, wanted.run, { damaged, isDry, startEmpty, ...limit, ...only }),
        text,
      );
    },
  },

  async repair({ context, flags, argument: service = null, paint }) {
    const {
      recursive = false,
      allowInUse = false,
      acl = false,
      flags: ofFiles = false,
      dryRun: isDry = false,
    } = flags;
    if (allowInUse && !recursive) throw needs('--allow-in-use', '--recursive');
    if (recursive) keepHeapSmall();
    const given = await repairCommand(context, {
      service,
      recursive,
      allowInUse,
      acl,
      flags: ofFiles,
      isDry,
    });
    return shown(given, (result) => renderRepair(result, paint, toDoIt(context, 'repair')));
  },

  spec: {
    async answer({ flags, argument: what, paint }) {
      if (what === 'schema') {
        const { layoutJsonSchema } = await import('../layout-file/layout-file.ts');
        writeOut('stdout', `${jsonText(layoutJsonSchema(), 2)}\n`);
        return null;
      }
      if (what === 'recorded') {
        const { recordedLayout } = await import('../setup/recorded-layout.ts');
        const { root, layout } = await loadRecorded(flags);
        const host = openLinuxHost({ root, base: layout.base });
        writeOut('stdout', recordedLayout(host, flags.base === undefined ? null : layout.base));
        return null;
      }
      if (what !== 'show' && what !== 'check')
        throw noSuchWord('cannot do that with a layout', {
          at: 'WHAT',
          word: what,
          want: 'show, check, schema or recorded',
          hint: 'jts-hot spec check',
        });
      const loaded = await loadLayout(flags);
      const { owners, isRoot } = thisCaller();
      const problems = what === 'check' ? layoutFindings(loaded, owners) : [];
      const { exitCode: rightOr, result } = summariseSpec(loaded);
      // A user who is not root sees what root would refuse.
      const exitCode = isRoot && problems.length > 0 ? EXIT.refused : rightOr;
      const answer = { exitCode, problems, result };
      if (what === 'check') return shown(answer, (summary) => renderSpecCheck(summary, paint));
      const { renderLayoutFile } = await import('../layout-file/render.ts');
      return shown(answer, () => renderLayoutFile(loaded).trimEnd());
    },
  },
};
