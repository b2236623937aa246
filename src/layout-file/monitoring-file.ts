// Owns what the `monitoring:` section of a layout file means: merging over what is built in, what its values must be to
// each other, and the section as it is written out. Its shape is monitoring-schema.ts, its types are monitoring.ts.
import type * as z from 'zod';
import { checkChannelName, hasCredentials } from '../layout/channel.ts';
import {
  builtInMonitoring,
  type Channel,
  type Levels,
  type Monitoring,
  OFF,
  type Secret,
  type Thresholds,
} from '../layout/monitoring.ts';
import { exactDuration } from '../values/duration.ts';
import { exactPercent } from '../values/percent.ts';
import { quote } from '../values/quote.ts';
import { exactSize } from '../values/size.ts';
import { nearest } from '../values/spelling.ts';
import {
  CHANNEL_TYPES,
  type ChannelFields,
  type LevelsFields,
  type MonitoringFields,
  monitoringFieldNames,
  subjectSchemas,
  type ThresholdFields,
} from './monitoring-schema.ts';
import {
  describePath,
  entries,
  type Finding,
  isTreeMap,
  type Path,
  type ReadableYaml,
  type Tree,
  valueAt,
} from './yaml.ts';

type MonitoringFinding = Finding<
  'E_SPEC_KEY' | 'E_SPEC_LEVELS' | 'E_SPEC_MISSING' | 'E_SPEC_NAME' | 'E_SPEC_SECRET' | 'E_SPEC_VALUE'
>;

// Merging

export function effectiveMonitoring(fields: MonitoringFields | undefined): Monitoring {
  const { group, levels, alerts } = fields ?? {};
  const eachService = withLevels(builtInMonitoring.eachService, levels?.['each-service']);
  return {
    group: group ?? null,
    disk: withLevels(builtInMonitoring.disk, levels?.disk),
    eachService,
    services: new Map(
      Object.entries(levels?.services ?? {}).flatMap(([name, own]) =>
        own === null ? [] : [[name, withLevels(eachService, own)]],
      ),
    ),
    marginPercent: levels?.margin ?? builtInMonitoring.marginPercent,
    samples: levels?.samples ?? builtInMonitoring.samples,
    alerts: {
      repeatSeconds: alerts?.repeat === undefined ? builtInMonitoring.alerts.repeatSeconds : alerts.repeat,
      timeoutSeconds: alerts?.timeout ?? builtInMonitoring.alerts.timeoutSeconds,
      attempts: alerts?.attempts ?? builtInMonitoring.alerts.attempts,
      channels: Object.entries(alerts?.channels ?? {}).map(([name, channel]) => channelOf(name, channel)),
    },
  };
}

function withLevels(base: Levels, fields: LevelsFields): Levels {
  if (fields === false) return { warning: OFF, critical: OFF };
  return {
    warning: withThresholds(base.warning, fields?.warning),
    critical: withThresholds(base.critical, fields?.critical),
  };
}

function withThresholds(base: Thresholds, fields: ThresholdFields | false | null | undefined): Thresholds {
  if (fields === false) return OFF;
  const merged = (before: number | null, given: number | false | undefined) =>
    given === undefined ? before : given === false ? null : given;
  return {
    usedPercent: merged(base.usedPercent, fields?.used),
    freeBytes: merged(base.freeBytes, fields?.free),
    inodesPercent: merged(base.inodesPercent, fields?.inodes),
    fullInSeconds: merged(base.fullInSeconds, fields?.['full-in']),
    softLimit: fields?.['soft-limit'] ?? base.softLimit,
    hardLimit: fields?.['hard-limit'] ?? base.hardLimit,
  };
}

function channelOf(name: string, fields: ChannelFields): Channel {
  const common = { name, from: fields.from === 'critical' ? 'CRITICAL' : 'WARNING' } as const;
  switch (fields.type) {
    case 'journal':
      return { ...common, type: 'journal' };
    case 'command':
      return { ...common, type: 'command', argv: fields.run };
    case 'webhook': {
      const url = fields.url ?? secretOf(fields['url-file'], fields['url-environment']);
      if (url === null) throw new Error(`channel ${name} passed without an address`);
      const token = secretOf(fields['token-file'], fields['token-environment']);
      return { ...common, type: 'webhook', url, token };
    }
    case 'mail':
      return { ...common, type: 'mail', to: fields.to, sender: fields.sender ?? null };
    default:
      return fields satisfies never;
  }
}

