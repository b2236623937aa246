// Owns how `jts-hot tune host --explain` shows one setting.
import { type Paint, plain, wrap } from '../messages/paint.ts';
import { applyOf } from './run-tuning.ts';
import type { TopicResult } from './tune-document.ts';

export function renderTopic(topic: TopicResult, paint: Paint): string {
  const { setting, title, about, means, row, source } = topic;
  return [
    `${plain(setting)}: ${title}`,
    '',
    wrap(about.join(' '), '  '),
    ...(means.length === 0
      ? []
      : ['', ...means.map(({ value, means: does }) => wrap(`${value}: ${does}`, '      ', '    '))]),
    '',
    ...(row === null
      ? ['  No service of the layout wishes anything: it is left as it is.']
      : [
          `  required  ${plain(row.required)}`,
          `  now       ${plain(row.now)}`,
          `  for good  ${plain(row.forGood)}`,
          ...(row.note === null ? [] : [wrap(row.note, '            ')]),
        ]),
    ...wishLines(topic),
    ...weighedLines(topic),
    '',
    ...placeLines(topic, paint),
    wrap(`Described in: ${source}`, '    ', '  '),
  ].join('\n');
}

function wishLines({ wishes }: TopicResult): readonly string[] {
  return wishes.flatMap(({ service, wants, severity, isMet, why, loses, itself, source }) => [
    '',
    `  ${plain(service)} wants ${wants} (${severity})${isMet ? '' : ', which it does not get'}`,
    wrap(`${why}.`, '    '),
    wrap(`${isMet ? 'Without it it loses' : 'It loses'} ${loses}.`, '      ', '    '),
    ...(itself === null ? [] : [wrap(`For itself: ${itself}.`, '      ', '    ')]),
    wrap(`Source: ${source.document} ${source.version}, ${source.section}.`, '      ', '    '),
  ]);
}

/** Nothing where all agree. */
function weighedLines({ weighed }: TopicResult): readonly string[] {
  if (weighed.every(({ unmet }) => unmet.length === 0) || weighed.length < 2) return [];
  return [
    '',
    '  Weighed: fewest errors first, then warnings, then hints',
    ...weighed.map(({ value, unmet }, i) =>
      wrap(
        `${value} ${unmet.length === 0 ? 'leaves nobody without' : `leaves ${unmet.join(', ')} without`}${i === 0 ? ' (chosen)' : ''}`,
        '      ',
        '    ',
      ),
    ),
  ];
}

function placeLines({ path, file }: TopicResult, paint: Paint): readonly string[] {
  return [
    ...(path === null ? [] : [`  The kernel has it in ${path}`]),
    ...(file === null
      ? ['  It is not ours to set.']
      : [`  Ours is kept in ${file}`, `  Set it:  sudo ${paint.command(applyOf('host'))}`]),
  ];
}
