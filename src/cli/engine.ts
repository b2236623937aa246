// What every command but --version and --help needs, loaded in one piece when the first of them runs: a bundle of many
// small files would be found and opened one by one.

export { layoutFindings } from '../alerts/layout-findings.ts';
export { recordChecks } from '../checks/recorded-checks.ts';
export { validateCommand } from '../checks/validate.ts';
export { renderValidate } from '../checks/validate-text.ts';
export { loadLayout, loadPlan, loadRecorded } from '../command/load.ts';
export { requireRightDisk } from '../command/right-disk.ts';
export { historyOf } from '../history/store/open.ts';
export { isHung } from '../host/answers.ts';
export { keepHeapSmall } from '../host/heap.ts';
export { openLinuxHost } from '../host/linux.ts';
export { thisCaller } from '../host/trusted/caller.ts';
export { writeOutput } from '../host/trusted/output.ts';
export { programFindings } from '../host/trusted/program.ts';
export { withoutAlerts } from '../layout/monitoring.ts';
export { renderDiagnostic } from '../messages/diagnostic-text.ts';
export { createPaint } from '../messages/paint.ts';
export { monitorCommand, recordCommand } from '../monitor/monitor.ts';
export { renderMonitor, renderMonitorSummary } from '../monitor/monitor-text.ts';
export { noteStarted } from '../resources/program.ts';
export { planCommand } from '../setup/plan.ts';
export { renderPlan, renderRepair, renderSetup } from '../setup/plan-text.ts';
export { repairCommand } from '../setup/repair.ts';
export { listRuns, rollbackCommand } from '../setup/rollback.ts';
export { renderRollback } from '../setup/rollback-text.ts';
export { setupCommand } from '../setup/setup.ts';
export { summariseSpec } from '../setup/spec.ts';
export { renderSpecCheck } from '../setup/spec-text.ts';