function secretOf(file: string | undefined, environment: string | undefined): Secret | null {
  if (file !== undefined) return { file };
  return environment === undefined ? null : { environment };
}

// Keys

const CHANNELS: Path = ['monitoring', 'alerts', 'channels'];
const SERVICES: Path = ['monitoring', 'levels', 'services'];

/** What may stand below a path that begins with `monitoring`. */
export function monitoringKeys(path: Path, tree: Tree): readonly string[] {
  const names = monitoringFieldNames;
  if (path.length === 1) return names.monitoring;
  if (path[1] === 'levels') {
    if (path.length === 2) return names.levels;
    if (path.length === (path[2] === 'services' ? 4 : 3)) return names.subject;
    return path[2] === 'disk' ? names.rules : names.rulesOfService;
  }
  if (path.length === 2) return names.alerts;
  const type = valueAt(tree, [...path, 'type']);
  return names.channel(CHANNEL_TYPES.find((one) => one === type) ?? 'journal');
}

const SECRETS =
  /^(api|auth|bearer)?[-_]?(token|key|password|passwd|secret|credentials?|authorization|headers?)$/i;

/** For a key in the wrong place: where it belongs. */
export function strayKey(
  path: Path,
  key: string,
  services: readonly string[],
): { readonly code?: 'E_SPEC_SECRET'; readonly hint?: string } {
  const names = monitoringFieldNames;
  if (isBelow(path, CHANNELS)) {
    if (SECRETS.test(key))
      return {
        code: 'E_SPEC_SECRET',
        hint: 'keep it in a file that only root can read: `token-file: /etc/jts/token`',
      };
    const type = CHANNEL_TYPES.find((one) => names.channel(one).includes(key));
    return type === undefined ? {} : { hint: `\`${key}\` goes with \`type: ${type}\`` };
  }
  if (path[1] === 'levels' && path.length >= 3 && names.rulesOfService.includes(key))
    return { hint: `\`${key}\` goes below \`warning:\` or \`critical:\`` };
  if (path[1] === 'levels' && path.length <= 3 && services.includes(key))
    return { hint: 'single services go below `services:` of `levels:`' };
  const above = (['levels', 'alerts'] as const).find((section) => names[section].includes(key));
  return path.length === 1 && above !== undefined ? { hint: `\`${key}\` goes below \`${above}:\`` } : {};
}

function isBelow(path: Path, above: Path): boolean {
  return path.length > above.length && above.every((key, i) => path[i] === key);
}

/** In a channel the value may be a secret in the wrong line, so it is not shown. */
export function mayBeSecret(path: Path): boolean {
  return isBelow(path, CHANNELS) && /^(url|token)/.test(String(path[4]));
}

/** A guess for an unknown type of channel. */
export function nearType(path: Path, value: Tree): string | null {
  if (!isBelow(path, CHANNELS) || path[4] !== 'type' || typeof value !== 'string') return null;
  const word = value.toLowerCase();
  for (const [type, words] of OTHER_WORDS) if (words.includes(word)) return type;
  return nearest(value, CHANNEL_TYPES);
}

const OTHER_WORDS: ReadonlyMap<(typeof CHANNEL_TYPES)[number], readonly string[]> = new Map([
  ['journal', ['journald', 'syslog', 'log']],
  ['command', ['exec', 'program', 'script', 'shell', 'run']],
  ['webhook', ['http', 'https', 'slack', 'teams', 'mattermost', 'discord', 'url']],
  ['mail', ['email', 'e-mail', 'smtp', 'sendmail']],
]);

// What values must be to each other

/** `services`: the names of the effective layout. */
export function checkMonitoring(
  source: ReadableYaml,
  services: readonly string[],
): readonly MonitoringFinding[] {
  return [
    ...checkServices(source, services),
    ...checkLevels(source),
    ...entries(valueAt(source.tree, CHANNELS)).flatMap(([name, channel]) =>
      checkChannel(source, name, channel),
    ),
  ];
}

