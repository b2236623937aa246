// Owns how the settings that services wish of the kernel are on this host, now and after the next start, and what would make them
// as they are resolved. Reads only.
import { type Wanted, wanted } from '../engine/examine.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { isSysctl, type KernelValue } from '../port/kernel-value.ts';
import { type FileWant, file } from '../resources/file.ts';
import { kernelValue } from '../resources/kernel-value.ts';
import { directoriesOf, rootDirectory } from '../resources/root-directory.ts';
import type { Asked } from '../services/index.ts';
import { SETTINGS, type Setting } from './host-settings.ts';
import {
  fileText,
  isOurs,
  type Kept,
  type KeptLine,
  keptSettings,
  nameOf,
  ownFileOf,
  SYSCTL_FILE,
  TMPFILES_FILE,
} from './kept-settings.ts';
import { meets, type Resolved, resolve, worstOf } from './resolve.ts';
import type { HostRow } from './tune-document.ts';
import { askedBy, wishRows } from './wished-text.ts';

/** Of what cannot be seen here. */
export const NOT_TOLD = 'not told';
/** Of what no file says for the next start, where that is needed. */
export const NOTHING = 'nothing says it';
const PURPOSE = 'settings of the kernel are to hold at every start';
/** Whose service keeps the clock right. */
const CLOCKS = ['systemd-timesyncd', 'chrony', 'chronyd', 'ntpsec', 'ntpd', 'ntp', 'openntpd'];

export interface HostPart {
  readonly wanted: readonly Wanted[];
  readonly rows: readonly HostRow[];
  readonly open: readonly Diagnostic[];
}

/** One setting, as it was found. */
interface Found {
  readonly resolved: Resolved;
  /** null: it is not told, or this kernel has none. */
  readonly now: string | null;
  readonly fixed: KernelValue['fixed'];
  /** null: no file says such a thing. */
  readonly kept: Kept | null;
}

export function hostPart(host: HostReader, asked: readonly Asked[]): HostPart {
  const found = findAll(
    host,
    SETTINGS.filter(({ isOfDevices }) => !isOfDevices).flatMap((setting) => resolve(setting, asked) ?? []),
  );
  const changed = found.filter(isOursToSet);
  const files = [SYSCTL_FILE, TMPFILES_FILE].flatMap((path) => fileWanted(host, path, changed));
  return {
    wanted: [
      wanted(
        kernelValue,
        changed.map(({ resolved: { setting, value, isRight, met } }) => ({
          setting: setting.name,
          value,
          isRight,
          reason: askedBy(met),
        })),
      ),
      wanted(
        rootDirectory,
        directoriesOf(
          files.filter(({ text }) => text !== null).map(({ path }) => path),
          PURPOSE,
        ),
      ),
      wanted(file, files),
    ],
    rows: found.map((one) => rowOf(one)),
    open: found.flatMap((one) => openEnds(host, one)),
  };
}

function findAll(host: HostReader, all: readonly Resolved[]): readonly Found[] {
  const ours = all.filter(({ setting }) => setting.setBy === 'us').map(({ setting }) => setting.name);
  const values = new Map(host.kernelValues(ours).map((value, i) => [ours[i] as string, value]));
  const kept = new Map(keptSettings(host, ours).map((one, i) => [ours[i] as string, one]));
  return all.map((resolved): Found => {
    const { name, setBy } = resolved.setting;
    if (setBy === 'somebody') return { resolved, now: seen(host, name), fixed: null, kept: null };
    const value = values.get(name) ?? null;
    return { resolved, now: value?.now ?? null, fixed: value?.fixed ?? null, kept: kept.get(name) ?? null };
  });
}

function seen(host: HostReader, name: Setting['name']): string | null {
  if (name === 'swap') {
    const has = host.hasSwap();
    return has === null ? null : has ? 'some' : 'none';
  }
  const { runsSystemd, container } = host.surroundings();
  // Of a container the machine around it keeps the clock.
  if (!runsSystemd || container !== null) return null;
  const units = host.units(CLOCKS.map((unit) => `${unit}.service`));
  return [...units.values()].some(({ active }) => active) ? 'synchronized' : 'not synchronized';
}

function isOursToSet({ resolved: { setting }, now, fixed }: Found): boolean {
  return setting.setBy === 'us' && now !== null && fixed === null && !isInOtherUnit(setting, now);
}

function isInOtherUnit({ zeroMeans }: Setting, now: string | null): boolean {
  return zeroMeans !== null && now === '0';
}

/** Where it says something of ours, or has to. */
function fileWanted(host: HostReader, path: string, all: readonly Found[]): readonly FileWant[] {
  const lines = all.filter((one) => ownFileOf(one.resolved.setting.name) === path && isToBeKept(one));
  const text = fileText(lines.map(lineOf));
  const isThere = host.entry(path).type === 'file' && isOurs(host.text(path) ?? '');
  return text === null && !isThere ? [] : [{ path, text, unit: null, purpose: PURPOSE, isOurs }];
}

