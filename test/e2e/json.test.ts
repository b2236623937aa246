// Runs every command with --json on a host to break, in success, refusal, failure and usage error: one document on
// stdout that its published schema takes, messages on stderr. And what people see: colour on terminals, 80 columns.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { jsonSchema, schemaOf } from '../../src/json/schemas.ts';
import { type Requirement, requires } from '../requirement.ts';
import { jtsHot } from './product.ts';
import {
  REPOSITORY,
  type RunOptions,
  type RunResult,
  startHost,
  type ThrowawayHost,
} from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace'] as const;
const JOURNAL = '/var/lib/jts-hot/journal';

/** Stands in for what a reader does with the published file. */
function published(name: string): z.ZodType {
  const made = readers.get(name) ?? z.fromJSONSchema(JSON.parse(JSON.stringify(jsonSchema(name))));
  readers.set(name, made);
  return made;
}
const readers = new Map<string, z.ZodType>();

interface Document {
  readonly command: string | null;
  readonly exitCode: number;
  readonly problems: readonly { readonly code: string; readonly summary: string }[];
  // biome-ignore lint/suspicious/noExplicitAny: its shape is what the schema says, which has been checked.
  readonly result: any;
}

/** What every call with --json keeps to, whatever comes of it. */
function documentOf(result: RunResult, exitCode: number, name: string): Document {
  const { status, stdout, stderr } = result;
  const about = `${stdout}\n${stderr}`;
  assert.equal(status, exitCode, about);
  assert.ok(stdout.endsWith('}\n'), about);
  const document = JSON.parse(stdout) as Document;
  for (const schema of [name, ...(document.result === null ? (['error'] as const) : [])]) {
    const strictly = schemaOf(schema).safeParse(document);
    assert.ok(strictly.success, `${schema}: ${strictly.error && z.prettifyError(strictly.error)}\n${about}`);
    const asPublished = published(schema).safeParse(document);
    assert.ok(asPublished.success, asPublished.error && z.prettifyError(asPublished.error));
  }
  assert.equal(document.exitCode, status);
  assert.doesNotMatch(about, /\x1b/);
  assert.doesNotMatch(stdout, /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.doesNotMatch(about, /E_UNEXPECTED/);
  if (document.problems.length === 0) assert.equal(stderr, '');
  return document;
}

function sh(host: ThrowawayHost, script: string): void {
  const { status, stderr } = host.run(['sh', '-euc', script]);
  assert.equal(status, 0, stderr);
}

type Ask = (args: readonly string[], exitCode: number, options?: RunOptions) => Document;

/** `ask('plan', …)(['--adopt', 'kafka'], 0)`: runs it with --json, and what comes back has been checked. */
function ask(host: ThrowawayHost, command: string, name = command): Ask {
  return (args, exitCode, options) => {
    const result = host.run(jtsHot(command, '--json', ...args), options);
    const document = documentOf(result, exitCode, name);
    assert.equal(document.command, command);
    return document;
  };
}

/** From now on nothing more can be made on it. */
const FULL_DISK = 'mount -o "remount,nr_inodes=$(df --output=iused /disk | tail -1 | tr -d " ")" /disk';

function freshHost(t: TestContext, ...more: readonly Requirement[]): ThrowawayHost | null {
  if (!requires(t, ...NEEDS, ...more)) return null;
  const host = startHost({
    freshAccounts: true,
    mounted: ['/data', '/var'],
    disks: [{ at: '/disk', size: '1m' }],
  });
  t.after(() => host.stop());
  return host;
}

it('plan', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const plan = ask(host, 'plan');
  const { result } = plan([], 0);
  assert.ok(result.steps.length > 30);
  assert.deepEqual(plan([], 0, { asUser: 'nobody' }).result.steps, result.steps);
  assert.equal(plan(['--bogus'], 2).result, null);
  assert.equal(plan(['--adopt', 'kafak'], 2).problems[0]?.code, 'E_UNKNOWN_SERVICE');
  assert.equal(plan(['--spec', '/nowhere.yaml'], 2).problems[0]?.code, 'E_UNREADABLE');
  assert.equal(plan(['--out', '/nowhere/plan.json'], 1).problems[0]?.code, 'E_UNWRITABLE');
  sh(host, 'mkdir -p /data/jts/hot/kafka; touch /data/jts/hot/kafka/x; chown nobody /data/jts/hot/kafka');
  const refused = plan([], 3);
  assert.equal(refused.problems[0]?.code, 'E_FOREIGN_OWNER');
  assert.deepEqual(refused.result.refusals, refused.problems);
  assert.deepEqual(plan(['--adopt', 'kafka'], 0).result.adopt, ['kafka']);
});

