// Owns what a unit of systemd is told about a service on the hot tier, as a drop-in beside its own file (systemd.unit(5)). Pure.
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import type { Places, UnitDemands } from '../services/configuration.ts';
import { unitWord } from '../values/unit-word.ts';
import { type ReadUnit, unitValue } from './unit-settings.ts';

export function dropInPath({ name }: Pick<ReadUnit, 'name'>): string {
  return `${UNIT_DIRECTORY}/${name}.d/jts-hot.conf`;
}

/** `unit`: what its own file says. null: it is told nothing. That it waits for its mount is the guard's (mount-guard.ts). */
export function dropInText(
  unit: ReadUnit,
  { limits, timeoutStopSeconds, environment }: UnitDemands,
  places: Places,
): string | null {
  const own = unitWord(places.own);
  const variables = Object.entries(environment(places)).map(([name, value]) => unitWord(`${name}=${value}`));
  const service = [
    ...(unitValue(unit, 'ProtectSystem')?.value === 'strict'
      ? [
          '# It sees everything read-only but these: without it a save, and then a stop, never ends.',
          `ReadWritePaths=${own}`,
        ]
      : []),
    ...Object.entries(limits).flatMap(([name, atLeast]) =>
      atLeast === null || isLarger(unitValue(unit, name)?.value, atLeast) ? [] : [`${name}=${atLeast}`],
    ),
    ...(timeoutStopSeconds === null
      ? []
      : ['# To write everything down; after it systemd kills.', `TimeoutStopSec=${timeoutStopSeconds}`]),
    ...variables.map((one) => `Environment=${one}`),
  ];
  return service.length === 0 ? null : ['[Service]', ...service, ''].join('\n');
}

function isLarger(found: string | undefined, atLeast: number): boolean {
  if (found === undefined) return false;
  // `soft:hard`
  const soft = found.split(':')[0] ?? '';
  return soft === 'infinity' || Number(soft) >= atLeast;
}
