// Owns an event in words and in named values, as every channel sends it. Nothing in it can play tricks: what comes from
// the host or the layout is made printable, so that it is one line everywhere.

import { EVENT_SCHEMA_VERSION } from '../document/versions.ts';
import { CHECKS } from '../history/checks.ts';
import type { AlertEvent, Message } from '../history/event.ts';
import {
  ALL_SERVICES,
  BACKUPS,
  DISK,
  DISK_HEALTH,
  isFileSystem,
  OWN_FILE_SYSTEM,
} from '../history/history.ts';
import { percentText, thresholdText } from '../space/outlook.ts';
import type { Fired } from '../space/outlook-document.ts';
import { formatDuration } from '../values/duration.ts';
import { printableName } from '../values/file-name.ts';
import { formatBytes } from '../values/size.ts';
import type { EventDocument } from './event-document.ts';

/** One line: `CRITICAL trader1 /data/jts/hot kafka: 91.2 % of its 600 GB used (critical from 90 %)`. */
export function eventText(event: AlertEvent): string {
  const { kind, level, fired, checks, health, backups } = event;
  if (kind === 'test')
    return `TEST ${place(event)}: this tries the alert channels of jts-hot; nothing is wrong`;
  const what =
    checks !== undefined
      ? checksText(checks)
      : health !== undefined
        ? healthText(health)
        : backups !== undefined
          ? causesText(backups.causes)
          : fired === null
            ? withoutRule(event)
            : firedText(event, fired);
  const why = [...(fired === null ? [] : [thresholdText(fired)]), ...historyTexts(event)];
  return `${level} ${place(event)}: ${what}${why.length === 0 ? '' : ` (${why.join('; ')})`}`;
}

/** The event's line, and what could not be told before it. */
export function messageText({ event, missed }: Message): string {
  if (missed.length === 0) return eventText(event);
  const earlier = missed.map(({ level, at }) => `${level} at ${isoTime(at)}`).join(', ');
  return `${eventText(event)} [could not be delivered before: ${earlier}]`;
}

function place({ host, base, subject }: AlertEvent): string {
  const named = subject.startsWith(DISK_HEALTH)
    ? ['disk', subject.slice(DISK_HEALTH.length)]
    : subject.startsWith(BACKUPS)
      ? ['backups of', subject.slice(BACKUPS.length)]
      : subject.startsWith(OWN_FILE_SYSTEM)
        ? ['disk of', subject.slice(OWN_FILE_SYSTEM.length)]
        : (NAMES.get(subject) ?? [subject]);
  return [host, base, ...named].map(shown).join(' ');
}

/** In words; the disk is the base's own. */
const NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  [DISK, []],
  [ALL_SERVICES, ['all services']],
  [CHECKS, ['checks']],
]);

function healthText({ disk, causes }: NonNullable<AlertEvent['health']>): string {
  const what = causes.length === 0 ? 'nothing is wrong with it any more' : causes.map(shown).join('; ');
  return `${shown(disk)}: ${what}`;
}

function causesText(causes: readonly string[]): string {
  return causes.length === 0 ? 'nothing is wrong with them any more' : causes.map(shown).join('; ');
}

/** This many of the checks that do not hold are named. */
const CHECKS_TOLD = 3;

function checksText({
  passed,
  failed,
  warnings,
  skipped,
  notHeld,
}: NonNullable<AlertEvent['checks']>): string {
  const total = passed + failed + warnings + skipped;
  if (notHeld.length === 0) return `all ${total} hold`;
  const kinds = [
    [failed, 'failed'],
    [skipped, 'could not be tried'],
    [warnings, warnings === 1 ? 'warning' : 'warnings'],
  ] as const;
  const counts = kinds.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const more = notHeld.length > CHECKS_TOLD ? ' …' : '';
  return `of ${total}, ${counts.join(', ')}: ${notHeld.slice(0, CHECKS_TOLD).map(shown).join(', ')}${more}`;
}

function withoutRule(event: AlertEvent): string {
  if (event.level === 'UNKNOWN') return `cannot be measured: ${whyText(event) ?? 'the reason is not known'}`;
  return event.usedPercent === null ? 'measured again' : `back to ${used(event)}`;
}

function used(event: AlertEvent): string {
  return `${percentText(event.usedPercent ?? 0)} of ${limit(event)} used`;
}

/** A plan is a service's own; the disk is everybody's. */
function limit({ subject, limitBytes: known }: AlertEvent): string {
  const limitBytes = known ?? 0;
  return isFileSystem(subject) ? formatBytes(limitBytes) : `its ${formatBytes(limitBytes)}`;
}

