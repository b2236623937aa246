// What a command is given when the program starts, for tests that run it again and again in one process.
import type { Context } from '../../src/command/context.ts';
import { declaredMounts } from '../../src/command/declared-mounts.ts';
import { loadLayout } from '../../src/command/load.ts';
import { historyOf } from '../../src/history/store/open.ts';
import { openLinuxHost } from '../../src/host/linux.ts';

/** Without a layout file it is that of the host. */
export async function contextOfStart(invocation: string, spec?: string): Promise<Context> {
  const flags = spec === undefined ? { root: '/' } : { root: '/', spec };
  const { root, layout, monitoring, file } = await loadLayout(flags);
  const openHost: Context['openHost'] = (base, mounts) => openLinuxHost({ root, base, mounts });
  const host = openHost(layout.base, await declaredMounts(layout, root));
  return {
    layout,
    monitoring,
    layoutFile: file,
    owners: [0],
    hostName: 'trader1',
    environment: () => undefined,
    host,
    history: historyOf(host),
    openHost,
    program: 'test',
    newDisk: false,
    invocation,
    now: () => new Date().toISOString(),
    stopRequested: () => false,
    progress: () => {},
  };
}
