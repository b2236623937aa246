// Owns what a unit of systemd is told about a service on the hot tier, as a drop-in beside its own file (systemd.unit(5)). Pure.
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import type { Places, UnitDemands } from '../services/configuration.ts';
import { type ReadUnit, unitValue } from './unit-settings.ts';

export function dropInPath({ name }: Pick<ReadUnit, 'name'>): string {
  return `${UNIT_DIRECTORY}/${name}.d/jts-hot.conf`;
}

/** `unit`: what its own file says. */
export function dropInText(
  unit: ReadUnit,
  { limits, timeoutStopSeconds, environment }: UnitDemands,
  places: Places,
): string {
  const own = word(places.own);
  const variables = Object.entries(environment(places)).map(([name, value]) => word(`${name}=${value}`));
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
  return [
    '[Unit]',
    '# Not before its disk is mounted: it would start empty in the directory below.',
    `RequiresMountsFor=${own}`,
    ...(service.length === 0 ? [] : ['', '[Service]', ...service]),
    '',
  ].join('\n');
}

function isLarger(found: string | undefined, atLeast: number): boolean {
  if (found === undefined) return false;
  // `soft:hard`
  const soft = found.split(':')[0] ?? '';
  return soft === 'infinity' || Number(soft) >= atLeast;
}

/** One word of a list, without what systemd would make of `%`, quotes and blanks. */
export function word(text: string): string {
  const plain = text.replaceAll('%', '%%');
  return /^[^\s"'\\]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}