function checkServices(source: ReadableYaml, services: readonly string[]): readonly MonitoringFinding[] {
  return entries(valueAt(source.tree, SERVICES)).flatMap(([name]) => {
    if (services.includes(name)) return [];
    const guess = nearest(name, services);
    return {
      code: 'E_SPEC_KEY',
      offset: source.keyOffset([...SERVICES, name]),
      detail: `${describePath(SERVICES)}: want a service of the layout, found ${quote(name)}`,
      ...(guess === null ? {} : { hint: `did you mean \`${guess}\`?` }),
    } as const;
  });
}

function checkChannel(source: ReadableYaml, name: string, channel: Tree): readonly MonitoringFinding[] {
  const path = [...CHANNELS, name];
  const findings: MonitoringFinding[] = [];
  const complaint = checkChannelName(name);
  if (complaint !== null) {
    const detail = `${describePath(CHANNELS)}: ${complaint}, found ${quote(name)}`;
    findings.push({ code: 'E_SPEC_NAME', offset: source.keyOffset(path), detail });
  }
  if (!isTreeMap(channel) || channel['type'] !== 'webhook') return findings;
  const url = channel['url'];
  if (typeof url === 'string' && hasCredentials(url))
    findings.push({
      code: 'E_SPEC_SECRET',
      offset: source.valueOffset([...path, 'url']),
      detail: `${describePath([...path, 'url'])}: want an address without user and password, found one with them`,
      hint: 'keep the address in a file that only root can read: `url-file: /etc/jts/url`',
    });
  const given = (keys: readonly string[]) => keys.filter((key) => Object.hasOwn(channel, key));
  const urls = given(['url', 'url-file', 'url-environment']);
  if (urls.length === 0)
    findings.push({
      code: 'E_SPEC_MISSING',
      offset: source.keyOffset(path),
      detail: `${describePath(path)}: want \`url\`, \`url-file\` or \`url-environment\`, found no such setting`,
    });
  for (const [first, second] of [urls, given(['token-file', 'token-environment'])])
    if (first !== undefined && second !== undefined)
      findings.push({
        code: 'E_SPEC_VALUE',
        offset: source.keyOffset([...path, second]),
        detail: `${describePath(path)}: want one of \`${first}\` and \`${second}\`, found both`,
      });
  return findings;
}

interface Rule {
  readonly key: Exclude<keyof ThresholdFields, QuotaRule['key']>;
  readonly field: Exclude<keyof Thresholds, QuotaRule['field']>;
  readonly exact: (value: number) => string;
  /** Whether `warning` begins later than `critical`. */
  readonly late: (warning: number, critical: number) => boolean;
}

const higherLater = (warning: number, critical: number) => warning > critical;
const lowerLater = (warning: number, critical: number) => warning < critical;
const RULES: readonly Rule[] = [
  { key: 'used', field: 'usedPercent', exact: exactPercent, late: higherLater },
  { key: 'free', field: 'freeBytes', exact: exactSize, late: lowerLater },
  { key: 'inodes', field: 'inodesPercent', exact: exactPercent, late: higherLater },
  { key: 'full-in', field: 'fullInSeconds', exact: exactDuration, late: lowerLater },
];

type QuotaRule = (typeof QUOTA_RULES)[number];
/** They have no threshold of their own: the quota has. */
const QUOTA_RULES = [
  { key: 'soft-limit', field: 'softLimit' },
  { key: 'hard-limit', field: 'hardLimit' },
] as const;

function checkLevels(source: ReadableYaml): readonly MonitoringFinding[] {
  const section: Path = ['monitoring', 'levels'];
  /** null: something is wrong with it, and has its message already. */
  const read = (schema: z.ZodType<LevelsFields>, path: Path, base: Levels): Levels | null => {
    const parsed = schema.safeParse(valueAt(source.tree, path) ?? null);
    return parsed.success ? withLevels(base, parsed.data) : null;
  };
  const check = (path: Path, levels: Levels | null) =>
    levels === null ? [] : checkOrder(source, path, levels);
  const disk: Path = [...section, 'disk'];
  const each: Path = [...section, 'each-service'];
  const eachService = read(subjectSchemas.eachService, each, builtInMonitoring.eachService);
  return [
    ...check(disk, read(subjectSchemas.disk, disk, builtInMonitoring.disk)),
    ...check(each, eachService),
    ...entries(valueAt(source.tree, SERVICES)).flatMap(([name]) => {
      const path = [...SERVICES, name];
      return eachService === null ? [] : check(path, read(subjectSchemas.service, path, eachService));
    }),
  ];
}

