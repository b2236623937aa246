// Owns the way from a host to the history of its base. One for a process: what it waited for once, it does not again.
import { machineId } from '../../host/machine-id.ts';
import type { HostReader } from '../../port/host.ts';
import type { History, HistoryAccess } from '../history.ts';
import { createPatience } from './database.ts';
import { openHistoryFile } from './file.ts';

/** As `Context.history` says. */
export function historyOf(host: HostReader): (access: HistoryAccess) => History | null {
  const { root, base } = host;
  const patience = createPatience();
  return (access) =>
    openHistoryFile(
      {
        root,
        base,
        machine: machineId(root),
        gidOf: (group) => host.groups([group]).get(group)?.gid,
        now: Date.now,
        patience,
      },
      access,
    );
}
