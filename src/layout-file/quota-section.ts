// Owns the `quota:` section of a layout file: its shape, what it means, what is wrong with it, and the section as it is written out.
// Which limits follow from it is layout/quota.ts.
import * as z from 'zod';
import type { Layout } from '../layout/layout.ts';
import {
  DEFAULT_HARD_PERCENT,
  DEFAULT_SOFT_PERCENT,
  isQuotaMode,
  MOST_HARD_PERCENT,
  QUOTA_MODES,
  type QuotaMode,
} from '../layout/quota.ts';
import { exactPercent, PERCENT_PATTERN, parsePercent, WANT_PERCENT } from '../values/percent.ts';
import { checkedText, type Read, readText, readTextOrFalse } from './text-schema.ts';
import { type Finding, isTreeMap, type Path, type ReadableYaml, valueAt } from './yaml.ts';

const WANT_MODE = `want one of ${QUOTA_MODES.join(', ')}`;
const WANT_SECTION = `${WANT_MODE}, or settings (mode, soft, hard)`;
const WANT_SOFT = `${WANT_PERCENT}, or \`false\` for none`;

const mode = checkedText(WANT_MODE, (text) => (isQuotaMode(text) ? null : WANT_MODE)).transform(
  (text) => text as QuotaMode,
);

function percentOf(text: string): Read<number> {
  const parsed = parsePercent(text, MOST_HARD_PERCENT);
  if ('complaint' in parsed) return parsed;
  return parsed.percent === 0 ? { complaint: 'want more than 0%' } : { value: parsed.percent };
}

const fields = {
  mode: mode.meta({
    description: 'off: none; account: what each service uses is counted; enforce: limits hold, too.',
    enum: [...QUOTA_MODES],
  }),
  soft: readTextOrFalse(WANT_SOFT, percentOf)
    .meta({
      description: `What a service may use before it is warned of, in per cent of its planned size. Default: ${DEFAULT_SOFT_PERCENT}%.`,
      anyOf: [{ const: false }, { type: 'string', pattern: PERCENT_PATTERN }],
    })
    .optional(),
  hard: readText(WANT_PERCENT, percentOf)
    .meta({
      description: `What a service can use at most, in per cent of its planned size: writes beyond it fail. Default: ${DEFAULT_HARD_PERCENT}%.`,
      pattern: PERCENT_PATTERN,
    })
    .optional(),
};

export const quotaSchema = z
  .union(
    [
      checkedText(WANT_SECTION, (text) => (isQuotaMode(text) ? null : WANT_SECTION))
        .transform((text) => text as QuotaMode)
        .meta({ enum: [...QUOTA_MODES] }),
      z.strictObject(fields, { error: WANT_SECTION }),
    ],
    { error: WANT_SECTION },
  )
  .meta({
    description:
      'Project quotas: the kernel counts what each service uses, and may keep it within its planned size. Default: off.',
  });

export type QuotaFields = z.output<typeof quotaSchema> | undefined;

/** What may stand below `quota`. */
export const quotaKeys: readonly string[] = Object.keys(fields);

/** undefined: none are wanted. */
export function effectiveQuota(given: QuotaFields): Layout['quota'] {
  const { mode, soft, hard } =
    typeof given === 'string' ? { mode: given } : (given ?? { mode: 'off' as const });
  if (mode === 'off') return undefined;
  const hardPercent = hard ?? DEFAULT_HARD_PERCENT;
  const softPercent = soft === false ? null : (soft ?? Math.min(DEFAULT_SOFT_PERCENT, hardPercent));
  return { mode, softPercent, hardPercent };
}

const SECTION: Path = ['quota'];

/** A warning after the end is none. */
export function checkQuota(source: ReadableYaml): readonly Finding<'E_SPEC_VALUE'>[] {
  const section = valueAt(source.tree, SECTION);
  if (!isTreeMap(section) || typeof section['soft'] !== 'string') return [];
  const { soft: given, hard: most = exactPercent(DEFAULT_HARD_PERCENT) } = section;
  const [soft, hard] = [given, most].map((text) => percentOf(String(text)));
  if (soft === undefined || hard === undefined || !('value' in soft) || !('value' in hard)) return [];
  if (soft.value <= hard.value) return [];
  return [
    {
      code: 'E_SPEC_VALUE',
      offset: source.valueOffset([...SECTION, 'soft']),
      detail: `quota.soft: want at most \`hard\`, ${exactPercent(hard.value)}; found ${exactPercent(soft.value)}`,
    },
  ];
}

/** What `parseLayoutFile` reads back as just this; undefined where nothing is said. */
export function quotaSection({ quota }: Layout): string | object | undefined {
  if (quota === undefined) return undefined;
  const { mode, softPercent, hardPercent } = quota;
  if (softPercent === DEFAULT_SOFT_PERCENT && hardPercent === DEFAULT_HARD_PERCENT) return mode;
  const soft = softPercent === null ? false : exactPercent(softPercent);
  return { mode, soft, hard: exactPercent(hardPercent) };
}
