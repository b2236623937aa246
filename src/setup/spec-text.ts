// `spec check` for people.

import type { MonitoringSummary } from '../layout/monitoring-document.ts';
import { type Paint, plain, plural, wrap } from '../messages/paint.ts';
import { formatBytes } from '../values/size.ts';
import type { SpecSummary } from './spec-document.ts';

export function renderSpecCheck(result: SpecSummary, paint: Paint): string {
  const { spec: layout, monitoring, file, plannedBytes, neededBytes } = result;
  const directories = layout.services.reduce((sum, service) => sum + 1 + service.directories.length, 0);
  return [
    paint('green', `Right: ${file === null ? 'the built-in layout' : plain(file)}`),
    wrap(
      `base ${layout.base}${mountText(layout)}, ${plural(layout.services.length, 'service')}, ${plural(directories, 'directory', 'directories')}`,
      '    ',
      '  ',
    ),
    `  ${formatBytes(plannedBytes)} planned, which needs a file system of ${formatBytes(neededBytes)} (5 % kept free)`,
    wrap(describeMonitoring(monitoring), '    ', '  '),
    ...result.warnings.map((warning) =>
      paint(
        'yellow',
        wrap(`${warning.id}: want ${warning.expected}, found ${warning.found}`, '    ', '  ! '),
      ),
    ),
  ].join('\n');
}

function mountText({ mount }: SpecSummary['spec']): string {
  if (mount === undefined) return '';
  return mount === 'required' ? ' on a mounted disk' : ` on ${mount}`;
}

/** Says who gets alerts, also where nobody does: that is easily forgotten. */
function describeMonitoring({ services, alerts }: MonitoringSummary): string {
  const own =
    services.length === 0
      ? ''
      : `, of their own for ${services.map(({ service }) => plain(service)).join(', ')}`;
  const channels = alerts.channels.map(({ name, from }) =>
    from === 'CRITICAL' ? `${name} (critical only)` : name,
  );
  return `levels for disk and services${own}; alerts to ${channels.length === 0 ? 'nobody' : channels.join(', ')}`;
}
