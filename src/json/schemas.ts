// Owns the shape of every JSON document that leaves this product: published as JSON Schema in schema/.
// Held to the types that the commands return. The program itself must not load this: it would start slower for nothing.
import * as z from 'zod';
import { alertResult } from '../alerts/alert-document.ts';
import { alertEvent } from '../alerts/event-document.ts';
import {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  exitCodesOf,
  exitsOf,
  RECORDED_COMMANDS,
} from '../catalogue/commands.ts';
import { check } from '../checks/check-document.ts';
import { validateResult } from '../checks/validate-document.ts';
import { completionResult } from '../completion/completion-document.ts';
import * as documentWords from '../document/words.ts';
import {
  absolutePath,
  base,
  flag,
  program,
  root,
  run,
  runOrNull,
  text,
  textOrNull,
  texts,
  time,
  version,
  whole,
} from '../document/words.ts';
import { JOURNAL_SCHEMA_VERSION, type JournalRecord } from '../engine/journal/record.ts';
import { PLAN_SCHEMA_VERSION, type Plan } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import { effectiveLayout } from '../layout/layout-document.ts';
import { DOCUMENT_SCHEMA_VERSION } from '../messages/diagnostic.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';
import { historyResult } from '../monitor/history-document.ts';
import { lookResult } from '../monitor/look-document.ts';
import { monitorResult } from '../monitor/report-document.ts';
import { serveResult } from '../monitor/serve-document.ts';
import { usageResult } from '../monitor/usage-document.ts';
import { operationSchema } from '../port/operation.ts';
import { operationWords } from '../port/operations/words.ts';
import type { ScheduleResult } from '../schedule/schedule-command.ts';
import type { PlanResult } from '../setup/plan.ts';
import type { RepairResult } from '../setup/repair.ts';
import type { RollbackResult } from '../setup/rollback.ts';
import type { SetupResult } from '../setup/setup.ts';
import { specResult } from '../setup/spec-document.ts';

const words = operationWords(z, documentWords);
const { inode, born, writtenThen, accountNumber } = words;
const operation = operationSchema(words);

const undo = operation
  .nullable()
  .meta({ description: 'The operation that takes it back; null: cannot be undone' });
const needs = texts(
  'Addresses that must stay on the host for as long as this one does: its owner, its parent',
);

const step = z
  .strictObject({
    address: text('What it is about, for example `directory /data/jts/hot/kafka`'),
    action: z.enum(['+', '~', '-']).meta({
      description: '`+` makes something new, `~` changes something that is there, `-` takes something away',
    }),
    summary: text('One line for people'),
    reason: text('Why it is needed'),
    do: operation.meta({ description: 'What is done' }),
    undo,
    needs,
  })
  .meta({ id: 'step', description: 'One step, with its undo' });

const adopt = texts('Services (or `base`) whose directories may be taken over (--adopt)');
const steps = (description: string) => z.array(step).meta({ description });
const preflight = z.array(check).meta({ description: 'What was looked at before: machine, tools, disk' });
const warnings = z.array(diagnostic).meta({ description: 'Kept as it is on the host, but worth knowing' });

const planResult = z.strictObject({
  root,
  spec: effectiveLayout,
  adopt,
  steps: steps('What setup would do, in this order'),
  refusals: z
    .array(diagnostic)
    .meta({ description: 'Things in the way: while there are any, setup does nothing' }),
  warnings,
  preflight,
});

const done = whole('How many of the steps are done');

const setupResult = z.strictObject({
  root,
  base,
  outcome: z.enum(['applied', 'unchanged', 'refused', 'stopped', 'failed']).meta({
    description:
      '`applied`: all steps are done; `unchanged`: there were none; `refused`: none was done; `stopped`: by a signal, between two steps; `failed`: at a step',
  }),
  run: runOrNull('Number of the recorded run, for `rollback`; null: nothing was done'),
  continues: runOrNull('The interrupted run that this one completed; null: none'),
  steps: steps('What was planned, in this order; the first `done` of them are done'),
  done,
  verified: flag('The host was looked at again afterwards, and nothing was left to do'),
  preflight,
  warnings,
});

const leftAddress = z
  .strictObject({ address: text('What stays on the host'), why: text('Why it was left') })
  .meta({ description: 'Something that was left as it is' });

