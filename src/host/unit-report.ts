// Owns asking systemd and its journal why a unit does not run. Reads only.
import { Problem } from '../messages/diagnostic.ts';
import { MOST_LINES, type UnitReport } from '../port/unit-report.ts';
import { isInstalled, run } from './process.ts';

const PROPERTIES = ['LoadState', 'ActiveState', 'Result', 'InactiveExitTimestampMonotonic'] as const;
/** Of a line that never ends. */
const LONGEST = 2000;
/** The journal has the time of when it was told. */
const A_MOMENT_S = 1;

export function readUnitReport(unit: string): UnitReport | null {
  const said = new Map(
    run(['systemctl', 'show', `--property=${PROPERTIES.join()}`, '--', unit])
      .split('\n')
      .map((line) => {
        const cut = line.indexOf('=');
        return [line.slice(0, cut), line.slice(cut + 1)] as const;
      }),
  );
  const value = (name: (typeof PROPERTIES)[number]) => said.get(name) ?? '';
  const microseconds = Number(value('InactiveExitTimestampMonotonic'));
  const begunAt =
    microseconds === 0 ? null : Date.now() - (Number(process.hrtime.bigint() / 1000n) - microseconds) / 1000;
  return {
    load: value('LoadState'),
    active: value('ActiveState'),
    result: value('Result'),
    begunAt,
    lines: linesOf(unit, begunAt),
  };
}

function linesOf(unit: string, begunAt: number | null): readonly string[] {
  if (begunAt === null || !isInstalled('journalctl')) return [];
  const since = `@${Math.floor(begunAt / 1000) - A_MOMENT_S}`;
  try {
    return run([
      ...(['journalctl', '--quiet', '--no-pager', '--output=cat', `--lines=${MOST_LINES}`] as const),
      ...[`--since=${since}`, `--unit=${unit}`],
    ])
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(0, LONGEST));
  } catch (error) {
    // A host without a journal has none to tell of.
    if (error instanceof Problem) return [];
    throw error;
  }
}
