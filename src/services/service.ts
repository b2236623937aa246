// Owns what the program may know about a service beyond what stands in a layout file: one interface, a facet each.
// Must not know any service: each stands in a folder of its own, and nothing about it anywhere else.
import type { Service } from '../layout/layout.ts';
import type { Rule } from '../layout/rule.ts';
import type { BackupFacet } from './backing-up.ts';
import type { ConfigurationFacet, Places, Platform } from './configuration.ts';
import type { DiagnosisFacet } from './diagnosing.ts';
import type { LabelFacet } from './labelling.ts';
import type { LogsFacet } from './logs.ts';
import type { MoveFacet } from './moving.ts';
import type { QuestionFacet } from './question.ts';
import type { ReadingFacet } from './reading.ts';
import type { StorageFacet } from './storing.ts';
import type { TuningFacet } from './tuning.ts';

/**
 * A facet that a service has nothing to say about is left out. Each stands in a file of its name in the service's folder.
 */
export interface BuiltInService {
  /** Its place in the layout: in reports, and where a file with hard links counts. Those without one are last, by name. */
  readonly order?: number;
  /** What it wants of the hot tier. */
  readonly layout: Service;
  readonly system?: SystemFacet;
  /** What it wants of a file system of its own. */
  readonly storage?: StorageFacet;
  /** Its labels where SELinux is on. */
  readonly labels?: LabelFacet;
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
  /** How it is backed up, and a backup of it proved. Loaded when it is asked for: it is no part of what every start needs. */
  readonly backup?: () => Promise<BackupFacet>;
  /** How its data is moved while it runs, where that is not as of any. */
  readonly move?: MoveFacet;
  /** What it wishes of the kernel. Loaded when it is asked for, as `backup`. */
  readonly tuning?: () => Promise<TuningFacet>;
  /** What it says when it is unwell. */
  readonly diagnosis?: () => Promise<DiagnosisFacet>;
}

export interface SystemFacet {
  /** Groups it brings that give more than a service user may have, by name, with what each gives. */
  readonly privilegedGroups?: Readonly<Record<string, string>>;
  /** It gives project ids of its own to what it keeps, upward from the id of its directory. One service at most. */
  readonly numbersProjects?: boolean;
}