it('setup', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const setup = ask(host, 'setup');
  assert.equal(setup([], 3, { asUser: 'nobody' }).problems[0]?.code, 'E_NOT_ROOT');
  assert.equal(setup(['--bogus'], 2).result, null);
  assert.equal(setup(['--plan', '/etc/passwd'], 2).problems[0]?.code, 'E_PLAN_FILE');
  const strict = setup(['--strict'], 3);
  assert.equal(strict.problems[0]?.code, 'E_PREFLIGHT');
  assert.equal(strict.result.outcome, 'refused');
  const applied = setup([], 0).result;
  assert.deepEqual([applied.outcome, applied.run, applied.verified], ['applied', 1, true]);
  assert.equal(applied.done, applied.steps.length);
  const unchanged = setup([], 0).result;
  assert.deepEqual([unchanged.outcome, unchanged.run, unchanged.verified], ['unchanged', null, true]);
  sh(host, FULL_DISK);
  const failed = setup(['--base', '/disk/hot'], 1);
  assert.deepEqual([failed.result.outcome, failed.result.run, failed.result.done], ['failed', 2, 0]);
  assert.deepEqual(
    failed.problems.map(({ code }) => code),
    ['E_IO', 'E_INCOMPLETE'],
  );
});

it('setup, stopped by a signal, says the exit status that it ends with', async (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const directories = Array.from({ length: 3000 }, (_, i) => `d${i}: {}`).join(', ');
  sh(
    host,
    `printf '%s\\n' 'services: {many: {user: root, planned: 1GB, directories: {${directories}}}}' > /many.yaml`,
  );
  const run = host.spawn(jtsHot('setup', '--json', '--spec', '/many.yaml'));
  const half = host.path('/data/jts/hot/many/d10');
  while (!existsSync(half)) await setTimeout(2);
  run.kill('SIGINT');
  const document = documentOf(await run.ended, 130, 'setup');
  assert.equal(document.result.outcome, 'stopped');
  assert.equal(document.problems[0]?.code, 'E_STOPPED');
});

it('validate', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const validate = ask(host, 'validate');
  assert.equal(validate([], 3, { asUser: 'nobody' }).problems[0]?.code, 'E_NOT_ROOT');
  assert.equal(validate(['-v', '-q'], 2).result, null);
  assert.ok(validate([], 1).result.skipped > 0);
  ask(host, 'setup')([], 0);
  const right = validate([], 0).result;
  assert.deepEqual([right.failed, right.skipped], [0, 0]);
  sh(host, 'chmod 777 /data/jts/hot/kafka');
  const wrong = validate([], 1).result;
  assert.equal(wrong.failed, wrong.checks.filter(isFailure).length);
  assert.ok(wrong.failed > 0);
  for (const check of wrong.checks.filter(isFailure)) assert.match(check.fix, /repair kafka/);
});

const isFailure = (check: { status: string; severity: string }) =>
  check.status === 'fail' && check.severity === 'error';

it('monitor, with the exit status of monitoring plugins', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const monitor = ask(host, 'monitor');
  assert.equal(monitor([], 3).result.status, 'UNKNOWN');
  assert.equal(monitor(['-w', 'abc'], 2).result, null);
  assert.equal(monitor(['-w', '90', '-c', '80'], 2).problems[0]?.code, 'E_THRESHOLDS');
  ask(host, 'setup')([], 0);
  const { result } = monitor([], 0);
  assert.equal(result.status, 'OK');
  const sizes = result.services.map((service: { usedBytes: number }) => service.usedBytes);
  assert.deepEqual(
    sizes,
    sizes.toSorted((a: number, b: number) => b - a),
  );
  assert.equal(monitor(['-w', '0'], 1).result.status, 'WARNING');
  assert.equal(monitor(['-w', '0', '-c', '0', '-s'], 2).result.status, 'CRITICAL');
  assert.equal(monitor([], 3, { asUser: 'nobody' }).result.status, 'UNKNOWN');
  assert.equal(monitor(['--spec', '/data'], 2).result, null);
});

