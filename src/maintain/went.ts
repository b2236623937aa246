// Owns the sums of what a run takes away, by service and rule, while it does so. Pure.
import type { Step } from '../engine/resource.ts';
import { type Layout, servicePath } from '../layout/layout.ts';
import type { Operation } from '../port/operation.ts';
import { placesOf, rulesOf } from '../services/cleaning.ts';
import { fingerprintOf } from './ran-before.ts';

export interface Sum {
  readonly things: number;
  readonly bytes: number;
  /** Fingerprints of the rules that took something. */
  readonly rules: readonly string[];
}

export interface Went {
  /** Counts steps as they are taken. */
  counting(steps: Iterable<Step>): Generator<Step>;
  /** It was not done after all. */
  takeBack(operation: Operation): void;
  byService(): ReadonlyMap<string, Sum>;
}

export function startWent(layout: Layout): Went {
  const rules = rulesOf(layout).flatMap((rule) =>
    placesOf(layout, rule).map(({ service, directory }) => ({
      rule: rule.name,
      below: `${servicePath(layout, service)}/${directory.name}/`,
      service: service.name,
      fingerprint: fingerprintOf(rule, { service: service.name, directory: directory.name }),
      things: 0,
      bytes: 0,
    })),
  );
  const add = (operation: Operation | null, sign: 1 | -1) => {
    if (operation?.type !== 'moveToTrash') return;
    const { path, rule, bytes } = operation;
    const sum = rules.find((one) => one.rule === rule && path.startsWith(one.below));
    if (sum === undefined) return;
    sum.things += sign;
    sum.bytes += sign * bytes;
  };
  return {
    *counting(steps) {
      for (const step of steps) {
        add(step.do, 1);
        if (step.do.type === 'takeFromTrash') add(step.undo, -1);
        yield step;
      }
    },
    takeBack: (operation) => add(operation, -1),
    byService() {
      const took = rules.filter(({ things }) => things > 0);
      const services = Map.groupBy(took, ({ service }) => service);
      return new Map(
        [...services].map(([service, some]) => [
          service,
          {
            things: some.reduce((all, { things }) => all + things, 0),
            bytes: some.reduce((all, { bytes }) => all + bytes, 0),
            rules: some.map(({ fingerprint }) => fingerprint),
          },
        ]),
      );
    },
  };
}
