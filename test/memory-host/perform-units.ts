// Units of a host in memory, as systemctl enables, starts and stops them.
import type { Operation, Performers } from '../../src/port/operation.ts';
import { enablingLink, UNIT_DIRECTORY } from '../../src/port/operations/unit.ts';
import { existing, failed, reach } from './reach.ts';
import { makeNode, type State } from './state.ts';
import { unitText } from './units.ts';

export function unitPerformers(
  state: State,
): Pick<Performers, 'enableUnit' | 'disableUnit' | 'startUnit' | 'stopUnit'> {
  return {
    enableUnit(operation) {
      if (unitText(state, operation.unit) === null)
        throw failed('E_COMMAND', operation, `no unit ${operation.unit}`);
      const link = enablingLink(operation);
      const directory = link.slice(0, link.lastIndexOf('/'));
      const above = reach(state, operation, directory);
      if (above.type === 'missing' && above.parent !== null)
        above.parent.children.set(above.name, makeNode(state, 'directory', above.parent.on));
      const found = reach(state, operation, link);
      if (found.type === 'node' || found.parent === null) return;
      const node = makeNode(state, 'link', found.parent.on);
      node.target = `${UNIT_DIRECTORY}/${operation.unit}`;
      node.lengthBytes = node.target.length;
      found.parent.children.set(found.name, node);
    },
    disableUnit(operation) {
      const link = enablingLink(operation);
      const found = reach(state, operation, link);
      if (found.type !== 'node') return;
      found.parent.children.delete(found.name);
      const above = existing(state, operation, link.slice(0, link.lastIndexOf('/')));
      if (above.node.children.size === 0) above.parent.children.delete(above.name);
    },
    startUnit(operation) {
      requireSystemd(state, operation);
      const text = unitText(state, operation.unit);
      if (text === null) throw failed('E_COMMAND', operation, `no unit ${operation.unit}`);
      state.units.set(operation.unit, text);
    },
    stopUnit(operation) {
      requireSystemd(state, operation);
      state.units.delete(operation.unit);
    },
  };
}

function requireSystemd(state: State, operation: Operation): void {
  if (!state.runsSystemd || state.root !== '/')
    throw failed('E_NO_SYSTEMD', operation, 'systemd does not run here');
}