function checkOrder(source: ReadableYaml, path: Path, levels: Levels): readonly MonitoringFinding[] {
  return RULES.flatMap(({ key, field, exact, late }) => {
    const warning = levels.warning[field];
    const critical = levels.critical[field];
    if (warning === null || critical === null || !late(warning, critical)) return [];
    const warningAt = given(source, [...path, 'warning', key]);
    const criticalAt = given(source, [...path, 'critical', key]);
    // Both come from elsewhere, and have their message there.
    if (warningAt === null && criticalAt === null) return [];
    // The later line is most likely the one that was changed.
    const blamed =
      (warningAt ?? -1) > (criticalAt ?? -1)
        ? { level: 'warning', value: warning, other: 'critical', than: 'no later than', limit: critical }
        : { level: 'critical', value: critical, other: 'warning', than: 'no earlier than', limit: warning };
    const place = describePath([...path, blamed.level, key]);
    const inherited = warningAt === null || criticalAt === null;
    return {
      code: 'E_SPEC_LEVELS',
      offset: Math.max(warningAt ?? -1, criticalAt ?? -1),
      detail: `${place}: want ${blamed.level} ${blamed.than} ${blamed.other}, which is at ${exact(blamed.limit)}, found ${quote(exact(blamed.value))}`,
      ...(inherited
        ? { hint: `${blamed.other} is inherited here: set \`${blamed.other}: { ${key}: … }\` as well` }
        : {}),
    } as const;
  });
}

/** Where the file says this; null: it does not. */
function given(source: ReadableYaml, path: Path): number | null {
  return valueAt(source.tree, path) === undefined ? null : source.valueOffset(path);
}

// Writing out

/** The section in full, as data for a YAML document; what is off is said. */
export function monitoringSection(monitoring: Monitoring): object {
  const { group, disk, eachService, services, marginPercent, samples, alerts } = monitoring;
  return {
    ...(group === null ? {} : { group }),
    levels: {
      disk: levelsSection(disk, builtInMonitoring.disk),
      'each-service': levelsSection(eachService, builtInMonitoring.eachService),
      ...(services.size === 0
        ? {}
        : {
            services: new Map(
              [...services].map(([name, levels]) => [name, levelsSection(levels, eachService)]),
            ),
          }),
      margin: exactPercent(marginPercent),
      samples,
    },
    alerts: {
      repeat: alerts.repeatSeconds === null ? 'never' : exactDuration(alerts.repeatSeconds),
      timeout: exactDuration(alerts.timeoutSeconds),
      attempts: alerts.attempts,
      channels: new Map(alerts.channels.map((channel) => [channel.name, channelSection(channel)])),
    },
  };
}

function levelsSection({ warning, critical }: Levels, inherited: Levels): object {
  return {
    warning: thresholdsSection(warning, inherited.warning),
    critical: thresholdsSection(critical, inherited.critical),
  };
}

/** Rules of project quotas only where they are not as without being named: most layouts have no quotas. */
function thresholdsSection(thresholds: Thresholds, inherited: Thresholds): object {
  const byValue = RULES.map(({ key, field, exact }) => {
    const value = thresholds[field];
    return [key, value === null ? false : exact(value)];
  });
  const byQuota = QUOTA_RULES.filter(({ field }) => thresholds[field] !== inherited[field]);
  return Object.fromEntries([...byValue, ...byQuota.map(({ key, field }) => [key, thresholds[field]])]);
}

function channelSection(channel: Channel): object {
  const from = channel.from === 'CRITICAL' ? { from: 'critical' } : {};
  switch (channel.type) {
    case 'journal':
      return { type: channel.type, ...from };
    case 'command':
      return { type: channel.type, run: channel.argv, ...from };
    case 'webhook': {
      const { url, token } = channel;
      const address = typeof url === 'string' ? { url } : secretSection('url', url);
      const bearer = token === null ? {} : secretSection('token', token);
      return { type: channel.type, ...address, ...bearer, ...from };
    }
    case 'mail': {
      const sender = channel.sender === null ? {} : { sender: channel.sender };
      return { type: channel.type, to: channel.to, ...sender, ...from };
    }
    default:
      return channel satisfies never;
  }
}

function secretSection(of: 'url' | 'token', secret: Secret): object {
  return 'file' in secret ? { [`${of}-file`]: secret.file } : { [`${of}-environment`]: secret.environment };
}
