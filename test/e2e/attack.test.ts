// Attacks: kafka keeps swapping what is below its directory for something else while setup, validate and repair run, 200
// times each in total. Nothing outside may ever change: not in content, owner or mode, and not for a moment (ctime).
import assert from 'node:assert/strict';
import { lchownSync, lstatSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { attacker, type Variant } from './attacker.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';
import { difference, type Snapshot } from './tree.ts';

const KAFKA = '/data/jts/hot/kafka';
const DEEP = `${KAFKA}/data/topic/0/segments`;
const SECRET = '/etc/secret';
const SHARED = '/srv/shared';

interface Attack {
  readonly name: string;
  readonly variant: Variant;
  readonly path: string;
  readonly target: string;
  readonly rounds: number;
  /** Root makes work between the commands, by path but never through a link. */
  readonly spoil: (at: (path: string) => string, command: string) => void;
}

const giveToRoot = (path: string) => attempt(() => lchownSync(path, 0, 0));

const ATTACKS: readonly Attack[] = [
  {
    name: 'data for a link to /etc',
    variant: 'link',
    path: `${KAFKA}/data`,
    target: '/etc',
    rounds: 60,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'data for a link to a directory where all may write',
    variant: 'link',
    path: `${KAFKA}/data`,
    target: SHARED,
    rounds: 20,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'logs for a link to /etc, as soon as they are made',
    variant: 'link',
    path: `${KAFKA}/logs`,
    target: '/etc',
    rounds: 40,
    spoil: (at, command) => {
      if (command !== 'setup') return;
      // The link beside the place where setup is going to make a directory.
      const [logs, other] = [at(`${KAFKA}/logs`), at(`${KAFKA}/logs.other`)];
      for (const path of [logs, other]) attempt(() => rmdirSync(path));
      attempt(() => renameSync(logs, other));
    },
  },
  {
    name: 'data for another directory',
    variant: 'directory',
    path: `${KAFKA}/data`,
    target: '/etc',
    rounds: 20,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'data for nothing',
    variant: 'missing',
    path: `${KAFKA}/data`,
    target: '/etc',
    rounds: 20,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'a directory deep inside for a link to /etc',
    variant: 'link',
    path: DEEP,
    target: '/etc',
    rounds: 30,
    spoil: (at) => {
      giveToRoot(at(DEEP));
      for (const name of ['1', '2', '3']) giveToRoot(at(`${DEEP}/${name}`));
    },
  },
  {
    name: 'a file of its own for a hard link to a secret of root',
    variant: 'hard-link',
    path: `${DEEP}/file`,
    target: SECRET,
    rounds: 10,
    // Whichever of the two it is: both are wrong then, and only one may be put right.
    spoil: (at) => giveToRoot(at(`${DEEP}/file`)),
  },
];

const COMMANDS = [['setup'], ['validate'], ['repair'], ['repair', 'kafka', '--recursive']] as const;

it('runs every command 200 times under attack', () => {
  assert.equal(
    ATTACKS.reduce((sum, attack) => sum + attack.rounds, 0),
    200,
  );
});

for (const attack of ATTACKS)
  it(`kafka swaps ${attack.name}: nothing outside changes`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
    const prepare = `mkdir -m 1777 ${SHARED}; umask 077; echo secret > ${SECRET}`;
    using host = startHost({ freshAccounts: true, prepare });
    const { variant, path, target, rounds } = attack;
    runJtsHot(host, ['setup']);
    if (path.startsWith(DEEP)) {
      const fill = `umask 027; mkdir -p ${DEEP}; cd ${DEEP}; touch 1 2 3`;
      assert.equal(host.run(['sh', '-ec', fill], { asUser: 'kafka' }).status, 0);
    }
    const tracesBefore = tracesOutside(host);
    const running = host.spawn(attacker({ variant, user: 'kafka', path, target }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const before = outside(host);

    const answers = new Map<string, number>();
    for (let round = 0; round < rounds; round++)
      for (const command of COMMANDS) {
        attack.spoil(host.path, command[0]);
        const result = host.run(jtsHot(...command));
        assert.ok([0, 1, 3].includes(result.status ?? -1), `${command.join(' ')}: ${describe(result)}`);
        assert.doesNotMatch(result.stderr, /E_UNEXPECTED/);
        const answer = `${command.join(' ')} ${result.status}`;
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    running.kill('SIGTERM');
    const ended = await running.ended;
    assert.equal(ended.status, 0, describe(ended));
    const swaps = Number(/swaps (\d+)/.exec(ended.stdout)?.[1]);
    t.diagnostic(`${swaps} swaps; ${[...answers].map(([what, count]) => `${what}: ${count}`).join(', ')}`);
    assert.ok(swaps > 500 * rounds, `${swaps} swaps`);
    assert.deepEqual(difference(before, outside(host)), []);
    assert.deepEqual(tracesOutside(host), tracesBefore);
    assert.equal(host.run(['cat', SECRET]).stdout, 'secret\n');
    requireMendable(host, attack);
  });

/** Once the attacker is gone and what it put in the way is removed, two commands put the rest right. */
function requireMendable(host: ThrowawayHost, { variant, path }: Attack): void {
  const other = `${path}.other`;
  const clean =
    variant === 'hard-link'
      ? `rm ${path} ${other}`
      : `if [ -L ${path} ] || [ ! -e ${path} ]; then rm -f ${path}; [ -L ${other} ] || mv -T ${other} ${path}; fi
         if [ -L ${other} ]; then rm ${other}; else rm -rf ${other}; fi`;
  const cleaned = host.run(['sh', '-ec', clean]);
  assert.equal(cleaned.status, 0, describe(cleaned));
  runJtsHot(host, ['setup', '--adopt', 'kafka']);
  runJtsHot(host, ['repair', 'kafka', '--recursive']);
  runJtsHot(host, ['validate', '--quiet']);
  assert.deepEqual(readdirSync(host.path(KAFKA)).sort(), ['data', 'logs']);
  assert.equal(host.run(['find', KAFKA, '!', '-user', 'kafka']).stdout, '');
}

/** What lies outside kafka's tree: a change of owner or mode that was taken back shows in the time of change. */
function outside(host: ThrowawayHost): Snapshot {
  const found = new Map<string, string>();
  const look = (path: string) => {
    const { mode, uid, gid, size, ctimeNs } = lstatSync(host.path(path), { bigint: true });
    // Renaming a hard link to it is the attacker's own change.
    const time = path === SECRET ? '' : ` ctime ${ctimeNs}`;
    found.set(path, `${mode.toString(8)} ${uid} ${gid} ${size}${time}`);
  };
  for (const path of ['/', SHARED, '/data', '/data/jts', '/data/jts/hot', '/root', '/etc']) look(path);
  for (const name of readdirSync(host.path('/etc'))) look(`/etc/${name}`);
  for (const service of readdirSync(host.path('/data/jts/hot')).filter((name) => name !== 'kafka')) {
    look(`/data/jts/hot/${service}`);
    for (const name of readdirSync(host.path(`/data/jts/hot/${service}`)))
      look(`/data/jts/hot/${service}/${name}`);
  }
  return found;
}

function tracesOutside(host: ThrowawayHost): readonly string[] {
  // A hard link brings the secret into the upper directory, the same as it was.
  return traces(host).filter((change) => !change.includes(` ${KAFKA}/`) && change !== `rewritten ${SECRET}`);
}

/** The attacker may be faster. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // Not there, or not what it was.
  }
}
