// What every command but --version and --help needs, loaded in one piece when the first of them runs: a bundle of many
// small files would be found and opened one by one.
import { hostCommands } from './host-commands.ts';
import { monitorCommands } from './monitor-commands.ts';
import { shellCommands } from './shell-commands.ts';

export { loadLayout } from '../command/load.ts';
export { requireRightDisk } from '../command/right-disk.ts';
export { lookup } from '../completion/lookup.ts';
export { historyOf } from '../history/store/open.ts';
export { isHung } from '../host/answers.ts';
export { openLinuxHost } from '../host/linux.ts';
export { thisCaller } from '../host/trusted/caller.ts';
export { programFindings } from '../host/trusted/program.ts';
export { withoutAlerts } from '../layout/monitoring.ts';
export { renderDiagnostic } from '../messages/diagnostic-text.ts';
export { createPaint } from '../messages/paint.ts';
export { noteStarted } from '../resources/program.ts';

export const engineCommands = { ...hostCommands, ...monitorCommands, ...shellCommands };
