// What the service manager of a host in memory knows of units.

import type { Unit } from '../../src/port/host.ts';
import { UNIT_DIRECTORY } from '../../src/port/operations/unit.ts';
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
