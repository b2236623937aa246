// Owns the form of a case: one text file that tells how a host is, what is typed, and what is then shown. Runs what is
// typed against a host in memory and writes the file as it should be. Must not decide what is right.
//
//   # a comment                        kept
//   > services:                        a line of the layout file; without any, that of the run-book
//   + directory /data 0:0 0755         what an administrator did before or in between
//   $ jts-hot setup --strict           what is typed; below it, indented: what it shows, `!` on stderr, exit status
//
// `+ new KEY=VALUE …` begins with another machine: uid, container, device (nvme, sata, none), size, free, available.
// Words with blanks or control characters stand in JSON quotes.
import { parseArgs } from 'node:util';
import type { CommandName } from '../../src/catalogue/commands.ts';
import { validateCommand } from '../../src/checks/validate.ts';
import { renderValidate } from '../../src/checks/validate-text.ts';
import { type Answer, type Context, toDoIt } from '../../src/command/context.ts';
import { requireRightDisk } from '../../src/command/right-disk.ts';
import { DOCUMENT_SCHEMA_VERSION } from '../../src/document/versions.ts';
import type { Plan } from '../../src/engine/plan.ts';
import { readPlan } from '../../src/engine/saved-plan.ts';
import { writePlan } from '../../src/engine/write-plan.ts';
import { schemaOf } from '../../src/json/schemas.ts';
import type { Layout } from '../../src/layout/layout.ts';
import { builtInMonitoring, type Monitoring } from '../../src/layout/monitoring.ts';
import { parseLayoutFile } from '../../src/layout-file/layout-file.ts';
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { renderDiagnostic } from '../../src/messages/diagnostic-text.ts';
import { createPaint } from '../../src/messages/paint.ts';
import { monitorCommand } from '../../src/monitor/monitor.ts';
import { renderMonitor, renderMonitorSummary } from '../../src/monitor/monitor-text.ts';
import { planCommand } from '../../src/setup/plan.ts';
import { renderPlan, renderRepair, renderSetup } from '../../src/setup/plan-text.ts';
import { repairCommand } from '../../src/setup/repair.ts';
import { listRuns, rollbackCommand } from '../../src/setup/rollback.ts';
import { renderRollback } from '../../src/setup/rollback-text.ts';
import { setupCommand } from '../../src/setup/setup.ts';
import { summariseSpec } from '../../src/setup/spec.ts';
import { renderSpecCheck } from '../../src/setup/spec-text.ts';
import { Crash, type CrashMoment, type MemoryHost, type MemoryInitial } from '../memory-host/memory-host.ts';
import { AT, contextOf, createHost, NVME } from './host.ts';
import { runBookLayout, withoutLater } from './run-book.ts';

const LAYOUT_FILE = '/etc/jts/hot-storage.yaml';
const paint = createPaint(false);

interface Shown {
  readonly stdout: string;
  readonly problems: Answer<unknown>['problems'];
  readonly exitCode: number;
}

/** The same text where everything is shown as the file says. */
export async function play(text: string): Promise<string> {
  const lines = text.split('\n').filter((line) => !/^ {2}/.test(line));
  const yaml = lines.filter((line) => line.startsWith('>')).map((line) => line.slice(2));
  const machine: Machine = {
    layout: runBookLayout,
    monitoring: builtInMonitoring,
    host: createHost(),
    files: new Map(),
    processes: new Map(),
    away: new Map(),
  };
  if (yaml.length > 0) {
    const { layout, monitoring } = parseLayoutFile(`${yaml.join('\n')}\n`, LAYOUT_FILE);
    machine.layout = withoutLater(layout);
    machine.monitoring = monitoring;
    machine.host = createHost({ base: machine.layout.base });
  }
  const written: string[] = [];
  for (const line of lines) {
    written.push(line);
    if (line.startsWith('+ ')) prepare(machine, wordsOf(line.slice(2)));
    if (line.startsWith('$ ')) written.push(...(await shownLines(machine, wordsOf(line.slice(2)))));
  }
  return written.join('\n');
}

interface Machine {
  layout: Layout;
  monitoring: Monitoring;
  host: MemoryHost;
  /** Plans that were saved. */
  readonly files: Map<string, string>;
  /** How each process that was said to run ends. */
  readonly processes: Map<string, () => void>;
  /** Unmounted, and how each is mounted again. */
  readonly away: Map<string, () => void>;
}

function wordsOf(line: string): readonly string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? (JSON.parse(word) as string) : word));
}

// What an administrator did.

