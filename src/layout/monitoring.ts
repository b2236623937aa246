// Owns what is built in of what an operator decides about watching, and its rules. Pure.
// Reading it from the layout file is layout-file.ts.

import type {
  Alerting,
  Channel,
  Levels,
  MonitoringSummary,
  Secret,
  Thresholds,
} from './monitoring-document.ts';

export type { Alerting, Channel, Levels, Secret, Thresholds };

export interface Monitoring extends Omit<MonitoringSummary, 'services'> {
  /** Whole levels of single services, what they do not set filled in from `eachService`. */
  readonly services: ReadonlyMap<string, Levels>;
}

/** No rule at all. */
export const OFF: Thresholds = {
  usedPercent: null,
  freeBytes: null,
  inodesPercent: null,
  fullInSeconds: null,
  softLimit: false,
  hardLimit: false,
};

export const builtInMonitoring: Monitoring = {
  group: null,
  disk: {
    warning: { ...OFF, usedPercent: 80, inodesPercent: 80, fullInSeconds: 3 * 86_400 },
    critical: { ...OFF, usedPercent: 90, inodesPercent: 90, fullInSeconds: 86_400 },
  },
  eachService: {
    warning: { ...OFF, usedPercent: 80, softLimit: true },
    critical: { ...OFF, usedPercent: 90, hardLimit: true },
  },
  services: new Map(),
  marginPercent: 2,
  samples: 1,
  alerts: { repeatSeconds: 86_400, timeoutSeconds: 10, attempts: 3, channels: [] },
};

export function levelsOf(monitoring: Monitoring, service: string): Levels {
  return monitoring.services.get(service) ?? monitoring.eachService;
}

/** The same, told to nobody. */
export function withoutAlerts(monitoring: Monitoring): Monitoring {
  return { ...monitoring, alerts: { ...monitoring.alerts, channels: [] } };
}

/** The same, but for use in per cent, which is this for the disk and every service, whatever each has of its own. */
export function withUsedPercent(
  monitoring: Monitoring,
  percent: { readonly warningPercent: number | null; readonly criticalPercent: number | null },
): Monitoring {
  const changed = ({ warning, critical }: Levels): Levels => ({
    warning: { ...warning, usedPercent: percent.warningPercent },
    critical: { ...critical, usedPercent: percent.criticalPercent },
  });
  return {
    ...monitoring,
    disk: changed(monitoring.disk),
    eachService: changed(monitoring.eachService),
    services: new Map([...monitoring.services].map(([name, levels]) => [name, changed(levels)])),
  };
}