const recordingCommand = z.enum(RECORDED_COMMANDS).meta({ description: 'The command that was run' });
const undoes = z.array(run('A run')).meta({ description: 'Of a rollback: the runs it undoes, newest first' });
const decisions = texts('What was agreed to, kept or warned of: the reasons behind the steps');

const rollbackResult = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('listed').meta({ description: 'Of --list: nothing was to be undone' }),
    runs: z
      .array(
        z
          .strictObject({
            run: run('Its number'),
            at: time('When it began'),
            command: recordingCommand,
            base,
            state: z
              .enum([
                'applied',
                'stopped',
                'failed',
                'interrupted',
                'damaged',
                'rolled back',
                'partly rolled back',
              ])
              .meta({
                description:
                  '`interrupted`: it was killed, or is still running; `damaged`: a line of its record does not verify; `partly rolled back`: something of it was left',
              }),
            steps: whole('How many steps it recorded; where its record is damaged, before that'),
            undoes,
            decisions,
            problem: textOrNull('What is wrong with its record; null: nothing'),
          })
          .meta({ description: 'One recorded run' }),
      )
      .meta({ description: 'The recorded runs, oldest first' }),
    unreadable: z
      .array(
        z
          .strictObject({
            run: run('Its number'),
            state: z.enum(['damaged', 'newer version']).meta({
              description: '`damaged`: its first line does not verify; or a newer program recorded it',
            }),
            problem: text('What is wrong with its record'),
          })
          .meta({ description: 'One of them' }),
      )
      .meta({ description: 'Runs of which nothing can be read, oldest first' }),
  }),
  z.strictObject({
    outcome: z.enum(['applied', 'unchanged', 'stopped', 'failed']).meta({
      description:
        '`applied`: all that could be undone is; `unchanged`: there was nothing; `stopped`: by a signal; `failed`: at a step',
    }),
    run: runOrNull('Number under which the rollback itself is recorded; null: nothing was done'),
    undoes,
    steps: steps('What was undone, in this order: at most the first 1,000'),
    stepCount: whole('How many steps were undone'),
    left: z
      .array(leftAddress)
      .meta({ description: 'What stays on the host, and why: at most the first 1,000' }),
    leftCount: whole('How many things stay'),
    searchUnfinished: flag(
      'Whether the search for what accounts still own took longer than its limit, so that they stay',
    ),
    remaining: runOrNull(
      'The newest run that is still in place: what the next rollback would undo; null: none',
    ),
  }),
]);

const repairResult = z.strictObject({
  root,
  base,
  outcome: z.enum(['applied', 'unchanged', 'refused', 'stopped', 'failed']).meta({
    description:
      '`applied`: all steps are done; `unchanged`: there were none; `refused`: none was done; `stopped`: by a signal, between two steps; `failed`: at a step',
  }),
  run: runOrNull('Number of the recorded run, for `rollback`; null: nothing was done'),
  steps: steps('What was planned, in this order, at most the first 1,000; the first `done` of them are done'),
  stepCount: whole('How many steps were planned'),
  done,
  entries: whole('How many entries were looked at inside trees; 0 without --recursive'),
  left: z
    .array(
      z
        .strictObject({ path: text('What was left'), why: text('Why it was left') })
        .meta({ description: 'Something that is not right, and not ours to change' }),
    )
    .meta({ description: 'What is not right and was left as it is, and why: at most the first 1,000' }),
  leftCount: whole('How many things were left'),
});