function prepare(machine: Machine, [verb = '', path = '', ...rest]: readonly string[]): void {
  const { prepare: by, faults } = machine.host;
  const [a = '', b = '', c = ''] = rest;
  switch (verb) {
    case 'new':
      machine.host = createHost({ base: machine.layout.base, ...initialOf([path, ...rest]) });
      return;
    case 'group':
      return by.addGroup(path, Number(a));
    case 'user': {
      const [uid = 0, gid = 0] = numbersOf(a);
      return by.addUser({ name: path, uid, gid, home: b, shell: c });
    }
    case 'directory':
    case 'special':
      return by[verb](path, attributesOf(a, b));
    case 'file':
      return by.file(path, { ...attributesOf(a, b), bytes: Number(c || 0) });
    case 'files':
      for (let i = 1; i <= Number(a); i++) by.file(`${path}/${i}`, attributesOf(b, c));
      return;
    case 'link':
      return by.link(path, a);
    case 'hardlink':
      return by.hardLink(path, a);
    case 'mount':
    case 'remove':
      return by[verb](path);
    case 'unmount':
      return void machine.away.set(path, by.unmount(path));
    case 'mount-again':
      return machine.away.get(path)?.();
    case 'remount':
      return by.remount(path, a === 'ro' ? 'ro' : 'rw');
    case 'rename':
      return by.rename(path, a);
    case 'text':
      return by.file(path, { text: `${rest.join(' ')}\n` });
    case 'chown': {
      const [uid = 0, gid = 0] = numbersOf(a);
      return by.chown(path, uid, gid);
    }
    case 'chmod':
      return by.chmod(path, a);
    case 'hold':
      return void by.hold(path);
    case 'process':
      // `+ process 998`: one of that user runs, until `+ process-ends 998`.
      machine.processes.set(path, by.runAs(Number(path)));
      return;
    case 'process-ends':
      return machine.processes.get(path)?.();
    case 'tear':
      return by.tear(Number(path), a);
    case 'spoil':
      // `+ spoil 2 line 5`: a bit of it flips; `+ spoil 2 cut 100`: so many bytes are left; `+ spoil 2 version 9`.
      return by.spoil(Number(path), (bytes) => spoilt(bytes, a, Number(b)));
    case 'lock':
      return void machine.host.lock(path);
    case 'kill':
      // `+ kill after 9`: the next command dies there.
      faults.restart();
      return faults.crash(path as CrashMoment, Number(a));
    case 'fail':
      return faults.failNext(
        path as Parameters<typeof faults.failNext>[0],
        new Problem(EXIT.failed, [diagnostic(a, b, { detail: c })]),
      );
    default:
      throw new Error(`no such preparation: ${verb}`);
  }
}

function spoilt(record: Buffer, how: string, n: number): Uint8Array {
  if (how === 'cut') return record.subarray(0, n);
  const lines = record.toString().split('\n');
  if (how === 'line') lines[n - 1] = lines[n - 1]?.replace('e', 'd') ?? '';
  // As a program would that has other sums, too.
  if (how === 'version') lines[0] = `{"type":"run","schemaVersion":${n},"program":"9.0.0"}`;
  return Buffer.from(lines.join('\n'));
}

function numbersOf(ids: string): readonly number[] {
  return ids.split(':').map(Number);
}

function attributesOf(ids: string, mode: string): { uid?: number; gid?: number; mode?: string } {
  const [uid = 0, gid = 0] = ids === '' ? [] : numbersOf(ids);
  return mode === '' ? { uid, gid } : { uid, gid, mode };
}

function initialOf(words: readonly string[]): MemoryInitial {
  const told = new Map(words.map((word) => word.split('=') as [string, string]));
  const number = (key: string, otherwise: number) => Number(told.get(key) ?? otherwise);
  const sizeBytes = number('size', NVME.sizeBytes);
  const freeBytes = number('free', Math.min(sizeBytes, NVME.freeBytes));
  const availableBytes = number('available', Math.min(freeBytes, NVME.availableBytes));
  const devices = {
    nvme: { name: 'nvme0n1p1', sizeBytes, nvme: true, disks: ['nvme0n1'] },
    sata: { name: 'sda1', sizeBytes, nvme: false, disks: ['sda'] },
    none: null,
  };
  const device = devices[(told.get('device') ?? 'nvme') as keyof typeof devices];
  return {
    effectiveUid: number('uid', 0),
    container: told.get('container') ?? null,
    fileSystem: { ...NVME, sizeBytes, freeBytes, availableBytes, device },
  };
}

// What is typed, and what is then shown.

async function shownLines(machine: Machine, words: readonly string[]): Promise<readonly string[]> {
  const [self, verb = '', ...rest] = words;
  if (self !== 'jts-hot') throw new Error(`not a command of ours: ${self}`);
  try {
    const { stdout, problems, exitCode } = await shownBy(machine, verb, rest);
    const stderr = problems.flatMap((problem) => renderDiagnostic(problem, paint).split('\n'));
    return [
      ...(stdout === '' ? [] : stdout.split('\n').map((line) => `  ${line}`.trimEnd() || '  ')),
      ...stderr.map((line) => `  ! ${line}`),
      `  exit ${exitCode}`,
    ];
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    machine.host.faults.restart();
    return ['  killed'];
  }
}

