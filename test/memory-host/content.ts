// The texts that recorded runs name, on a host in memory. A crash can come before or after each that is kept.
import type { ContentStore } from '../../src/port/content-store.ts';
import { contentOf } from '../../src/values/content.ts';
import type { Events } from './events.ts';
import type { State } from './state.ts';

/** `held`: what this process has in memory, and the next one has not. */
export function contentStoreOf(state: State, held: Map<string, string>, { event }: Events): ContentStore {
  return {
    hold(text) {
      const content = contentOf(text);
      held.set(content.hash, text);
      return content;
    },
    keep(run, hashes) {
      for (const hash of new Set(hashes)) {
        const text = held.get(hash);
        if (text === undefined || state.kept.some((one) => one.run === run && one.hash === hash)) continue;
        event(
          () => state.kept.push({ run, hash, text }),
          () => {},
        );
      }
    },
    text: (hash) =>
      held.get(hash) ??
      state.kept.find((one) => one.hash === hash && contentOf(one.text).hash === hash)?.text ??
      null,
    sweep(recorded) {
      state.kept = state.kept.filter(({ run }) => recorded.includes(run));
    },
  };
}
