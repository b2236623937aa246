// What `jts-hot config --check` prints: a line a service, and below it what is wrong.
import type { Diagnostic } from '../messages/diagnostic.ts';
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
import type { CheckResult, ServiceCheck } from './check-document.ts';

export function renderCheck({ services, root }: CheckResult, paint: Paint): string {
  const lines = columns(services.map((one) => [plain(one.service), one.state, plain(placeOf(one))]));
  const found = services.flatMap((one, i) => [
    paint(styleOf(one), lines[i] ?? ''),
    ...one.problems.flatMap((problem) => problemLines(problem, paint)),
  ]);
  return [...found, '', verdict(services, root !== '/', paint)].join('\n');
}

/** Where its data is. */
function placeOf({ servers, told, state }: ServiceCheck): string {
  const [first] = servers.flatMap(({ places }) => places ?? []);
  return first ?? (state === 'not installed' ? '' : (told?.value ?? ''));
}

function styleOf({ state, problems }: ServiceCheck): Style {
  if (state === 'not installed') return 'dim';
  if (problems.some(({ code }) => code.startsWith('E_'))) return 'red';
  return problems.length > 0 ? 'yellow' : 'green';
}

/** As on stderr, a step further in. */
export function problemLines(
  { code, summary, detail, at, fix, hint }: Diagnostic,
  paint: Paint,
): readonly string[] {
  const [first, ...rest] = detail;
  const place = [...(at === null ? [] : [keepWhole(at)]), ...(first === undefined ? [] : [first])].join(': ');
  return [
    paint(code.startsWith('W_') ? 'yellow' : 'red', wrap(`${summary} [${code}]`, '    ', '  ')),
    ...[place, ...rest].map((line) => wrap(line, '      ', '    ')),
    ...(fix === null ? [] : [`    fix: ${plain(fix)}`]),
    ...(hint === null ? [] : [wrap(`hint: ${keepCommands(hint)}`, '          ', '    ')]),
  ];
}

function verdict(services: readonly ServiceCheck[], isImage: boolean, paint: Paint): string {
  const installed = services.filter(({ state }) => state !== 'not installed');
  if (installed.length === 0) return 'No service of the layout is installed here.';
  const [wanted, words] = isImage
    ? (['configured', 'Configured for the hot tier'] as const)
    : (['running on the hot tier', 'On the hot tier'] as const);
  const count = installed.filter(({ state }) => state === wanted).length;
  const style = count === installed.length ? 'green' : 'red';
  return paint(style, `${words}: ${count} of ${plural(installed.length, 'service')} installed here.`);
}