it('rollback', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const rollback = ask(host, 'rollback');
  assert.equal(rollback([], 3, { asUser: 'nobody' }).problems[0]?.code, 'E_NOT_ROOT');
  assert.equal(rollback(['abc'], 2).result, null);
  assert.equal(rollback(['7'], 2).problems[0]?.code, 'E_UNKNOWN_RUN');
  assert.equal(rollback([], 0).result.outcome, 'unchanged');
  assert.deepEqual(rollback(['--list'], 0).result, { outcome: 'listed', runs: [], unreadable: [] });
  const setup = ask(host, 'setup');
  setup([], 0);
  sh(host, 'chmod 777 /data/jts/hot/redis');
  setup([], 0);
  assert.equal(rollback(['1'], 3).problems[0]?.code, 'E_ROLLBACK_ORDER');
  assert.equal(rollback([], 0).result.steps.length, 1);
  sh(host, 'touch /data/jts/hot/kafka/data/x');
  const { result } = rollback([], 0);
  assert.deepEqual(result.undoes, [1]);
  assert.equal(result.left[0].why, 'it holds data');
  setup(['--base', '/disk/hot'], 0);
  sh(host, 'mount -o remount,ro /disk');
  const failed = rollback([], 1);
  assert.equal(failed.result.outcome, 'failed');
  assert.equal(failed.problems[0]?.code, 'E_IO');
  const states = rollback(['--list'], 0).result.runs.map((run: { state: string }) => run.state);
  assert.deepEqual(states.slice(0, 4), ['partly rolled back', 'rolled back', 'applied', 'applied']);
  sh(
    host,
    `cd ${JOURNAL}; : > 000001.jsonl; printf X | dd of=000002.jsonl bs=1 seek=30 conv=notrunc
    sed -i '$ s/applied/stopped/' 000005.jsonl`,
  );
  const list = rollback(['--list'], 0).result;
  assert.deepEqual(list.unreadable, [
    { run: 1, state: 'damaged', problem: 'its record is empty' },
    { run: 2, state: 'damaged', problem: 'line 1 of its record does not verify' },
  ]);
  const [, , five] = list.runs;
  assert.deepEqual([five.run, five.state], [5, 'partly rolled back']);
  assert.match(five.problem, /^line \d+ of its record does not verify$/);
  assert.equal(rollback([], 3).problems[0]?.code, 'E_RUN_DAMAGED');
  assert.equal(rollback(['1'], 3).problems[0]?.code, 'E_RUN_DAMAGED');
  sh(host, 'mount -o remount,rw /disk');
  const partly = rollback(['5', '--damaged'], 0).result;
  assert.equal(partly.outcome, 'applied');
  assert.equal(partly.left[0].address, 'run 5');
  assert.equal(setup([], 0).result.run, 8);
});

it('repair', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const repair = ask(host, 'repair');
  assert.equal(repair([], 3, { asUser: 'nobody' }).problems[0]?.code, 'E_NOT_ROOT');
  assert.equal(repair(['--bogus'], 2).result, null);
  assert.equal(repair(['kafak'], 2).problems[0]?.code, 'E_UNKNOWN_SERVICE');
  assert.equal(repair([], 3).problems[0]?.code, 'E_MISSING_ACCOUNTS');
  ask(host, 'setup')([], 0);
  assert.equal(repair([], 0).result.outcome, 'unchanged');
  sh(host, 'chmod 777 /data/jts/hot/kafka; cd /data/jts/hot/redis/data; echo x > x; ln -s x link');
  assert.equal(repair(['kafka'], 0).result.done, 1);
  const inside = repair(['redis', '--recursive'], 0).result;
  assert.deepEqual([inside.done, inside.entries, inside.left.length], [1, 5, 1]);
  assert.equal(repair(['backup', '--recursive'], 3).problems[0]?.code, 'E_MIXED_TREE');
  sh(
    host,
    'mkdir /data/jts/hot/mongodb/data/x; rmdir /data/jts/hot/clickhouse/tmp; mkfifo /data/jts/hot/clickhouse/tmp',
  );
  const refused = repair([], 3);
  assert.equal(refused.result.outcome, 'refused');
  assert.equal(refused.problems[0]?.code, 'E_NOT_A_DIRECTORY');
  const onDisk = ['--base', '/disk/hot'];
  ask(host, 'setup')(onDisk, 0);
  sh(host, `rmdir /disk/hot/kafka/data; ${FULL_DISK}`);
  const failed = repair(onDisk, 1);
  assert.equal(failed.result.outcome, 'failed');
  assert.equal(failed.problems[0]?.code, 'E_IO');
});