function firedText(event: AlertEvent, fired: Fired): string {
  switch (fired.rule) {
    case 'used':
      return `${percentText(fired.value)} of ${limit(event)} used`;
    case 'of-disk':
      return `${percentText(fired.value)} of what the disk can give it used`;
    case 'free':
      return `${formatBytes(fired.value)} of ${limit(event)} left`;
    case 'inodes':
      return `${percentText(fired.value)} of the file system's inodes used`;
    case 'soft-limit':
      return `${formatBytes(fired.value)} used, over the soft limit of its quota`;
    case 'hard-limit':
      return `${formatBytes(fired.value)} used, its quota lets it write no more: free space (jts-hot usage ${shown(event.subject)}) or raise its limit`;
    case 'full-in': {
      const end = isFileSystem(event.subject) ? 'full' : 'at its planned size';
      return `${end} in about ${formatDuration(fired.value)}, ${used(event)}`;
    }
    default:
      return fired.rule satisfies never;
  }
}

/** A shorter duration is not worth a word. */
const NEWS_SECONDS = 60;

function historyTexts(event: AlertEvent): readonly string[] {
  const { at, since, before, beforeSince, level } = event;
  const lasts = since === null ? 0 : (at - since) / 1000;
  const lasted = beforeSince === null || since === null ? 0 : (since - beforeSince) / 1000;
  const texts: string[] = [];
  if (level !== 'OK' && lasts >= NEWS_SECONDS) texts.push(`for ${formatDuration(lasts)} now`);
  if (before !== 'OK' && before !== level)
    texts.push(`was ${before}${lasted >= NEWS_SECONDS ? ` for ${formatDuration(lasted)}` : ''}`);
  return texts;
}

/** An event that an earlier version enqueued has none. */
function whyText({ why }: AlertEvent): string | null {
  return why === null || why === undefined ? null : shown(why);
}

/** Also for a decoder that refuses half of a surrogate pair. */
function shown(text: string): string {
  return printableName(text).toWellFormed();
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** What programs are given: times as ISO 8601, bytes as numbers, all text printable. */
export function eventDocument(message: Message): EventDocument {
  const { event, missed } = message;
  const { id, kind, host, base, subject, level, before, since, fired, checks = null, health = null } = event;
  const { backups = null } = event;
  return {
    schemaVersion: EVENT_SCHEMA_VERSION,
    text: messageText(message),
    id,
    kind,
    at: isoTime(event.at),
    host: shown(host),
    base: shown(base),
    subject: shown(subject),
    level,
    before,
    since: since === null ? null : isoTime(since),
    rule: fired?.rule ?? null,
    value: fired?.value ?? null,
    threshold: fired?.threshold ?? null,
    why: whyText(event),
    usedBytes: checks === null ? event.usedBytes : null,
    limitBytes: checks === null ? event.limitBytes : null,
    usedPercent: checks === null ? event.usedPercent : null,
    checks: checks === null ? null : { ...checks, notHeld: checks.notHeld.map(shown) },
    health: health === null ? null : { disk: shown(health.disk), causes: health.causes.map(shown) },
    backups: backups === null ? null : { service: shown(backups.service), causes: backups.causes.map(shown) },
    missed: missed.map((earlier) => ({ id: earlier.id, level: earlier.level, at: isoTime(earlier.at) })),
  };
}

/**
 * The same as names and values, for what knows text only: `JTS_HOT_SUBJECT` → `kafka`. What is not known is not in it.
 * The text itself is not in it either: each receiver has a place of its own for that.
 */
export function eventFields(message: Message): Readonly<Record<string, string>> {
  const { schemaVersion, text, missed, checks, health, backups, ...fields } = eventDocument(message);
  const counts = checks === null || checks === undefined ? [] : Object.entries(checks);
  const named = counts.map(
    ([name, value]) => [`checks${name[0]?.toUpperCase()}${name.slice(1)}`, value] as const,
  );
  const ofDisk = [
    ['healthDisk', health?.disk ?? null],
    ['healthCauses', health?.causes.join('; ') ?? null],
  ] as const;
  const ofBackups = [
    ['backupService', backups?.service ?? null],
    ['backupCauses', backups?.causes.join('; ') ?? null],
  ] as const;
  const known = [...Object.entries(fields), ...named, ...ofDisk, ...ofBackups].filter(
    ([, value]) => value !== null,
  );
  return Object.fromEntries(known.map(([name, value]) => [fieldName(name), String(value)]));
}

/** `usedBytes` → `JTS_HOT_USED_BYTES` */
function fieldName(name: string): string {
  return `JTS_HOT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
