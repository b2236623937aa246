// Owns what a report holds that others than root may read: numbers, and no name from inside a service's directory.
import type { MonitorResult } from './report-document.ts';

/** In the place of a name from inside a service: what a group may read holds none. */
const LEFT_OUT = '…';

/** The same without names of what services have inside. */
export function withoutNames(result: MonitorResult): MonitorResult {
  const closed = <T extends Pick<MonitorResult['services'][number], 'unreadable' | 'mountPoints'>>(
    of: T,
  ): T => ({
    ...of,
    unreadable: of.unreadable.map(({ error }) => ({ path: LEFT_OUT, error })),
    mountPoints: of.mountPoints.map(() => LEFT_OUT),
  });
  const { services, other } = result;
  return { ...result, services: services.map(closed), other: other === null ? null : closed(other) };
}