const scheduleResult = z.strictObject({
  root,
  base,
  act: z.enum(['show', 'install', 'remove']).meta({ description: 'What was asked for' }),
  kind: z
    .enum(['cron', 'systemd'])
    .nullable()
    .meta({ description: 'Cron lines or systemd timers; null: of a removal, both' }),
  program: text('Path of what is run'),
  outcome: z.enum(['shown', 'applied', 'unchanged', 'refused', 'stopped', 'failed']).meta({
    description:
      '`shown`: nothing was asked to be changed; `applied`: all steps are done; `unchanged`: there were none; `refused`: none was done; `stopped`: by a signal, between two steps; `failed`: at a step',
  }),
  files: z
    .array(
      z
        .strictObject({
          path: absolutePath('The file'),
          text: text('What installing writes there'),
          found: z.enum(['missing', 'as wanted', 'older', 'foreign', 'hidden']).meta({
            description:
              'What is there now; `older`: ours, of an earlier run; `foreign`: somebody else’s, or edited; `hidden`: not to be seen without root',
          }),
        })
        .meta({ description: 'A file of the schedule' }),
    )
    .meta({ description: 'The files, as found after what was done' }),
  timers: z
    .array(
      z
        .strictObject({
          unit: text('Name of the timer'),
          enabled: flag('It starts with the machine'),
          active: z
            .boolean()
            .nullable()
            .meta({ description: 'It is running; null: it cannot, systemd does not run here' }),
        })
        .meta({ description: 'A timer of systemd' }),
    )
    .meta({ description: 'Those of systemd; none of cron' }),
  installed: flag('All of it is in place'),
  run: runOrNull('Number of the recorded run, for `rollback`; null: nothing was done'),
  continues: runOrNull('The interrupted run that this one completed; null: none'),
  steps: steps('Of `show`: what installing would do; else what was planned'),
  done,
  refusals: z.array(diagnostic).meta({ description: 'What stands, or stood, in the way' }),
  warnings,
});

const savedPlan = z.strictObject({
  schemaVersion: version(PLAN_SCHEMA_VERSION, 'Version of this format; raised when a field changes or goes'),
  kind: z.literal('plan').meta({ description: 'What this file is' }),
  program,
  at: time('When the plan was made'),
  root,
  spec: effectiveLayout,
  adopt,
  steps: steps('What setup is to do, in this order'),
});

const baseDisk = z
  .strictObject({
    fileSystem: z
      .strictObject({
        mountPoint: absolutePath('Where it is mounted'),
        source: textOrNull('What is mounted; null: only the mount point is known'),
        type: textOrNull('Of which type it is'),
        uuid: textOrNull('Its UUID; null: none, or not known'),
        part: text('Which directory of it is mounted: /, or that of a bind mount or subvolume'),
      })
      .meta({ description: 'The file system that holds the base' }),
    directory: z
      .strictObject({
        inode,
        born: textOrNull('When it was made, in nanoseconds since the epoch; null: not kept'),
      })
      .nullable()
      .meta({ description: 'The base directory; null: it was not made yet' }),
  })
  .meta({ description: 'The disk that holds a base, and the base on it' });

const journalRecord = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run').meta({ description: 'First line of a file: who ran what' }),
    schemaVersion: version(
      JOURNAL_SCHEMA_VERSION,
      'Version of this format; raised when a field changes or goes',
    ),
    run: run('Its number'),
    at: time('When it began'),
    command: recordingCommand,
    scope: z
      .string()
      .meta({ description: 'What of the layout it was about, as asked for; empty: all of it' }),
    program,
    root,
    base,
    decisions,
    continues: runOrNull('The interrupted run that this one completes; null: none'),
    mountPoint: absolutePath('Mount point of the file system that holds the base'),
    disk: baseDisk
      .meta({
        description: 'The same, to be known again; left out where the run did not look below the base',
      })
      .exactOptional(),
    earlierDisk: baseDisk.meta({ description: 'What was on record before --new-disk' }).exactOptional(),
    undoes,
  }),
  z.strictObject({
    type: z.literal('doing').meta({ description: 'On the disk before a step is taken' }),
    step: run('Its number in this run, from 1'),
    at: time('When it was recorded'),
    what: z
      .strictObject({
        address: text('What it is about'),
        do: operation.meta({ description: 'What is done' }),
        undo,
        needs,
      })
      .meta({ description: 'The step' }),
  }),
  z.strictObject({
    type: z.literal('done').meta({ description: 'The step has been taken and checked' }),
    step: run('Its number in this run, from 1'),
    at: time('When it was recorded'),
    inode: inode.exactOptional(),
    born: born.exactOptional(),
    written: writtenThen,
    uid: accountNumber('uid').exactOptional(),
    gid: accountNumber('gid').exactOptional(),
  }),
  leftAddress.extend({
    type: z.literal('left').meta({ description: 'Of a rollback: something stays on the host' }),
  }),
  z.strictObject({
    type: z.literal('end').meta({ description: 'Last line: how it ended; without one, it was killed' }),
    at: time('When it ended'),
    outcome: z.enum(['applied', 'stopped', 'failed']).meta({ description: 'How it ended' }),
    failure: diagnostic.nullable().meta({ description: 'Why it failed; null: it did not' }),
    steps: whole('How many steps were begun'),
    left: whole('How many things a rollback left'),
  }),
]);

