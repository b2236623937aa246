// Owns the findings of a layout as a whole: its file, the programs and the secrets that it names. Reads no secret.

import { findings } from '../host/trusted/finding.ts';
import { type Owners, weaknessesAt } from '../host/trusted/way.ts';
import type { Monitoring } from '../layout/monitoring.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import { channelFindings } from './channel-findings.ts';

/** What users other than `owners` could change of it. An image has no findings: nothing in it is started here. */
export function layoutFindings(
  layout: { readonly root: string; readonly file: string | null; readonly monitoring: Monitoring },
  owners: Owners,
): readonly Diagnostic[] {
  const { root, file, monitoring } = layout;
  if (root !== '/') return [];
  const use = { what: 'layout file', path: file ?? '', owners };
  return [
    ...(file === null ? [] : findings(weaknessesAt(file, owners), use)),
    ...monitoring.alerts.channels.flatMap((channel) => channelFindings(channel, owners)),
  ];
}