it('schedule', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  sh(host, 'rm -f /etc/cron.d/jts-hot /etc/logrotate.d/jts-hot');
  const schedule = ask(host, 'schedule');
  assert.equal(schedule(['--install'], 3, { asUser: 'nobody' }).problems[0]?.code, 'E_NOT_ROOT');
  assert.equal(schedule(['--install', '--remove'], 2).result, null);
  assert.equal(schedule(['--replace'], 2).problems[0]?.code, 'E_USAGE');
  const shown = schedule(['--cron'], 0, { asUser: 'nobody' }).result;
  assert.deepEqual([shown.outcome, shown.kind, shown.installed], ['shown', 'cron', false]);
  assert.equal(schedule(['--systemd', '--install'], 3).problems[0]?.code, 'E_NO_SYSTEMD');
  const installed = schedule(['--cron', '--install'], 0).result;
  assert.deepEqual([installed.outcome, installed.run, installed.installed], ['applied', 1, true]);
  assert.equal(schedule(['--cron', '--install'], 0).result.outcome, 'unchanged');
  sh(host, 'echo >> /etc/cron.d/jts-hot');
  const refused = schedule(['--remove'], 3);
  assert.deepEqual([refused.result.outcome, refused.problems[0]?.code], ['refused', 'E_FOREIGN_FILE']);
  assert.equal(schedule(['--remove', '--replace'], 0).result.outcome, 'applied');
  const { runs } = ask(host, 'rollback')(['--list'], 0).result;
  assert.deepEqual(
    runs.map(({ command }: { readonly command: string }) => command),
    ['schedule', 'schedule'],
  );
});

it('spec', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const spec = ask(host, 'spec', 'spec-summary');
  for (const what of ['show', 'check']) {
    const { result } = spec([what], 0);
    assert.equal(result.file, null);
    assert.equal(result.plannedBytes, 4e12);
    assert.equal(result.warnings[0].id, 'space.planned');
  }
  assert.equal(spec(['shwo'], 2).problems[0]?.code, 'E_USAGE');
  sh(host, `mkdir -p /etc/jts; echo 'services: {kafka: {planned: 8PB}}' > /etc/jts/hot-storage.yaml`);
  assert.equal(spec([], 0).result.file, '/etc/jts/hot-storage.yaml');
  sh(host, `echo 'services: {kafka: {planed: 1GB}}' > /etc/jts/hot-storage.yaml`);
  assert.equal(spec(['check'], 2).problems[0]?.code, 'E_SPEC_KEY');
  const schema = host.run(jtsHot('spec', 'schema', '--json'));
  assert.deepEqual(
    JSON.parse(schema.stdout),
    JSON.parse(readFileSync(`${REPOSITORY}/schema/spec.schema.json`, 'utf8')),
  );
});

for (const args of [['--json'], ['bogus', '--json'], ['--spec', 'x', '-j'], ['-j', 'state']])
  it(`no known command: ${args.join(' ')}`, (t) => {
    const host = freshHost(t);
    if (host === null) return;
    const result = host.run(jtsHot(...args));
    assert.equal(documentOf(result, 2, 'error').command, null);
  });

