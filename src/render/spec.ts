// `spec check` for people.
import type { SpecSummary } from '../commands/spec.ts';
import { formatBytes } from '../size.ts';
import { type Paint, plain, plural, wrap } from './paint.ts';

export function renderSpecCheck(result: SpecSummary, paint: Paint): string {
  const { spec, file, plannedBytes, neededBytes } = result;
  const directories = spec.services.reduce((sum, service) => sum + 1 + service.directories.length, 0);
  return [
    paint('green', `Right: ${file === null ? 'the built-in layout' : plain(file)}`),
    wrap(
      `base ${spec.base}, ${plural(spec.services.length, 'service')}, ${plural(directories, 'directory', 'directories')}`,
      '    ',
      '  ',
    ),
    `  ${formatBytes(plannedBytes)} planned, which needs a file system of ${formatBytes(neededBytes)} (5 % kept free)`,
    ...result.warnings.map((warning) =>
      paint(
        'yellow',
        wrap(`${warning.id}: want ${warning.expected}, found ${warning.found}`, '    ', '  ! '),
      ),
    ),
  ].join('\n');
}