async function shownBy(machine: Machine, verb: string, words: readonly string[]): Promise<Shown> {
  try {
    return await run(machine, verb, words);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { exitCode, diagnostics: problems } = error;
    requireDescribed('error', { exitCode, problems, result: null });
    return { stdout: '', problems, exitCode };
  }
}

/** Whatever comes of it, it is what the published schema says. */
function requireDescribed(name: string, answer: Answer<unknown>): void {
  const command = name === 'spec-summary' ? 'spec' : name === 'error' ? null : name;
  const around = { schemaVersion: DOCUMENT_SCHEMA_VERSION, command, program: 'test', at: AT };
  schemaOf(name).parse({ ...around, ...answer });
}

const OPTIONS = {
  json: { type: 'boolean', short: 'j', default: false },
  adopt: { type: 'string', multiple: true, default: [] as string[] },
  strict: { type: 'boolean', default: false },
  out: { type: 'string' },
  plan: { type: 'string' },
  verbose: { type: 'boolean', short: 'v', default: false },
  summary: { type: 'boolean', short: 's', default: false },
  warning: { type: 'string', short: 'w', default: '80' },
  critical: { type: 'string', short: 'c', default: '90' },
  list: { type: 'boolean', default: false },
  damaged: { type: 'boolean', default: false },
  recursive: { type: 'boolean', default: false },
  'allow-in-use': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  'new-disk': { type: 'boolean', default: false },
} as const;

async function run(machine: Machine, verb: string, words: readonly string[]): Promise<Shown> {
  const { values, positionals } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  const invocation = [verb, ...words].join(' ');
  const context: Context = contextOf(machine.host, machine.layout, {
    monitoring: machine.monitoring,
    invocation,
    newDisk: values['new-disk'],
  });
  const show = <Result>(answer: Answer<Result>, render: (result: Result) => string): Shown => {
    const { exitCode, problems, result } = answer;
    requireDescribed(verb === 'spec' ? 'spec-summary' : verb, answer);
    // What cli.ts puts around it is the same for all.
    const json = () => JSON.stringify({ exitCode, problems, result }, null, 2);
    return { exitCode, problems, stdout: values.json ? json() : result === null ? '' : render(result) };
  };
  const [one] = positionals;
  const isDry = values['dry-run'];
  await requireRightDisk(context, verb as CommandName);
  switch (verb) {
    case 'plan': {
      const answer = await planCommand(context, { adopt: values.adopt });
      if (values.out !== undefined && answer.result !== null)
        machine.files.set(values.out, writePlan(answer.result, 'test', AT));
      const doIt = values.out === undefined ? toDoIt(context, 'setup') : `setup --plan ${values.out}`;
      return show(answer, (result) => renderPlan(result, paint, doIt));
    }
    case 'setup': {
      const saved = values.plan === undefined ? null : savedPlan(machine, values.plan);
      const adopt = saved?.adopt ?? values.adopt;
      const answer = await setupCommand(context, { adopt, strict: values.strict, saved, isDry });
      return show(answer, (result) =>
        isDry
          ? renderPlan({ ...result, refusals: answer.problems }, paint, toDoIt(context, 'setup'))
          : renderSetup(result, paint),
      );
    }
    case 'validate':
      return show(await validateCommand(context), (result) => renderValidate(result, paint, values.verbose));
    case 'monitor': {
      const thresholds = {
        warningPercent: Number(values.warning),
        criticalPercent: Number(values.critical),
      };
      const options = { thresholds, record: false, timeoutMs: null };
      return show(await monitorCommand(context, options), (result) =>
        values.summary ? renderMonitorSummary(result, AT) : renderMonitor(result, AT, paint),
      );
    }
    case 'rollback': {
      const wanted = one === undefined ? null : Number(one);
      const answer = values.list
        ? listRuns(context)
        : await rollbackCommand(context, wanted, { damaged: values.damaged ?? false, isDry });
      return show(answer, (result) => renderRollback(result, paint, toDoIt(context, 'rollback')));
    }
    case 'repair': {
      const { recursive } = values;
      const options = { service: one ?? null, recursive, allowInUse: values['allow-in-use'], isDry };
      return show(await repairCommand(context, options), (result) =>
        renderRepair(result, paint, toDoIt(context, 'repair')),
      );
    }
    case 'spec': {
      const { layout, monitoring } = machine;
      const file = layout === runBookLayout ? null : LAYOUT_FILE;
      const { exitCode, result } = summariseSpec({ layout, monitoring, file });
      return show({ exitCode, problems: [], result }, (summary) => renderSpecCheck(summary, paint));
    }
    default:
      throw new Error(`no such command: ${verb}`);
  }
}

function savedPlan(machine: Machine, file: string): Plan {
  const text = machine.files.get(file);
  if (text === undefined) throw new Error(`no plan was saved as ${file}`);
  const saved = readPlan(text, file);
  // Its layout is the one that counts, as in cli.ts.
  machine.layout = saved.spec;
  return saved;
}
