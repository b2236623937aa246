// What the commands that watch space need beyond engine.ts, as one piece to load. `monitor` itself is in engine.ts: it
// runs often, and starts faster without this.
export { writeOutput } from '../host/trusted/output.ts';
export { renderNagios } from '../monitor/nagios.ts';
export { renderPrometheus } from '../monitor/prometheus.ts';
export { openTerminal } from '../monitor/terminal.ts';
export { watchCommand } from '../monitor/watch.ts';
export { spaceCommands } from './space-commands.ts';
