// What the commands that watch space need beyond engine.ts, as one piece to load. `monitor` itself is in engine.ts: it
// runs often, and starts faster without this.
export { alertCommand } from '../alerts/alert-command.ts';
export { renderAlert } from '../alerts/alert-text.ts';
export { isDue } from '../host/run-notes.ts';
export { writeOutput } from '../host/trusted/output.ts';
export { historyCommand } from '../monitor/history.ts';
export { renderHistory, renderHistoryCsv } from '../monitor/history-text.ts';
export { lookCommand } from '../monitor/look.ts';
export { renderNagios } from '../monitor/nagios.ts';
export { renderPrometheus } from '../monitor/prometheus.ts';
export { serveCommand } from '../monitor/serve.ts';
export { openTerminal } from '../monitor/terminal.ts';
export { usageCommand } from '../monitor/usage.ts';
export { renderUsage } from '../monitor/usage-text.ts';
export { watchCommand } from '../monitor/watch.ts';
export { scheduleCommand } from '../schedule/schedule-command.ts';
export { renderSchedule } from '../schedule/schedule-text.ts';
