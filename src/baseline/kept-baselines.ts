// Owns baselines in the history: each as the JSON of one, by its disk.
import type { History } from '../history/history.ts';
import type { Baseline } from './baseline-document.ts';
import { ROWS } from './measurements.ts';

/** In order of time. What this version cannot read is left out: a later one may have written it. */
export function baselinesIn(history: Pick<History, 'kept'>, disk?: string): readonly Baseline[] {
  const kept = history.kept({ kind: 'baseline', ...(disk !== undefined && { subject: disk }) });
  return kept.flatMap(({ json }) => {
    const baseline = parse(json);
    return baseline === null ? [] : [baseline];
  });
}

export function keepBaseline(
  history: Pick<History, 'keep' | 'transaction' | 'publish'>,
  baseline: Baseline,
): void {
  const { disk, at } = baseline;
  history.transaction(() =>
    history.keep({ kind: 'baseline', subject: disk.id, at: Date.parse(at), json: JSON.stringify(baseline) }),
  );
  history.publish();
}

function parse(json: string): Baseline | null {
  try {
    const whole = JSON.parse(json) as Baseline & Partial<Pick<Baseline, 'service'>>;
    const { at, mode, disk, file, rows }: Partial<Baseline> = whole;
    const isWhole =
      Number.isFinite(Date.parse(at ?? '')) &&
      typeof mode === 'string' &&
      typeof disk?.id === 'string' &&
      typeof file?.direct === 'boolean' &&
      Array.isArray(rows) &&
      rows.every(({ name, bytesPerSecond }) => ROWS.includes(name) && typeof bytesPerSecond === 'number');
    // Earlier versions measured no services.
    return isWhole ? { ...whole, service: whole.service ?? null } : null;
  } catch {
    return null;
  }
}
