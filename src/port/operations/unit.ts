// Units of systemd: to be started at every boot, or not; started now, or stopped. Their files are of file.ts.
import type { HostReader } from '../host-reader.ts';
import { DONE, OPEN, operation } from './operation-entry.ts';
import type { Words } from './words.ts';

/** Where an administrator's units are (systemd.unit(5)). */
export const UNIT_DIRECTORY = '/etc/systemd/system';

interface Enabled {
  readonly unit: string;
  /** Which its [Install] section names. */
  readonly wantedBy: string;
}

/** The link that makes a unit start with another: `/etc/systemd/system/timers.target.wants/x.timer`. */
export function enablingLink({ unit, wantedBy }: Enabled): string {
  return `${UNIT_DIRECTORY}/${wantedBy}.wants/${unit}`;
}

export function isEnabled(host: HostReader, unit: Enabled): boolean {
  return host.entry(enablingLink(unit)).type === 'link';
}

function isActive(host: HostReader, unit: string): boolean {
  return host.units([unit]).get(unit)?.active === true;
}

const startedBy = ({ unitName, text }: Words) => ({
  unit: unitName,
  wantedBy: text('The unit that starts it, for example `timers.target`'),
});

export const enableUnit = operation({
  fields: startedBy,
  does: 'Has systemd start a unit at every boot',
  failure: 'cannot enable a unit',
  describe: ({ unit, wantedBy }) => `enable ${unit}, so that ${wantedBy} starts it`,
  cells: ({ unit, wantedBy }) => ['unit', unit, `enabled, started by ${wantedBy}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect: (of, host) => (isEnabled(host, of) ? DONE : OPEN),
});

export const disableUnit = operation({
  fields: startedBy,
  does: 'Takes that back',
  failure: 'cannot disable a unit',
  describe: ({ unit }) => `disable ${unit}`,
  cells: ({ unit }) => ['unit', unit, 'disabled'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect: (of, host) => (isEnabled(host, of) ? OPEN : DONE),
});

/** Of the live host, where systemd runs. */
export const startUnit = operation({
  fields: ({ unitName }) => ({ unit: unitName }),
  does: 'Starts a unit of systemd now',
  failure: 'cannot start a unit',
  describe: ({ unit }) => `start ${unit}`,
  cells: ({ unit }) => ['unit', unit, 'started'],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect: ({ unit }, host) => (isActive(host, unit) ? DONE : OPEN),
});

export const stopUnit = operation({
  fields: ({ unitName }) => ({ unit: unitName }),
  does: 'Stops a unit of systemd now',
  failure: 'cannot stop a unit',
  describe: ({ unit }) => `stop ${unit}`,
  cells: ({ unit }) => ['unit', unit, 'stopped'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect: ({ unit }, host) => (isActive(host, unit) ? OPEN : DONE),
});
