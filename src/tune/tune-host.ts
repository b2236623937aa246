// `jts-hot tune host`: whether the kernel is set as the services of the layout wish it together, now and at the next start; with
// --apply it is made so, as steps that rollback undoes. `--explain` tells of one setting.
import type { Answer, Context } from '../command/context.ts';
import { didYouMean, planFor } from '../engine/plan.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { kernelPath } from '../port/kernel-value.ts';
import { type Asked, askedOfKernel } from '../services/index.ts';
import { hostPart } from './host-part.ts';
import { SETTINGS, type Setting, settingCalled } from './host-settings.ts';
import { ownFileOf } from './kept-settings.ts';
import { RULES, readAheadPart } from './read-ahead-part.ts';
import { resolve } from './resolve.ts';
import { consentOf, type Planned, runTuning, type TuneOptions } from './run-tuning.ts';
import { verifyRules } from './scheduler.ts';
import type { HostResult, HostRow, TopicResult } from './tune-document.ts';
import { wishedText } from './wished-text.ts';

interface HostPlanned extends Planned {
  readonly rows: readonly HostRow[];
}

export async function tuneHost(context: Context, options: TuneOptions): Promise<Answer<HostResult>> {
  const { host, layout } = context;
  requireLive(context);
  const services = servicesOf(context);
  const asked = await askedOfKernel(services);
  const consent = consentOf(options);
  const plan = async (): Promise<HostPlanned> => {
    const { wanted, rows, open } = hostPart(host, asked);
    const devices = readAheadPart(host, layout, asked);
    const { steps, refusals } = planFor(host, [...wanted, ...devices.wanted], consent);
    const isRoot = host.surroundings().effectiveUid === 0;
    const said = isRoot ? await verifyRules(host, devices.rules) : null;
    return {
      steps,
      refusals: [...refusals, ...(said === null ? [] : [said])],
      rows: [...rows, ...devices.rows],
      open,
    };
  };
  return runTuning(context, options, {
    what: 'host',
    plan,
    isRight: ({ rows }) => rows.every((row) => row.severity === 'hint' || isAsWished(row)),
    report: ({ steps }, changed, { rows }) => ({
      what: 'host',
      services,
      act: options.act,
      rows,
      steps,
      ...changed,
    }),
  });
}

export function isAsWished({ isNow, isForGood }: HostRow): boolean {
  return isNow && isForGood;
}

export async function explainSetting(context: Context, name: string): Promise<Answer<TopicResult>> {
  const setting = settingCalled(name);
  if (setting === undefined)
    throw new Problem(EXIT.usage, [
      diagnostic('E_USAGE', 'cannot explain a setting that is none of these', {
        at: '--explain',
        detail: [
          `want one of ${SETTINGS.map((one) => one.name).join(', ')}; found ${JSON.stringify(name)}`,
          ...meantBy(name),
        ],
        hint: 'jts-hot tune host',
      }),
    ]);
  const asked = await askedOfKernel(servicesOf(context));
  const resolved = resolve(setting, asked);
  const { host, layout } = context;
  const rows =
    host.root === '/' ? [...hostPart(host, asked).rows, ...readAheadPart(host, layout, asked).rows] : [];
  const isMet = (one: Asked) => resolved?.met.includes(one) === true;
  return {
    exitCode: EXIT.ok,
    problems: [],
    result: {
      what: 'topic',
      setting: name,
      title: setting.title,
      about: setting.about,
      means: (setting.words ?? []).flatMap((value) => {
        const means = setting.means[value];
        return means === undefined ? [] : [{ value, means }];
      }),
      row: rows.find((one) => one.setting.split(' ')[0] === name) ?? null,
      wishes: [...(resolved?.met ?? []), ...(resolved?.unmet ?? [])].map((one) => ({
        service: one.service,
        wants: wishedText(one.wish.want),
        severity: one.wish.severity,
        isMet: isMet(one),
        why: one.wish.why,
        loses: one.wish.loses,
        itself: one.wish.itself,
        source: one.wish.source,
      })),
      weighed: (resolved?.candidates ?? []).map(({ value, unmet }) => ({
        value,
        unmet: unmet.map(({ service }) => service),
      })),
      path: kernelPath(name),
      file: fileOf(setting),
      source: setting.source,
    },
  };
}

/** Who types `overcommit` means `vm.overcommit_memory`. As a line of detail. */
function meantBy(name: string): readonly string[] {
  const names = SETTINGS.map((one) => one.name);
  const [part, ...more] = names.filter((one) => one.includes(name));
  return part === undefined || more.length > 0 ? didYouMean(name, names) : [`did you mean ${part}?`];
}

/** null: it is not ours to set. */
function fileOf({ name, setBy, isOfDevices }: Setting): string | null {
  if (setBy !== 'us') return null;
  return isOfDevices ? `${RULES}/99-jts-hot-readahead-….rules` : ownFileOf(name);
}

function servicesOf({ layout }: Context): readonly string[] {
  return layout.services.map(({ name }) => name);
}

function requireLive({ host }: Context): void {
  if (host.root === '/') return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_IMAGE', 'refusing to tune the kernel of an image', {
      at: '--root',
      detail: 'want the live host: an image has no kernel that runs',
      hint: 'type it on the host that was made from the image',
    }),
  ]);
}
