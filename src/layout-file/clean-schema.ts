// Owns the shape of the `clean:` section of a layout file, once: it checks files and is part of the JSON Schema. What its values
// mean together (places, defaults) is clean-section.ts.
import * as z from 'zod';
import { checkPattern, MOST_KEPT, type Rule, YOUNGEST_SECONDS } from '../layout/rule.ts';
import { isThingKind, THINGS } from '../layout/thing.ts';
import { builtInRules } from '../services/cleaning.ts';
import { DURATION_PATTERN, exactDuration, parseDuration, WANT_DURATION } from '../values/duration.ts';
import { checkName } from '../values/name.ts';
import { checkedText, type Read, readText } from './text-schema.ts';

// Messages begin with "want": layout-file.ts puts the place before them and what was found after them.

const WANT_RULES = 'want rules by name';
const WANT_RULE = 'want the settings of a rule (service, directory, pattern, older, keep, except, thing)';
const LEFT_OUT = '`false` to leave it out';
const WANT_KEEP = `want a whole number from 1 to ${MOST_KEPT}: so many of the newest things stay`;
const WANT_THING = `want one of ${THINGS.join(', ')}`;

const pattern = (description: string) =>
  checkedText('want a pattern such as *.tmp', checkPattern).meta({
    description,
    pattern: '^[^/]+$',
    maxLength: 255,
  });

const older = readText(WANT_DURATION, (text): Read<number> => {
  const parsed = parseDuration(text);
  if ('complaint' in parsed) return parsed;
  return parsed.seconds < YOUNGEST_SECONDS ? { complaint: 'want at least 1h' } : { value: parsed.seconds };
});

const keep = readText(
  WANT_KEEP,
  (text): Read<number> =>
    /^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST_KEPT
      ? { value: Number(text) }
      : { complaint: WANT_KEEP },
);

const thing = checkedText(WANT_THING, (text) => (isThingKind(text) ? null : WANT_THING))
  .transform((text) => text as Rule['thing'])
  .meta({
    description:
      'What one thing is. file: each file, at any depth; directory: each directory directly in the place, as a whole; entry: either of them, directly in the place.',
    enum: [...THINGS],
  });

const component = (what: string) => checkedText(`want the name of a ${what}`, checkName);

/** Of a built-in rule the place is not to be changed. */
function fields(rule: Rule | null) {
  const builtIn = (value: string | number) => (rule === null ? '' : ` Built in: ${value}.`);
  return {
    pattern: pattern(
      `What names are like: \`*\` is any text, \`?\` one character; neither is a dot at the beginning.${builtIn(rule?.pattern ?? '')}`,
    ),
    except: pattern(
      `What is called like this is none of them.${builtIn(rule?.except ?? 'nothing')}`,
    ).optional(),
    older: older.meta({
      description: `What was last changed longer ago than this is taken. At least 1h.${builtIn(exactDuration(rule?.olderSeconds ?? 0))}`,
      pattern: DURATION_PATTERN,
    }),
    keep: keep
      .meta({
        description: `So many of the newest things stay, however old they are.${rule === null ? ' Default: 1 for backups, else none.' : builtIn(rule.keep || 'none')}`,
        type: ['integer', 'string'],
        minimum: 1,
        maximum: MOST_KEPT,
        pattern: '^[1-9][0-9]*$',
      })
      .optional(),
    thing: thing
      .meta({
        ...thing.meta(),
        description: `${thing.meta()?.description}${rule === null ? ' Default: file.' : builtIn(rule.thing)}`,
      })
      .optional(),
  };
}

const place = {
  service: component('service').meta({ description: 'A service of the layout.' }),
  directory: component('directory').meta({
    description: 'One of its directories, whose role is neither data nor config.',
  }),
};

const ownFields = { ...place, ...fields(null) };
const ownRule = z.strictObject(ownFields, {
  error: ({ input }) =>
    input === false
      ? `${WANT_RULE}; only a built-in one can be left out`
      : `${WANT_RULE}: service, directory, pattern and older at least`,
});

function changedRule(rule: Rule) {
  const { pattern, older, ...rest } = fields(rule);
  const changed = z.strictObject({ pattern: pattern.optional(), older: older.optional(), ...rest });
  const at =
    rule.service === null ? 'temporary directories and backup staging' : `${rule.service}/${rule.directory}`;
  return z.union([z.literal(false), z.null(), changed], { error: `${WANT_RULE}, or ${LEFT_OUT}` }).meta({
    description: `Built in, for ${at}. Settings given here replace its own; ${LEFT_OUT}.`,
  });
}

export const cleanSchema = z
  .union(
    [
      z.null(),
      z
        .object(Object.fromEntries(builtInRules.map((rule) => [rule.name, changedRule(rule).optional()])), {
          error: WANT_RULES,
        })
        .catchall(ownRule.meta({ description: 'A rule of your own.' })),
    ],
    { error: WANT_RULES },
  )
  .meta({
    description:
      'What `jts-hot clean` may take away, by rules: changes to the built-in ones, and your own. Nothing is taken away by itself.',
    propertyNames: { pattern: '^[a-z0-9][a-z0-9-]{0,40}$' },
  });

/** For the guess at what an unknown key was meant to be. */
export const cleanFieldNames = {
  own: Object.keys(ownFields),
  builtIn: Object.keys(fields(null)),
} as const;

export interface RuleFields {
  readonly service?: string | undefined;
  readonly directory?: string | undefined;
  readonly pattern?: string | undefined;
  readonly except?: string | undefined;
  readonly older?: number | undefined;
  readonly keep?: number | undefined;
  readonly thing?: Rule['thing'] | undefined;
}

export type CleanFields = Readonly<Record<string, RuleFields | false | null | undefined>> | null | undefined;
