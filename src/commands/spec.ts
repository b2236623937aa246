// `jts-hot spec`: the effective layout, checked, and the JSON Schema of the file.
import type { Check } from '../check.ts';
import { EXIT } from '../diagnostic.ts';
import type { Loaded } from '../load.ts';
import { RECOMMENDED_BYTES, RESERVE } from '../preflight.ts';
import { plannedTotalBytes, type Spec } from '../spec.ts';

export interface SpecSummary {
  /** null: the built-in layout. */
  readonly file: string | null;
  readonly spec: Spec;
  readonly plannedBytes: number;
  /** The smallest disk that gives this much with the reserve taken off. */
  readonly neededBytes: number;
  readonly warnings: readonly Pick<Check, 'id' | 'expected' | 'found'>[];
}

export function summariseSpec({ spec, monitoring, file }: Pick<Loaded, 'spec' | 'monitoring' | 'file'>): {
  exitCode: number;
  result: SpecSummary;
} {
  const plannedBytes = plannedTotalBytes(spec);
  const neededBytes = Math.ceil(plannedBytes / (1 - RESERVE));
  const tight = {
    id: 'space.planned',
    expected: 'room for the file system itself and a reserve of 5 %',
    found: 'a plan that a recommended disk of 4 TB cannot give',
  };
  const warnings = neededBytes > RECOMMENDED_BYTES ? [tight] : [];
  return { exitCode: EXIT.ok, result: { file, spec, plannedBytes, neededBytes, warnings } };
}