it('messages are on stderr in words too, in the order of the document', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const assertSaid = (args: readonly string[], codes: readonly string[]) => {
    const { stdout, stderr } = host.run(jtsHot(...args, '--json'));
    const { problems } = JSON.parse(stdout) as Document;
    assert.deepEqual([...new Set(problems.map(({ code }) => code))], codes, stdout);
    const said = [...stderr.matchAll(/^(\S.*?) *\[([EW]_\w+)\]$/gm)].map(([, summary, code]) => ({
      summary,
      code,
    }));
    assert.deepEqual(
      said,
      problems.map(({ summary, code }) => ({ summary, code })),
      `${args.join(' ')}: ${stderr}`,
    );
  };
  sh(host, `echo '{bass: x, services: {kafka: {mode: 99}}}' > /wrong.yaml`);
  assertSaid(['plan', '--spec', '/wrong.yaml'], ['E_SPEC_KEY', 'E_SPEC_MODE']);
  assertSaid(['plan', '--bogus'], ['E_USAGE']);
  assertSaid(['setup', '--strict'], ['E_PREFLIGHT']);
  sh(host, FULL_DISK);
  assertSaid(['setup', '--base', '/disk/hot'], ['E_IO', 'E_INCOMPLETE']);
  sh(host, 'mkdir -p /data/jts/hot; mkfifo /data/jts/hot/redis /data/jts/hot/kafka');
  for (const command of ['plan', 'setup']) assertSaid([command], ['E_NOT_A_DIRECTORY']);
});

it('the saved plan and every line of the journal are as their schemas say', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  assert.equal(host.run(jtsHot('plan', '--out', '/plan.json')).status, 0);
  const saved = JSON.parse(readFileSync(host.path('/plan.json'), 'utf8'));
  for (const schema of [schemaOf('saved-plan'), published('saved-plan')]) schema.parse(saved);
  ask(host, 'setup')(['--plan', '/plan.json'], 0);
  sh(host, `touch /data/jts/hot/kafka/data/x; ${FULL_DISK}`);
  ask(host, 'setup')(['--base', '/disk/hot'], 1);
  sh(host, 'chown nobody /data/jts/hot/redis; chmod 777 /data/jts/hot/redis');
  ask(host, 'repair')(['redis'], 0);
  for (const _ of [3, 2, 1]) ask(host, 'rollback')([], 0);
  const types = new Set<string>();
  const inJournal = published('journal-record');
  for (const file of readdirSync(host.path(JOURNAL)))
    for (const line of readFileSync(host.path(`${JOURNAL}/${file}`), 'utf8')
      .trimEnd()
      .split('\n')) {
      const record = JSON.parse(line);
      types.add(record.type);
      const { error } = schemaOf('journal-record').safeParse(record);
      assert.equal(error, undefined, `${line}\n${error && z.prettifyError(error)}`);
      assert.ok(inJournal.safeParse(record).success, line);
    }
  assert.deepEqual([...types].sort(), ['doing', 'done', 'end', 'left', 'run']);
});

it('docs/json.md: what it shows does what it says', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const text = readFileSync(`${REPOSITORY}/docs/json.md`, 'utf8');
  const examples = [...text.matchAll(/^```sh\n(.*?)^```\n\n```text\n(.*?)^```$/gms)];
  assert.ok(examples.length >= 2);
  sh(host, `printf '#!/bin/sh\\nexec "$@"\\n' > /usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo`);
  sh(host, `printf '#!/bin/sh\\nexec ${jtsHot().join(' ')} "$@"\\n' > /usr/local/bin/jts-hot`);
  sh(host, 'chmod 755 /usr/local/bin/jts-hot');
  ask(host, 'setup')([], 0);
  sh(
    host,
    `chmod 777 /data/jts/hot/kafka/data; cd /data/jts/hot/redis/data
    head -c 3000000 /dev/zero > dump.rdb; chown redis: dump.rdb`,
  );
  ask(host, 'record')([], 0);
  sh(host, 'cd /data/jts/hot/kafka/data; head -c 5000000 /dev/zero > segment; chown kafka: segment');
  ask(host, 'record')([], 0);
  for (const [, script = '', shown] of examples) {
    const { stdout, stderr } = host.run(['sh', '-c', script]);
    assert.equal(stdout, shown, `${script}${stderr}`);
  }
});

// For people

/** What a terminal is sent; NO_COLOR and the like come from `env`. */
function onTerminal(host: ThrowawayHost, args: readonly string[], env: Record<string, string>): string {
  const command = `${jtsHot(...args).join(' ')} 2>/tmp/stderr`;
  return host.run(['script', '-qec', command, '/dev/null'], { env: { TERM: 'xterm', ...env } }).stdout;
}

