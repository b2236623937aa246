// Owns what a service user gone bad may do while root's commands run, and which commands those are: what the attack test
// and the rounds inside its hosts share.
import { lchownSync, renameSync, rmdirSync } from 'node:fs';
import type { Variant } from './attacker.ts';
import { REPOSITORY } from './throwaway-host.ts';

export const KAFKA = '/data/jts/hot/kafka';
export const DEEP = `${KAFKA}/data/topic/0/segments`;
export const SECRET = '/etc/secret';
export const SHARED = '/srv/shared';

export interface Attack {
  readonly name: string;
  readonly variant: Variant;
  readonly path: string;
  readonly target: string;
  readonly rounds: number;
  /** Of them, so many with the program started for each command, as a person does; the others in one process. */
  readonly startedRounds: number;
  /** Root makes work between the commands, by path but never through a link. */
  readonly spoil: (at: (path: string) => string, command: string) => void;
}

const giveToRoot = (path: string) => attempt(() => lchownSync(path, 0, 0));

export const ATTACKS: readonly Attack[] = [
  {
    name: 'data for a link to /etc',
    variant: 'link',
    path: `${KAFKA}/data`,
    target: '/etc',
    rounds: 60,
    startedRounds: 2,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'data for a link to a directory where all may write',
    variant: 'link',
    path: `${KAFKA}/data`,
    target: SHARED,
    rounds: 20,
    startedRounds: 1,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'logs for a link to /etc, as soon as they are made',
    variant: 'link',
    path: `${KAFKA}/logs`,
    target: '/etc',
    rounds: 40,
    startedRounds: 2,
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
    startedRounds: 1,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'data for nothing',
    variant: 'missing',
    path: `${KAFKA}/data`,
    target: '/etc',
    rounds: 20,
    startedRounds: 1,
    spoil: (at) => giveToRoot(at(`${KAFKA}/data`)),
  },
  {
    name: 'a directory deep inside for a link to /etc',
    variant: 'link',
    path: DEEP,
    target: '/etc',
    rounds: 30,
    startedRounds: 2,
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
    startedRounds: 1,
    // Whichever of the two it is: both are wrong then, and only one may be put right.
    spoil: (at) => giveToRoot(at(`${DEEP}/file`)),
  },
];

export const COMMANDS = [['setup'], ['validate'], ['repair'], ['repair', 'kafka', '--recursive']] as const;

/** What mends deep inside a tree, and how its rounds are counted in which there was something to mend. */
export const REPAIR_INSIDE = ['repair', 'kafka', '--recursive', '--acl', '--flags'] as const;
export const SPOILED = 'spoiled';

/** In one process, so many rounds: argv for `host.run` in the checkout. */
export function roundsInside(
  what: 'attack' | 'inside' | 'looks',
  of: string,
  rounds: number,
): readonly string[] {
  return [process.execPath, `${REPOSITORY}/test/e2e/attack-rounds.ts`, what, of, `${rounds}`];
}

/** Stopped at a step, or went on past it: what was looked at to plan it was another thing by then. */
export const MET = / E_(INCOMPLETE|NOT_MENDED)( |$)/;

/** The attacker may be faster. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // Not there, or not what it was.
  }
}
