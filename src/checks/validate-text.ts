// The validation report for people: a line a service, then what failed with its fix; with -v every check.

import { BASE_NAME } from '../layout/layout.ts';
import {
  columns,
  keepCommands,
  keepWhole,
  type Paint,
  plain,
  plural,
  type Style,
  wrap,
} from '../messages/paint.ts';
import { formatCount } from '../values/count.ts';
import type { Check } from './check.ts';
import type { ValidateResult } from './validate-document.ts';

export function renderValidate(result: ValidateResult, paint: Paint, verbose: boolean): string {
  const bad = result.checks
    .filter((check) => check.status !== 'pass' && check.because === null)
    .toSorted((a, b) => ORDER.indexOf(wordOf(a)) - ORDER.indexOf(wordOf(b)));
  return [
    paint('bold', `Validation of ${plain(result.base)}`),
    '',
    ...(verbose ? details(result.checks, NONE, paint) : summary(result.checks, paint)),
    ...(bad.length > 0 && !verbose
      ? ['', ...(isBare(result) ? [nothingYet(paint)] : details(bad, followers(result.checks), paint))]
      : []),
    '',
    ...(isBare(result) ? [] : [howFar(result, paint)]),
    verdict(result, paint),
  ].join('\n');
}

/** A host that was never set up fails every check for one reason. */
function isBare({ checks }: ValidateResult): boolean {
  return checks.some((check) => check.id === `directory.${BASE_NAME}` && check.found === 'missing');
}

function nothingYet(paint: Paint): string {
  return `Nothing is set up here yet. Do it:  sudo ${paint.command('setup')}`;
}

function summary(checks: readonly Check[], paint: Paint): readonly string[] {
  const byService = Map.groupBy(checks, (check) => check.service);
  const rows = [...byService].map(([service, own]) => {
    const passed = own.filter((check) => check.status === 'pass').length;
    const kinds = [...new Set(own.map((check) => check.id.replace(/\..*$/s, '')))];
    return { word: worstWord(own), cells: [service ?? 'host', `${passed}/${own.length}`, kinds.join(', ')] };
  });
  const lines = columns(
    rows.map(({ word, cells }) => [word, ...cells]),
    [2],
  );
  return lines.map((line, i) => paint(STYLES[rows[i]?.word ?? 'ok'], `  ${line}`));
}

/** What fails is said before what could not be tried and what is only warned of. */
const ORDER: readonly Word[] = ['FAIL', 'skip', 'warn'];

type Word = 'ok' | 'warn' | 'FAIL' | 'skip';
const STYLES: { readonly [word in Word]: Style } = {
  ok: 'green',
  warn: 'yellow',
  FAIL: 'red',
  skip: 'yellow',
};

function wordOf(check: Check): Word {
  if (check.status === 'pass') return 'ok';
  if (check.status === 'skip') return 'skip';
  return check.severity === 'warning' ? 'warn' : 'FAIL';
}

function worstWord(checks: readonly Check[]): Word {
  const words = checks.map(wordOf);
  return (['FAIL', 'skip', 'warn'] as const).find((word) => words.includes(word)) ?? 'ok';
}

type Followers = ReadonlyMap<string | null, readonly Check[]>;
const NONE: Followers = new Map();
/** So many are named; there can be hundreds. */
const FOLLOWERS_NAMED = 6;

function followers(checks: readonly Check[]): Followers {
  return Map.groupBy(checks, (check) => check.because);
}

function named(checks: readonly Check[]): string {
  const more = checks.length - FOLLOWERS_NAMED;
  const names = checks.slice(0, FOLLOWERS_NAMED).map(({ id }) => id);
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** What mends it, on a line of its own, and what to know of it. */
function ways({ fix, hint }: Check): readonly string[] {
  return [
    ...(fix === null ? [] : [`        fix: ${plain(fix)}`]),
    ...(hint === null ? [] : [wrap(`hint: ${keepCommands(hint)}`, '          ', '        ')]),
  ];
}

function folded(checks: readonly Check[]): string {
  return `${plural(checks.length, 'check follows', 'checks follow')} from this: ${named(checks)}`;
}

function details(checks: readonly Check[], following: Followers, paint: Paint): readonly string[] {
  return checks.map((check) => {
    const word = wordOf(check);
    const own = following.get(check.id) ?? [];
    const head = paint(STYLES[word], `  ${word.padEnd(4)}  ${plain(check.id)}`);
    const lines = [
      wrap(keepWhole(check.at), '        '),
      wrap(`expected: ${check.expected}`, '          ', '        '),
      wrap(`found:    ${check.found}`, '          ', '        '),
      ...(check.because === null
        ? ways(check)
        : [wrap(`because: ${check.because}`, '          ', '        ')]),
      ...(own.length === 0 ? [] : [wrap(folded(own), '          ', '        ')]),
    ];
    return [head, ...lines].join('\n');
  });
}

function howFar({ inside: { entries, whole } }: ValidateResult, paint: Paint): string {
  const count = `${formatCount(entries)} ${entries === 1 ? 'entry' : 'entries'}`;
  return whole
    ? `Inside the trees of services: all ${count} looked at.`
    : `Inside the trees of services: the first ${count} looked at.\nAll of them:  sudo ${paint.command('validate --deep')}`;
}

function verdict(result: ValidateResult, paint: Paint): string {
  const { passed, failed, skipped, following } = result;
  const own = (word: Word) =>
    result.checks.filter((check) => check.because === null && wordOf(check) === word).length;
  const counts = [
    `${passed} passed`,
    `${own('FAIL')} failed`,
    plural(own('warn'), 'warning'),
    ...(own('skip') > 0 ? [`${own('skip')} could not be tried`] : []),
  ].join(', ');
  if (failed + skipped === 0) return paint('green', `Valid: ${counts}.`);
  const more = following === 0 ? '' : `; ${plural(following, 'more follows', 'more follow')} from these`;
  return paint('red', `Not valid: ${counts}${more}.`);
}
