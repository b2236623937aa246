// Units of systemd: enabled and started, or stopped and disabled. Their files are of file.ts.

import type { Resource, Step } from '../engine/resource.ts';
import { signOf } from '../port/operation.ts';
import { isEnabled, UNIT_DIRECTORY } from '../port/operations/unit.ts';
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

export const unit: Resource<UnitWant, UnitHave> = {
  kind: 'unit',
  role: 'setting',
  creates: [],
  tools: { systemctl: 'systemd' },
  isRepaired: true,
  irreversible: null,
  address: (want) => unitAddress(want.unit),
  checkId: (want) => `unit.${want.unit}`,
  service: () => null,
  observe(host, wants) {
    const runs = host.root === '/' && host.surroundings().runsSystemd;
    const states = runs ? host.units(wants.map((want) => want.unit)) : null;
    return wants.map((want) => ({
      enabled: isEnabled(host, want),
      active: states === null ? null : states.get(want.unit)?.active === true,
    }));
  },
  diff: (want, have) => ({ steps: stepsFor(want, have), refusals: [], warnings: [] }),
  expected: ({ on }) => (on ? 'enabled and started' : 'neither enabled nor started'),
  found: (_want, { enabled, active }) =>
    [
      enabled ? 'enabled' : 'not enabled',
      ...(active === null ? [] : [active ? 'started' : 'not started']),
    ].join(', '),
};

/** On: enabled, then started, both after its file is there. Off: the other way round, before its file goes. */
function stepsFor({ unit, wantedBy, on }: UnitWant, have: UnitHave): readonly Step[] {
  const address = unitAddress(unit);
  const needs = on ? [fileAddress(`${UNIT_DIRECTORY}/${unit}`)] : [];
  const enable = { type: 'enableUnit', unit, wantedBy } as const;
  const disable = { type: 'disableUnit', unit, wantedBy } as const;
  const start = { type: 'startUnit', unit } as const;
  const stop = { type: 'stopUnit', unit } as const;
  const step = (of: Pick<Step, 'summary' | 'reason' | 'do' | 'undo'>): Step => ({
    address,
    action: signOf(of.do),
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
