// Owns what the program may know about a service beyond what stands in a layout file: one interface, a facet each.
// Must not know any service: each stands in a folder of its own, and nothing about it anywhere else.
import type { Service } from '../layout/layout.ts';
import type { Rule } from '../layout/rule.ts';
import type { ConfigurationFacet, Places, Platform } from './configuration.ts';
import type { LogsFacet } from './logs.ts';
import type { QuestionFacet } from './question.ts';
import type { ReadingFacet } from './reading.ts';

/**
 * A facet that a service has nothing to say about is left out. Each stands in a file of its name in the service's folder.
 * Still to come, each as one more optional facet here, typed by what first reads it: `backup` (how to take and prove one),
 * `diagnosis` (what to look at when it is unwell). Its demands on the kernel and the file system belong into `system`.
 */
export interface BuiltInService {
  /** Its place in the layout: in reports, and where a file with hard links counts. Those without one are last, by name. */
  readonly order?: number;
  /** What it wants of the hot tier. */
  readonly layout: Service;
  readonly system?: SystemFacet;
  readonly logs?: LogsFacet;
  /** What may be cleaned away, and when. */
  readonly clean?: readonly Rule[];
  readonly configuration?: ConfigurationFacet;
  /** What the trading platform is told of it. */
  readonly platform?: (places: Places) => Platform;
  /** What it reads when it starts. Has one that has `configuration`. */
  readonly reading?: ReadingFacet;
  /** How one that runs is asked where its data is. */
  readonly question?: QuestionFacet;
}

export interface SystemFacet {
  /** Groups it brings that give more than a service user may have, by name, with what each gives. */
  readonly privilegedGroups?: Readonly<Record<string, string>>;
}
