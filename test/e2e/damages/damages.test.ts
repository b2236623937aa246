// Every damage that docs/damages.md lists, done to a real host: found with its cause first, mended by what is printed.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Check } from '../../../src/checks/check.ts';
import { requires } from '../../requirement.ts';
import { jtsHot, traces } from '../product.ts';
import type { ThrowawayHost } from '../throwaway-host.ts';
import type { Damage } from './damage.ts';
import { FAMILIES } from './index.ts';
import { begin, preparedHost, sh, snapshot } from './prepared.ts';

interface Told {
  readonly status: number | null;
  readonly first: string;
  readonly says: string;
  readonly fix: string | null;
  readonly hint: string | null;
  readonly all: string;
}

interface Started {
  readonly host: ThrowawayHost;
  readonly usual: ReadonlySet<string>;
  /** As each damage finds it, and as it is when one has been mended. */
  readonly start: readonly string[];
}

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd', 'loop device', 'sudo'] as const;

describe('damages', () => {
  let started: Started | null = null;
  /** Once for all; with the warnings that the small disk gives by itself. */
  const start = () => {
    if (started !== null) return started;
    const host = preparedHost();
    begin(host);
    const start = snapshot(host);
    const { checks } = validate(host);
    const usual = new Set(checks.filter(({ status }) => status !== 'pass').map(({ id }) => id));
    started = { host, usual, start };
    return started;
  };
  after(() => started?.host.stop());

  const chosen = process.env['DAMAGE'];
  for (const { family, damages } of FAMILIES)
    describe(family, () => {
      for (const damage of damages.filter(({ name }) => chosen === undefined || name.includes(chosen)))
        it(damage.name, (t) => {
          if (!requires(t, ...NEEDS)) return;
          const { host, ...was } = start();
          host.reset();
          begin(host);
          proveMended(host, damage, was);
        });
    });
});

function proveMended(host: ThrowawayHost, damage: Damage, { usual, start }: Omit<Started, 'host'>): void {
  sh(host, damage.by);
  try {
    const damaged = told(host, usual, damage.ask);
    assert.equal(damaged.first, damage.first, damaged.all);
    assert.ok(damaged.says.includes(damage.says), `${damaged.says} | want ${damage.says}`);
    assert.equal(damaged.status === 0, damage.warns === true, `status ${damaged.status}`);
    if (damage.hint !== undefined) {
      assert.equal(damaged.fix, null);
      assert.ok(damaged.hint?.includes(damage.hint), damaged.hint ?? 'no hint');
      return;
    }
    let now = damaged;
    const typed: string[] = [];
    for (let thing = 0; thing < (damage.things ?? 1); thing++) {
      const { fix } = now;
      assert.ok(fix !== null, `no fix: ${now.all}`);
      requireOneCommand(fix);
      assert.ok(!typed.includes(fix), `the same again: ${fix}`);
      typed.push(fix);
      const { status, stdout, stderr } = host.run(['sh', '-c', fix]);
      assert.equal(status, 0, `${fix}: ${stdout}${stderr}`);
      now = told(host, usual, damage.ask);
    }
    assert.deepEqual([now.status, now.first], [0, 'nothing'], `${typed.join('\n')}\n${now.all}`);
    const left = [
      ...differences(start, snapshot(host)),
      ...traces(host).filter((one) => !OF_THE_MATRIX.test(one)),
    ];
    assert.deepEqual(left.toSorted(), (damage.leaves ?? []).toSorted(), typed.join('\n'));
  } finally {
    if (damage.after !== undefined) sh(host, damage.after);
  }
}

/** The disk's own file. */
const OF_THE_MATRIX = /^\w+ \/(var\/tmp\/disk\.img|run\/mount\/.*|dev\/.*)$|^rewritten /;

function validate(host: ThrowawayHost, command = 'validate') {
  const { status, stdout, stderr } = host.run(jtsHot(...command.split(' '), '-j'));
  const { result, problems } = JSON.parse(stdout);
  return { status, stderr, problems, checks: (result?.checks ?? []) as readonly Check[] };
}

/** What is said first: of what stands for itself, errors before what could not be tried, and warnings last. */
function told(host: ThrowawayHost, usual: ReadonlySet<string>, command?: string): Told {
  const { status, problems, checks } = validate(host, command);
  const weight = ({ severity, status: how }: Check) => (severity === 'warning' ? 2 : how === 'skip' ? 1 : 0);
  const own = checks
    .filter((check) => check.status !== 'pass' && check.because === null && !usual.has(check.id))
    .toSorted((a, b) => weight(a) - weight(b));
  const all = own.map(({ id, found, fix, hint }) => `${id}: ${found} | ${fix} | ${hint}`).join('\n');
  const [problem] = problems;
  if (problem !== undefined) {
    const { code: first, detail, fix, hint } = problem;
    return { status, first, says: detail.join('; '), fix, hint, all: JSON.stringify(problems) };
  }
  const [check] = own;
  if (check === undefined) return { status, first: 'nothing', says: '', fix: null, hint: null, all };
  return { status, first: check.id, says: check.found, fix: check.fix, hint: check.hint, all };
}

/** No list, no choice, no prose: a word, and its arguments. What belongs together is in the quotes of one `sh -c`. */
function requireOneCommand(fix: string): void {
  assert.match(fix, /^sudo [\w/.-]+( |$)/);
  assert.doesNotMatch(fix.replace(/'(?:[^']|'\\'')*'/g, "''"), /[;&|<>`$()\n]/);
}

function differences(before: readonly string[], now: readonly string[]): readonly string[] {
  const [old, these] = [new Set(before), new Set(now)];
  return [
    ...before.filter((line) => !these.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}