const sum = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .meta({ description: 'First 16 digits of the SHA-256 of all that stands in the file before `,"sum"`' });
const [runLine, doingLine, doneLine, leftLine, endLine] = journalRecord.options;
const journalLine = z.discriminatedUnion('type', [
  runLine.extend({ sum }),
  doingLine.extend({ sum }),
  doneLine.extend({ sum }),
  leftLine.extend({ sum }),
  endLine.extend({ sum }),
]);

const EXITS = '0 done, 1 failed or a check failed, 2 bad input, 3 refused';

/** What each document on stdout has around its result. */
function envelope<C extends z.ZodType, E extends z.ZodType, R extends z.ZodType>(of: {
  readonly command: C;
  readonly exitCode: E;
  readonly result: R;
}) {
  return z.strictObject({
    schemaVersion: version(
      DOCUMENT_SCHEMA_VERSION,
      'Version of this format; raised when a field changes its meaning or goes, not when one is added',
    ),
    command: of.command,
    program,
    at: time('When this was written'),
    exitCode: of.exitCode,
    problems: z
      .array(diagnostic)
      .meta({ description: 'What went wrong; the same is on stderr, in words for people' }),
    result: of.result,
  });
}

function exitCode<const Codes extends readonly [number, ...number[]]>(codes: Codes, meaning: string) {
  const description = `The exit code of the process: ${meaning}`;
  return z.literal(codes).meta({ description, type: 'integer' });
}

function exitCodeOf(command: CommandName) {
  const means = Object.entries(exitsOf(command)).map(([code, what]) => `${code} ${what}`);
  const stopped = '129, 130, 131 or 143 stopped by SIGHUP, SIGINT, SIGQUIT or SIGTERM';
  const all = COMMANDS[command].isRecorded ? [...means, stopped] : means;
  return exitCode(exitCodesOf(command), all.join('; '));
}

function document<C extends CommandName, R extends z.ZodType>(command: C, what: string, result: R) {
  return envelope({
    command: z.literal(command).meta({ description: 'The command that was run' }),
    exitCode: exitCodeOf(command),
    result: result
      .nullable()
      .meta({ description: `${what}; null: it did not come so far, see \`problems\`` }),
  });
}

const plan = document('plan', 'The plan', planResult);
const setup = document('setup', 'What was done', setupResult);
const validate = document('validate', 'What was checked', validateResult);
const monitor = document('monitor', 'What was measured', monitorResult);
const record = document('record', 'What was measured', monitorResult);
const look = document('look', 'What was seen of the disk, unless another look is at work', lookResult);
const usage = document('usage', 'What takes the space', usageResult);
const history = document('history', 'What was recorded', historyResult);
const alert = document('alert', 'What came of the channels', alertResult);
const serve = document('serve', 'What was served', serveResult);
const schedule = document('schedule', 'What is scheduled', scheduleResult);
const rollback = document('rollback', 'What was undone, or the list of runs', rollbackResult);
const repair = document('repair', 'What was done', repairResult);
const specSummary = document('spec', 'The layout, checked', specResult);
const completion = document('completion', 'The script', completionResult);

const failure = envelope({
  command: z
    .enum(COMMAND_NAMES)
    .nullable()
    .meta({ description: 'The command that was asked for; null: none that is known' }),
  exitCode: exitCode([1, 2, 3], EXITS),
  result: z.null().meta({ description: 'There is none' }),
}).extend({
  problems: z.array(diagnostic).min(1).meta({ description: 'What went wrong' }),
});

