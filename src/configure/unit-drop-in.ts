// Owns what a unit of systemd is told about a service on the hot tier, as a drop-in beside its own file (systemd.unit(5)).
// Units are found and read as files; systemd is not asked.
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operations/unit.ts';
import type { Places, UnitDemands } from '../services/configuration.ts';
import { resolved } from './find.ts';

/** In the order in which systemd looks. */
export const UNIT_DIRECTORIES = [
  UNIT_DIRECTORY,
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

export interface FoundUnit {
  readonly name: string;
  readonly text: string;
}

/** The first of these units that is installed. */
export function unitAmong(host: HostReader, names: readonly string[]): FoundUnit | null {
  for (const name of names)
    for (const directory of UNIT_DIRECTORIES)
      for (const file of [name, templateOf(name)])
        for (const path of file === null ? [] : resolved(host, `${directory}/${file}`)) {
          const text = host.entry(path).type === 'file' ? host.text(path) : null;
          if (text !== null) return { name, text };
        }
  return null;
}

/** `postgresql@15-main.service` is an instance of `postgresql@.service`. */
function templateOf(name: string): string | null {
  return name.includes('@') ? name.replace(/@.*\./, '@.') : null;
}

export function dropInPath({ name }: Pick<FoundUnit, 'name'>): string {
  return `${UNIT_DIRECTORY}/${name}.d/jts-hot.conf`;
}

export function dropInText(
  unit: Pick<FoundUnit, 'text'>,
  { limits, timeoutStopSeconds, environment }: UnitDemands,
  places: Places,
): string {
  const own = word(places.own);
  const variables = Object.entries(environment(places)).map(([name, value]) => word(`${name}=${value}`));
  const service = [
    ...(isReadOnly(unit.text)
      ? [
          '# It sees everything read-only but these: without it a save, and then a stop, never ends.',
          `ReadWritePaths=${own}`,
        ]
      : []),
    ...Object.entries(limits).flatMap(([name, atLeast]) =>
      atLeast === null || isLarger(settingIn(unit.text, name), atLeast) ? [] : [`${name}=${atLeast}`],
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

/** Whether a new place would be read-only to it (systemd.exec(5), "Sandboxing"). */
export function isReadOnly(unitText: string): boolean {
  return settingIn(unitText, 'ProtectSystem') === 'strict';
}

/** The last one counts. */
function settingIn(text: string, name: string): string | null {
  const found = text.split('\n').filter((line) => line.startsWith(`${name}=`));
  return (
    found
      .at(-1)
      ?.slice(name.length + 1)
      .trim() ?? null
  );
}

function isLarger(found: string | null, atLeast: number): boolean {
  if (found === null) return false;
  // `soft:hard`
  const soft = found.split(':')[0] ?? '';
  return soft === 'infinity' || Number(soft) >= atLeast;
}

/** One word of a list, without what systemd would make of `%`, quotes and blanks. */
function word(text: string): string {
  const plain = text.replaceAll('%', '%%');
  return /^[^\s"'\\]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}
