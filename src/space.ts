// What the commands that watch space need beyond engine.ts, as one piece to load. `monitor` itself is in engine.ts: it
// runs often, and starts faster without this.
export { alertCommand } from './commands/alert.ts';
export { historyCommand } from './commands/history.ts';
export { lookCommand } from './commands/look.ts';
export { scheduleCommand } from './commands/schedule.ts';
export { serveCommand } from './commands/serve.ts';
export { usageCommand } from './commands/usage.ts';
export { watchCommand } from './commands/watch.ts';
export { isDue } from './host/run-notes.ts';
export { writeOutput } from './host/trusted-output.ts';
export { renderAlert } from './render/alert.ts';
export { renderHistory, renderHistoryCsv } from './render/history.ts';
export { renderNagios } from './render/nagios.ts';
export { renderPrometheus } from './render/prometheus.ts';
export { renderSchedule } from './render/schedule.ts';
export { renderUsage } from './render/usage.ts';
export { openTerminal } from './terminal.ts';