function lineOf({ resolved: { setting, value, required, met } }: Found): KeptLine {
  return { setting: setting.name, value, comment: `${required}: ${askedBy(met)}` };
}

/** Without a line of ours it would not be right after the next start. */
function isToBeKept({ resolved, kept, now }: Found): boolean {
  const { setting, isRight } = resolved;
  if (kept === null || kept.over !== null) return false;
  if (kept.others !== null) return !isRight(kept.others.value);
  if (setting.byDefault === 'measured')
    return kept.now?.by === ownFileOf(setting.name) || now === null || !isRight(now);
  return setting.byDefault === null || !isRight(setting.byDefault);
}

function rowOf(found: Found): HostRow {
  const { resolved, now, fixed } = found;
  const { setting, isRight, met, unmet, value, required } = resolved;
  const isNow = now === null || isInOtherUnit(setting, now) || isRight(now);
  const kept = forGood(found);
  return {
    setting: setting.name,
    required,
    value,
    now: now ?? NOT_TOLD,
    isNow,
    ...kept,
    severity: worstOf(isNow ? met : met.filter(({ wish }) => !meets(wish.want, now))) ?? 'hint',
    isSetByUs: setting.setBy === 'us',
    wishes: wishRows(met, unmet),
    note: noteOf(resolved, now, fixed),
  };
}

function noteOf(
  { setting: { zeroMeans, setBy }, isRight }: Resolved,
  now: string | null,
  fixed: KernelValue['fixed'],
): string | null {
  if (now === null) return setBy === 'us' ? 'this kernel has no such setting' : 'it cannot be told here';
  if (zeroMeans !== null && now === '0') return `left alone: ${zeroMeans} is set instead`;
  return fixed === null || isRight(now) ? null : `cannot be set here: ${FIXED[fixed]}`;
}

const FIXED = {
  'read-only': 'the kernel’s settings are mounted read-only, as in a container',
  'not permitted': 'it belongs to the machine around this one',
} as const;

function forGood({
  resolved: { setting, isRight },
  now,
  fixed,
  kept,
}: Found): Pick<HostRow, 'forGood' | 'isForGood'> {
  const isRightNow = now === null || isRight(now);
  if (setting.setBy === 'somebody' || now === null)
    return { forGood: 'not ours to set', isForGood: isRightNow };
  if (isInOtherUnit(setting, now)) return { forGood: 'left alone', isForGood: true };
  if (fixed !== null) return { forGood: 'the machine around it', isForGood: isRightNow };
  const said = kept?.now ?? null;
  if (said !== null) {
    const is = isRight(said.value);
    return { forGood: is ? nameOf(said.by) : `${said.value} in ${nameOf(said.by)}`, isForGood: is };
  }
  const { byDefault } = setting;
  if (byDefault === null) return { forGood: NOTHING, isForGood: false };
  if (byDefault === 'measured')
    return { forGood: isRightNow ? 'by default' : NOTHING, isForGood: isRightNow };
  return isRight(byDefault)
    ? { forGood: 'by default', isForGood: true }
    : { forGood: NOTHING, isForGood: false };
}

function openEnds(host: HostReader, found: Found): readonly Diagnostic[] {
  const { resolved, now, fixed, kept } = found;
  const { setting, isRight, required, value, met } = resolved;
  const at = `setting ${setting.name}`;
  if (now === null || isInOtherUnit(setting, now) || worstOf(met) === 'hint') return [];
  if (setting.setBy === 'somebody')
    return isRight(now)
      ? []
      : [
          diagnostic('E_NOT_OURS_TO_SET', 'cannot set what is not ours to set', {
            at,
            detail: `want ${required} (${askedBy(met)}), found ${now}`,
            ...(setting.hint !== null && { hint: setting.hint }),
          }),
        ];
  if (fixed !== null)
    return isRight(now)
      ? []
      : [
          diagnostic('E_KERNEL_FIXED', 'cannot set a setting of the kernel from here', {
            at,
            detail: [`want ${required} (${askedBy(met)}), found ${now}`, `found: ${FIXED[fixed]}`],
            hint: `set it to ${value} on the machine that this one runs on: jts-hot tune host --explain ${setting.name}`,
          }),
        ];
  const over = kept?.over ?? null;
  if (over !== null && !isRight(over.value))
    return [
      diagnostic('E_SET_ELSEWHERE', 'cannot keep a setting that another file sets', {
        at,
        detail: `want ${required} (${askedBy(met)}), found ${over.value} in ${over.by}, which counts more than ours`,
        hint: `take its line out of ${over.by}`,
      }),
    ];
  if (!isSysctl(setting.name) && !host.surroundings().runsSystemd && !isRight(kept?.others?.value ?? ''))
    return [
      diagnostic('E_NO_SYSTEMD', 'cannot keep huge pages as they are set where systemd does not run', {
        at,
        detail: `want systemd, which reads ${TMPFILES_FILE} at every start; found none`,
        hint: `have it said on the command line of the kernel: transparent_hugepage=${value}`,
      }),
    ];
  return [];
}
