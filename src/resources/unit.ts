// Units of systemd: enabled and started, or stopped and disabled. Their files are of file.ts.
import { isEnabled } from '../engine/effect.ts';
import type { Step } from '../engine/resource.ts';
import type { HostReader } from '../port/host.ts';
import { UNIT_DIRECTORY } from '../port/operation.ts';
import { fileAddress } from './file.ts';

export interface UnitWant {
  readonly unit: string;
  readonly wantedBy: string;
  readonly on: boolean;
}

export interface UnitHave {
  readonly enabled: boolean;
  /** null: cannot be, where systemd does not run. */
  readonly active: boolean | null;
}

export function unitAddress(unit: string): string {
  return `unit ${unit}`;
}

export function observeUnit(host: HostReader, want: Pick<UnitWant, 'unit' | 'wantedBy'>): UnitHave {
  const runs = host.root === '/' && host.surroundings().runsSystemd;
  return {
    enabled: isEnabled(host, want),
    active: runs ? host.units([want.unit]).get(want.unit)?.active === true : null,
  };
}

/** On: enabled, then started, both after its file is there. Off: the other way round, before its file goes. */
export function diffUnit({ unit, wantedBy, on }: UnitWant, have: UnitHave): readonly Step[] {
  const address = unitAddress(unit);
  const needs = on ? [fileAddress(`${UNIT_DIRECTORY}/${unit}`)] : [];
  const enable = { type: 'enableUnit', unit, wantedBy } as const;
  const disable = { type: 'disableUnit', unit, wantedBy } as const;
  const start = { type: 'startUnit', unit } as const;
  const stop = { type: 'stopUnit', unit } as const;
  const step = (of: Pick<Step, 'summary' | 'reason' | 'do' | 'undo'>): Step => ({
    address,
    action: '~',
    ...of,
    needs,
  });
  if (on)
    return [
      ...(have.enabled
        ? []
        : [
            step({
              summary: `${unit}  enabled`,
              reason: `${wantedBy} is to start it at every boot`,
              do: enable,
              undo: disable,
            }),
          ]),
      ...(have.active === false
        ? [
            step({
              summary: `${unit}  started`,
              reason: 'it is to run from now on',
              do: start,
              undo: stop,
            }),
          ]
        : []),
    ];
  return [
    ...(have.active === true
      ? [
          step({
            summary: `${unit}  stopped`,
            reason: 'it is not to run any more',
            do: stop,
            undo: start,
          }),
        ]
      : []),
    ...(have.enabled
      ? [
          step({
            summary: `${unit}  disabled`,
            reason: `${wantedBy} is not to start it any more`,
            do: disable,
            undo: enable,
          }),
        ]
      : []),
  ];
}