/** By the name under which each is published: schema/NAME.schema.json. */
export const schemas = {
  plan: plan.meta({ title: 'jts-hot plan', description: 'What `jts-hot plan --json` writes to stdout.' }),
  setup: setup.meta({ title: 'jts-hot setup', description: 'What `jts-hot setup --json` writes to stdout.' }),
  validate: validate.meta({
    title: 'jts-hot validate',
    description: 'What `jts-hot validate --json` writes to stdout.',
  }),
  monitor: monitor.meta({
    title: 'jts-hot monitor',
    description: 'What `jts-hot monitor --json` writes to stdout.',
  }),
  record: record.meta({
    title: 'jts-hot record',
    description: 'What `jts-hot record --json` writes to stdout.',
  }),
  look: look.meta({
    title: 'jts-hot look',
    description: 'What `jts-hot look --json` writes to stdout.',
  }),
  usage: usage.meta({
    title: 'jts-hot usage',
    description: 'What `jts-hot usage --json` writes to stdout.',
  }),
  history: history.meta({
    title: 'jts-hot history',
    description: 'What `jts-hot history --json` writes to stdout.',
  }),
  alert: alert.meta({
    title: 'jts-hot alert',
    description: 'What `jts-hot alert --json` writes to stdout, with `test` and `list`.',
  }),
  serve: serve.meta({
    title: 'jts-hot serve',
    description: 'What `jts-hot serve --json` writes to stdout when it is stopped.',
  }),
  schedule: schedule.meta({
    title: 'jts-hot schedule',
    description:
      'What `jts-hot schedule --json` writes to stdout, with --install, with --remove and without.',
  }),
  rollback: rollback.meta({
    title: 'jts-hot rollback',
    description: 'What `jts-hot rollback --json` writes to stdout, with --list and without.',
  }),
  repair: repair.meta({
    title: 'jts-hot repair',
    description: 'What `jts-hot repair --json` writes to stdout.',
  }),
  'spec-summary': specSummary.meta({
    title: 'jts-hot spec',
    description: 'What `jts-hot spec show --json` and `jts-hot spec check --json` write to stdout.',
  }),
  completion: completion.meta({
    title: 'jts-hot completion',
    description: 'What `jts-hot completion --json` writes to stdout.',
  }),
  error: failure.meta({
    title: 'jts-hot error',
    description:
      'What every command writes to stdout with --json when it does not come as far as a result: bad input, no root, another run. The schemas of the commands take it too.',
  }),
  'saved-plan': savedPlan.meta({
    title: 'jts-hot saved plan',
    description: 'The file that `jts-hot plan --out FILE` writes and `jts-hot setup --plan FILE` reads.',
  }),
  'alert-event': alertEvent.meta({
    title: 'jts-hot alert event',
    description:
      'What an alert channel of type `command` gets on its standard input, and one of type `webhook` by POST.',
  }),
  'journal-record': journalLine.meta({
    title: 'jts-hot journal record',
    description: 'One line of /var/lib/jts-hot/journal/RUN.jsonl: first `run`, last `end`.',
  }),
} as const satisfies { readonly [name: string]: z.ZodType };

export type SchemaName = keyof typeof schemas;
export const schemaNames = Object.keys(schemas) as readonly SchemaName[];

/**
 * As published: JSON Schema, draft 2020-12. Not strict, because readers are promised that fields are only added: a copy
 * of today's schema takes tomorrow's documents.
 */
export function jsonSchema(name: SchemaName): object {
  const { $schema, title, description, ...rest } = z.toJSONSchema(schemas[name], {
    target: 'draft-2020-12',
    override: ({ jsonSchema: node }) => {
      delete node.additionalProperties;
      // `format` says it in one word.
      if (node.format === 'date-time') delete node.pattern;
    },
  });
  return { $schema, $id: `https://jts.example/schema/${name}.schema.json`, title, description, ...rest };
}

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile where a schema and the type of what is written differ, in either direction. */
type Same<Schema extends z.ZodType, Type> = Identical<Frozen<z.output<Schema>>, Frozen<Type>>;
type All<_ extends readonly true[]> = true;

/** In a record read back the version is any number; what is written has this one. */
type OfThisVersion<T> = T extends { readonly schemaVersion: number }
  ? Omit<T, 'schemaVersion'> & { readonly schemaVersion: typeof JOURNAL_SCHEMA_VERSION }
  : T;

export type HeldToTheirTypes = All<
  [
    Same<typeof step, Step>,
    Same<typeof planResult, PlanResult>,
    Same<typeof setupResult, SetupResult>,
    Same<typeof scheduleResult, ScheduleResult>,
    Same<typeof rollbackResult, RollbackResult>,
    Same<typeof repairResult, RepairResult>,
    Same<
      typeof savedPlan,
      Pick<Plan, 'root' | 'spec' | 'adopt' | 'steps'> & {
        schemaVersion: typeof PLAN_SCHEMA_VERSION;
        kind: 'plan';
        program: string;
        at: string;
      }
    >,
    Same<typeof journalRecord, OfThisVersion<JournalRecord>>,
  ]
>;
