// When the process of a host in memory dies, and what it fails on.

import type { Problem } from '../../src/messages/diagnostic.ts';
import type { OperationType } from '../../src/port/operation.ts';
import { cannotLook } from './state.ts';

/** The process died. Nothing more can be done with the host until `restart`. */
export class Crash extends Error {
  constructor() {
    super('the process was killed');
    this.name = 'Crash';
  }
}

/**
 * `torn`: an append reached the disk but for the end of its last line; a new directory is there, but not yet with its
 * owner and mode; a user to be deleted is parted from its group and home; what else there is to perform is done whole.
 */
export type CrashMoment = 'before' | 'after' | 'torn';

export interface Faults {
  /** Performs and journal appends since the host was made, cloned or restarted. */
  events(): number;
  /** The process dies at event `n`, counted from 1 by the same count. */
  crash(moment: CrashMoment, n: number): void;
  /** The next operation of this type throws `problem` and does nothing. */
  failNext(type: OperationType, problem: Problem): void;
  /** Calls of `entry` since the host was made, cloned or restarted. */
  looks(): number;
  /** Look `n`, counted from 1 by the same count, and that one alone, fails as on a disk that reports errors. */
  failLook(n: number): void;
  /** The disk below this path answers no more: what measures it waits until its time is up. */
  hang(path: string): void;
  /** A new process finds the host as the dead one left it: the lock is free, what was scripted is forgotten. */
  restart(): void;
}

export interface Events {
  /** Runs one thing that a crash can come before or after. `tear` is what a torn write leaves. */
  event(act: () => void, tear: () => void): void;
  requireAlive(): void;
  isDead(): boolean;
  /** Throws what was scripted for the next operation of this type. */
  failAsScripted(type: OperationType): void;
  /** One look more, at this path. */
  look(path: string): void;
  /** What hangs: the disk below this path answers no more. */
  hanging(): string | null;
  readonly faults: Faults;
}

/** `onRestart`: the new process finds the lock free. */
export function startEvents(onRestart: () => void): Events {
  let events = 0;
  let crash: { readonly moment: CrashMoment; readonly n: number } | null = null;
  let dead = false;
  let looks = 0;
  let failingLook = 0;
  let hanging: string | null = null;
  const failures: { readonly type: OperationType; readonly problem: Problem }[] = [];

  function requireAlive(): void {
    if (dead) throw new Crash();
  }

  return {
    event(act, tear) {
      requireAlive();
      events++;
      const moment = crash?.n === events ? crash.moment : null;
      if (moment !== 'before') (moment === 'torn' ? tear : act)();
      if (moment !== null) {
        dead = true;
        throw new Crash();
      }
    },
    requireAlive,
    isDead: () => dead,
    failAsScripted(type) {
      const scripted = failures.findIndex((failure) => failure.type === type);
      const [failure] = scripted === -1 ? [] : failures.splice(scripted, 1);
      if (failure !== undefined) throw failure.problem;
    },
    look(path) {
      looks++;
      if (looks === failingLook) throw cannotLook(path, 'EIO');
    },
    hanging: () => hanging,
    faults: {
      events: () => events,
      crash: (moment, n) => {
        crash = { moment, n };
      },
      failNext: (type, problem) => {
        failures.push({ type, problem });
      },
      looks: () => looks,
      failLook: (n) => {
        failingLook = n;
      },
      hang: (path) => {
        hanging = path;
      },
      restart: () => {
        dead = false;
        looks = 0;
        failingLook = 0;
        hanging = null;
        crash = null;
        failures.length = 0;
        events = 0;
        onRestart();
      },
    },
  };
}
