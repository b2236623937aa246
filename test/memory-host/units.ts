// What the service manager of a host in memory knows of units.

import type { Restarted, Unit } from '../../src/port/host.ts';
import { UNIT_DIRECTORY } from '../../src/port/operations/unit.ts';
import type { Events } from './events.ts';
import type { State } from './state.ts';
import { find } from './tree.ts';

export function unitOf(state: State, name: string): Unit {
  const active = state.units.has(name);
  return { active, outdated: active && state.units.get(name) !== unitText(state, name) };
}

export function unitText(state: State, name: string): string | null {
  for (const place of [UNIT_DIRECTORY, '/usr/lib/systemd/system']) {
    const found = find(state, `${place}/${name}`);
    if (found.type === 'node') return found.node.text;
  }
  return null;
}

/** What starts with a unit, or keeps it from stopping; what it throws, the manager says. What runs in it ends with it. */
export type RunsUnits = (verb: 'start' | 'stop', unit: string) => void;

export function changeUnits(
  state: State,
  { event }: Events,
  {
    verb,
    units,
    runs,
  }: { readonly verb: 'start' | 'stop'; readonly units: readonly string[]; readonly runs: RunsUnits | null },
): Restarted {
  if (!state.runsSystemd || state.root !== '/') return { ok: false, why: 'systemd does not run here' };
  let why: string | null = null;
  const act = () => {
    for (const unit of units) {
      if ((verb === 'stop') !== state.units.has(unit)) continue;
      try {
        runs?.(verb, unit);
      } catch (error) {
        why ??= (error as Error).message;
        continue;
      }
      if (verb === 'stop') {
        state.units.delete(unit);
        state.running = state.running.filter((process) => process.unit !== unit);
      } else state.units.set(unit, unitText(state, unit));
    }
  };
  event(act, act);
  return why === null ? { ok: true } : { ok: false, why };
}
