// The commands that keep the hot tier tidy and fast: which function answers each, and what its flags mean to it.
import { benchCommand } from '../baseline/bench.ts';
import { renderBench } from '../baseline/bench-text.ts';
import type { MAINTAIN } from '../catalogue/maintain.ts';
import { type Handlers, shown } from './handler.ts';

export const maintainCommands: Handlers<keyof typeof MAINTAIN> = {
  async bench({ context, flags, paint }) {
    const given = await benchCommand(context, {
      mode: flags.full ? 'full' : 'quick',
      evenBusy: flags.now === true,
    });
    return shown(given, (result) => renderBench(result, paint));
  },
};