it('colours are for terminals only, and for those that want them', (t) => {
  const host = freshHost(t, 'script');
  if (host === null) return;
  for (const args of [['plan'], ['validate'], ['monitor'], ['spec', 'check']]) {
    assert.match(onTerminal(host, args, {}), /\x1b\[\d+m/, args.join(' '));
    assert.doesNotMatch(onTerminal(host, args, { NO_COLOR: '1' }), /\x1b/, args.join(' '));
    assert.doesNotMatch(onTerminal(host, [...args, '--json'], {}), /\x1b/, args.join(' '));
    const piped = host.run(jtsHot(...args), {
      env: { TERM: 'xterm', FORCE_COLOR: '1', CLICOLOR_FORCE: '1' },
    });
    assert.doesNotMatch(piped.stdout + piped.stderr, /\x1b/, args.join(' '));
  }
  assert.match(onTerminal(host, ['plan'], { NO_COLOR: '' }), /\x1b\[\d+m/, 'empty is as if not set');
  assert.doesNotMatch(onTerminal(host, ['plan'], { TERM: 'dumb' }), /\x1b/);
  const command = `${jtsHot('plan', '--base', 'relative').join(' ')} > /dev/null`;
  const { stdout } = host.run(['script', '-qec', command, '/dev/null'], { env: { TERM: 'xterm' } });
  assert.match(stdout, /\x1b\[\d+m.*E_SPEC_BASE/, 'stderr on a terminal, stdout not');
});

/** The commands that a report tells people to type, by what they are for. */
function toType(host: ThrowawayHost, args: readonly string[], what: string): readonly string[] {
  const { stdout, stderr } = host.run(jtsHot(...args));
  const typed = new RegExp(`^${what}: +sudo jts-hot (.+)$`, 'm').exec(stdout)?.[1];
  assert.ok(typed !== undefined, `${stdout}${stderr}`);
  return jtsHot(...typed.split(' '));
}

it('what a report says to type works as it stands: a saved plan with the flags it was made with', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  sh(
    host,
    'mkdir -p /image/etc; cp /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs /image/etc',
  );
  const flags = ['--root', '/image', '--base', '/srv/hot'];
  const doIt = toType(host, ['plan', ...flags, '--out', '/plan.json'], 'Do it');
  const undoIt = toType(host, doIt.slice(jtsHot().length), 'Undo it');
  assert.ok(existsSync(host.path('/image/srv/hot/kafka')));
  const { status, stdout, stderr } = host.run(undoIt);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^Run 1 undone/m);
  assert.ok(!existsSync(host.path('/image/srv/hot')));
});

it('what a report says to type works as it stands: with flags, and without a saved plan', (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const flags = ['--base', '/srv/hot'];
  const doIt = toType(host, ['plan', ...flags], 'Do it');
  const undoIt = toType(host, doIt.slice(jtsHot().length), 'Undo it');
  assert.ok(existsSync(host.path('/srv/hot/kafka')));
  assert.equal(host.run(jtsHot('validate', ...flags, '-q')).status, 0);
  assert.match(host.run(undoIt).stdout, /^Run 1 undone/m);
  assert.ok(!existsSync(host.path('/srv/hot')));
});

const COLUMNS = 80;

it(`what people read fits ${COLUMNS} columns`, (t) => {
  const host = freshHost(t);
  if (host === null) return;
  const tooWide: string[] = [];
  const look = (...args: readonly string[]) => {
    const { stdout, stderr } = host.run(jtsHot(...args));
    // One long word stays whole, to be copied.
    for (const line of `${stdout}${stderr}`.split('\n'))
      if ([...line].length > COLUMNS && line.trim().split(/ +/).length > 2)
        tooWide.push(`${args.join(' ')}: ${line}`);
  };
  const commands = [
    ['plan'],
    ['setup'],
    ['validate', '-v'],
    ['monitor'],
    ['rollback', '--list'],
    ['repair'],
    ['spec', 'check'],
  ];
  for (const command of commands) look(...command, '--base', '/data/jts/some-other/hot');
  for (const [command = ''] of commands) look(command, '--help');
  look('--help');
  sh(host, 'chmod 777 /data/jts/some-other/hot/kafka; chown -R nobody /data/jts/some-other/hot/redis');
  look('validate');
  look('plan', '--base', '/data/jts/some-other/hot');
  look('repair', 'redis', '--recursive', '--base', '/data/jts/some-other/hot');
  look('plan', '--bogus');
  look('rollback');
  assert.deepEqual(tooWide, []);
});
