// Owns what an operator decides about watching: who may read the history, which levels count, whom to tell.
// Pure data and its defaults. Reading it from the layout file is layout-file.ts.

/** When a level begins. null: this rule is off. The first rule that holds is enough. */
export interface Thresholds {
  /** Of what can be used at all: the disk's space, or a service's planned space. */
  readonly usedPercent: number | null;
  /** Begins at this much left, or less: of the disk what services can still take, of a service its plan. */
  readonly freeBytes: number | null;
  /** Of the file system's inodes: those in use, or those of this service. */
  readonly inodesPercent: number | null;
  /** Begins when the forecast says full (a service: at its planned size) within this time. */
  readonly fullInSeconds: number | null;
}

export interface Levels {
  readonly warning: Thresholds;
  readonly critical: Thresholds;
}

export interface Monitoring {
  /** Group that may read the history beside root; null: root only. */
  readonly group: string | null;
  readonly disk: Levels;
  /** Of every service that has none of its own. */
  readonly eachService: Levels;
  /** Whole levels of single services, what they do not set filled in from `eachService`. */
  readonly services: ReadonlyMap<string, Levels>;
  /** A level ends only this far below where it began: per cent points; of bytes and times this part of the threshold. */
  readonly marginPercent: number;
  /** A level begins once this many samples in a row ask for it. */
  readonly samples: number;
  readonly alerts: Alerting;
}

export interface Alerting {
  /** What lasts is told again after this time; null: once. */
  readonly repeatSeconds: number | null;
  /** Of one attempt. */
  readonly timeoutSeconds: number;
  /** Attempts in one run, the first one included; what fails is tried again by the next run. */
  readonly attempts: number;
  readonly channels: readonly Channel[];
}

/** Where a secret is kept. Never the secret itself: a layout file is shown, saved and compared. */
export type Secret = { readonly file: string } | { readonly environment: string };

export type Channel = {
  readonly name: string /** Nothing below this is told; the all-clear of what was told is. */;
  readonly from: 'WARNING' | 'CRITICAL';
} & (
  | { readonly type: 'journal' }
  | { readonly type: 'command'; readonly argv: readonly string[] }
  | {
      readonly type: 'webhook';
      /** An address may be a secret itself (Slack's are). */
      readonly url: string | Secret;
      /** Sent as `Authorization: Bearer …`. */
      readonly token: Secret | null;
    }
  | { readonly type: 'mail'; readonly to: readonly string[]; readonly sender: string | null }
);

/** No rule at all. */
export const OFF: Thresholds = {
  usedPercent: null,
  freeBytes: null,
  inodesPercent: null,
  fullInSeconds: null,
};

export const builtInMonitoring: Monitoring = {
  group: null,
  disk: {
    warning: { ...OFF, usedPercent: 80, inodesPercent: 80, fullInSeconds: 3 * 86_400 },
    critical: { ...OFF, usedPercent: 90, inodesPercent: 90, fullInSeconds: 86_400 },
  },
  eachService: {
    warning: { ...OFF, usedPercent: 80 },
    critical: { ...OFF, usedPercent: 90 },
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
