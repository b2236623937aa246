// The records of moves of a host in memory. A crash can come before or after each write; none is torn.
import type { MoveStore } from '../../src/port/move-store.ts';
import type { Events } from './events.ts';
import type { State } from './state.ts';

export function moveStoreOf(state: State, { event, requireAlive }: Events): MoveStore {
  return {
    services() {
      requireAlive();
      return [...state.moves.keys()].sort();
    },
    text(service) {
      requireAlive();
      return state.moves.get(service) ?? null;
    },
    set(service, text) {
      const act = () => {
        if (text === null) state.moves.delete(service);
        else state.moves.set(service, text);
      };
      event(act, act);
    },
  };
}
