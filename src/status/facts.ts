// Owns what is known of the host when it is judged what to type.
import type { ServiceCheck } from '../configure/check-document.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { MonitorResult } from '../monitor/report-document.ts';
import type { StatusResult } from './status-document.ts';

export interface Facts {
  readonly changes: StatusResult['changes'];
  /** That the disk is another one, or that a service's own is; each with what mends it. */
  readonly wrong: readonly Diagnostic[];
  /** Why a service does not run on the hot tier, as `config --check` found it. */
  readonly checks: readonly ServiceCheck[];
  readonly report: MonitorResult | null;
  /** Only root sees all. */
  readonly isRoot: boolean;
  /** Something of the layout is there. */
  readonly isSetUp: boolean;
}
