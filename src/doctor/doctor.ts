// `jts-hot doctor`: why a service does not start, or complains: cause, evidence, fix, the most probable first. Looks only.
import { type Check, failed } from '../checks/check.ts';
import { validateCommand } from '../checks/validate.ts';
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import type { Asked } from '../configure/ask.ts';
import { lookAt, standing } from '../configure/check.ts';
import { checkServiceNames } from '../engine/plan.ts';
import type { Service } from '../layout/layout.ts';
import { EXIT } from '../messages/diagnostic.ts';
import type { DiagnosisFacet } from '../services/diagnosing.ts';
import { builtIn } from '../services/index.ts';
import { causesOf } from './causes.ts';
import type { DoctorResult, Patient } from './doctor-document.ts';
import { loggedLines } from './logged-lines.ts';

export async function doctorCommand(context: Context, named: string | null): Promise<Answer<DoctorResult>> {
  const { layout, host } = context;
  // Only root sees what others log, and can write as each service user.
  requireRoot(context);
  if (named !== null) checkServiceNames(layout, [named], 'SERVICE');
  context.progress('proving the layout');
  const { result: proof } = await validateCommand(context);
  const { on } = await standing(context);
  const asked = await lookAt(layout, host, { what: 'all', ...on });
  const wrong = failed(proof?.checks ?? [], 'error').filter(({ because }) => because === null);
  const services: Patient[] = [];
  for (const service of layout.services) {
    const one = asked.find(({ check }) => check.service === service.name) ?? null;
    if (named === null ? !isInstalled(one) : named !== service.name) continue;
    context.progress(`looking at ${service.name}`);
    services.push(await examine(context, service, { asked: one, wrong, isNamed: named !== null }));
  }
  context.progress('');
  return {
    exitCode: services.every(({ causes }) => causes.length === 0) ? EXIT.ok : EXIT.failed,
    problems: [],
    result: { root: host.root, base: layout.base, services },
  };
}

function isInstalled(asked: Asked | null): boolean {
  return asked !== null && asked.check.state !== 'not installed';
}

function sinceItWasUp(diagnosis: DiagnosisFacet | null, lines: readonly string[]): readonly string[] {
  const { isUp = null } = diagnosis ?? {};
  return isUp === null ? lines : lines.slice(lines.findLastIndex((line) => isUp.test(line)) + 1);
}

/** Not of one service: what the disk and the base are to all of them. */
const OF_ALL = /^(?:disk\.(?!service\.)|space\.(?:free|inodes|writable)$|directory\.base$|directory\.\/)/;

async function examine(
  context: Context,
  { name, ...service }: Service,
  {
    asked,
    wrong,
    isNamed,
  }: { readonly asked: Asked | null; readonly wrong: readonly Check[]; readonly isNamed: boolean },
): Promise<Patient> {
  const { host } = context;
  const { check = null, unit = null } = asked ?? {};
  const report = unit === null ? null : host.unitReport(unit);
  // Of an image nothing runs.
  const isRunning =
    host.root !== '/' ||
    check === null ||
    check.state === 'running' ||
    check.state === 'running on the hot tier';
  const isUp = isRunning && (report === null || !['failed', 'activating'].includes(report.active));
  const checks = wrong.filter(({ id, service: of }) => of === name || OF_ALL.test(id));
  // One that was never told to run on the hot tier, and does not, is none of ours until somebody asks.
  const isIdle = check?.state === 'installed' && report?.active === 'inactive' && !isNamed;
  const isWell = (isUp && checks.length === 0) || isIdle;
  const diagnosis = isWell ? null : ((await builtIn(name)?.diagnosis?.()) ?? null);
  const causes = isWell
    ? []
    : causesOf({
        ...{ service: name, isUp, checks, unit, report },
        meanings: diagnosis?.meanings ?? [],
        lines: sinceItWasUp(diagnosis, [
          ...loggedLines(context, {
            service: { name, ...service },
            diagnosis,
            since: report?.begunAt ?? null,
          }),
          ...(report?.lines ?? []),
        ]),
        // That it does not run is why we are here.
        problems: isUp
          ? []
          : (check?.problems ?? []).filter(({ code }) => code.startsWith('E_') && code !== 'E_NOT_RUNNING'),
      });
  return {
    service: name,
    state: check?.state ?? null,
    unit,
    unitState: report === null ? null : `${report.active}, ${report.result}`,
    causes,
    start: causes.length > 0 && !isUp && unit !== null ? { fix: `sudo systemctl restart ${unit}` } : null,
  };
}
