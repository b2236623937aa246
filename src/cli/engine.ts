// What every command needs and `--help` does not: it starts faster without. Loaded in one piece when a command runs.
import { hostCommands } from './host-commands.ts';
import { monitorCommands } from './monitor-commands.ts';
import { shellCommands } from './shell-commands.ts';

export { untilMounted } from '../command/coming-volume.ts';
export { declaredMounts } from '../command/declared-mounts.ts';
export { loadLayout } from '../command/load.ts';
export { requireRightDisk } from '../command/right-disk.ts';
export { lookup } from '../completion/lookup.ts';
export { historyOf } from '../history/store/open.ts';
export { openLinuxHost } from '../host/linux.ts';
export { thisCaller } from '../host/trusted/caller.ts';
export { programFindings } from '../host/trusted/program.ts';
export { withoutAlerts } from '../layout/monitoring.ts';
export { renderDiagnostic } from '../messages/diagnostic-text.ts';

export { noteStarted } from '../resources/program.ts';
export { showSizesIn } from '../values/size.ts';

export { paintFor } from './colour.ts';

export const engineCommands = { ...hostCommands, ...monitorCommands, ...shellCommands };
