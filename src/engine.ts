// What every command but --version and --help needs, loaded in one piece when the first of them runs: a bundle of many
// small files would be found and opened one by one.
export { monitorCommand, recordCommand } from './commands/monitor.ts';
export { planCommand } from './commands/plan.ts';
export { recordChecks } from './commands/recorded-checks.ts';
export { repairCommand } from './commands/repair.ts';
export { requireRightDisk } from './commands/right-disk.ts';
export { listRuns, rollbackCommand } from './commands/rollback.ts';
export { setupCommand } from './commands/setup.ts';
export { summariseSpec } from './commands/spec.ts';
export { layoutFindings } from './commands/untrusted.ts';
export { validateCommand } from './commands/validate.ts';
export { isHung } from './host/answers.ts';
export { thisCaller } from './host/caller.ts';
export { keepHeapSmall } from './host/heap.ts';
export { openLinuxHost } from './host/linux.ts';
export { writeOutput } from './host/trusted-output.ts';
export { programFindings } from './host/trusted-program.ts';
export { loadLayout, loadPlan, loadRecorded } from './load.ts';
export { withoutAlerts } from './monitoring.ts';
export { renderDiagnostic } from './render/diagnostic.ts';
export { renderMonitor, renderMonitorSummary } from './render/monitor.ts';
export { createPaint } from './render/paint.ts';
export { renderPlan, renderRepair, renderSetup } from './render/plan.ts';
export { renderRollback } from './render/rollback.ts';
export { renderSpecCheck } from './render/spec.ts';
export { renderValidate } from './render/validate.ts';
export { noteStarted } from './resources/program.ts';
